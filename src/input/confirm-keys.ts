import {messageOf} from '../errors.ts';
import {type Demand, type DemandAnswer, demandFields, firstWrongField} from '../policy/demand.ts';
import {hasEnded, isInProgress, isWaiting, type Remedy} from '../remedy/remedy-state.ts';
import {type KeyPress, nextKeyEnterState} from '../session/key-then-enter.ts';
import {type ConfirmLayer, emptyConfirmation} from '../session/session.ts';
import type {Deck} from './deck.ts';
import {replanRemedy, runById} from './start-action.ts';
import {applyTyping} from './typed-answer.ts';

/** The field of a reason. */
const reasonField = 2;

/** How many fields a demand has. */
const fieldsOf = (demand: Demand): number => (demand.kind === 'type' ? 1 : demand.kind === 'type-count-reason' ? 3 : 0);

/** Sent in this session, and there is a way back that was not taken yet. */
export const isUndoable = (deck: Deck, remedy: Remedy): boolean =>
	deck.options.runner
		.undoable()
		.some(one => one.record === remedy.id && one.impossible === undefined && one.undoneBy === undefined);

function closeConfirmation(deck: Deck, remedy: Remedy | undefined): void {
	const {runner} = deck.options;
	if (remedy !== undefined && isWaiting(remedy)) {
		runner.cancel();
		runner.dismiss();
	} else if (remedy !== undefined && isInProgress(remedy))
		deck.showNotice('it goes on; its end is told here and in the audit', 'warn');
	else {
		// The enter that ends a typed demand may come when the plan has just become stale: what it left must not pass for done.
		if (remedy?.state === 'stale') deck.showNotice(`${remedy.action.title}: ${remedy.reason}`, 'warn');
		runner.dismiss();
	}
	deck.apply({do: 'pop'});
}

/** The layer as far as it answers what is asked now. */
export function withCurrentQuestion(deck: Deck, layer: ConfirmLayer): ConfirmLayer {
	const question = deck.pendingQuestion();
	if (layer.question === question) return layer;
	const {offset, isExpanded: whole} = layer;
	return {...emptyConfirmation, question, offset, isExpanded: whole, ...reasonOf(layer)};
}

/** The layer moved by lines, within what there is. */
export function scrollConfirmation(deck: Deck, layer: ConfirmLayer, lines: number): ConfirmLayer {
	const {maxScroll: last = 0} = deck.textArea();
	return {...layer, offset: Math.min(last, Math.max(0, layer.offset + lines))};
}

/**
 * A key while the confirmation is on the screen. Nothing but leaving is taken before the demand was painted, so that what was typed
 * ahead cannot answer a question that was not yet asked.
 */
export function handleConfirmKey(deck: Deck, layer: ConfirmLayer, pressed: KeyPress): void {
	const {runner, keymap} = deck.options;
	const remedy = runner.state.get();
	const intent = keymap.intent('confirm', pressed.key);
	if (intent === 'confirm.cancel') {
		closeConfirmation(deck, remedy);
		return;
	}
	if (remedy === undefined) return;
	const answers = {...withCurrentQuestion(deck, layer), problem: undefined};
	/** The key answers nothing, and the answer has to start again. */
	const show = (change: Partial<ConfirmLayer>) =>
		deck.apply({do: 'top', layer: {...answers, answering: 'nothing', afterEnter: false, ...change}});
	switch (intent) {
		case 'confirm.copy':
			show({});
			copyCommand(deck, remedy);
			return;
		case 'confirm.reason':
			show({});
			if (remedy.state === 'ready' && ['key', 'type'].includes(remedy.demand.kind))
				deck.apply({do: 'push', layer: {kind: 'reason', text: answers.reason ?? '', caret: 0}});
			return;
		case 'confirm.page-down':
		case 'confirm.page-up': {
			const {rows} = deck.textArea();
			show({offset: scrollConfirmation(deck, answers, intent === 'confirm.page-down' ? rows : -rows).offset});
			return;
		}
		case 'confirm.expand':
			show({isExpanded: !answers.isExpanded, offset: 0});
			return;
		default:
	}
	if (keymap.intent('deck', pressed.key) === 'deck.undo' && isUndoable(deck, remedy)) {
		deck.apply({do: 'pop'});
		runById(deck, `undo ${remedy.id}`);
	} else if (intent === 'confirm.replan' && remedy.replanOffer !== undefined) replanRemedy(deck);
	else if (hasEnded(remedy)) {
		if (['enter', 'q', 'space'].includes(pressed.key)) closeConfirmation(deck, remedy);
	} else if (remedy.state === 'ready') {
		if (!deck.canAnswer()) {
			const afterEnter = keymap.intent('field', pressed.key) === 'field.accept';
			const problem = 'not taken: all of it has to be on the screen first';
			show({afterEnter, ...(afterEnter || pressed.text !== undefined ? {problem} : {})});
		} else if (remedy.demand.kind === 'key') handleDemandedKey(deck, answers, remedy.demand.key, pressed);
		else handleDemandFields(deck, answers, remedy.demand, pressed);
	}
}

function copyCommand(deck: Deck, {preview}: Remedy): void {
	if (preview === undefined) return;
	deck.options.effects.copy(preview.cliEquivalent).then(
		done => deck.showNotice(done),
		(error: unknown) => deck.showNotice(`not copied: ${messageOf(error)}`, 'warn'),
	);
}

/** The reason that was given although none is asked for. */
const reasonOf = ({reason}: ConfirmLayer): {readonly reason?: string} => (reason === undefined ? {} : {reason});

/** A demand of one key and Enter. */
function handleDemandedKey(deck: Deck, layer: ConfirmLayer, demanded: 'y', {key, alone}: KeyPress): void {
	const {keymap, runner} = deck.options;
	const isYes = keymap.intent('confirm', key) === 'confirm.yes';
	const isEnter = keymap.intent('field', key) === 'field.accept';
	const answering = nextKeyEnterState(layer.answering, {is: isYes ? 'key' : isEnter ? 'enter' : 'other', alone});
	if (answering === 'answered') {
		deck.apply({do: 'top', layer: {...layer, answering: 'nothing'}});
		void runner.confirm({kind: 'key', key: demanded, ...reasonOf(layer)});
		return;
	}
	const yes = keymap.keyFor('confirm.yes');
	const repeated = layer.answering === 'repeated' || answering === 'repeated';
	const problem = () => {
		if (answering === 'key' || (!isYes && !isEnter)) return undefined;
		const again = `press ${answering === 'repeated' ? `backspace, then ${yes} once` : yes}, then enter`;
		if (!alone) return `not taken: it came together with other keys in one read; ${again}`;
		if (repeated) return `not taken: ${yes} came more than once, as a held key does; ${again}`;
		return `not taken: press ${yes} first, then enter`;
	};
	deck.apply({do: 'top', layer: {...layer, answering, problem: problem()}});
}

/** A demand that is typed into fields, and ended by Enter. */
function handleDemandFields(deck: Deck, layer: ConfirmLayer, demand: Demand, pressed: KeyPress): void {
	const {keymap, runner} = deck.options;
	const fields = {count: fieldsOf(demand), free: reasonField, harmless: keymap.keyFor('field.end')};
	const {answer, isAnswered} = applyTyping(layer, fields, pressed, keymap.intent('field', pressed.key));
	if (!isAnswered) {
		deck.apply({do: 'top', layer: answer});
		return;
	}
	const [typed = '', count = '', reason = ''] = answer.values;
	const answered: DemandAnswer =
		demand.kind === 'type'
			? {kind: 'typed', text: typed, ...reasonOf(layer)}
			: {kind: 'typed', text: typed, count, reason};
	deck.apply({do: 'top', layer: moveToWrongField(answer, demand, answered)});
	void runner.confirm(answered);
}

/** The layer with the cursor in the field that is wrong. */
function moveToWrongField(layer: ConfirmLayer, demand: Demand, answer: DemandAnswer): ConfirmLayer {
	const found = firstWrongField(demand, answer);
	if (found === undefined) return {...layer, wrong: undefined};
	const field = demandFields.indexOf(found.field);
	const caret = field === layer.field ? (layer.caret ?? 0) : 'all';
	return {...layer, field, caret, wrong: {field, value: layer.values[field] ?? '', text: found.text}};
}

/** Why the last answer was not taken, as long as the field that is wrong holds the same. */
export const remainingProblem = ({wrong, values}: ConfirmLayer): string | undefined =>
	wrong !== undefined && values[wrong.field] === wrong.value ? wrong.text : undefined;
