import type {Deck} from '../../src/input/deck.ts';
import {layoutScreen} from '../layout.ts';
import type {Size} from '../terminal/screen.ts';

/** The pane at a cell of the screen, and the line within the pane, counted from 0. Undefined outside of the panes. */
export function paneAt(
	deck: Deck,
	size: Size,
	{column, row}: {readonly column: number; readonly row: number},
): {readonly pane: string; readonly line: number} | undefined {
	const {pane, zoom} = deck.session.get();
	const ids = deck.options.panes.map(one => one.id);
	const {fits, strip, grid} = layoutScreen(size, ids, pane, zoom);
	if (!fits) return undefined;
	// The header is one line, and panes beside each other have a bar between them.
	let top = 1 + strip;
	for (const {height, cells} of grid) {
		let left = 0;
		for (const cell of cells) {
			if (row >= top && row < top + height && column >= left && column < left + cell.width) {
				return {pane: cell.pane, line: row - top};
			}
			left += cell.width + 1;
		}
		top += height;
	}
	return undefined;
}
