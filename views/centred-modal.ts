import type {Size} from './layout.ts';
import {type ModalLine, modalLine, paintModal} from './modal/modal.ts';
import type {Theme} from './theme.ts';

/** A painted rectangle above the deck, in cells from the top left. `whole` is false as long as its end cannot be seen. */
export type PaintedLayer = {
	readonly left: number;
	readonly top: number;
	readonly rows: readonly string[];
	readonly width: number;
	readonly isComplete: boolean;
};

/** A modal, with the lines of a page of it and the furthest it can be scrolled. */
export type PaintedModal = PaintedLayer & {readonly page: number; readonly maxScroll: number};

/** What a modal says. `foot` stands below `lines` and is always seen whole; what is above it can be scrolled from `offset` on. */
export type ModalContent = {
	readonly title: string;
	readonly lines: readonly ModalLine[];
	readonly footer?: readonly ModalLine[];
	readonly offset?: number;
};

/** A modal in the upper middle of the screen, as wide as `wanted` or the screen allows. */
export function paintCentredModal(
	size: Size,
	wanted: number,
	theme: Theme,
	make: (cells: number, rows: number) => ModalContent,
): PaintedModal {
	// A narrow screen has no cells to spare for a margin.
	const cells = size.columns < 100 && wanted > 100 ? size.columns : Math.min(wanted, size.columns - 4);
	const most = size.rows - 2;
	const {title, lines, footer: foot = [], offset = 0} = make(cells - 4, most - 2);
	const room = most - 2 - foot.length;
	const whole = lines.length <= room;
	const page = scrollLines(lines, Math.max(0, room - 1), offset, foot.length > 0);
	const rows = paintModal(title, whole ? [...lines, ...foot] : [...page.lines, ...foot], cells, most, theme);
	return {
		left: Math.floor((size.columns - cells) / 2),
		top: Math.max(1, Math.floor((size.rows - rows.length) / 3)),
		rows,
		width: cells,
		isComplete: whole || page.last,
		page: Math.max(1, room - 1),
		maxScroll: whole ? 0 : Math.max(0, lines.length - (room - 1)),
	};
}

/** The part of what is too long that `room` lines hold, and a line that says so. `last` when its end is among them. */
function scrollLines(lines: readonly ModalLine[], room: number, offset: number, scrolls: boolean) {
	const from = scrolls ? Math.min(offset, Math.max(0, lines.length - room)) : 0;
	const below = lines.length - from - room;
	const last = scrolls && below <= 0 && room >= leastPage;
	const told = !scrolls || room < leastPage ? 'make the terminal taller to see the rest' : hiddenLinesText(from, below);
	return {lines: [...lines.slice(from, from + room), modalLine(told, last ? 'dim' : 'warn')], last};
}

/** With fewer lines than this a text cannot be read by pages. */
const leastPage = 3;

const hiddenLinesText = (above: number, below: number): string =>
	below > 0
		? `${below} more ${below === 1 ? 'line' : 'lines'} below: page down`
		: `${above} ${above === 1 ? 'line' : 'lines'} above: page up`;
