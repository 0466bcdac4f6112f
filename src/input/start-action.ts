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
import type {AvailableAction} from './available-commands.ts';
import type {Deck} from './deck.ts';
import {startInspection} from './open-inspection.ts';

/**
 * Opens the confirmation. While another remedy is in progress it shows that one. @returns whether a new remedy may start
 */
function openConfirmation(deck: Deck): boolean {
	const remedy = deck.options.runner.state.get();
	const isBusy = remedy !== undefined && isInProgress(remedy) && !isSettling(remedy);
	deck.apply({do: 'push', layer: emptyConfirmation});
	if (isBusy) deck.showNotice('this action is still in progress: wait until it has ended', 'warn');
	return !isBusy;
}

/** Proposes an action to the runner and opens the confirmation, which shows the state of the remedy. */
export function proposeAction(
	deck: Deck,
	action: Action,
	entries: readonly TableRow[],
	params: Readonly<Record<string, string>>,
): void {
	if (!openConfirmation(deck)) return;
	const {pane} = deck.session.get();
	const {marks} = paneSession(deck.session.get(), pane);
	const markedKeys = [...marks].filter(key => appliesToKind(action, kindOfKey(key)));
	void deck.options.runner.propose(
		action,
		entries.map(entry => entry.row),
		params,
	);
	if (markedKeys.length > 0) unmarkOnceSent(deck, pane, markedKeys);
}

/** Replaces a stale plan by a new one for the present state, which needs its own confirmation. */
export function replanRemedy(deck: Deck): void {
	const {runner, watch} = deck.options;
	const remedy = runner.state.get();
	if (remedy?.replanOffer === undefined) return;
	const action = watch.targets.flatMap(({system}) => system.actions).find(({id}) => id === remedy.action.id);
	if (action === undefined) return;
	const readings = watch.readings().filter(({target, kind}) => target === remedy.target && appliesToKind(action, kind));
	const latest = new Map(readings.flatMap(({snapshot}) => snapshot?.rows ?? []).map(row => [row.id, row]));
	deck.apply({do: 'top', layer: emptyConfirmation});
	void runner.replan(rows => latestRows(rows, latest));
	const {pane} = deck.session.get();
	const {rows} = remedy.replanOffer;
	const marked = [...paneSession(deck.session.get(), pane).marks].filter(key => rows.some(row => rowKey(row) === key));
	if (marked.length > 0) unmarkOnceSent(deck, pane, marked);
}

/** Removes the marks of the rows of the current remedy once it was sent, or may have been. */
function unmarkOnceSent(deck: Deck, pane: string, keys: readonly RowKey[]): void {
	const {state} = deck.options.runner;
	const id = state.get()?.id;
	const unsubscribe = state.subscribe(() => {
		const remedy = state.get();
		const isSent = remedy?.id === id && (remedy?.receipt !== undefined || remedy?.state === 'unknown');
		if (isSent) deck.apply({do: 'unmark', pane, keys});
		if (isSent || remedy === undefined || remedy.id !== id || hasEnded(remedy)) unsubscribe();
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

/** Starts an action or inspection of the current row by its id, or `undo <record>`. */
export function runById(deck: Deck, id: string): void {
	if (deck.session.get().layers.at(-1)?.kind === 'list') deck.apply({do: 'pop'});
	if (id.startsWith('undo ')) {
		if (!openConfirmation(deck)) return;
		void deck.options.runner.undo(id.slice('undo '.length));
		return;
	}
	const action = deck.actions().find(({declared}) => declared.id === id);
	if (action !== undefined) startAction(deck, action);
	const inspection = deck.inspections().find(({declared}) => declared.id === id);
	if (inspection !== undefined) startInspection(deck, inspection.declared);
}

/** Switches a section to the order whose group headers are rows of this kind, since only that order shows them. */
function showGroupHeaders(deck: Deck, pane: Pane, kind: RowKind): void {
	for (const section of pane.sections) {
		const to = section.orders.findIndex(order => order.groupHeaders?.kind === kind);
		const current = (paneSession(deck.session.get(), pane.id).orders[section.kind] ?? 0) % section.orders.length;
		if (section.kind !== kind && to >= 0 && to !== current) {
			deck.apply({do: 'order', pane: pane.id, kind: section.kind, to});
		}
	}
}

/** Moves the cursor to the row of a finding, in the pane that shows it. */
export function revealFinding(deck: Deck, finding: Finding): void {
	deck.apply({do: 'close-all'});
	const kind = finding.row?.kind ?? finding.kind;
	const pane = deck.options.panes.find(({sections}) => sections.some(section => sectionKinds(section).includes(kind)));
	if (pane === undefined) {
		deck.showNotice(finding.sentence);
		return;
	}
	const {target} = deck.session.get();
	if (target !== undefined && target !== finding.target) deck.apply({do: 'only-target', target: undefined});
	deck.apply({do: 'focus', pane: pane.id});
	showGroupHeaders(deck, pane, kind);
	const {row} = finding;
	const findRow = () => {
		const {entries} = deck.completeView(pane.id);
		const key = row === undefined ? undefined : rowKey({...row, target: finding.target});
		const index = entries.findIndex(entry => entry.key === key);
		const near = entries.findIndex(entry => entry.row.kind === kind && entry.row.target === finding.target);
		return index >= 0 ? index : row === undefined ? near : -1;
	};
	if (findRow() < 0) {
		deck.apply({do: 'filter', pane: pane.id, text: ''});
		deck.apply({do: 'problems-only', pane: pane.id, on: false});
	}
	const index = findRow();
	if (index >= 0) deck.apply({do: 'cursor', pane: pane.id, index, entries: deck.completeView(pane.id).entries});
	deck.showNotice(finding.evidence.length > 0 ? finding.evidence.join(' · ') : finding.sentence, 'ok');
}

/** Runs the login program of a target in the terminal and reads the target again. A program that is not approved yet has to be approved first. */
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
			deck.showNotice(`${target} has no login command`, 'warn');
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

/** Moves the cursor of the focused pane to a row. */
export function moveCursorTo(deck: Deck, index: number): void {
	const {pane} = deck.session.get();
	deck.apply({do: 'cursor', pane, index, entries: deck.view(pane).entries});
}

/** Why no row is selected although rows are shown, with what to do; undefined when one is selected. */
export function noSelectionReason(deck: Deck): string | undefined {
	const {pane} = deck.session.get();
	const session = paneSession(deck.session.get(), pane);
	const {entries} = deck.view(pane);
	const {keymap} = deck.options;
	const wasRemoved = entries[cursorIndex(session, entries)]?.wasRemoved === true;
	return wasRemoved || hasLostCursor(session, entries)
		? `the selected row was removed: ${keymap.keyFor('row.down')} or ${keymap.keyFor('row.up')} selects another`
		: undefined;
}

/** Binds a cursor that was never moved to the object on its line. */
export function pinCursor(deck: Deck): void {
	const {pane} = deck.session.get();
	const session = paneSession(deck.session.get(), pane);
	const {entries} = deck.view(pane);
	const index = cursorIndex(session, entries);
	if (index >= 0 && entries[index]?.key !== session.cursor) moveCursorTo(deck, index);
}

/**
 * On a screen with one pane, focuses the pane of the first finding, unless a key was pressed before: a paged user should not have to search for it.
 * @returns unsubscribe
 */
export function focusFirstFinding(deck: Deck): () => void {
	const unsubscribe = deck.subscribe(() => {
		const finding = deck.isUntouched() ? deck.findings()[0] : undefined;
		if (deck.isUntouched() && finding === undefined) return;
		unsubscribe();
		const pane = deck.options.panes.find(one =>
			one.sections.some(section => finding !== undefined && sectionKinds(section).includes(finding.kind)),
		);
		if (deck.showsOnePane() && pane !== undefined) deck.apply({do: 'focus', pane: pane.id});
	});
	return unsubscribe;
}
