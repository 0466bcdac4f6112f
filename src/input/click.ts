import {topLayer} from '../session/session.ts';
import type {Deck} from './deck.ts';
import {moveCursorTo} from './start-action.ts';

/** A click on a line of a pane: the pane gets the focus and the row, where there is one, the cursor. Never acts, and not through what lies above. */
export function handleClick(deck: Deck, pane: string, line: number): void {
	if (topLayer(deck.session.get()) !== undefined) return;
	deck.holdRows();
	deck.apply({do: 'focus', pane});
	const index = deck.rowAt(pane, line);
	if (index !== undefined) moveCursorTo(deck, index);
	deck.keyHandled({places: index !== undefined});
}
