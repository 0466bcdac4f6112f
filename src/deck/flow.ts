import type {Line} from '../contract.ts';
import {wrap} from '../text/fit.ts';

/** One line of a text as it is drawn: all of a line, or the part of it that fits. `index` is the line it is of. */
export type Drawn = Line & {readonly index: number};

const known = new WeakMap<readonly Line[], {readonly cells: number; readonly drawn: readonly Drawn[]}>();

/** Goes on below its own start, not below the indent or the tree that it hangs on. */
function hanging(text: string, cells: number): readonly string[] {
	const indent = /^[ │├└─]*/.exec(text)?.[0] ?? '';
	if (indent === '' || indent.length > cells / 2) return wrap(text, cells);
	const blank = ' '.repeat(indent.length);
	return wrap(text.slice(indent.length), cells - indent.length).map((part, at) => (at === 0 ? indent : blank) + part);
}

/** A text in `cells` columns. The same array for the same lines and width: a long text is not laid out again with each frame. */
export function flow(lines: readonly Line[], cells: number): readonly Drawn[] {
	const before = known.get(lines);
	if (before?.cells === cells) return before.drawn;
	const drawn = lines.flatMap((line, index) => hanging(line.text, cells).map(text => ({...line, text, index})));
	known.set(lines, {cells, drawn});
	return drawn;
}

/** The furthest that a text can be scrolled: its last page is full. */
export const lastOffset = (drawn: readonly Drawn[], rows: number): number => Math.max(0, drawn.length - rows);

/** The drawn lines whose line holds what is searched; only the first of each line. Empty without a search. */
export function matches(lines: readonly Line[], drawn: readonly Drawn[], search: string): readonly number[] {
	const wanted = search.toLowerCase();
	if (wanted === '') return [];
	const holding = new Set(lines.flatMap((line, index) => (line.text.toLowerCase().includes(wanted) ? [index] : [])));
	return drawn.flatMap((one, at) => (holding.has(one.index) && drawn[at - 1]?.index !== one.index ? [at] : []));
}
