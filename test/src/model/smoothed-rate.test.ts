import fc from 'fast-check';
import {expect, it} from 'vitest';
import {type SmoothedRate, updateSmoothedRate} from '../../../src/model/smoothed-rate.ts';

const gaps = fc.array(fc.integer({min: 1, max: 120_000}), {minLength: 1, maxLength: 60});

it('returns the rate of a steady stream, however unevenly it is read', () => {
	fc.assert(
		fc.property(gaps, fc.double({min: 0, max: 1e6, noNaN: true}), (intervals, perSecond) => {
			let rate: SmoothedRate | undefined;
			let at = 0;
			for (const ms of intervals) {
				at += ms;
				rate = updateSmoothedRate(rate, (perSecond * ms) / 1000, ms, at);
			}
			expect(rate?.perSecond).toBeCloseTo(perSecond, 4);
		}),
	);
});

it('stays between the lowest and the highest input', () => {
	fc.assert(
		fc.property(fc.array(fc.tuple(fc.integer({min: 1, max: 60_000}), fc.nat(1e6)), {minLength: 1}), samples => {
			let rate: SmoothedRate | undefined;
			const seen = samples.map(([ms, amount]) => (amount * 1000) / ms);
			for (const [ms, amount] of samples) rate = updateSmoothedRate(rate, amount, ms, 0);
			expect(rate?.perSecond).toBeGreaterThanOrEqual(Math.min(...seen) - 1e-6);
			expect(rate?.perSecond).toBeLessThanOrEqual(Math.max(...seen) + 1e-6);
		}),
	);
});

it('falls below 2 % of the rate two minutes after the last event', () => {
	const busy = updateSmoothedRate(undefined, 5000, 5000, 5000);
	expect(busy.perSecond).toBe(1000);
	expect(updateSmoothedRate(busy, 0, 120_000, 125_000).perSecond).toBeLessThan(20);
});
