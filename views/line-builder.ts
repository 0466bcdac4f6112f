import type {Tone} from '../src/contract/pane.ts';
import {displayWidth, truncateText} from '../src/text/fit.ts';
import type {Theme} from './theme.ts';

/** A line being put together from styled pieces, never wider than its room. */
export type LineBuilder = {
	/** Adds cleaned text, cut to what is left. */
	append(text: string, tone?: Tone, selected?: boolean): LineBuilder;
	/** The same in the colour of a line of a graph. */
	appendHue(text: string, index: number): LineBuilder;
	/** Adds it only when it fits whole; tells whether it did. */
	appendIfFits(text: string): boolean;
	readonly used: number;
	/** Cells from the first to the last. */
	readonly room: number;
	/** The line, padded to its whole width. */
	finish(selected?: boolean): string;
};

export function createLineBuilder(cells: number, theme: Theme): LineBuilder {
	let painted = '';
	let used = 0;
	const span: LineBuilder = {
		append(text, tone = 'plain', selected = false) {
			const kept = truncateText(text, cells - used);
			if (kept === '') return span;
			painted += theme.paint(kept, tone, selected);
			used += displayWidth(kept);
			return span;
		},
		appendHue(text, index) {
			const kept = truncateText(text, cells - used);
			if (kept === '') return span;
			painted += theme.hue(kept, index);
			used += displayWidth(kept);
			return span;
		},
		room: cells,
		appendIfFits: text => used + displayWidth(text) <= cells,
		get used() {
			return used;
		},
		finish(selected = false) {
			return painted + theme.paint(' '.repeat(Math.max(0, cells - used)), 'plain', selected);
		},
	};
	return span;
}
