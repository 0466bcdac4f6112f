import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {compileFilter} from '../../src/filter.ts';

const fields = new Set(['user', 'state']);
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
	])('%j gives %j', (source, expected) => {
		expect(passes(source)).toBe(expected);
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
