import {expect, test} from 'vitest';
import {jsonValue} from '../../bin/cli/json-value.ts';

const roundTrip = (value: unknown): unknown => JSON.parse(JSON.stringify(jsonValue(value)));

test('escape sequences are removed and invisible characters made visible, in keys as well', () => {
	expect(
		roundTrip({
			query: 'select \u001b[31m1\u001b[0m\u0007',
			'na\u202eme': ['a\u200bb', {deep: 'x\u009b2Jy'}],
		}),
	).toEqual({query: 'select 1<07>', 'na<202e>me': ['a<200b>b', {deep: 'xy'}]});
});

test('values that JSON cannot hold become text, or null for a number that is not finite', () => {
	expect(
		roundTrip({
			big: 12345678901234567890n,
			none: Number.NaN,
			endless: Number.POSITIVE_INFINITY,
			bytes: new TextEncoder().encode('key\u0000:1'),
			when: new Date(0),
			map: new Map([['a', 1]]),
			set: new Set([1, 2]),
			call: () => 1,
			missing: undefined,
		}),
	).toEqual({
		big: '12345678901234567890',
		none: null,
		endless: null,
		bytes: 'key<00>:1',
		when: '1970-01-01T00:00:00.000Z',
		map: {a: 1},
		set: [1, 2],
	});
});
