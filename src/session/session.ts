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
 * What the operator has before them, as one value and one pure reducer: the focused pane, the cursor, filters, marks, and the stack of
 * layers above the deck. Nothing here asks a system or knows a key.
 */

export type PaneSession = {
	/** The row under the cursor; it follows the object, not the line. */
	readonly cursor: RowKey | undefined;
	/** The line that the cursor was last seen on. */
	readonly cursorLine: number;
	/** A key changed which rows are shown: where the object of the cursor is not among them, the cursor goes to a row near its line. */
	readonly cursorMayMove: boolean;
	readonly filter: string;
	/** Only what is wrong is shown. */
	readonly problemsOnly: boolean;
	readonly orders: Readonly<Record<string, number>>;
	readonly marks: ReadonlySet<RowKey>;
};

export type DocumentLayer = {
	readonly kind: 'document';
	readonly title: string;
	readonly state: 'loading' | 'ready' | 'failed';
	/** Grows by itself while it follows; the layer tells only how it is looked at. */
	readonly text: TextBuffer;
	/** Stands above the text, and stays there. */
	readonly graph?: Graph | undefined;
	/** Where the page begins; `end`: at the end, and there it stays when lines come. */
	readonly top: TextPosition | 'end';
	/** How long the text was when it was held still. */
	readonly pausedAtLine?: number;
	/** Whether lines still come. */
	readonly followState: 'no' | 'on' | 'ended';
	readonly search: string;
	readonly filter: string;
	readonly wrap: boolean;
	/** Time stamps are shown where lines have some. */
	readonly stamps: boolean;
	/** Columns that it is moved to the left by. */
	readonly left: number;
	/** Reads the same again. Absent for texts that cannot change. */
	readonly reload?: () => void;
	/** Tells one opening from the next, so that a late answer does not land in another text. */
	readonly opening: number;
	/** Keys that open it again with other params. */
	readonly documentOptions?: readonly OpenDocumentOption[];
};

/** A dial of an open text, where it stands, and the way to turn it. */
export type OpenDocumentOption = {readonly key: string; readonly title: string; readonly shown: string; turn(): void};

export type ListName = 'actions' | 'findings' | 'targets' | 'audit' | 'undo';

export type ParamsLayer = {
	readonly kind: 'params';
	/** Id of the action or inspection that wants to know. */
	readonly ownerId: string;
	readonly entries: readonly TableRow[];
	readonly values: readonly string[];
	readonly field: number;
	/** In that field. */
	readonly caret?: Caret;
	/** Which of what was typed before stands there: 0 is the newest, -1 what is being typed now. */
	readonly historyIndex: number;
};

/** The confirmation; what it shows is the remedy's own state. */
export type ConfirmLayer = {
	readonly kind: 'confirm';
	/** The question that `values` and `answering` answer: when another one is asked, they answer nothing. */
	readonly question?: string | undefined;
	/** Of a demand that is typed: its fields, which of them is typed into, and whether the last key was Enter. */
	readonly values: readonly string[];
	readonly field: number;
	readonly caret?: Caret;
	readonly afterEnter: boolean;
	/** The field that made the last answer fail, what it held, and why that is wrong: it counts until the field holds something else. */
	readonly wrong?: {readonly field: number; readonly value: string; readonly text: string} | undefined;
	/** Of a demand of one key. */
	readonly answering: KeyEnterState;
	/** Why the last key was not taken. */
	readonly problem?: string | undefined;
	/** The first line of its upper part that is on the screen. */
	readonly offset: number;
	/** What would run is shown to its end, and not on one line. */
	readonly isExpanded: boolean;
	/** Of a demand that asks for none: the reason that was given all the same. */
	readonly reason?: string;
};

/** A confirmation to which nothing was answered yet. */
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
	/** The filter of the text below; `problem` says why what is typed filters nothing yet. */
	| {
			readonly kind: 'line-filter';
			readonly text: string;
			readonly caret?: Caret;
			readonly before: string;
			readonly problem: string | undefined;
	  }
	/** A reason for the confirmation below, which asks for none. */
	| {readonly kind: 'reason'; readonly text: string; readonly caret?: Caret}
	/** `item` is the chosen line's own id: the choice follows it when lines come and go. `index` is where it stood. */
	| {readonly kind: 'list'; readonly list: ListName; readonly index: number; readonly item: string | undefined}
	| {readonly kind: 'palette'; readonly text: string; readonly caret?: Caret; readonly index: number}
	| DocumentLayer
	| ParamsLayer
	| ConfirmLayer
	/** Acting although a required copy of the audit is not taken: the word and the reason. */
	| {
			readonly kind: 'break-glass';
			readonly values: readonly string[];
			readonly field: number;
			readonly caret?: Caret;
			/** The last key was Enter. */
			readonly afterEnter: boolean;
			/** What is wrong with what was answered. */
			readonly problem: string | undefined;
	  }
	/** Whether a target is to be armed. */
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
			/** Why the last key was not taken. */
			readonly problem?: string | undefined;
	  }
	| {readonly kind: 'quit'};

export type Notice = {
	readonly text: string;
	readonly severity: Severity;
	readonly at: number;
	/** How something ended that was left to go on: it stays while something is typed, and the next end is told with it. */
	readonly end?: true;
};

export type Session = {
	readonly pane: string;
	readonly zoom: boolean;
	/** Only this target is shown. */
	readonly target: string | undefined;
	readonly panes: Readonly<Record<string, PaneSession>>;
	readonly layers: readonly Layer[];
	/** What an inspection was opened with before, the newest first, by its id. */
	readonly paramHistory: Readonly<Record<string, readonly Params[]>>;
	/** The last thing the operator was told, in the footer until the next key. */
	readonly notice: Notice | undefined;
};

/** What was typed before is offered again, as far back as this. */
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

/** The text that was opened as `opening`, while it is open. */
export function findDocument(session: Session, opening: number): DocumentLayer | undefined {
	const layer = session.layers.find(one => one.kind === 'document' && one.opening === opening);
	return layer?.kind === 'document' ? layer : undefined;
}

/** The text on the screen: on top, or below a line that is typed about it. */
export function currentDocument(session: Session): DocumentLayer | undefined {
	const top = session.layers.at(-1);
	const typing = top?.kind === 'search' || top?.kind === 'line-filter';
	const layer = typing ? session.layers.at(-2) : top;
	return layer?.kind === 'document' ? layer : undefined;
}

export type Move = 'down' | 'up' | 'first' | 'last' | 'page-down' | 'page-up' | 'half-down' | 'half-up';

/** Where a move leads in a list of `size` lines of which `page` can be seen. */
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
 * The line of the object that the cursor is on, among rows that may have changed since. -1 when that object is no longer shown: then nothing
 * is selected, until a key moves the cursor. A cursor that was never put on an object is on a line.
 */
export function cursorIndex(pane: PaneSession, entries: readonly TableRow[]): number {
	const near = Math.min(pane.cursorLine, entries.length - 1);
	if (pane.cursor === undefined) return near;
	if (entries[pane.cursorLine]?.key === pane.cursor) return pane.cursorLine;
	const found = entries.findIndex(entry => entry.key === pane.cursor);
	return found < 0 && pane.cursorMayMove ? near : found;
}

/** Rows are shown, and the object that the cursor was on is not among them. */
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
	| {readonly do: 'faults'; readonly pane: string; readonly on: boolean}
	/** To the next order of a section, or to this one. */
	| {readonly do: 'order'; readonly pane: string; readonly kind: string; readonly to?: number}
	| {readonly do: 'push'; readonly layer: Layer}
	| {readonly do: 'pop'}
	/** Replaces the top layer. */
	| {readonly do: 'top'; readonly layer: Layer}
	/** Changes the open document, if it is still the one that was opened as `opening`. */
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
		case 'faults':
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
