import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';
import fc from 'fast-check';
import stringWidth from 'string-width';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {LazySegmenter} from '../../scripts/build/lazy-segmenter.ts';
import {simpleSanitizeAnsi, simpleStringWidth} from '../../scripts/build/simple-text.ts';
import {type BuiltProgram, buildAlone} from '../e2e/built-program.ts';
import {startBuilt} from './first-frame.ts';

const ink = createRequire(import.meta.url).resolve('ink');
const {default: sanitizeAnsi} = (await import(new URL('sanitize-ansi.js', pathToFileURL(ink)).href)) as {
	default(text: string): string;
};

/** What the replacements pass on to the original, and what they do not. */
const pieces = [
	...['a', 'Zz', ' ', '~', '·', '…', '│', '─', '■', '▲', '⣿', '\n', '\r\n', '\t', '\u0007', '\u007f', '\u001b[31m'],
	...[
		'\u001b[38:2::1:2:3m',
		'\u001b[1;38;5;9m',
		'\u001b[12345m',
		'\u001b[;1m',
		'\u009b0m',
		'\u001b]0;t\u0007',
		'\u001b[2J',
		'\u001b',
		'e\u0301',
		'\u0301',
		'漢',
		'ｆ',
	],
	...['👍🏽', '👨‍👩‍👧', '1️⃣', '🇩🇪', '⚠️', '\u200b', '\u202e', '\ud800', 'ก็', '각', '½', '◽', '⟀'],
];
const texts = fc.array(fc.constantFrom(...pieces), {maxLength: 8}).map(parts => parts.join(''));

const data = (segments: Iterable<Intl.SegmentData> | Iterable<{segment: string; index: number}>) =>
	Array.from(segments, ({segment, index}) => ({segment, index}));

describe('what takes the place of a library in the bundle does the same', () => {
	test('string-width', () => {
		const replaced = simpleStringWidth(() => stringWidth);
		fc.assert(
			fc.property(texts, text => void expect(replaced(text)).toBe(stringWidth(text))),
			{numRuns: 2000},
		);
		expect(replaced('│', {ambiguousIsNarrow: false})).toBe(2);
	});

	test('sanitizeAnsi of Ink', () => {
		const replaced = simpleSanitizeAnsi(() => sanitizeAnsi);
		fc.assert(
			fc.property(texts, text => void expect(replaced(text)).toBe(sanitizeAnsi(text))),
			{numRuns: 2000},
		);
	});

	test('Intl.Segmenter', () => {
		const [replaced, original] = [new LazySegmenter(), new Intl.Segmenter()];
		fc.assert(
			fc.property(texts, fc.nat(20), (text, index) => {
				const [one, other] = [replaced.segment(text), original.segment(text)];
				expect(data(one)).toEqual(data(other));
				expect(data([one.containing(index) ?? []].flat())).toEqual(data([other.containing(index) ?? []].flat()));
			}),
			{numRuns: 2000},
		);
	});

	test('and originals are not loaded for the text of which a deck is drawn', () => {
		const original = () => {
			throw new Error('the original was loaded');
		};
		expect(simpleStringWidth(original)('│ ■ web-1 …')).toBe(11);
		expect(simpleSanitizeAnsi(original)('│ ■\nweb-1')).toBe('│ ■\nweb-1');
		expect(() => simpleStringWidth(original)('漢')).toThrow();
		expect(() => simpleSanitizeAnsi(original)('\u0007')).toThrow();
	});
});

describe('the built console', () => {
	let midwatch: BuiltProgram;
	beforeAll(() => {
		midwatch = buildAlone();
	});
	afterAll(() => midwatch.remove());

	test('draws text for which it needs the originals', async () => {
		const {pty} = await startBuilt(midwatch, 'still');
		try {
			const typed = '漢字 e\u0301 ｆ';
			pty.type(`/${typed}`);
			await pty.waitFor(typed);
			const {column = 0, row = 0} = pty.find(typed) ?? {};
			// After two cells each of 漢 and 字, one of é, and two blanks.
			expect(pty.cell(column + 7, row).text).toBe('ｆ');
		} finally {
			await pty.close();
		}
	});
});
