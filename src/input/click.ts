import {topLayer} from '../session/session.ts';
import type {Deck} from './deck.ts';
import {placeCursor} from './start-action.ts';

/** A click on a line of a pane: the pane gets the focus and the row, where there is one, the cursor. Never acts, and not through what lies above. */
export function click(deck: Deck, pane: string, line: number): void {
	if (topLayer(deck.session.get()) !== undefined) return;
	deck.touched();
	deck.apply({do: 'focus', pane});
	const index = deck.rowAt(pane, line);
	if (index !== undefined) placeCursor(deck, index);
	deck.keyHandled({places: index !== undefined});
}
