import {type ModalLine, modalLine, paintModal} from './modal/modal.ts';
import type {Size} from './terminal/screen.ts';
import type {Theme} from './theme.ts';

/** A painted rectangle above the deck, in cells from the top left. `isComplete` is false until its last line is on the screen. */
export type PaintedLayer = {
	readonly left: number;
	readonly top: number;
	readonly rows: readonly string[];
	readonly width: number;
	readonly isComplete: boolean;
};

/** `page`: lines of one page. `maxScroll`: the largest offset. */
export type PaintedModal = PaintedLayer & {readonly page: number; readonly maxScroll: number};

/** The contents of a modal. `footer` is always fully visible below `lines`, which scroll to `offset` where they are too long. */
export type ModalContent = {
	readonly title: string;
	readonly lines: readonly ModalLine[];
	readonly footer?: readonly ModalLine[];
	readonly offset?: number;
};

/** Paints a modal in the upper middle of the screen, `width` cells wide where the screen allows. */
export function paintCentredModal(
	size: Size,
	width: number,
	theme: Theme,
	build: (cells: number, rows: number) => ModalContent,
): PaintedModal {
	// A narrow screen has no cells to spare for a margin.
	const cells = size.columns < 100 && width > 100 ? size.columns : Math.min(width, size.columns - 4);
	const maxRows = size.rows - 2;
	const {title, lines, footer = [], offset = 0} = build(cells - 4, maxRows - 2);
	const space = maxRows - 2 - footer.length;
	const fits = lines.length <= space;
	const page = scrollLines(lines, Math.max(0, space - 1), offset, footer.length > 0);
	const rows = paintModal(title, fits ? [...lines, ...footer] : [...page.lines, ...footer], cells, maxRows, theme);
	return {
		left: Math.floor((size.columns - cells) / 2),
		top: Math.max(1, Math.floor((size.rows - rows.length) / 3)),
		rows,
		width: cells,
		isComplete: fits || page.isLast,
		page: Math.max(1, space - 1),
		maxScroll: fits ? 0 : Math.max(0, lines.length - (space - 1)),
	};
}

/** `space` lines from `offset` on, and a line that says how many are hidden. `isLast`: the last line is among them. */
function scrollLines(lines: readonly ModalLine[], space: number, offset: number, scrolls: boolean) {
	const from = scrolls ? Math.min(offset, Math.max(0, lines.length - space)) : 0;
	const below = lines.length - from - space;
	const isLast = scrolls && below <= 0 && space >= minPage;
	const text = !scrolls || space < minPage ? 'make the terminal taller to see the rest' : hiddenLinesText(from, below);
	return {lines: [...lines.slice(from, from + space), modalLine(text, isLast ? 'dim' : 'warn')], isLast};
}

/** With fewer lines on the screen than this, a text cannot be read page by page. */
const minPage = 3;

const hiddenLinesText = (above: number, below: number): string =>
	below > 0
		? `${below} more ${below === 1 ? 'line' : 'lines'} below: page down`
		: `${above} ${above === 1 ? 'line' : 'lines'} above: page up`;
