import type {Audit} from '../audit/audit-log.ts';
import type {AuditRecord} from '../audit/audit-record.ts';
import type {BreakGlass} from '../audit/break-glass.ts';
import type {Presence} from '../audit/presence.ts';
import type {SinkState} from '../audit/sink-progress.ts';
import type {UnresolvedIntent} from '../audit/unresolved-intents.ts';
import type {Action} from '../contract/action.ts';
import {appliesToKind} from '../contract/define.ts';
import type {Finding} from '../contract/finding.ts';
import type {Inspection} from '../contract/inspection.ts';
import {type Pane, sectionKinds} from '../contract/pane.ts';
import type {Reading} from '../contract/reading.ts';
import type {RowKind, Severity} from '../contract/row.ts';
import {worstSeverity} from '../contract/severity.ts';
import {mergeFindings} from '../findings/merge-findings.ts';
import {refusalFor} from '../policy/policy.ts';
import type {Arming} from '../remedy/arming.ts';
import type {Remedy} from '../remedy/remedy-state.ts';
import type {Runner} from '../remedy/runner.ts';
import {
	createSession,
	cursorIndex,
	type Notice,
	paneSession,
	reduceSession,
	type Session,
	type SessionChange,
	topLayer,
} from '../session/session.ts';
import type {PaneView, TableRow} from '../table/build-view.ts';
import {createPaneViews} from '../table/pane-views.ts';
import {firstRowOfEachKind, selectRowsFor} from '../table/selection.ts';
import type {Clock} from '../time/clock.ts';
import type {TimeBudget} from '../time/yield.ts';
import {createStore, type Store} from '../watch/store.ts';
import type {Watch} from '../watch/watch.ts';
import {createCursorStability, type PaintedPage} from './cursor-stability.ts';
import type {Keymap} from './keymap.ts';

/** What the deck needs done outside: the clipboard, the terminal, the way out. */
export type DeckEffects = {
	/** Returns the sentence that tells where the text went. */
	copy(text: string): Promise<string>;
	/** Writes lines to a new file that only this user can read; `name` is what they are of. Returns its path. */
	save(name: string, lines: readonly string[]): Promise<string>;
	quit(): void;
	suspend(): void;
	redraw(): void;
	/** Gives the terminal to another program until the work has ended, then draws everything again. */
	lendTerminal<T>(work: () => Promise<T>): Promise<T>;
	/** What other code wrote to the terminal while the deck was on it, and warnings of Node: kept off the screen. Oldest first. */
	strayOutput(): readonly string[];
};

export type DeckOptions = {
	/** Only those with a target, in the order of their numbers. */
	readonly panes: readonly Pane[];
	/** All panes there are, those without a target too: a pane has the same number key whatever is configured. */
	readonly allPanes: readonly Pane[];
	readonly watch: Watch;
	readonly runner: Runner;
	readonly arming: Arming;
	readonly audit: Audit;
	readonly presence: Presence;
	/** Begun before, and nobody knows how they ended. */
	readonly unresolved: Store<readonly UnresolvedIntent[]>;
	/** Copies of the audit outside; undefined when none is configured. */
	readonly copies?: {readonly state: Store<readonly SinkState[]>; readonly breakGlass: BreakGlass} | undefined;
	readonly keymap: Keymap;
	readonly clock: Clock;
	/** That of the process, unless a test passes its own. */
	readonly budget?: TimeBudget;
	readonly effects: DeckEffects;
	/** `demo: locks`, `read-only`: said in the header. */
	readonly labels: readonly string[];
	/** Where the targets come from, and what was found and is not watched. */
	readonly remarks: readonly string[];
};

/** `last`: the furthest it can be scrolled, where only the painter knows. */
export type TextArea = {readonly cells: number; readonly rows: number; readonly maxScroll?: number};

/** Something that can be done with the row under the cursor. */
export type AvailableCommand<Declared> = {
	readonly declared: Declared;
	readonly key: string;
	readonly disabled: string | undefined;
};

/** `entries`: what it would be done to, the marked rows or the one under the cursor. */
export type AvailableAction = AvailableCommand<Action> & {readonly entries: readonly TableRow[]};

/** The running deck: what is seen, and what a key does to it. Draws nothing. */
export type Deck = {
	readonly options: DeckOptions;
	readonly session: Store<Session>;
	/** Called after anything changed that the screen may show; once for all changes of one tick. */
	subscribe(listener: () => void): () => void;
	/** Something outside the stores changed (the clock's second): tell the listeners. */
	notifyChanged(): void;
	/** Grows with each change: what was drawn at the same version need not be drawn again. */
	version(): number;
	apply(by: SessionChange): void;
	showNotice(text: string, severity?: Severity): void;
	now(): number;
	/** For durations of our own, which no set clock changes. */
	monotonic(): number;
	/** While many new rows are arranged, the view before: what is done is done to what is shown. */
	view(pane: string): PaneView;
	/** The same, and what was asked of the pane (filter, order, target) is answered in it, however long that takes. */
	completeView(pane: string): PaneView;
	focusedView(): PaneView;
	/** The selected row of the focused pane; undefined when there is none, or when it is no longer in the list. */
	currentRow(): TableRow | undefined;
	/** With marked rows also what can be done with those, wherever the cursor stands. */
	actions(): readonly AvailableAction[];
	inspections(): readonly AvailableCommand<Inspection>[];
	findings(): readonly Finding[];
	/** Newest first; what the audit view shows. */
	readonly records: Store<readonly AuditRecord[]>;
	/** No key was pressed yet. */
	isUntouched(): boolean;
	/** Only one of several panes is on the screen. */
	showsOnePane(): boolean;
	/** The panes on the screen, and how many rows a page of each has. Costly sources of others rest. */
	setShownPanes(panes: readonly string[]): void;
	pageRows(pane: string): number;
	/** Tells what of a pane is on the screen now. */
	setPage(pane: string, page: PaintedPage): void;
	/** Which row of a pane stands on a line of it, as it was painted last. */
	rowAt(pane: string, line: number): number | undefined;
	/** Cells and lines that an open text has on the screen: it is scrolled by lines as they are drawn. */
	textArea(): TextArea;
	setTextArea(area: TextArea): void;
	/** A key was pressed just now: rows stay where they are for a second. */
	holdRows(): void;
	/** A key was handled: what the next frame shows under the cursor was put there by it. `places`: it chose a row, also when it is the same. */
	keyHandled(key: {readonly places: boolean}): void;
	/** Whether the row under the cursor has been there for a second, or was put there by a key. Else an action key may mean another row. */
	isCursorStable(): boolean;
	/** What is asked, and waits for an answer: one text for one question. Another demand for the same act is another question. */
	pendingQuestion(): string | undefined;
	/** This question is on the screen, all of it: from here it may be answered. Undefined: it no longer is. */
	markPainted(question: string | undefined): void;
	canAnswer(): boolean;
	close(): void;
};

/** How something ended that was left to go on; told together with what ended since the last key. */
function endNotice(remedy: Remedy, before: Notice | undefined, at: number): Notice {
	const {action, target, preview, state, reason = '', recordFailure} = remedy;
	const lost = recordFailure === undefined ? '' : `; how it ended is not in the record: ${recordFailure}`;
	const text = `${action.title} ${preview?.object ?? ''} on ${target}: ${state}, ${reason}${lost}`;
	const severity = state === 'done' && lost === '' ? 'ok' : 'warn';
	if (before?.end !== true) return {text, severity, at, end: true};
	return {text: `${before.text} · ${text}`, severity: worstSeverity([before.severity, severity]), at, end: true};
}

export function createDeck(options: DeckOptions): Deck {
	const {watch, clock, runner, arming, keymap} = options;
	const session = createStore(createSession(options.panes[0]?.id ?? ''));
	const records = createStore<readonly AuditRecord[]>([]);
	const listeners = new Set<() => void>();
	const pages = new Map<string, PaintedPage>();
	const steadiness = createCursorStability(clock);
	let lastKeyAt = Number.NEGATIVE_INFINITY;
	let waking = false;
	let alone = false;
	let version = 0;
	let painted: string | undefined;
	let textArea: TextArea = {cells: 78, rows: 20};
	let found: {readonly readings: readonly Reading[]; readonly findings: readonly Finding[]} | undefined;

	const bump = () => {
		version += 1;
		if (waking) return;
		waking = true;
		queueMicrotask(() => {
			waking = false;
			for (const listener of [...listeners]) listener();
		});
	};

	const stops = [
		session.subscribe(bump),
		watch.subscribe(bump),
		runner.state.subscribe(bump),
		arming.policy.subscribe(bump),
		records.subscribe(bump),
		options.presence.others.subscribe(bump),
		options.unresolved.subscribe(bump),
		...(options.copies === undefined
			? []
			: [options.copies.state.subscribe(bump), options.copies.breakGlass.state.subscribe(bump)]),
	];

	const apply = (by: SessionChange) => session.set(reduceSession(session.get(), by));

	// A remedy that was left to go on tells its end on the deck.
	stops.push(
		runner.onEnd(remedy => {
			// What it changed is looked at now, not at the next interval.
			watch.refresh(remedy.target);
			const shown = topLayer(session.get())?.kind === 'confirm' && runner.state.get()?.id === remedy.id;
			// Whoever did the next thing to it knows.
			if (shown || remedy.state === 'superseded') return;
			apply({do: 'notice', notice: endNotice(remedy, session.get().notice, clock.now())});
		}),
	);

	const views = createPaneViews({
		clock,
		budget: options.budget,
		readings: () => watch.readings(),
		pane(id) {
			const pane = options.allPanes.find(one => one.id === id) ?? options.allPanes[0];
			if (pane === undefined) throw new Error('a deck needs at least one pane');
			return pane;
		},
		query(id) {
			const {filter, problemsOnly: faults, orders} = paneSession(session.get(), id);
			return {filter, problemsOnly: faults, orders, target: session.get().target};
		},
		focused: () => session.get().pane,
		changed: bump,
	});
	const {view} = views;

	const focused = () => view(session.get().pane);

	const current = () => {
		const {entries} = focused();
		const entry = entries[cursorIndex(paneSession(session.get(), session.get().pane), entries)];
		return entry?.wasRemoved ? undefined : entry;
	};

	const systemOf = (target: string) => watch.targets.find(watched => watched.target.name === target)?.system;

	/** Why an action cannot be done with these rows, all of one target. */
	const notNow = (action: Action, entries: readonly TableRow[]): string | undefined => {
		const rows = entries.map(entry => entry.row);
		const refusal = refusalFor(arming.policy.get(), action.id, rows[0]?.target ?? '', clock.monotonic());
		return refusal === undefined ? action.disabled(rows) : `${refusal.reason}: ${refusal.hint}`;
	};

	const shown = (panes: readonly string[]) => {
		alone = panes.length === 1 && options.panes.length > 1;
		const kinds = new Set<RowKind>();
		for (const pane of options.panes) {
			if (panes.includes(pane.id)) for (const kind of pane.sections.flatMap(sectionKinds)) kinds.add(kind);
		}
		watch.setVisible(kinds);
	};

	const question = () => {
		const layer = topLayer(session.get());
		if (layer?.kind === 'arm') return `arm ${layer.target}`;
		if (layer?.kind === 'approve') return `approve ${layer.target} ${layer.approval.program}`;
		if (layer?.kind === 'break-glass') return layer.kind;
		const remedy = runner.state.get();
		return layer?.kind === 'confirm' && remedy?.state === 'ready' ? `${remedy.id} ${remedy.readyAt}` : undefined;
	};

	return {
		options,
		session,
		records,
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		notifyChanged: bump,
		version: () => version,
		apply,
		showNotice: (text, severity = 'ok') => apply({do: 'notice', notice: {text, severity, at: clock.now()}}),
		now: () => clock.now(),
		monotonic: () => clock.monotonic(),
		view,
		completeView(pane) {
			views.flushView(pane);
			return view(pane);
		},
		focusedView: focused,
		currentRow: current,
		actions() {
			const {marks} = paneSession(session.get(), session.get().pane);
			const selection = {entries: focused().entries, marks, current: current()};
			return firstRowOfEachKind(selection).flatMap(entry => {
				const found = systemOf(entry.row.target)?.actions.filter(action => appliesToKind(action, entry.kind)) ?? [];
				return found.map(declared => {
					const {entries, refusal} = selectRowsFor(declared, selection);
					const disabled = refusal ?? notNow(declared, entries);
					return {declared, key: keymap.keyOf(declared.id, declared.key), disabled, entries};
				});
			});
		},
		inspections() {
			const entry = current();
			if (entry === undefined) return [];
			const found = systemOf(entry.row.target)?.inspections.filter(one => appliesToKind(one, entry.kind)) ?? [];
			return found.map(declared => ({
				declared,
				key: keymap.keyOf(declared.id, declared.key),
				disabled: declared.disabled?.(entry.row),
			}));
		},
		findings() {
			const readings = watch.readings();
			if (found?.readings !== readings) found = {readings, findings: mergeFindings(readings)};
			return found.findings;
		},
		setShownPanes: shown,
		isUntouched: () => lastKeyAt === Number.NEGATIVE_INFINITY,
		showsOnePane: () => alone,
		pageRows: pane => pages.get(pane)?.rows ?? 10,
		setPage: (pane, page) => {
			pages.set(pane, page);
			if (pane === session.get().pane) steadiness.painted(pane, page);
		},
		rowAt: (pane, line) => pages.get(pane)?.rowsAt[line],
		textArea: () => textArea,
		setTextArea: area => {
			textArea = area;
		},
		holdRows: () => {
			lastKeyAt = clock.monotonic();
			views.holdRows();
			// A key on the deck means what was asked for by the keys before it, also when that is not on the screen yet. What is typed into a
			// field means no row: each letter of a filter would wait for the rows of all that came before it.
			if (topLayer(session.get()) === undefined) views.flushView(session.get().pane);
		},
		keyHandled: ({places}) => steadiness.keyHandled(session.get().pane, current()?.key, places),
		isCursorStable: () => steadiness.isStable(session.get().pane, current()?.key),
		pendingQuestion: question,
		markPainted: one => {
			painted = one;
		},
		canAnswer: () => painted !== undefined && painted === question(),
		close() {
			// What an open text follows ends with it.
			apply({do: 'close-all'});
			for (const stop of stops) stop();
			views.close();
			listeners.clear();
		},
	};
}
