import {messageOf} from '../errors.ts';
import type {Remedy} from '../remedy/machine.ts';
import type {Layer} from '../session.ts';
import type {Deck} from './deck.ts';
import {edited} from './fields.ts';

type ConfirmLayer = Extract<Layer, {kind: 'confirm'}>;

/** Still before the point of no return: leaving does nothing to any system. */
const waiting = new Set<Remedy['state']>(['proposed', 'previewing', 'checking', 'ready']);
const underWay = new Set<Remedy['state']>(['confirmed', 'rechecking', 'intent', 'running', 'verifying']);

export const isWaiting = (remedy: Remedy): boolean => waiting.has(remedy.state);
export const isUnderWay = (remedy: Remedy): boolean => underWay.has(remedy.state);

/** How many fields a demand has. */
export const fieldsOf = (remedy: Remedy | undefined): number => {
	switch (remedy?.demand?.kind) {
		case 'type':
			return 1;
		case 'type-count-reason':
			return 3;
		default:
			return 0;
	}
};

function leave(deck: Deck, remedy: Remedy | undefined): void {
	const {runner} = deck.options;
	if (remedy !== undefined && isWaiting(remedy)) {
		runner.cancel();
		runner.dismiss();
	} else if (remedy !== undefined && isUnderWay(remedy)) deck.say('it goes on; v shows how it ends', 'warn');
	else runner.dismiss();
	deck.apply({do: 'pop'});
}

/**
 * A key while the confirmation is on the screen. Nothing but leaving is taken before the demand was painted, so that what was typed
 * ahead cannot answer a question that was not yet asked.
 */
export function pressConfirm(deck: Deck, layer: ConfirmLayer, key: string, text: string | undefined): void {
	const {runner, keymap, effects} = deck.options;
	const remedy = runner.state.get();
	if (key === 'esc') {
		leave(deck, remedy);
		return;
	}
	if (remedy === undefined) return;
	if (keymap.intent('confirm', key) === 'confirm.copy' && remedy.preview !== undefined) {
		effects.copy(remedy.preview.equivalent).then(
			told => deck.say(told),
			(error: unknown) => deck.say(`not copied: ${messageOf(error)}`, 'warn'),
		);
		return;
	}
	if (!isWaiting(remedy) && !isUnderWay(remedy)) {
		if (key === 'enter' || key === 'q' || key === 'space') leave(deck, remedy);
		return;
	}
	if (remedy.state !== 'ready' || !deck.answerable()) return;
	const {demand} = remedy;
	if (demand.kind === 'refused') return;
	if (demand.kind === 'key') {
		if (keymap.intent('confirm', key) === 'confirm.yes') void runner.confirm({kind: 'key', key: demand.key});
		return;
	}
	const fields = fieldsOf(remedy);
	const intent = keymap.intent('field', key);
	if (intent === 'field.next' || intent === 'field.previous') {
		const step = intent === 'field.next' ? 1 : fields - 1;
		deck.apply({do: 'top', layer: {...layer, field: (layer.field + step) % fields}});
		return;
	}
	if (intent === 'field.accept') {
		if (layer.field < fields - 1) {
			deck.apply({do: 'top', layer: {...layer, field: layer.field + 1}});
			return;
		}
		const [typed = '', count = '', reason = ''] = layer.values;
		void runner.confirm(
			demand.kind === 'type' ? {kind: 'typed', text: typed} : {kind: 'typed', text: typed, count, reason},
		);
		return;
	}
	const line = edited(layer.values[layer.field] ?? '', intent, text);
	if (line === undefined) return;
	const values = layer.values.map((value, index) => (index === layer.field ? line : value));
	deck.apply({do: 'top', layer: {...layer, values}});
}
