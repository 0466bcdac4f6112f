import {topLayer} from '../session/session.ts';
import type {Deck} from './deck.ts';
import {moveCursorTo} from './start-action.ts';

/** Handles a click on a line of a pane: focuses the pane and moves the cursor to the row there. Runs nothing, and is ignored under a layer. */
export function handleClick(deck: Deck, pane: string, line: number): void {
	if (topLayer(deck.session.get()) !== undefined) return;
	deck.holdRows();
	deck.apply({do: 'focus', pane});
	const index = deck.rowAt(pane, line);
	if (index !== undefined) moveCursorTo(deck, index);
	deck.keyHandled({places: index !== undefined});
}
