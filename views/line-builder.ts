import type {Tone} from '../src/contract/pane.ts';
import {displayWidth, truncateText} from '../src/text/fit.ts';
import type {Theme} from './theme.ts';

/** Builds one line from styled pieces, never wider than `space` cells. */
export type LineBuilder = {
	/** Adds cleaned text, cut to the cells that are left. */
	append(text: string, tone?: Tone, selected?: boolean): LineBuilder;
	/** The same in the colour of the line `index` of a graph. */
	appendHue(text: string, index: number): LineBuilder;
	/** Whether all of it fits into the cells that are left. Adds nothing. */
	fits(text: string): boolean;
	readonly used: number;
	/** Width of the line in cells. */
	readonly space: number;
	/** The line, padded to `space`. */
	finish(selected?: boolean): string;
};

export function createLineBuilder(cells: number, theme: Theme): LineBuilder {
	let painted = '';
	let used = 0;
	const line: LineBuilder = {
		append(text, tone = 'plain', selected = false) {
			const cut = truncateText(text, cells - used);
			if (cut === '') return line;
			painted += theme.paint(cut, tone, selected);
			used += displayWidth(cut);
			return line;
		},
		appendHue(text, index) {
			const cut = truncateText(text, cells - used);
			if (cut === '') return line;
			painted += theme.hue(cut, index);
			used += displayWidth(cut);
			return line;
		},
		space: cells,
		fits: text => used + displayWidth(text) <= cells,
		get used() {
			return used;
		},
		finish(selected = false) {
			return painted + theme.paint(' '.repeat(Math.max(0, cells - used)), 'plain', selected);
		},
	};
	return line;
}
