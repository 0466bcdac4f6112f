import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {
	createOffsetTable,
	inflowPerSecond,
	recordLogEnd,
	tableWindowMs,
	timeLagOf,
} from '../../../../src/model/kafka/offset-table.ts';

const minute = 60_000;

function tableOf(points: readonly (readonly [at: number, end: number])[]) {
	const table = createOffsetTable();
	for (const [at, end] of points) recordLogEnd(table, at, end);
	return table;
}

/** Reads of a log that only grows, at times that only go on: each a step of time and of messages. */
const reads = fc
	.array(fc.tuple(fc.integer({min: 1, max: 90_000}), fc.integer({min: 0, max: 5000})), {minLength: 2, maxLength: 80})
	.map(steps => {
		let at = 1_000_000;
		let end = 1000;
		return steps.map(([ms, messages]) => {
			at += ms;
			end += messages;
			return [at, end] as const;
		});
	});

describe('time lag', () => {
	it('is read off a straight line between two reads', () => {
		const table = tableOf([
			[0, 100],
			[minute, 160],
			[2 * minute, 160],
			[3 * minute, 220],
		]);
		expect(timeLagOf(table, 220)).toEqual({ms: 0, atLeast: false});
		expect(timeLagOf(table, 190)).toEqual({ms: minute / 2, atLeast: false});
		// The message at 160 came when the log went on, not when it rested.
		expect(timeLagOf(table, 160)).toEqual({ms: minute, atLeast: false});
		expect(timeLagOf(table, 130)).toEqual({ms: 2.5 * minute, atLeast: false});
	});

	it('is never more than the watched time: older messages are at least that old', () => {
		const table = tableOf([
			[0, 100],
			[minute, 160],
		]);
		expect(timeLagOf(table, 99)).toEqual({ms: minute, atLeast: true});
		expect(timeLagOf(table, 0)).toEqual({ms: minute, atLeast: true});
	});

	it('is unknown after one read, except for a group that has read everything', () => {
		const table = tableOf([[0, 100]]);
		expect(timeLagOf(table, 99)).toBeUndefined();
		expect(timeLagOf(table, 100)).toEqual({ms: 0, atLeast: false});
		expect(timeLagOf(createOffsetTable(), 0)).toBeUndefined();
	});

	it('is known for the last ten minutes at most', () => {
		const table = tableOf(Array.from({length: 400}, (_, index) => [index * 5000, index * 50] as const));
		expect(table.times.length).toBeLessThanOrEqual(23);
		expect(timeLagOf(table, 0)).toEqual({ms: tableWindowMs, atLeast: true});
		const nineMinutes = (399 - 108) * 50;
		expect(timeLagOf(table, nineMinutes)?.ms).toBeCloseTo(9 * minute, -4);
	});

	it('forgets a log that was created again', () => {
		const table = tableOf([
			[0, 9000],
			[minute, 9500],
		]);
		expect(recordLogEnd(table, 2 * minute, 3)).toBe(true);
		expect(timeLagOf(table, 0)).toBeUndefined();
		recordLogEnd(table, 3 * minute, 9);
		expect(timeLagOf(table, 0)).toEqual({ms: minute, atLeast: true});
	});

	it('drops a read that is not newer', () => {
		const table = tableOf([[1000, 5]]);
		expect(recordLogEnd(table, 1000, 9)).toBe(false);
		expect(recordLogEnd(table, 900, 1)).toBe(false);
		expect(table.logEnds).toEqual([5]);
	});

	it('never extrapolates, is bounded, and shrinks as the offset grows', () => {
		fc.assert(
			fc.property(reads, fc.array(fc.double({min: 0, max: 1, noNaN: true}), {minLength: 2}), (points, shares) => {
				const table = tableOf(points);
				const [first] = points;
				const last = points.at(-1);
				if (first === undefined || last === undefined) return;
				expect(table.times.length).toBeLessThanOrEqual(25);
				const offsets = shares.map(share => Math.floor(share * last[1])).toSorted((a, b) => a - b);
				let before = Number.POSITIVE_INFINITY;
				for (const offset of offsets) {
					const lag = timeLagOf(table, offset);
					if (lag === undefined) throw new Error('two reads are enough');
					expect(lag.ms).toBeGreaterThanOrEqual(0);
					expect(lag.ms).toBeLessThanOrEqual(Math.min(last[0] - (table.times[0] ?? 0), last[0] - first[0]));
					if (lag.atLeast) expect(offset).toBeLessThan(table.logEnds[0] ?? 0);
					expect(lag.ms).toBeLessThanOrEqual(before);
					before = lag.ms;
				}
			}),
			{
				examples: [
					[
						[
							[1_000_001, 1000],
							[1_048_764, 1262],
							[1_071_518, 1262],
							[1_600_002, 10_500],
						],
						[2 / 21, 0, 0],
					],
				],
			},
		);
	});

	it('lies between the two reads that the message came in between', () => {
		fc.assert(
			fc.property(reads, fc.double({min: 0, max: 1, noNaN: true}), (points, share) => {
				const table = tableOf(points);
				const last = points.at(-1);
				if (last === undefined) return;
				const offset = Math.floor(share * last[1]);
				const lag = timeLagOf(table, offset);
				if (lag === undefined || lag.atLeast || lag.ms === 0) return;
				const at = last[0] - lag.ms;
				// It came in after the last read that had not seen it, and before the first that had; reads left out make that wider.
				const unseen = table.logEnds.findLastIndex(end => end <= offset);
				expect(at).toBeGreaterThanOrEqual((table.times[unseen] ?? 0) - 1e-6);
				expect(at).toBeLessThanOrEqual((table.times[unseen + 1] ?? 0) + 1e-6);
			}),
		);
	});

	it('measures the inflow of a steady log exactly', () => {
		fc.assert(
			fc.property(
				fc.array(fc.integer({min: 1, max: 90}), {minLength: 1, maxLength: 60}),
				fc.integer({min: 0, max: 10_000}),
				(steps, perSecond) => {
					let second = 0;
					const table = tableOf([
						[0, 0],
						...steps.map(step => {
							second += step;
							return [second * 1000, second * perSecond] as const;
						}),
					]);
					expect(inflowPerSecond(table)).toBeCloseTo(perSecond, 6);
				},
			),
		);
		expect(inflowPerSecond(tableOf([[0, 5]]))).toBeUndefined();
	});
});
