import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {compileFilter, unknownFields} from '../../../src/table/filter.ts';

const fields = new Set(['user', 'state', 'share']);
const row = {
	holds: (text: string) => 'app idle select now()::text from orders'.includes(text),
	field: (name: string) => ({user: 'App', state: 'idle'})[name],
};
const passes = (source: string) => compileFilter(source, fields)(row);

describe('filter', () => {
	it.each([
		['', true],
		['  ', true],
		['!', true],
		['orders', true],
		['ORDERS select', true],
		['orders missing', false],
		['!missing', true],
		['!orders', false],
		['user:app', true],
		['user:APP state:idle', true],
		['user:idle', false],
		['!user:app', false],
		['!user:other', true],
		['user:', true],
		['now()::text', true],
		['nofield:x', false],
		[':', true],
		['usr:app', true],
		['us:APP', true],
		['us:idle', false],
		['!us:app', false],
		// An ambiguous or too short abbreviation of a column is searched as text.
		['s:idle', false],
		['sa:idle', false],
		['st:idle', true],
		['ser:app', false],
	])('%j gives %j', (source, expected) => {
		expect(passes(source)).toBe(expected);
	});

	it('also searches a word with an abbreviated column as text', () => {
		const query = {holds: (text: string) => 'select us:en'.includes(text), field: () => ''};
		expect(compileFilter('us:en', fields)(query)).toBe(true);
		expect(compileFilter('!us:en', fields)(query)).toBe(false);
	});

	it('returns the words with an unknown column', () => {
		expect(unknownFields('zone:eu user:app us:app now()::text :x !pool:a plain', fields)).toEqual(['zone', 'pool']);
	});

	it('never throws, and an inverse word gives the opposite', () => {
		fc.assert(
			fc.property(fc.string({unit: 'grapheme'}), source => {
				expect(typeof passes(source)).toBe('boolean');
				const word = source.replace(/[\s!]/g, '');
				if (word !== '') expect(passes(`!${word}`)).toBe(!passes(word));
			}),
		);
	});
});
