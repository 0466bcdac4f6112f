import {cursorIndex, type Move, moveIndex, paneSession} from '../session/session.ts';
import type {TableRow} from '../table/build-view.ts';
import type {Deck} from './deck.ts';
import {moveCursorTo} from './start-action.ts';

/** The move that an intent names: `page-down` of `row.page-down`. */
export const moveOf = (intent: string): Move => intent.slice(intent.indexOf('.') + 1) as Move;

/** Moves the cursor of the focused pane, over rows that were removed. */
export function moveCursor(deck: Deck, move: Move): void {
	const {entries} = deck.focusedView();
	if (entries.length === 0) return;
	const {pane} = deck.session.get();
	const at = cursorIndex(paneSession(deck.session.get(), pane), entries);
	const from = at < 0 ? startBesideRemoved(deck, move) : at;
	const to = moveIndex(from, move, entries.length, deck.pageRows(pane));
	moveCursorTo(deck, nearestListed(entries, to, move));
}

/** The start of a move when the row under the cursor was removed: one down or up is then the row below or above the gap. */
function startBesideRemoved(deck: Deck, move: Move): number {
	const {pane} = deck.session.get();
	const {cursorLine} = paneSession(deck.session.get(), pane);
	return move === 'down' ? cursorLine - 1 : cursorLine;
}

/** The first row from `to` on, in the direction of the move, that is still in the list; else the nearest one before it. */
function nearestListed(entries: readonly TableRow[], to: number, move: Move): number {
	const isListed = (entry: TableRow) => !entry.wasRemoved;
	const goesUp = move === 'up' || move === 'last' || move === 'page-up' || move === 'half-up';
	const after = entries.findIndex((entry, index) => index >= to && isListed(entry));
	const before = entries.slice(0, to + 1).findLastIndex(isListed);
	const [first, second] = goesUp ? [before, after] : [after, before];
	return first >= 0 ? first : second >= 0 ? second : to;
}
