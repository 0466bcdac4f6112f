import {type Demand, type DemandAnswer, demandFields, firstWrongField} from '../policy/demand.ts';
import {hasEnded, isInProgress, isWaiting, type Remedy} from '../remedy/remedy-state.ts';
import {type KeyPress, nextKeyEnterState} from '../session/key-then-enter.ts';
import {type ConfirmLayer, emptyConfirmation} from '../session/session.ts';
import {copyText} from './copyable-text.ts';
import type {Deck} from './deck.ts';
import {replanRemedy, runById} from './start-action.ts';
import {applyTyping} from './typed-answer.ts';

/** Index of the field with the reason. */
const reasonField = 2;

/** Number of fields of a demand. */
const fieldsOf = (demand: Demand): number => (demand.kind === 'type' ? 1 : demand.kind === 'type-count-reason' ? 3 : 0);

/** Sent since this console started, can be undone, and was not undone. */
export const isUndoable = (deck: Deck, remedy: Remedy): boolean =>
	deck.options.runner
		.sentActions()
		.some(({record, whyNotUndoable}) => record === remedy.id && whyNotUndoable === undefined);

function closeConfirmation(deck: Deck, remedy: Remedy | undefined): void {
	const {runner} = deck.options;
	if (remedy !== undefined && isWaiting(remedy)) {
		runner.cancel();
		runner.dismiss();
	} else if (remedy !== undefined && isInProgress(remedy))
		deck.showNotice('still running; the result appears here and in the audit', 'warn');
	else {
		// The Enter that ends a typed demand may come just after the plan became stale: say that nothing was done.
		if (remedy?.state === 'stale') deck.showNotice(`${remedy.action.title}: ${remedy.reason}`, 'warn');
		runner.dismiss();
	}
	deck.apply({do: 'pop'});
}

/** The layer, without answers to an earlier question. */
export function withCurrentQuestion(deck: Deck, layer: ConfirmLayer): ConfirmLayer {
	const question = deck.pendingQuestion();
	if (layer.question === question) return layer;
	const {offset, isExpanded} = layer;
	return {...emptyConfirmation, question, offset, isExpanded, ...reasonOf(layer)};
}

/** The layer scrolled by lines, within its length. */
export function scrollConfirmation(deck: Deck, layer: ConfirmLayer, lines: number): ConfirmLayer {
	const {maxScroll = 0} = deck.textArea();
	return {...layer, offset: Math.min(maxScroll, Math.max(0, layer.offset + lines))};
}

/**
 * Handles a key in the confirmation. Before the demand was painted only leaving is accepted, so that keys typed ahead cannot answer a question that
 * was not on the screen.
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
	/** Changes the layer for a key that is no part of an answer: the answer has to start again. */
	const show = (change: Partial<ConfirmLayer>) =>
		deck.apply({do: 'top', layer: {...answers, answering: 'nothing', afterEnter: false, ...change}});
	switch (intent) {
		case 'confirm.copy':
			show({});
			if (remedy.preview !== undefined) copyText(deck, remedy.preview.cliEquivalent);
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
			const problem = 'not taken: the entire question has to be on the screen first';
			show({afterEnter, ...(afterEnter || pressed.text !== undefined ? {problem} : {})});
		} else if (remedy.demand.kind === 'key') handleDemandedKey(deck, answers, remedy.demand.key, pressed);
		else handleDemandFields(deck, answers, remedy.demand, pressed);
	}
}

/** The optional reason. */
const reasonOf = ({reason}: ConfirmLayer): {readonly reason?: string} => (reason === undefined ? {} : {reason});

/** Handles a key for a demand of one key and Enter. */
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

/** Handles a key for a demand that is typed into fields and ended by Enter. */
function handleDemandFields(deck: Deck, layer: ConfirmLayer, demand: Demand, pressed: KeyPress): void {
	const {keymap, runner} = deck.options;
	const fields = {count: fieldsOf(demand), free: reasonField, harmless: keymap.keyFor('field.end')};
	const {answer, isAnswered} = applyTyping(layer, fields, pressed, keymap.intent('field', pressed.key));
	if (!isAnswered) {
		deck.apply({do: 'top', layer: answer});
		return;
	}
	const [typed = '', count = '', reason = ''] = answer.values;
	const demandAnswer: DemandAnswer =
		demand.kind === 'type'
			? {kind: 'typed', text: typed, ...reasonOf(layer)}
			: {kind: 'typed', text: typed, count, reason};
	deck.apply({do: 'top', layer: moveToWrongField(answer, demand, demandAnswer)});
	void runner.confirm(demandAnswer);
}

/** The layer with the cursor in the first wrong field. */
function moveToWrongField(layer: ConfirmLayer, demand: Demand, answer: DemandAnswer): ConfirmLayer {
	const wrong = firstWrongField(demand, answer);
	if (wrong === undefined) return {...layer, wrong: undefined};
	const field = demandFields.indexOf(wrong.field);
	const caret = field === layer.field ? (layer.caret ?? 0) : 'all';
	return {...layer, field, caret, wrong: {field, value: layer.values[field] ?? '', text: wrong.text}};
}

/** Why the last answer was not accepted; undefined once the wrong field was edited. */
export const remainingProblem = ({wrong, values}: ConfirmLayer): string | undefined =>
	wrong !== undefined && values[wrong.field] === wrong.value ? wrong.text : undefined;
