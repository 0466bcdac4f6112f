import {expect, test} from 'vitest';
import {minimumAge} from '../../../src/state/uptime.ts';

const minute = 60_000;
const wall = Date.UTC(2026, 10, 29, 12);
const now = {wall, up: {boot: 'b', ms: 100 * minute}};
const ts = (agoMs: number) => new Date(wall - agoMs).toISOString();

test.each([
	['by both clocks', {ts: ts(5 * minute), up: {boot: 'b', ms: 95 * minute}}, 5],
	['after the clock went forward', {ts: ts(65 * minute), up: {boot: 'b', ms: 95 * minute}}, 5],
	['after the clock was set back', {ts: ts(-55 * minute), up: {boot: 'b', ms: 95 * minute}}, -55],
	[
		'after the machine slept, which one console did not count',
		{ts: ts(5 * minute), up: {boot: 'b', ms: 20 * minute}},
		5,
	],
	['of another boot', {ts: ts(65 * minute), up: {boot: 'a', ms: 99 * minute}}, 65],
	['without an uptime', {ts: ts(65 * minute)}, 65],
])('the age of a record %s', (_, record, minutes) => {
	expect(minimumAge(record, now) / minute).toBe(minutes);
});
