import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {evaluateThreshold, formatThreshold, type ThresholdLevel} from '../../../src/model/threshold.ts';
import {formatPercent, formatPercentPoints} from '../../../src/text/format.ts';

const connections = {warn: 0.8, crit: 0.95};

const overReads = (values: readonly number[]): readonly ThresholdLevel[] => {
	let before: ThresholdLevel | undefined;
	return values.map(value => {
		before = evaluateThreshold(value, connections, before);
		return before;
	});
};

describe('a figure with a threshold', () => {
	it('keeps its level while it swings around the threshold', () => {
		expect(overReads([0.94, 0.95, 0.949, 0.951, 0.93, 0.95, 0.91])).toEqual(['warn', ...Array(6).fill('crit')]);
		expect(overReads([0.79, 0.81, 0.79, 0.77, 0.8, 0.75, 0.79])).toEqual([
			'ok',
			'warn',
			'warn',
			'warn',
			'warn',
			'ok',
			'ok',
		]);
	});

	it('falls by two levels when it falls that far', () => {
		expect(overReads([1, 0.2, 0.79])).toEqual(['crit', 'ok', 'ok']);
	});

	it('is never milder than its value requires, and never raised below the threshold', () => {
		const rank: Readonly<Record<ThresholdLevel, number>> = {ok: 0, warn: 1, crit: 2};
		const level = fc.constantFrom<ThresholdLevel | undefined>(undefined, 'ok', 'warn', 'crit');
		fc.assert(
			fc.property(fc.double({min: 0, max: 2, noNaN: true}), level, (value, before) => {
				const now = evaluateThreshold(value, connections, before);
				expect(rank[now]).toBeGreaterThanOrEqual(rank[evaluateThreshold(value, connections, undefined)]);
				expect(rank[now]).toBeLessThanOrEqual(
					Math.max(rank[evaluateThreshold(value, connections, undefined)], rank[before ?? 'ok']),
				);
				if (value < 0.8 * 0.95) expect(now).toBe('ok');
			}),
		);
	});

	it('has a text', () => {
		expect(formatThreshold(connections, formatPercent)).toBe(
			'warns from 80 % until below 76 %, critical from 95 % until below 90 %',
		);
		expect(formatThreshold({warn: 0.5, crit: Number.POSITIVE_INFINITY}, formatPercent)).toBe(
			'warns from 50 % until below 47 %',
		);
	});
});

describe('a share in percent', () => {
	it('never says that a limit was reached which was not', () => {
		const shares = fc.double({min: 0, max: 3, noNaN: true});
		fc.assert(
			fc.property(shares, fc.integer({min: 1, max: 100}), (share, limit) => {
				if (share < limit / 100 - 1e-9)
					expect(Number(formatPercentPoints(share).replace('<1', '0'))).toBeLessThan(limit);
				else if (share >= limit / 100)
					expect(Number(formatPercentPoints(share).replace('<1', '0'))).toBeGreaterThanOrEqual(limit);
			}),
		);
	});

	it.each([
		[0, '0 %'],
		[0.004, '<1 %'],
		[0.29, '29 %'],
		[0.9499, '94 %'],
		[0.999, '99 %'],
		[1, '100 %'],
		[1.5, '150 %'],
		[undefined, '?'],
	])('%d is %s', (share, text) => {
		expect(formatPercent(share)).toBe(text);
	});
});
