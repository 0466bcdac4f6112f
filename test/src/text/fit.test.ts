import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {displayWidth, lastCells, truncateAtWord, truncateMiddle, truncateText} from '../../../src/text/fit.ts';

describe('a text that is too long', () => {
	it('is never wider than the cells to which it is cut', () => {
		fc.assert(
			fc.property(fc.string({unit: 'grapheme'}), fc.integer({min: -2, max: 40}), (text, cells) => {
				for (const shorten of [truncateText, truncateMiddle, truncateAtWord, lastCells]) {
					const fitting = shorten(text, cells);
					expect(displayWidth(fitting)).toBeLessThanOrEqual(Math.max(0, cells));
					if (displayWidth(text) <= cells) expect(fitting).toBe(text);
				}
			}),
		);
	});

	it.each([
		['api-7f9c6d-x2k4p', 11, 'api-7…x2k4p'],
		['api-7f9c6d-x2k4p', 10, 'api-7…2k4p'],
		['api-7f9c6d-x2k4p', 2, 'a…'],
		['漢字漢字漢字', 7, '漢字…字'],
	])('is cut in the middle when it is a name: %s in %d cells', (text, cells, fitting) => {
		expect(truncateMiddle(text, cells)).toBe(fitting);
	});

	it.each([
		['4 sessions wait for pid 5020 (active 9m05s)', 40, '4 sessions wait for pid 5020 (active…'],
		['4 sessions wait for pid 5020 (active 9m05s)', 34, '4 sessions wait for pid 5020…'],
		['Pending <- 0/12 nodes: insufficient memory', 30, 'Pending <- 0/12 nodes: insuff…'],
		['Messages of events/23 from 45,373,585', 33, 'Messages of events/23 from…'],
		['/a/path/that/has/no/blank', 12, '/a/path/tha…'],
	])('is cut after a word when it is a sentence: %s in %d cells', (text, cells, fitting) => {
		expect(truncateAtWord(text, cells)).toBe(fitting);
	});
});
