import {messageOf} from '../errors.ts';
import {hasEnded, isUnderWay, isWaiting, type Remedy} from '../remedy/machine.ts';
import type {Layer} from '../session.ts';
import type {Deck} from './deck.ts';
import {editedField, stepOf} from './fields.ts';
import {perform, renew} from './perform.ts';

type ConfirmLayer = Extract<Layer, {kind: 'confirm'}>;

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

/** Sent in this session, and there is a way back that was not taken yet. */
export const isUndoable = (deck: Deck, remedy: Remedy): boolean =>
	deck.options.runner
		.undoable()
		.some(one => one.record === remedy.id && one.impossible === undefined && one.undoneBy === undefined);

function leave(deck: Deck, remedy: Remedy | undefined): void {
	const {runner} = deck.options;
	if (remedy !== undefined && isWaiting(remedy)) {
		runner.cancel();
		runner.dismiss();
	} else if (remedy !== undefined && isUnderWay(remedy))
		deck.say('it goes on; its end is told here and in the audit', 'warn');
	else {
		// The enter that ends a typed demand may come when the plan has just become stale: what it left must not pass for done.
		if (remedy?.state === 'stale') deck.say(`${remedy.action.title}: ${remedy.reason}`, 'warn');
		runner.dismiss();
	}
	deck.apply({do: 'pop'});
}

/** A key, what it types, and for how long no other was pressed before it. */
export type Pressed = {readonly key: string; readonly text: string | undefined; readonly quietMs: number};

/** A key that is held down, or that comes with others in one go, answers nothing: nobody has read the question in between. */
const restBeforeYesMs = 250;
/** A line end in pasted text comes at once after it, also where the terminal does not tell that it is a paste. */
const restBeforeEnterMs = 50;

/**
 * A key while the confirmation is on the screen. Nothing but leaving is taken before the demand was painted, so that what was typed
 * ahead cannot answer a question that was not yet asked.
 */
export function pressConfirm(deck: Deck, layer: ConfirmLayer, {key, text, quietMs}: Pressed): void {
	const {runner, keymap, effects} = deck.options;
	const remedy = runner.state.get();
	if (keymap.intent('confirm', key) === 'confirm.cancel') {
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
	const asked = keymap.intent('confirm', key);
	if (asked === 'confirm.page-down' || asked === 'confirm.page-up') {
		const {rows, last = 0} = deck.textArea();
		const offset = Math.min(last, Math.max(0, layer.offset + (asked === 'confirm.page-down' ? rows : -rows)));
		deck.apply({do: 'top', layer: {...layer, offset}});
		return;
	}
	if (keymap.intent('deck', key) === 'deck.undo' && isUndoable(deck, remedy)) {
		deck.apply({do: 'pop'});
		perform(deck, `undo ${remedy.id}`);
		return;
	}
	if (keymap.intent('confirm', key) === 'confirm.renew' && remedy.renewal !== undefined) {
		renew(deck, key);
		return;
	}
	if (hasEnded(remedy)) {
		if (key === 'enter' || key === 'q' || key === 'space') leave(deck, remedy);
		return;
	}
	if (remedy.state !== 'ready') return;
	if (!deck.answerable()) {
		if (text !== undefined || key === 'enter') deck.say('not taken: all of it has to be on the screen first', 'warn');
		return;
	}
	const {demand} = remedy;
	if (demand.kind === 'refused') return;
	if (demand.kind === 'key') {
		if (keymap.intent('confirm', key) !== 'confirm.yes') return;
		if (quietMs < restBeforeYesMs) deck.say(`not taken: let go of all keys, then press ${key} once`, 'warn');
		else void runner.confirm({kind: 'key', key: demand.key});
		return;
	}
	const fields = fieldsOf(remedy);
	const intent = keymap.intent('field', key);
	const step = stepOf(intent);
	if (step !== undefined) {
		deck.apply({do: 'top', layer: {...layer, field: (layer.field + step + fields) % fields, caret: 0}});
		return;
	}
	if (intent === 'field.accept') {
		if (layer.field < fields - 1) {
			deck.apply({do: 'top', layer: {...layer, field: layer.field + 1, caret: 0}});
			return;
		}
		if (quietMs < restBeforeEnterMs) {
			deck.say('not taken: that came too fast to be typed; press enter again', 'warn');
			return;
		}
		const [typed = '', count = '', reason = ''] = layer.values;
		void runner.confirm(
			demand.kind === 'type' ? {kind: 'typed', text: typed} : {kind: 'typed', text: typed, count, reason},
		);
		return;
	}
	const typed = editedField(layer, intent, text);
	if (typed !== undefined) deck.apply({do: 'top', layer: typed});
}
