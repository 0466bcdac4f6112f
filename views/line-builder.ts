import type {Tone} from '../src/contract/pane.ts';
import {cut, width} from '../src/text/fit.ts';
import type {Theme} from './theme.ts';

/** A line being put together from styled pieces, never wider than its room. */
export type Span = {
	/** Adds cleaned text, cut to what is left. */
	put(text: string, tone?: Tone, selected?: boolean): Span;
	/** The same in the colour of a line of a graph. */
	hue(text: string, index: number): Span;
	/** Adds it only when it fits whole; tells whether it did. */
	fits(text: string): boolean;
	readonly used: number;
	/** Cells from the first to the last. */
	readonly room: number;
	/** The line, padded to its whole width. */
	end(selected?: boolean): string;
};

export function createSpan(cells: number, theme: Theme): Span {
	let painted = '';
	let used = 0;
	const span: Span = {
		put(text, tone = 'plain', selected = false) {
			const kept = cut(text, cells - used);
			if (kept === '') return span;
			painted += theme.paint(kept, tone, selected);
			used += width(kept);
			return span;
		},
		hue(text, index) {
			const kept = cut(text, cells - used);
			if (kept === '') return span;
			painted += theme.hue(kept, index);
			used += width(kept);
			return span;
		},
		room: cells,
		fits: text => used + width(text) <= cells,
		get used() {
			return used;
		},
		end(selected = false) {
			return painted + theme.paint(' '.repeat(Math.max(0, cells - used)), 'plain', selected);
		},
	};
	return span;
}
