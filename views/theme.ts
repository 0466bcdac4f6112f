import type {Tone} from '../src/contract/pane.ts';
import type {Severity} from '../src/contract/row.ts';
import {displayWidth} from '../src/text/fit.ts';
import {graphemesOf} from '../src/text/graphemes.ts';

export type Depth = 'none' | 'colour';

/**
 * Paints the three loudnesses (dim, plain, loud) and four severities in the terminal's own 16 colours, so that its palette is respected. A
 * severity has a sign; its colour only repeats the sign.
 */
export type Theme = {
	/** Wraps cleaned text in the style of its tone. `selected` reverses it. Returns the text itself when nothing applies. */
	paint(text: string, tone: Tone, selected?: boolean): string;
	sign(severity: Severity): string;
	/** Glyphs, in ASCII where the terminal may lack others. */
	readonly glyphs: {
		readonly cursor: string;
		readonly mark: string;
		readonly rule: string;
		readonly bar: string;
		readonly more: string;
	};
	readonly ascii: boolean;
	/** False without colours: the lines of a graph then differ by their letters only. */
	readonly colours: boolean;
	/** Wraps cleaned text in the colour of the line `index` of a graph, which means no severity. */
	hue(text: string, index: number): string;
	/** Ink's name for the colour of a severity. */
	colour(severity: Severity): string | undefined;
};

const coloured: Readonly<Record<Tone, string>> = {
	dim: '2',
	plain: '',
	loud: '1',
	crit: '1;31',
	warn: '1;33',
	unknown: '35',
	ok: '',
};

const colourless: Readonly<Record<Tone, string>> = {
	dim: '2',
	plain: '',
	loud: '1',
	crit: '1',
	warn: '1',
	unknown: '',
	ok: '',
};

const inkColours: Readonly<Record<Severity, string | undefined>> = {
	crit: 'red',
	warn: 'yellow',
	unknown: 'magenta',
	ok: undefined,
};

/** The colours of graph lines, chosen to differ on light and dark backgrounds and for colour-blind readers. */
const hues: readonly string[] = ['36', '33', '35', '32', '34', '31'];

const asciiReplacements: Readonly<Record<string, string>> = {
	'…': '.',
	'·': '.',
	'▏': '_',
	'█': '#',
	'░': '.',
	'─': '-',
	'│': '|',
	'┤': '+',
	'└': '+',
	'┬': '+',
	'■': 'X',
	'▲': '!',
};

/** The same number of cells in ASCII: a glyph without a similar one is a question mark for each of its cells. */
const inAscii = (text: string): string =>
	/^[\u0020-\u007e]*$/.test(text)
		? text
		: [...graphemesOf(text)]
				.map(({segment}) => {
					if (/^[\u0020-\u007e]$/.test(segment)) return segment;
					const spark = '▁▂▃▄▅▆▇'.indexOf(segment);
					if (spark >= 0) return '_.-=+*#'[spark] ?? '#';
					if (/^[▎▍▌▋▊▉]$/.test(segment)) return '=';
					return asciiReplacements[segment] ?? '?'.repeat(displayWidth(segment));
				})
				.join('');

export function createTheme(depth: Depth, ascii: boolean): Theme {
	const styles = depth === 'none' ? colourless : coloured;
	const signs: Readonly<Record<Severity, string>> = ascii
		? {crit: 'X', warn: '!', unknown: '?', ok: '.'}
		: {crit: '■', warn: '▲', unknown: '?', ok: '·'};
	return {
		ascii,
		glyphs: ascii
			? {cursor: '>', mark: '*', rule: '-', bar: '|', more: '...'}
			: {cursor: '▸', mark: '●', rule: '─', bar: '│', more: '…'},
		paint(given, tone, selected = false) {
			const text = ascii ? inAscii(given) : given;
			const style = selected ? ['7', styles[tone]].filter(part => part !== '' && part !== '2').join(';') : styles[tone];
			return style === '' ? text : `\u001b[${style}m${text}\u001b[0m`;
		},
		colours: depth !== 'none',
		hue(given, index) {
			const text = ascii ? inAscii(given) : given;
			const style = hues[index % hues.length];
			return depth === 'none' || style === undefined ? text : `\u001b[${style}m${text}\u001b[0m`;
		},
		sign: severity => signs[severity],
		colour: severity => (depth === 'none' ? undefined : inkColours[severity]),
	};
}
