import {expect, it} from 'vitest';
import {nextScheduledTime} from '../../../demo/kubernetes-api/objects/schedule.ts';

const after = Date.UTC(2026, 10, 22, 14, 5, 30);

it.each([
	['* * * * *', '2026-11-22T14:06'],
	['*/15 * * * *', '2026-11-22T14:15'],
	['0 3 * * *', '2026-11-23T03:00'],
	['5 14 * * *', '2026-11-23T14:05'],
	['30 9-17/4 * * 1-5', '2026-11-23T09:30'],
	['0 0 1,15 * *', '2026-12-01T00:00'],
	['0 0 29 2 *', '2028-02-29T00:00'],
	['0 12 * * 7', '2026-11-29T12:00'],
	['0 0 1 * 3', '2026-11-25T00:00'],
	['@hourly', '2026-11-22T15:00'],
])('%s is due next at %s', (schedule, moment) => {
	expect(new Date(nextScheduledTime(schedule, after) ?? 0).toISOString().slice(0, 16)).toBe(moment);
});

it.each(['', 'soon', '* * * *', '61 * * * *', '0 0 31 2 *', '*/0 * * * *', '9-3 * * * *'])(
	'%j is never due',
	schedule => {
		expect(nextScheduledTime(schedule, after)).toBeUndefined();
	},
);
