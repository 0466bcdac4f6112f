import type {Size} from './terminal/screen.ts';

/* The layout of the screen for one size, as a pure function. */

/** The smallest screen on which a pane can be read and a confirmation page by page. */
export const smallestScreen: Size = {columns: 60, rows: 15};

export type ScreenLayout = {
	readonly fits: boolean;
	/** Lines of the finding strip. */
	readonly strip: number;
	/** One pane at a time, with a line of tabs. */
	readonly tabs: boolean;
	/** Panes from left to right in rows from top to bottom. */
	readonly grid: readonly {
		readonly height: number;
		readonly cells: readonly {readonly pane: string; readonly width: number}[];
	}[];
};

/** With fewer lines than this a pane is not useful. */
const minPaneHeight = 8;

const splitEvenly = (total: number, parts: number): number[] =>
	Array.from(
		{length: parts},
		(_, index) => Math.floor(((index + 1) * total) / parts) - Math.floor((index * total) / parts),
	);

/** Three panes a row at 180 columns and more, two at 120 and more, one at a time with tabs below that, or when one is zoomed. */
export function layoutScreen(size: Size, panes: readonly string[], focused: string, zoom: boolean): ScreenLayout {
	const fits = size.columns >= smallestScreen.columns && size.rows >= smallestScreen.rows;
	const strip = size.rows >= 40 ? 3 : size.rows >= 30 ? 2 : 1;
	const chrome = 1 + strip + 1;
	const space = size.rows - chrome;
	const maxPerRow = size.columns >= 180 ? 3 : size.columns >= 120 ? 2 : 1;
	const perRow = Math.min(maxPerRow, panes.length);
	const rows: string[][] = [];
	for (let index = 0; index < panes.length; index += Math.max(1, perRow)) rows.push(panes.slice(index, index + perRow));
	const tabs = zoom || perRow <= 1 || space / rows.length < minPaneHeight;
	if (tabs) {
		const tabLines = panes.length > 1 ? 1 : 0;
		return {
			fits,
			strip,
			tabs: panes.length > 1,
			grid: [{height: space - tabLines, cells: [{pane: focused, width: size.columns}]}],
		};
	}
	const heights = splitEvenly(space, rows.length);
	return {
		fits,
		strip,
		tabs: false,
		grid: rows.map((row, index) => {
			const widths = splitEvenly(size.columns - (row.length - 1), row.length);
			return {height: heights[index] ?? 0, cells: row.map((pane, at) => ({pane, width: widths[at] ?? 0}))};
		}),
	};
}
