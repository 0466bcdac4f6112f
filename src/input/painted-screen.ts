import type {PaintedPage} from './cursor-stability.ts';

/** Size of an open text on the screen. `maxScroll`: its largest scroll offset, where only the painter knows it. */
export type TextArea = {readonly cells: number; readonly rows: number; readonly maxScroll?: number};

/** What the views have painted: keys refer to it. */
export type PaintedScreen = {
	/** Number of rows on a page of a pane. */
	pageRows(pane: string): number;
	setPage(pane: string, page: PaintedPage): void;
	/** Index of the row on a line of a pane, as it was painted last. */
	rowAt(pane: string, line: number): number | undefined;
	/** Width and height of an open text, which is scrolled by painted lines. */
	textArea(): TextArea;
	setTextArea(area: TextArea): void;
	/** The question that is completely on the screen, or undefined. */
	markPainted(question: string | undefined): void;
	/** Whether this question is completely on the screen, so that a key may answer it. */
	isPainted(question: string | undefined): boolean;
};

export function createPaintedScreen(): PaintedScreen {
	const pages = new Map<string, PaintedPage>();
	let textArea: TextArea = {cells: 78, rows: 20};
	let painted: string | undefined;
	return {
		pageRows: pane => pages.get(pane)?.rows ?? 10,
		setPage: (pane, page) => void pages.set(pane, page),
		rowAt: (pane, line) => pages.get(pane)?.rowsAt[line],
		textArea: () => textArea,
		setTextArea(area) {
			textArea = area;
		},
		markPainted(question) {
			painted = question;
		},
		isPainted: question => painted !== undefined && painted === question,
	};
}
