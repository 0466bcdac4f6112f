import fc from 'fast-check';
import stringWidth from 'string-width';
import {expect, test} from 'vitest';
import {displayWidth} from '../../../src/text/fit.ts';
import {graphemesOf, isSimple} from '../../../src/text/graphemes.ts';

const segmenter = new Intl.Segmenter(undefined, {granularity: 'grapheme'});
const plain = (text: string) => Array.from(segmenter.segment(text), ({segment, index}) => ({segment, index}));
const segmentsOf = (text: string) => Array.from(graphemesOf(text), ({segment, index}) => ({segment, index}));

/** All that are taken to be characters by themselves, and some that are not. */
const signs = [
	...Array.from({length: 0x5f}, (_, index) => String.fromCharCode(0x20 + index)),
	...Array.from({length: 0x25fd - 0x2500}, (_, index) => String.fromCharCode(0x2500 + index)),
	...Array.from({length: 0x100}, (_, index) => String.fromCharCode(0x2800 + index)),
	'·',
	'…',
	'é',
	'e\u0301',
	'\u0301',
	'\u200d',
	'\ufe0f',
	'👍🏽',
	'漢',
];

test('each text is cut where Unicode cuts it', () => {
	for (const sign of signs)
		for (const other of ['', 'a', sign]) expect(segmentsOf(sign + other)).toEqual(plain(sign + other));
	fc.assert(
		fc.property(fc.array(fc.constantFrom(...signs)), parts => {
			expect(segmentsOf(parts.join(''))).toEqual(plain(parts.join('')));
		}),
	);
});

test('a simple text is as wide as it is long', () => {
	const simple = signs.filter(isSimple);
	expect(simple.length).toBeGreaterThan(500);
	for (const sign of simple) expect([sign, stringWidth(sign), sign.length]).toEqual([sign, 1, 1]);
	fc.assert(
		fc.property(fc.array(fc.constantFrom(...signs)), parts => {
			const text = parts.join('');
			if (isSimple(text)) expect(stringWidth(text)).toBe(text.length);
			expect(displayWidth(text)).toBe(stringWidth(text));
		}),
	);
});
