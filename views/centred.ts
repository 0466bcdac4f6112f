import type {Size} from './layout.ts';
import {line, type ModalLine, paintModal} from './modal.ts';
import type {Theme} from './theme.ts';

/** A painted rectangle above the deck, in cells from the top left. `whole` is false when not all of it could be shown. */
export type Painted = {
	readonly left: number;
	readonly top: number;
	readonly rows: readonly string[];
	readonly width: number;
	readonly whole: boolean;
};

/** What a modal says. */
export type Content = {readonly title: string; readonly lines: readonly ModalLine[]};

/** A modal in the upper middle of the screen, as wide as `wanted` or the screen allows. */
export function centred(
	size: Size,
	wanted: number,
	theme: Theme,
	make: (cells: number, rows: number) => Content,
): Painted {
	const cells = Math.min(size.columns, Math.max(40, Math.min(wanted, size.columns - 4)));
	const most = size.rows - 2;
	const {title, lines} = make(cells - 4, most - 2);
	const whole = lines.length <= most - 2;
	const shown = whole ? lines : [...lines.slice(0, most - 3), line('make the terminal taller to see the rest', 'warn')];
	const rows = paintModal(title, shown, cells, most, theme);
	return {
		left: Math.floor((size.columns - cells) / 2),
		top: Math.max(1, Math.floor((size.rows - rows.length) / 3)),
		rows,
		width: cells,
		whole,
	};
}
