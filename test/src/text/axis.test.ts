import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {formatAxisNumber, timeTicks, timeZoneOffset, valueAxis} from '../../../src/text/axis.ts';

const labelsOf = (min: number, max: number, most = 5): readonly string[] => {
	const axis = valueAxis(min, max, most);
	return axis.ticks.map(axis.label);
};

describe('an axis of values', () => {
	test.each([
		[0, 1, ['0', '0.2', '0.4', '0.6', '0.8', '1.0']],
		[5000, 15_000, ['0', '5k', '10k', '15k']],
		[3_150_000, 3_250_000, ['3.14M', '3.16M', '3.18M', '3.20M', '3.22M', '3.24M', '3.26M']],
		[-3, 4, ['-4', '-2', '0', '2', '4']],
		[-8, -1, ['-8', '-6', '-4', '-2', '0']],
		[0, 0, ['0', '0.2', '0.4', '0.6', '0.8', '1.0']],
		[7, 7, ['2', '4', '6', '8', '10', '12']],
		[0, 2e-7, ['0', '5.0e-8', '1.0e-7', '1.5e-7', '2.0e-7']],
		[0, 3e30, ['0', '1e30', '2e30', '3e30']],
	])('from %d to %d', (min, max, wanted) => {
		expect(labelsOf(min, max)).toEqual(wanted);
	});

	test('contains any data between a few ascending ticks', () => {
		const finite = fc.double({noNaN: true, noDefaultInfinity: true});
		fc.assert(
			fc.property(finite, finite, fc.integer({min: 1, max: 8}), (a, b, most) => {
				const [min, max] = [Math.min(a, b), Math.max(a, b)];
				const axis = valueAxis(min, max, most);
				expect(axis.low).toBeLessThanOrEqual(min);
				expect(axis.high).toBeGreaterThanOrEqual(max);
				expect(axis.high).toBeGreaterThan(axis.low);
				expect(axis.ticks).toEqual(axis.ticks.toSorted((x, y) => x - y));
				expect(new Set(axis.ticks).size).toBe(axis.ticks.length);
				expect(axis.ticks.length).toBeLessThanOrEqual(most + 3);
				for (const tick of axis.ticks) expect(axis.label(tick).length).toBeLessThanOrEqual(12);
			}),
			{numRuns: 2000},
		);
	});
});

test.each([
	[0, '0'],
	[7114, '7.11k'],
	[999.6, '1k'],
	[-12.345, '-12.3'],
	[0.00234, '0.00234'],
	[3e-9, '3e-9'],
	[1.5e22, '1.5e22'],
	[Number.NaN, 'NaN'],
	[Number.NEGATIVE_INFINITY, '-Inf'],
])('the figure %d is %s', (value, wanted) => {
	expect(formatAxisNumber(value)).toBe(wanted);
});

describe('an axis of time', () => {
	const noon = Date.UTC(2026, 10, 21, 12);
	const labels = (minutes: number, columns = 80) =>
		timeTicks(noon - minutes * 60_000, noon, columns, 12).map(tick => tick.label);

	test.each([
		[3, ['11:57:30', '11:58:00', '11:58:30', '11:59:00', '11:59:30', '12:00:00']],
		[60, ['11:10', '11:20', '11:30', '11:40', '11:50', '12:00']],
		[360, ['07:00', '08:00', '09:00', '10:00', '11:00', '12:00']],
		[1440, ['18:00', '00:00', '06:00', '12:00']],
		[7 * 1440, ['11-15', '11-17', '11-19', '11-21']],
	])('of %d minutes', (minutes, wanted) => {
		const got = labels(minutes);
		for (const label of wanted) expect(got).toContain(label);
		expect(got.length).toBeLessThanOrEqual(7);
	});

	test('has marks that do not touch, at round times, for any range and width', () => {
		fc.assert(
			fc.property(
				fc.integer({min: 0, max: 4e12}),
				fc.integer({min: 1000, max: 4e11}),
				fc.integer({min: 12, max: 300}),
				(to, length, columns) => {
					const ticks = timeTicks(to - length, to, columns, 12);
					for (const [index, tick] of ticks.entries()) {
						expect(tick.column).toBeGreaterThanOrEqual(0);
						expect(tick.column).toBeLessThan(columns);
						const before = ticks[index - 1];
						if (before !== undefined) expect(tick.column - before.column).toBeGreaterThanOrEqual(12);
					}
				},
			),
		);
	});

	test('names the zone of the clock', () => {
		expect(timeZoneOffset(noon)).toBe('UTC');
	});
});
