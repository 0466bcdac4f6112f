import type {Audit} from '../audit/audit-log.ts';
import type {AuditRecord} from '../audit/audit-record.ts';
import type {BreakGlass} from '../audit/break-glass.ts';
import type {Presence} from '../audit/presence.ts';
import type {SinkState} from '../audit/sink-progress.ts';
import type {UnresolvedIntent} from '../audit/unresolved-intents.ts';
import type {Finding} from '../contract/finding.ts';
import type {Inspection} from '../contract/inspection.ts';
import {type Pane, sectionKinds} from '../contract/pane.ts';
import type {Reading} from '../contract/reading.ts';
import type {RowKind, Severity} from '../contract/row.ts';
import {worstSeverity} from '../contract/severity.ts';
import {mergeFindings} from '../findings/merge-findings.ts';
import type {Arming} from '../remedy/arming.ts';
import type {Remedy} from '../remedy/remedy-state.ts';
import type {Runner} from '../remedy/runner.ts';
import {
	createSession,
	cursorIndex,
	type Layer,
	type Notice,
	paneSession,
	reduceSession,
	type Session,
	type SessionChange,
	topLayer,
} from '../session/session.ts';
import type {PaneView, TableRow} from '../table/build-view.ts';
import {createPaneViews, type PaneViews} from '../table/pane-views.ts';
import type {Clock} from '../time/clock.ts';
import type {TimeBudget} from '../time/yield.ts';
import {createStore, type Store} from '../watch/store.ts';
import type {Watch} from '../watch/watch.ts';
import {type AvailableAction, type AvailableCommand, createAvailableCommands} from './available-commands.ts';
import {createChangeSignal} from './change-signal.ts';
import {createCursorStability, type PaintedPage} from './cursor-stability.ts';
import type {Keymap} from './keymap.ts';
import {createPaintedScreen, type TextArea} from './painted-screen.ts';

/** Effects outside of the deck: clipboard, files, terminal, exit. */
export type DeckEffects = {
	/** Resolves with a sentence that says where the text went. */
	copy(text: string): Promise<string>;
	/** Writes lines to a new file that only this user can read. `name` is the title of the text. Resolves with the path. */
	save(name: string, lines: readonly string[]): Promise<string>;
	quit(): void;
	suspend(): void;
	redraw(): void;
	/** Lends the terminal to another program until `work` has ended, then repaints everything. */
	lendTerminal<T>(work: () => Promise<T>): Promise<T>;
	/** Output of other code and warnings of Node, which are not shown on the screen. Oldest first. */
	strayOutput(): readonly string[];
};

export type DeckOptions = {
	/** The panes with a target, in the order of their numbers. */
	readonly panes: readonly Pane[];
	/** All panes, also those without a target: a pane has the same number key in any configuration. */
	readonly allPanes: readonly Pane[];
	readonly watch: Watch;
	readonly runner: Runner;
	readonly arming: Arming;
	readonly audit: Audit;
	readonly presence: Presence;
	/** Intents of earlier consoles without an outcome. */
	readonly unresolved: Store<readonly UnresolvedIntent[]>;
	/** Delivery to the audit sinks; undefined when none is configured. */
	readonly copies?: {readonly state: Store<readonly SinkState[]>; readonly breakGlass: BreakGlass} | undefined;
	readonly keymap: Keymap;
	readonly clock: Clock;
	/** That of the process, unless a test passes its own. */
	readonly budget?: TimeBudget;
	readonly effects: DeckEffects;
	/** Shown in the header: `demo: locks`, `read-only`. */
	readonly labels: readonly string[];
	/** Where the targets come from, and what was discovered but is not watched. */
	readonly remarks: readonly string[];
};

/** The state of the console in use, and the operations that keys run on it. Paints nothing. */
export type Deck = {
	readonly options: DeckOptions;
	readonly session: Store<Session>;
	/** Calls back after changes that the screen may show, once for all changes of one tick. @returns unsubscribe */
	subscribe(listener: () => void): () => void;
	/** Reports a change outside of the stores (the time of day). */
	notifyChanged(): void;
	/** Increases with each change. Two frames of the same version are equal. */
	version(): number;
	apply(by: SessionChange): void;
	showNotice(text: string, severity?: Severity): void;
	now(): number;
	/** Monotonic time, for durations. */
	monotonic(): number;
	/** The view of a pane as it is shown: the previous one while a new one of many rows is being built. */
	view(pane: string): PaneView;
	/** The view of a pane with its present query (filter, order, target). Blocks until it is built. */
	completeView(pane: string): PaneView;
	focusedView(): PaneView;
	/** The row under the cursor of the focused pane; undefined without rows, and when that row was removed. */
	currentRow(): TableRow | undefined;
	/** The actions of the marked rows, wherever the cursor is, and of the row under the cursor. */
	actions(): readonly AvailableAction[];
	inspections(): readonly AvailableCommand<Inspection>[];
	findings(): readonly Finding[];
	/** The records of the audit list, newest first. */
	readonly records: Store<readonly AuditRecord[]>;
	/** No key was pressed since the start. */
	isUntouched(): boolean;
	/** The screen has one of several panes. */
	showsOnePane(): boolean;
	/** Sets the panes on the screen. Costly sources of other panes are paused. */
	setShownPanes(panes: readonly string[]): void;
	pageRows(pane: string): number;
	/** Sets which part of a pane is on the screen. */
	setPage(pane: string, page: PaintedPage): void;
	/** Index of the row on a line of a pane, as it was painted last. */
	rowAt(pane: string, line: number): number | undefined;
	/** Width and height of an open text, which is scrolled by painted lines. */
	textArea(): TextArea;
	setTextArea(area: TextArea): void;
	/** Called for each key: keeps the rows in place for a second. */
	holdRows(): void;
	/** Called after each key: the row under the cursor in the next frame was selected by it. `places`: the key selected a row, perhaps the same. */
	keyHandled(key: {readonly places: boolean}): void;
	/** Whether the row under the cursor was selected by a key or has been there for a second. Otherwise an action key may be meant for another row. */
	isCursorStable(): boolean;
	/** Identifies the question that waits for an answer. Another demand for the same action is another question. */
	pendingQuestion(): string | undefined;
	/** Called when this question is completely on the screen, so that it may be answered; undefined when none is. */
	markQuestionShown(question: string | undefined): void;
	/** Whether the pending question is completely on the screen. */
	canAnswer(): boolean;
	/** A new id of an open document. */
	nextOpening(): number;
	close(): void;
};

export function createDeck(options: DeckOptions): Deck {
	const {watch, clock, runner} = options;
	const session = createStore(createSession(options.panes[0]?.id ?? ''));
	const records = createStore<readonly AuditRecord[]>([]);
	const changes = createChangeSignal();
	const screen = createPaintedScreen();
	const cursorStability = createCursorStability(clock);
	const views = createDeckViews(options, session, changes.notify);
	const findings = createFindingsCache(watch);
	const apply = (change: SessionChange) => session.set(reduceSession(session.get(), change));
	const subscriptions = subscribeToSources(options, [session, records], changes.notify);
	subscriptions.push(showRemedyEnds(options, session, apply));
	let lastKeyAt = Number.NEGATIVE_INFINITY;
	let onePane = false;
	let openings = 0;

	const focusedPane = () => session.get().pane;
	const currentRow = () => {
		const {entries} = views.view(focusedPane());
		const entry = entries[cursorIndex(paneSession(session.get(), focusedPane()), entries)];
		return entry?.wasRemoved ? undefined : entry;
	};
	const selection = () => {
		const {marks} = paneSession(session.get(), focusedPane());
		return {entries: views.view(focusedPane()).entries, marks, current: currentRow()};
	};
	const commands = createAvailableCommands({...options, selection});
	const question = () => pendingQuestion(topLayer(session.get()), runner.state.get());

	return {
		...{options, session, records, apply, currentRow},
		subscribe: changes.subscribe,
		notifyChanged: changes.notify,
		version: changes.version,
		showNotice: (text, severity = 'ok') => apply({do: 'notice', notice: {text, severity, at: clock.now()}}),
		now: () => clock.now(),
		monotonic: () => clock.monotonic(),
		view: views.view,
		completeView(pane) {
			views.flushView(pane);
			return views.view(pane);
		},
		focusedView: () => views.view(focusedPane()),
		...{actions: commands.actions, inspections: commands.inspections, findings},
		setShownPanes(panes) {
			onePane = panes.length === 1 && options.panes.length > 1;
			watch.setVisible(kindsOf(options.panes.filter(({id}) => panes.includes(id))));
		},
		isUntouched: () => lastKeyAt === Number.NEGATIVE_INFINITY,
		showsOnePane: () => onePane,
		...{pageRows: screen.pageRows, rowAt: screen.rowAt, textArea: screen.textArea, setTextArea: screen.setTextArea},
		setPage(pane, page) {
			screen.setPage(pane, page);
			if (pane === focusedPane()) cursorStability.painted(pane, page);
		},
		holdRows() {
			lastKeyAt = clock.monotonic();
			views.holdRows();
			// A key on the deck refers to the view that the keys before it produced, also when that is not painted yet. Text typed into a field
			// refers to no row: otherwise each letter of a filter would wait for the rows of all letters before it.
			if (topLayer(session.get()) === undefined) views.flushView(focusedPane());
		},
		keyHandled: ({places}) => cursorStability.keyHandled(focusedPane(), currentRow()?.key, places),
		isCursorStable: () => cursorStability.isStable(focusedPane(), currentRow()?.key),
		pendingQuestion: question,
		markQuestionShown: screen.markQuestionShown,
		canAnswer: () => screen.isQuestionShown(question()),
		nextOpening() {
			openings += 1;
			return openings;
		},
		close() {
			// Closes the follow streams of open documents.
			apply({do: 'close-all'});
			for (const unsubscribe of subscriptions) unsubscribe();
			views.close();
			changes.close();
		},
	};
}

/** Calls back when anything that the screen shows has changed. @returns the unsubscribe functions */
function subscribeToSources(
	{watch, runner, arming, presence, unresolved, copies}: DeckOptions,
	stores: readonly Pick<Store<unknown>, 'subscribe'>[],
	onChange: () => void,
): (() => void)[] {
	const copyStores = copies === undefined ? [] : [copies.state, copies.breakGlass.state];
	const sources = [...stores, watch, runner.state, arming.policy, presence.others, unresolved, ...copyStores];
	return sources.map(source => source.subscribe(onChange));
}

/** The notice about a remedy that ended in the background. Appended to `before` when that is such a notice too and no key was pressed since. */
function remedyEndNotice(remedy: Remedy, before: Notice | undefined, at: number): Notice {
	const {action, target, preview, state, reason = '', recordFailure} = remedy;
	const unrecorded = recordFailure === undefined ? '' : `; its outcome is not recorded: ${recordFailure}`;
	const text = `${action.title} ${preview?.object ?? ''} on ${target}: ${state}, ${reason}${unrecorded}`;
	const severity = state === 'done' && unrecorded === '' ? 'ok' : 'warn';
	if (before?.end !== true) return {text, severity, at, end: true};
	return {text: `${before.text} · ${text}`, severity: worstSeverity([before.severity, severity]), at, end: true};
}

/** Shows a notice when a remedy ends that is not on the screen. @returns unsubscribe */
const showRemedyEnds = (
	{watch, runner, clock}: DeckOptions,
	session: Store<Session>,
	apply: Deck['apply'],
): (() => void) =>
	runner.onEnd(remedy => {
		// Read what it changed now, not at the next interval.
		watch.refresh(remedy.target);
		const isShown = topLayer(session.get())?.kind === 'confirm' && runner.state.get()?.id === remedy.id;
		// The user who superseded it knows.
		if (isShown || remedy.state === 'superseded') return;
		apply({do: 'notice', notice: remedyEndNotice(remedy, session.get().notice, clock.now())});
	});

const createDeckViews = (
	{watch, clock, budget, allPanes}: DeckOptions,
	session: Store<Session>,
	changed: () => void,
): PaneViews =>
	createPaneViews({
		clock,
		budget,
		readings: () => watch.readings(),
		pane(id) {
			const pane = allPanes.find(candidate => candidate.id === id) ?? allPanes[0];
			if (pane === undefined) throw new Error('a deck needs at least one pane');
			return pane;
		},
		query(id) {
			const {filter, problemsOnly, orders} = paneSession(session.get(), id);
			return {filter, problemsOnly, orders, target: session.get().target};
		},
		focused: () => session.get().pane,
		changed,
	});

/** The findings of all readings, merged again only when a reading has changed. */
function createFindingsCache(watch: Watch): () => readonly Finding[] {
	let cached: {readonly readings: readonly Reading[]; readonly findings: readonly Finding[]} | undefined;
	return () => {
		const readings = watch.readings();
		if (cached?.readings !== readings) cached = {readings, findings: mergeFindings(readings)};
		return cached.findings;
	};
}

const kindsOf = (panes: readonly Pane[]): ReadonlySet<RowKind> =>
	new Set(panes.flatMap(pane => pane.sections.flatMap(sectionKinds)));

/** One text for each question. A new demand for the same action is another question. */
function pendingQuestion(layer: Layer | undefined, remedy: Remedy | undefined): string | undefined {
	switch (layer?.kind) {
		case 'arm':
			return `arm ${layer.target}`;
		case 'approve':
			return `approve ${layer.target} ${layer.approval.program}`;
		case 'break-glass':
			return layer.kind;
		case 'confirm':
			return remedy?.state === 'ready' ? `${remedy.id} ${remedy.readyAt}` : undefined;
		default:
			return undefined;
	}
}
