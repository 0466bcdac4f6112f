import {width} from '../../src/text/fit.ts';

/** One grapheme as it is drawn. */
export type Glyph = {
	readonly text: string;
	readonly cells: 1 | 2;
	/** Terminals disagree on its width: the cursor is not where one would think after it. */
	readonly risky: boolean;
};

/** Scripts whose single letters take one cell everywhere, frames, blocks and braille, then those that take two everywhere. */
const settled =
	/^(?:[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\u2500-\u259f\u2800-\u28ff]|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\uff01-\uff5e])$/u;
const known = new Map<string, Glyph>();

/**
 * A grapheme made safe to draw. Terminals differ on joined emoji, skin tones, keycaps and the vowel signs of Indic scripts
 * (measured on xterm.js and tmux): what might be drawn wider than it is counted is cut down to its first code point.
 * `undefined` for what takes no cell of its own.
 */
export function glyphOf(grapheme: string): Glyph | undefined {
	const found = known.get(grapheme);
	if (found !== undefined) return found;
	const glyph = judge(grapheme);
	if (glyph === undefined) return undefined;
	if (known.size > 20_000) known.clear();
	known.set(grapheme, glyph);
	return glyph;
}

function judge(grapheme: string): Glyph | undefined {
	const cells = width(grapheme);
	if (cells === 0) return undefined;
	const points = [...grapheme];
	const first = points[0] ?? '?';
	if (points.length === 1) {
		if (cells > 2) return {text: '?', cells: 1, risky: false};
		return {text: grapheme, cells: cells === 2 ? 2 : 1, risky: !settled.test(grapheme)};
	}
	const loose = points.reduce((sum, point) => sum + (/^\p{Mn}$/u.test(point) ? 0 : Math.max(1, width(point))), 0);
	const counted = cells === 2 ? 2 : 1;
	if (cells <= 2 && loose <= cells) return {text: grapheme, cells: counted, risky: true};
	const reduced = width(first);
	return {text: reduced === 0 || reduced > counted ? '?' : first, cells: counted, risky: true};
}
