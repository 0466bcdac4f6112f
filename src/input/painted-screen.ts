import type {PaintedPage} from './cursor-stability.ts';

/** The area of an open text on the screen: its width in `cells`, its height in `rows`. `maxScroll`: the largest scroll offset, for a text that only its painter can measure. */
export type TextArea = {readonly cells: number; readonly rows: number; readonly maxScroll?: number};

/** What the views painted last. Keys that page or scroll, clicks and answers depend on it. */
export type PaintedScreen = {
	/** Number of rows on a page of a pane. */
	pageRows(pane: string): number;
	setPage(pane: string, page: PaintedPage): void;
	/** Index of the row on a line of a pane, as it was painted last. */
	rowAt(pane: string, line: number): number | undefined;
	/** The area of the open text; 78 by 20 before one was painted. */
	textArea(): TextArea;
	setTextArea(area: TextArea): void;
	/** Called when this question is completely on the screen, and with undefined when none is any longer. */
	markQuestionShown(question: string | undefined): void;
	/** Returns true when this question is completely on the screen, so that a key may answer it. */
	isQuestionShown(question: string | undefined): boolean;
};

export function createPaintedScreen(): PaintedScreen {
	const pages = new Map<string, PaintedPage>();
	let textArea: TextArea = {cells: 78, rows: 20};
	let shownQuestion: string | undefined;
	return {
		pageRows: pane => pages.get(pane)?.rows ?? 10,
		setPage: (pane, page) => void pages.set(pane, page),
		rowAt: (pane, line) => pages.get(pane)?.rowsAt[line],
		textArea: () => textArea,
		setTextArea(area) {
			textArea = area;
		},
		markQuestionShown(question) {
			shownQuestion = question;
		},
		isQuestionShown: question => shownQuestion !== undefined && shownQuestion === question,
	};
}
