import type {Action} from '../contract/action.ts';
import {appliesToKind} from '../contract/define.ts';
import type {Finding} from '../contract/finding.ts';
import {type Pane, sectionKinds} from '../contract/pane.ts';
import type {RowKind} from '../contract/row.ts';
import {isAdapterError, messageOf} from '../errors.ts';
import {hasEnded, isInProgress, isSettling} from '../remedy/remedy-state.ts';
import {latestRows} from '../remedy/replan.ts';
import {cursorIndex, emptyConfirmation, hasLostCursor, paneSession} from '../session/session.ts';
import {kindOfKey, type RowKey, rowKey, type TableRow} from '../table/build-view.ts';
import {openApproval} from './approve-program-keys.ts';
import type {AvailableAction, Deck} from './deck.ts';
import {startInspection} from './open-inspection.ts';

/**
 * Puts the confirmation on the screen. While another remedy is being sent it shows that one, and nothing new may begin: false.
 */
function openConfirmation(deck: Deck): boolean {
	const remedy = deck.options.runner.state.get();
	const busy = remedy !== undefined && isInProgress(remedy) && !isSettling(remedy);
	deck.apply({do: 'push', layer: emptyConfirmation});
	if (busy) deck.showNotice('this one is still under way; wait for its end before the next is begun', 'warn');
	return !busy;
}

/** Hands a plan to the runner and puts the confirmation on the screen; from here the remedy's own state is what is shown. */
export function proposeAction(
	deck: Deck,
	action: Action,
	entries: readonly TableRow[],
	params: Readonly<Record<string, string>>,
): void {
	if (!openConfirmation(deck)) return;
	const {pane} = deck.session.get();
	const {marks} = paneSession(deck.session.get(), pane);
	const ofKind = [...marks].filter(key => appliesToKind(action, kindOfKey(key)));
	void deck.options.runner.propose(
		action,
		entries.map(entry => entry.row),
		params,
	);
	if (ofKind.length > 0) unmarkOnceSent(deck, pane, ofKind);
}

/** Plans again, in the place of a plan that is stale, for what is there now. The new plan waits for an answer of its own. */
export function replanRemedy(deck: Deck): void {
	const {runner, watch} = deck.options;
	const remedy = runner.state.get();
	if (remedy?.replanOffer === undefined) return;
	const action = watch.targets.flatMap(one => one.system.actions).find(({id}) => id === remedy.action.id);
	if (action === undefined) return;
	const readings = watch.readings().filter(({target, kind}) => target === remedy.target && appliesToKind(action, kind));
	const latest = new Map(readings.flatMap(({snapshot}) => snapshot?.rows ?? []).map(row => [row.id, row]));
	deck.apply({do: 'top', layer: emptyConfirmation});
	void runner.replan(rows => latestRows(rows, latest));
	const {pane} = deck.session.get();
	const {rows} = remedy.replanOffer;
	const marked = [...paneSession(deck.session.get(), pane).marks].filter(key =>
		rows.some(row => [action.kind, ...(action.also ?? [])].some(kind => rowKey(kind, row) === key)),
	);
	if (marked.length > 0) unmarkOnceSent(deck, pane, marked);
}

/** The remedy in hand is about marked rows: once it was sent, or may have been, they are not marked for another one. */
function unmarkOnceSent(deck: Deck, pane: string, keys: readonly RowKey[]): void {
	const {state} = deck.options.runner;
	const id = state.get()?.id;
	const stop = state.subscribe(() => {
		const remedy = state.get();
		const isSent = remedy?.id === id && (remedy?.receipt !== undefined || remedy?.state === 'unknown');
		if (isSent) deck.apply({do: 'unmark', pane, keys});
		if (isSent || remedy === undefined || remedy.id !== id || hasEnded(remedy)) stop();
	});
}

function startAction(deck: Deck, {declared: action, entries, disabled}: AvailableAction): void {
	if (disabled !== undefined) {
		deck.showNotice(`${action.title}: ${disabled}`, 'warn');
		return;
	}
	if (entries.length === 0) {
		deck.showNotice('select a row first', 'warn');
		return;
	}
	if (action.params.length === 0) {
		proposeAction(deck, action, entries, {});
		return;
	}
	const values = action.params.map(param => param.initial(entries.map(entry => entry.row)));
	deck.apply({
		do: 'push',
		layer: {kind: 'params', ownerId: action.id, entries, values, field: 0, caret: 'all', historyIndex: -1},
	});
}

/** Runs what an id names: an action or inspection of the current row, or `undo <record>`. */
export function runById(deck: Deck, id: string): void {
	if (deck.session.get().layers.at(-1)?.kind === 'list') deck.apply({do: 'pop'});
	if (id.startsWith('undo ')) {
		if (!openConfirmation(deck)) return;
		void deck.options.runner.undo(id.slice('undo '.length));
		return;
	}
	const action = deck.actions().find(offer => offer.declared.id === id);
	if (action !== undefined) startAction(deck, action);
	const inspection = deck.inspections().find(offer => offer.declared.id === id);
	if (inspection !== undefined) startInspection(deck, inspection.declared);
}

/** Rows that only head others are there in one order of their section: it is taken. */
function showGroupHeaders(deck: Deck, pane: Pane, kind: RowKind): void {
	for (const section of pane.sections) {
		const to = section.orders.findIndex(order => order.groupHeaders?.kind === kind);
		const now = (paneSession(deck.session.get(), pane.id).orders[section.kind] ?? 0) % section.orders.length;
		if (section.kind !== kind && to >= 0 && to !== now) {
			deck.apply({do: 'order', pane: pane.id, kind: section.kind, to});
		}
	}
}

/** Puts the cursor on the row that a finding is about, in the pane that shows it. */
export function revealFinding(deck: Deck, finding: Finding): void {
	deck.apply({do: 'close-all'});
	const kind = finding.row?.kind ?? finding.kind;
	const pane = deck.options.panes.find(one => one.sections.some(section => sectionKinds(section).includes(kind)));
	if (pane === undefined) {
		deck.showNotice(finding.sentence);
		return;
	}
	const {target} = deck.session.get();
	if (target !== undefined && target !== finding.target) deck.apply({do: 'only-target', target: undefined});
	deck.apply({do: 'focus', pane: pane.id});
	showGroupHeaders(deck, pane, kind);
	const {row} = finding;
	const find = () => {
		const {entries} = deck.completeView(pane.id);
		const key = row === undefined ? undefined : rowKey(row.kind, {id: row.id, target: finding.target, severity: 'ok'});
		const index = entries.findIndex(entry => entry.key === key);
		const near = entries.findIndex(entry => entry.kind === kind && entry.row.target === finding.target);
		return index >= 0 ? index : row === undefined ? near : -1;
	};
	if (find() < 0) {
		deck.apply({do: 'filter', pane: pane.id, text: ''});
		deck.apply({do: 'faults', pane: pane.id, on: false});
	}
	const index = find();
	if (index >= 0) deck.apply({do: 'cursor', pane: pane.id, index, entries: deck.completeView(pane.id).entries});
	deck.showNotice(finding.evidence.length > 0 ? finding.evidence.join(' · ') : finding.sentence, 'ok');
}

/** Logs in to a target with the person at the terminal, and reads it again; asks for approval first when the program that logs in waits for it. */
export async function loginToTarget(deck: Deck, target: string | undefined): Promise<void> {
	if (target === undefined) return;
	const {watch, effects} = deck.options;
	try {
		const {connection} = await watch.connection(target);
		const approval = await connection.approval?.();
		if (approval !== undefined) {
			openApproval(deck, target, approval);
			return;
		}
		if (connection.login === undefined) {
			deck.showNotice(`${target} is not logged in to by a command`, 'warn');
			return;
		}
		await effects.lendTerminal(() => connection.login?.() ?? Promise.resolve());
		watch.refresh(target);
		deck.showNotice(`logged in to ${target}`);
	} catch (error) {
		const hint = isAdapterError(error) ? `: ${error.hint}` : '';
		deck.showNotice(`${messageOf(error)}${hint}`, 'warn');
	}
}

/** Moves the cursor of the focused pane to a line. */
export function moveCursorTo(deck: Deck, index: number): void {
	const {pane} = deck.session.get();
	deck.apply({do: 'cursor', pane, index, entries: deck.view(pane).entries});
}

/** Why no row is selected although rows are shown, and what to do; undefined when one is. */
export function noSelectionReason(deck: Deck): string | undefined {
	const {pane} = deck.session.get();
	const session = paneSession(deck.session.get(), pane);
	const {entries} = deck.view(pane);
	const {keymap} = deck.options;
	const left = entries[cursorIndex(session, entries)]?.wasRemoved === true;
	return left || hasLostCursor(session, entries)
		? `the selected row left the list: ${keymap.keyFor('row.down')} or ${keymap.keyFor('row.up')} selects another`
		: undefined;
}

/** A cursor that was never moved is on a line; from the first key on it is on that line's object. */
export function pinCursor(deck: Deck): void {
	const {pane} = deck.session.get();
	const session = paneSession(deck.session.get(), pane);
	const {entries} = deck.view(pane);
	const index = cursorIndex(session, entries);
	if (index >= 0 && entries[index]?.key !== session.cursor) moveCursorTo(deck, index);
}

/**
 * On a screen that shows one pane at a time the first finding chooses it, as long as no key was pressed: who is paged should not have to
 * look for the pane that pages. Returns the way to stop.
 */
export function focusFirstFinding(deck: Deck): () => void {
	const stop = deck.subscribe(() => {
		const finding = deck.isUntouched() ? deck.findings()[0] : undefined;
		if (deck.isUntouched() && finding === undefined) return;
		stop();
		const pane = deck.options.panes.find(one =>
			one.sections.some(section => finding !== undefined && sectionKinds(section).includes(finding.kind)),
		);
		if (deck.showsOnePane() && pane !== undefined) deck.apply({do: 'focus', pane: pane.id});
	});
	return stop;
}
