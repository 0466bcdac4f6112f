import type {Graph} from '../contract/document.ts';
import type {Params} from '../contract/param.ts';
import type {ProgramApproval} from '../contract/program-approval.ts';
import type {Severity} from '../contract/row.ts';
import type {RowKey, TableRow} from '../table/build-view.ts';
import type {KeyEnterState} from './key-then-enter.ts';
import type {Caret} from './line-input.ts';
import type {TextBuffer} from './text-buffer.ts';
import type {TextPosition} from './text-page.ts';

/*
 * The state of the screen as one value with one pure reducer: the focused pane, the cursor, filters, marks, and the stack of layers above
 * the panes. It reads no system and knows no key.
 */

export type PaneSession = {
	/** The row under the cursor, which follows the object, not the line. */
	readonly cursor: RowKey | undefined;
	/** The line that the cursor was on last. */
	readonly cursorLine: number;
	/** A key changed which rows are shown: if the row under the cursor is not among them, the cursor moves to a row near its line. */
	readonly cursorMayMove: boolean;
	readonly filter: string;
	/** Only rows that are not ok are shown. */
	readonly problemsOnly: boolean;
	readonly orders: Readonly<Record<string, number>>;
	readonly marks: ReadonlySet<RowKey>;
};

export type DocumentLayer = {
	readonly kind: 'document';
	readonly title: string;
	readonly state: 'loading' | 'ready' | 'failed';
	/** Grows while lines are followed; the layer only describes how it is shown. */
	readonly text: TextBuffer;
	/** Fixed above the text. */
	readonly graph?: Graph | undefined;
	/** First position of the page; `end`: the last page, also when lines are appended. */
	readonly top: TextPosition | 'end';
	/** Length of the text when following was paused. */
	readonly pausedAtLine?: number;
	/** Whether lines are still appended. */
	readonly followState: 'no' | 'on' | 'ended';
	readonly search: string;
	readonly filter: string;
	readonly wrap: boolean;
	/** Show the time stamps of lines that have one. */
	readonly stamps: boolean;
	/** Columns by which it is scrolled to the right. */
	readonly left: number;
	/** Reads the document again. Absent for texts that cannot change. */
	readonly reload?: () => void;
	/** Number of the opening, so that a late answer is not shown in another document. */
	readonly opening: number;
	/** Keys that open the document again with other params. */
	readonly documentOptions?: readonly OpenDocumentOption[];
};

/** An option of an open document with its current value. `turn` opens the document with the next value. */
export type OpenDocumentOption = {readonly key: string; readonly title: string; readonly shown: string; turn(): void};

export type ListName = 'actions' | 'findings' | 'targets' | 'audit' | 'undo';

export type ParamsLayer = {
	readonly kind: 'params';
	/** Id of the action or inspection that needs the params. */
	readonly ownerId: string;
	readonly entries: readonly TableRow[];
	readonly values: readonly string[];
	readonly field: number;
	/** Caret in that field. */
	readonly caret?: Caret;
	/** Index of the earlier entry shown: 0 is the newest, -1 the one being typed. */
	readonly historyIndex: number;
};

/** The confirmation of a remedy; it shows the state of the remedy. */
export type ConfirmLayer = {
	readonly kind: 'confirm';
	/** The question that `values` and `answering` belong to: for another question they are void. */
	readonly question?: string | undefined;
	/** For a demand that is typed: its fields, the index of the focused one, and whether the last key was Enter. */
	readonly values: readonly string[];
	readonly field: number;
	readonly caret?: Caret;
	readonly afterEnter: boolean;
	/** The field that made the last answer invalid, its value, and why: shown until the value changes. */
	readonly wrong?: {readonly field: number; readonly value: string; readonly text: string} | undefined;
	/** For a demand of one key. */
	readonly answering: KeyEnterState;
	/** Why the last key was rejected. */
	readonly problem?: string | undefined;
	/** First line of its upper part that is on the screen. */
	readonly offset: number;
	/** The command is shown in full, not cut to one line. */
	readonly isExpanded: boolean;
	/** A reason that the user entered although the demand does not require one. */
	readonly reason?: string;
};

/** A confirmation without any answer yet. */
export const emptyConfirmation: ConfirmLayer = {
	kind: 'confirm',
	values: ['', '', ''],
	field: 0,
	afterEnter: false,
	answering: 'nothing',
	offset: 0,
	isExpanded: false,
};

export type Layer =
	| {readonly kind: 'filter'; readonly text: string; readonly caret?: Caret; readonly before: string}
	| {readonly kind: 'search'; readonly text: string; readonly caret?: Caret}
	/** The filter of the document below; `problem` says why the text typed is not applied. */
	| {
			readonly kind: 'line-filter';
			readonly text: string;
			readonly caret?: Caret;
			readonly before: string;
			readonly problem: string | undefined;
	  }
	/** An optional reason for the confirmation below. */
	| {readonly kind: 'reason'; readonly text: string; readonly caret?: Caret}
	/** `item`: id of the selected entry, which the selection follows when entries are added or removed. `index`: its last position. */
	| {readonly kind: 'list'; readonly list: ListName; readonly index: number; readonly item: string | undefined}
	| {readonly kind: 'palette'; readonly text: string; readonly caret?: Caret; readonly index: number}
	| DocumentLayer
	| ParamsLayer
	| ConfirmLayer
	/** Break-glass: the word and the reason. */
	| {
			readonly kind: 'break-glass';
			readonly values: readonly string[];
			readonly field: number;
			readonly caret?: Caret;
			/** The last key was Enter. */
			readonly afterEnter: boolean;
			/** What is wrong with the answer. */
			readonly problem: string | undefined;
	  }
	/** The question whether to arm a target. */
	| {
			readonly kind: 'arm';
			readonly target: string;
			readonly answering: KeyEnterState;
			readonly problem?: string | undefined;
	  }
	/** The question whether a program may run to log in to a target. */
	| {
			readonly kind: 'approve';
			readonly target: string;
			readonly approval: ProgramApproval;
			readonly answering: KeyEnterState;
			/** Why the last key was rejected. */
			readonly problem?: string | undefined;
	  }
	| {readonly kind: 'quit'};

export type Notice = {
	readonly text: string;
	readonly severity: Severity;
	readonly at: number;
	/** The outcome of a remedy in the background: it stays while a text is typed, and the next outcome is appended to it. */
	readonly end?: true;
};

export type Session = {
	readonly pane: string;
	readonly zoom: boolean;
	/** Only this target is shown. */
	readonly target: string | undefined;
	readonly panes: Readonly<Record<string, PaneSession>>;
	readonly layers: readonly Layer[];
	/** Earlier params of each inspection by its id, the newest first. */
	readonly paramHistory: Readonly<Record<string, readonly Params[]>>;
	/** Shown in the footer until the next key. */
	readonly notice: Notice | undefined;
};

/** Earlier params stored per inspection. */
const maxParamHistory = 50;

const emptyPane: PaneSession = {
	cursor: undefined,
	cursorLine: 0,
	cursorMayMove: false,
	filter: '',
	problemsOnly: false,
	orders: {},
	marks: new Set(),
};

export const createSession = (pane: string): Session => ({
	pane,
	zoom: false,
	target: undefined,
	panes: {},
	layers: [],
	paramHistory: {},
	notice: undefined,
});

export const paneSession = (session: Session, pane: string): PaneSession => session.panes[pane] ?? emptyPane;

export const topLayer = (session: Session): Layer | undefined => session.layers.at(-1);

/** Returns the document with this opening number while it is open. */
export function findDocument(session: Session, opening: number): DocumentLayer | undefined {
	const layer = session.layers.find(one => one.kind === 'document' && one.opening === opening);
	return layer?.kind === 'document' ? layer : undefined;
}

/** Returns the document on the screen: the top layer, or the one below a search or filter line. */
export function currentDocument(session: Session): DocumentLayer | undefined {
	const top = session.layers.at(-1);
	const typing = top?.kind === 'search' || top?.kind === 'line-filter';
	const layer = typing ? session.layers.at(-2) : top;
	return layer?.kind === 'document' ? layer : undefined;
}

export type Move = 'down' | 'up' | 'first' | 'last' | 'page-down' | 'page-up' | 'half-down' | 'half-up';

/** Returns the index after a move in a list of `size` lines of which `page` are visible. */
export function moveIndex(from: number, move: Move, size: number, page: number): number {
	const step = {
		down: 1,
		up: -1,
		first: -size,
		last: size,
		'page-down': page,
		'page-up': -page,
		'half-down': Math.ceil(page / 2),
		'half-up': -Math.ceil(page / 2),
	}[move];
	return Math.max(0, Math.min(size - 1, from + step));
}

/**
 * Returns the line of the row under the cursor, among rows that may have changed since. -1 when that row is no longer shown: then no row is
 * selected until a key moves the cursor. A cursor that was never on a row is on a line.
 */
export function cursorIndex(pane: PaneSession, entries: readonly TableRow[]): number {
	const near = Math.min(pane.cursorLine, entries.length - 1);
	if (pane.cursor === undefined) return near;
	if (entries[pane.cursorLine]?.key === pane.cursor) return pane.cursorLine;
	const found = entries.findIndex(entry => entry.key === pane.cursor);
	return found < 0 && pane.cursorMayMove ? near : found;
}

/** Returns true when rows are shown and the row under the cursor is not among them. */
export const hasLostCursor = (pane: PaneSession, entries: readonly TableRow[]): boolean =>
	entries.length > 0 && cursorIndex(pane, entries) < 0;

export type SessionChange =
	| {readonly do: 'focus'; readonly pane: string}
	| {readonly do: 'zoom'}
	| {readonly do: 'only-target'; readonly target: string | undefined}
	/** Puts the cursor on the line `index` of the rows as they are drawn now. */
	| {readonly do: 'cursor'; readonly pane: string; readonly index: number; readonly entries: readonly TableRow[]}
	| {readonly do: 'mark'; readonly key: RowKey}
	| {readonly do: 'unmark'; readonly pane: string; readonly keys: readonly RowKey[]}
	| {readonly do: 'unmark-all'; readonly pane: string}
	| {readonly do: 'filter'; readonly pane: string; readonly text: string}
	| {readonly do: 'problems-only'; readonly pane: string; readonly on: boolean}
	/** Selects the next order of a section, or the order `to`. */
	| {readonly do: 'order'; readonly pane: string; readonly kind: string; readonly to?: number}
	| {readonly do: 'push'; readonly layer: Layer}
	| {readonly do: 'pop'}
	/** Replaces the top layer. */
	| {readonly do: 'top'; readonly layer: Layer}
	/** Changes the document with this opening number, if it is still open. */
	| {readonly do: 'document'; readonly opening: number; readonly change: Partial<Omit<DocumentLayer, 'kind'>>}
	| {readonly do: 'typed'; readonly of: string; readonly params: Params}
	| {readonly do: 'close-all'}
	| {readonly do: 'notice'; readonly notice: Notice | undefined};

const withPane = (session: Session, id: string, change: Partial<PaneSession>): Session => ({
	...session,
	panes: {...session.panes, [id]: {...paneSession(session, id), ...change}},
});

export function reduceSession(session: Session, by: SessionChange): Session {
	switch (by.do) {
		case 'focus':
			return {...session, pane: by.pane};
		case 'zoom':
			return {...session, zoom: !session.zoom};
		case 'only-target':
			return {
				...session,
				target: by.target,
				panes: Object.fromEntries(
					Object.entries(session.panes).map(([id, pane]) => [id, {...pane, cursorMayMove: true}]),
				),
			};
		case 'cursor':
			return withPane(session, by.pane, {
				cursorLine: Math.max(0, by.index),
				cursor: by.entries[by.index]?.key,
				cursorMayMove: false,
			});
		case 'mark': {
			const marks = new Set(paneSession(session, session.pane).marks);
			if (!marks.delete(by.key)) marks.add(by.key);
			return withPane(session, session.pane, {marks});
		}
		case 'unmark':
			return withPane(session, by.pane, {
				marks: new Set([...paneSession(session, by.pane).marks].filter(key => !by.keys.includes(key))),
			});
		case 'unmark-all':
			return withPane(session, by.pane, {marks: new Set()});
		case 'filter':
			return withPane(session, by.pane, {filter: by.text, cursorMayMove: true});
		case 'problems-only':
			return withPane(session, by.pane, {problemsOnly: by.on, cursorMayMove: true});
		case 'order': {
			const {orders} = paneSession(session, by.pane);
			return withPane(session, by.pane, {orders: {...orders, [by.kind]: by.to ?? (orders[by.kind] ?? 0) + 1}});
		}
		case 'push':
			return {...session, layers: [...session.layers, by.layer]};
		case 'pop':
			return {...session, layers: session.layers.slice(0, -1)};
		case 'top':
			return {...session, layers: [...session.layers.slice(0, -1), by.layer]};
		case 'document':
			return {
				...session,
				layers: session.layers.map(layer =>
					layer.kind === 'document' && layer.opening === by.opening ? {...layer, ...by.change} : layer,
				),
			};
		case 'typed': {
			const before = (session.paramHistory[by.of] ?? []).filter(
				one => JSON.stringify(one) !== JSON.stringify(by.params),
			);
			return {
				...session,
				paramHistory: {...session.paramHistory, [by.of]: [by.params, ...before].slice(0, maxParamHistory)},
			};
		}
		case 'close-all':
			return {...session, layers: []};
		case 'notice':
			return {...session, notice: by.notice};
	}
}
