import {describe, expect, it} from 'vitest';
import {type LagFacts, type LagPoint, lagFindings, lagRow, nextPoints} from '../../../src/model/consumer-lag.ts';

const facts: LagFacts = {group: 'orders', topic: 'events', partitions: 12, members: 3, state: 'Stable'};

/** Polls every 5 s: the log grows by `produced` a second, the group follows by `consumed`. */
function points(
	count: number,
	{lag, produced, consumed}: {readonly lag: number; readonly produced: number; readonly consumed: number},
): readonly LagPoint[] {
	return Array.from({length: count}, (_, index) => {
		const seconds = index * 5;
		return {at: 1_000_000 + seconds * 1000, end: 1e6 + produced * seconds, committed: 1e6 - lag + consumed * seconds};
	});
}

/** A minute after the first of `points`. */
const few: LagPoint = {at: 1_060_000, end: 1e6 + 5, committed: 1e6};

const row = (all: readonly LagPoint[], part: Partial<LagFacts> = {}) => lagRow('kafka', {...facts, ...part}, all);

describe('consumer lag', () => {
	it('takes its rates from two polls on, and says how long it takes to drain', () => {
		expect(row(points(1, {lag: 500, produced: 10, consumed: 20}))).toMatchObject({
			lag: 500,
			growth: undefined,
			drainSeconds: undefined,
			verdict: 'ok',
		});
		expect(row(points(2, {lag: 500, produced: 10, consumed: 20}))).toMatchObject({
			lag: 450,
			growth: -10,
			produced: 10,
			consumed: 20,
			drainSeconds: 45,
			severity: 'ok',
		});
	});

	it('takes its rates over the last minute only', () => {
		const quick = points(30, {lag: 0, produced: 100, consumed: 100});
		const last = quick.at(-1);
		const slower = points(13, {lag: 0, produced: 10, consumed: 10}).map(point => ({
			at: point.at - 1_000_000 + (last?.at ?? 0) + 5000,
			end: point.end - 1e6 + (last?.end ?? 0),
			committed: (point.committed ?? 0) - 1e6 + (last?.committed ?? 0),
		}));
		expect(row([...quick, ...slower]).produced).toBe(10);
	});

	it.each([
		['caught up', points(20, {lag: 0, produced: 10, consumed: 10}), {}, 'ok', 'ok'],
		['a little behind and growing', points(3, {lag: 500, produced: 10, consumed: 9}), {}, 'ok', 'ok'],
		['a minute behind and growing', points(3, {lag: 600, produced: 10, consumed: 9}), {}, 'growing', 'warn'],
		['ten minutes behind and growing', points(3, {lag: 6000, produced: 10, consumed: 9}), {}, 'growing', 'crit'],
		['far behind and catching up', points(3, {lag: 60_000, produced: 10, consumed: 90}), {}, 'ok', 'ok'],
		['nobody reads', points(1, {lag: 5, produced: 0, consumed: 0}), {members: 0}, 'no-members', 'warn'],
		['nobody reads an empty topic', points(1, {lag: 0, produced: 0, consumed: 0}), {members: 0}, 'ok', 'ok'],
		['commits nothing for 55 s', points(12, {lag: 5, produced: 0, consumed: 0}), {}, 'ok', 'ok'],
		['commits nothing for 60 s', points(13, {lag: 5, produced: 0, consumed: 0}), {}, 'stuck', 'crit'],
		['idle, and then a few messages', [...points(12, {lag: 0, produced: 0, consumed: 0}), few], {}, 'ok', 'ok'],
		['left behind since a minute', points(14, {lag: 0, produced: 1, consumed: 0}), {}, 'stuck', 'crit'],
	] as const)('%s', (_name, all, part, verdict, severity) => {
		expect(row(all, part)).toMatchObject({verdict, severity});
	});

	it('does not take a group without an offset for one that has everything before it', () => {
		const uncommitted = row([{at: 1, end: 100, committed: undefined}]);
		expect(uncommitted).toMatchObject({lag: undefined, verdict: 'uncommitted', severity: 'unknown'});
		expect(lagFindings([uncommitted], 'kafka')[0]).toMatchObject({
			severity: 'unknown',
			sentence: 'orders on events: no offset was ever committed, so its lag is unknown',
		});
	});

	it('is never less than nothing, when the commit is read after the log end', () => {
		expect(row([{at: 1, end: 100, committed: 103}]).lag).toBe(0);
	});

	it('forgets what it knew of a topic that was made anew, and hears nothing twice', () => {
		const first = {at: 1000, end: 500, committed: 400};
		expect(nextPoints([first], {at: 2000, end: 3, committed: 0})).toEqual([{at: 2000, end: 3, committed: 0}]);
		expect(nextPoints([first], first)).toEqual([first]);
		let kept: readonly LagPoint[] = [];
		for (let index = 0; index < 200; index += 1) kept = nextPoints(kept, {at: index, end: index, committed: index});
		expect(kept).toHaveLength(60);
	});

	it('says that a growing lag never drains', () => {
		const grows = row(points(3, {lag: 84_000, produced: 1200, consumed: 988}));
		expect(grows.drainSeconds).toBe(Number.POSITIVE_INFINITY);
		expect(lagFindings([grows], 'kafka')[0]?.sentence).toBe('orders is 86k behind on events, +212/s: never catches up');
	});
});
