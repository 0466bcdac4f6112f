import {displayWidth} from '../../src/text/fit.ts';

/** One grapheme as it is drawn. */
export type Glyph = {
	readonly text: string;
	readonly cells: 1 | 2;
	/** Cells left empty after it, where less is drawn than the grapheme was counted for. */
	readonly blanks: number;
	/** Terminals disagree on its width, so the column of the cursor after it is unknown. */
	readonly hasUncertainWidth: boolean;
};

/**
 * Letters, frames, blocks and braille that take one cell on every terminal, then letters that take two on every terminal. Plane 0 only: the
 * width tables of old terminals lack what Unicode added later.
 */
const certainWidth =
	/^(?:(?=[\u00c0-\u052f])[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]|[\u2500-\u259f\u2800-\u28ff]|[\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff5e])$/u;
const maxCachedGlyphs = 20_000;

/** Graphemes as they are drawn, with a cache. One per screen. */
export class GlyphTable {
	readonly #cache = new Map<string, Glyph>();

	/**
	 * A grapheme made safe to draw. Terminals differ on joined emoji, skin tones, keycaps and the vowel signs of Indic scripts
	 * (measured on xterm.js and tmux): what might be drawn wider than it is counted is cut down to its first code point.
	 * `undefined` for what takes no cell of its own.
	 */
	get(grapheme: string): Glyph | undefined {
		const cached = this.#cache.get(grapheme);
		if (cached !== undefined) return cached;
		const glyph = createGlyph(grapheme);
		if (glyph === undefined) return undefined;
		if (this.#cache.size > maxCachedGlyphs) this.#cache.clear();
		this.#cache.set(grapheme, glyph);
		return glyph;
	}
}

function createGlyph(grapheme: string): Glyph | undefined {
	const cells = displayWidth(grapheme);
	if (cells === 0) return undefined;
	const [first = '?', ...others] = grapheme;
	const loose = [first, ...others].reduce(
		(sum, point) => sum + (/^\p{Mn}$/u.test(point) ? 0 : Math.max(1, displayWidth(point))),
		0,
	);
	if (cells <= 2 && loose <= cells)
		return {text: grapheme, cells: cells === 2 ? 2 : 1, blanks: 0, hasUncertainWidth: !certainWidth.test(grapheme)};
	const reduced = displayWidth(first);
	const text = reduced > 0 && reduced <= Math.min(2, cells) ? first : '?';
	const drawnCells = text === first && reduced === 2 ? 2 : 1;
	return {
		text,
		cells: drawnCells,
		blanks: cells - drawnCells,
		hasUncertainWidth: text !== '?' && !certainWidth.test(text),
	};
}
