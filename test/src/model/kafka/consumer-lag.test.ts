import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {LagRow} from '../../../../src/model/kafka/consumer-lag.ts';
import {lagFindings} from '../../../../src/model/kafka/consumer-lag-findings.ts';
import {createLagTracker, type GroupRead} from '../../../../src/model/kafka/lag-tracker.ts';
import {describedGroup, type LagFixtureOptions, type LagRead, lagRowAfter, steadyReads} from './lag-fixture.ts';

/** The turns, and then the same offset while messages come in. */
const thenNothing = (turns: readonly LagRead[], seconds: number, produced: number): readonly LagRead[] => {
	const last = turns.at(-1);
	const rest = Array.from({length: seconds / 5}, (_, index) => ({
		logEnds: (last?.logEnds ?? []).map(end => (end ?? 0) + produced * 5 * (index + 1)),
		committed: last?.committed ?? [],
	}));
	return [...turns, ...rest];
};

describe('consumer lag', () => {
	it('has rates after two reads, and an estimate of when it is drained', () => {
		expect(lagRowAfter(steadyReads(0, 500, 10, 20))).toMatchObject({
			lag: 500,
			growthPerSecond: undefined,
			drainSeconds: undefined,
			evaluation: 'ok',
		});
		const row = lagRowAfter(steadyReads(5, 500, 10, 20));
		expect(row).toMatchObject({
			lag: 450,
			producedPerSecond: 10,
			consumedPerSecond: 20,
			growthPerSecond: -10,
			drainSeconds: 45,
			severity: 'ok',
		});
		expect(lagRowAfter(steadyReads(60, 84_000, 1200, 988)).drainSeconds).toBe(Number.POSITIVE_INFINITY);
		expect(lagRowAfter(steadyReads(60, 0, 10, 10)).drainSeconds).toBe(0);
	});

	it.each([
		['Stable', 1],
		['PreparingRebalance', 0],
		['', 0],
	])('counts partitions without a member in the state %j: %i', (state, unassigned) => {
		const row = lagRowAfter(steadyReads(60, 20, 10, 10), {state, members: 1, unread: [0]});
		expect(row.unassigned).toBe(unassigned);
	});

	it('shows the age of the oldest waiting message, and no more than was watched', () => {
		expect(lagRowAfter(steadyReads(120, 0, 10, 10)).timeLag).toEqual({ms: 0, atLeast: false});
		expect(lagRowAfter(thenNothing(steadyReads(120, 0, 10, 10), 40, 10)).timeLag?.ms).toBeCloseTo(40_000, 0);
		expect(lagRowAfter(steadyReads(120, 9000, 10, 10)).timeLag).toEqual({ms: 120_000, atLeast: true});
	});

	it.each<[string, readonly LagRead[], LagFixtureOptions, string, string, string | undefined]>([
		['keeps up', steadyReads(60, 20, 10, 10), {}, 'ok', 'ok', undefined],
		['is a minute behind and falls back', steadyReads(60, 900, 10, 7), {}, 'warn', 'warn', '1m48s of messages behind'],
		['is ten minutes behind and falls back', steadyReads(60, 6000, 10, 7), {}, 'warn', 'crit', '10m18s of messages'],
		['is stuck', thenNothing(steadyReads(60, 20, 10, 10), 70, 10), {}, 'stall', 'crit', 'commit nothing for 1m10s'],
		['was found empty', steadyReads(10, 500, 10, 0), {members: 0}, 'stop', 'warn', 'no members, messages wait'],
		['was found empty, with nothing to read', steadyReads(10, 0, 0, 0), {members: 0}, 'ok', 'ok', undefined],
		[
			'went back',
			[...steadyReads(60, 20, 10, 10), {logEnds: [1e6 + 650], committed: [1e6 - 5000]}],
			{},
			'rewind',
			'warn',
			'went back 5,580 messages on partition 0',
		],
	])('%s', (_, turns, options, evaluation, severity, why) => {
		const row = lagRowAfter(turns, options);
		expect(row).toMatchObject({evaluation, severity});
		if (why === undefined) expect(row.why).toBeUndefined();
		else expect(row.why).toContain(why);
	});

	it('is as bad as its worst partition', () => {
		const turns = Array.from({length: 30}, (_, index) => ({
			logEnds: [1000 + index * 50, 1000 + index * 50, 1000 + index * 50],
			committed: [1000 + index * 50, 1000 + Math.min(3, index) * 50, 1000 + index * 50],
		}));
		expect(lagRowAfter(turns)).toMatchObject({
			evaluation: 'stall',
			severity: 'crit',
			why: 'its members commit nothing for 2m10s on partition 1',
			lag: 1300,
			worst: {partition: 1},
		});
	});

	it('does not report a partition without a commit as lag over the entire log', () => {
		const none = lagRowAfter([{logEnds: [100], committed: [undefined]}]);
		expect(none).toMatchObject({lag: undefined, evaluation: 'no commit', severity: 'unknown'});
		expect(lagRowAfter([{logEnds: [100, 100], committed: [90, undefined]}])).toMatchObject({
			lag: 10,
			uncommitted: 1,
			severity: 'unknown',
			why: 'no offset committed on 1 of 2 partitions',
		});
		// Where there is nothing to read there is nothing to commit.
		expect(
			lagRowAfter([{logEnds: [100, 0, 40], committed: [100, undefined, undefined]}], {starts: [0, 0, 40]}),
		).toMatchObject({
			lag: 0,
			uncommitted: 0,
			severity: 'ok',
		});
	});

	it('does not guess where a log ends that cannot be read', () => {
		expect(lagRowAfter([{logEnds: [undefined], committed: [90]}])).toMatchObject({
			lag: undefined,
			evaluation: 'offline',
			why: '1 of 1 partitions are offline or cannot be read',
		});
	});

	it('does not count deleted messages, and reports them', () => {
		const row = lagRowAfter([{logEnds: [1000], committed: [100]}], {starts: [700], members: 0});
		expect(row).toMatchObject({lag: 300, deleted: 600, why: 'no members, messages wait, 600 were deleted unread'});
	});

	it('names a topic that its members do not read any more, and partitions without a member', () => {
		const turn: LagRead = {logEnds: [100, 100], committed: [50, 50]};
		const turns = Array.from({length: 9}, () => turn);
		expect(lagRowAfter(turns, {unread: [0, 1]})).toMatchObject({
			unassigned: 2,
			evaluation: 'stop',
			severity: 'warn',
			why: 'its members do not read this topic',
		});
		expect(lagRowAfter(turns, {unread: [1]})).toMatchObject({
			unassigned: 1,
			why: 'no member reads 1 of 2 partitions',
		});
		// During a rebalance the assignments are unknown.
		expect(lagRowAfter(turns, {unread: [0, 1], state: 'PreparingRebalance'})).toMatchObject({
			unassigned: 0,
			severity: 'ok',
		});
	});

	it('forgets a topic that was created again', () => {
		const recreated = [...steadyReads(60, 20, 10, 10), {logEnds: [30], committed: [10]}];
		expect(lagRowAfter(recreated)).toMatchObject({lag: 20, evaluation: 'ok', timeLag: undefined});
	});

	it('is worse when it stopped while it was watched', () => {
		const book = createLagTracker('kafka');
		const rows = (members: number, second: number, committed: number): readonly LagRow[] => {
			book.recordEnds([{topic: 'events', partition: 0, offset: 1000 + 10 * second}], second * 1000);
			return book.evaluateGroup(
				{
					name: {group: 'orders', type: 'classic', protocolType: 'consumer', state: undefined},
					described: describedGroup('orders', 'events', [0], {members}),
					offsets: [{topic: 'events', partition: 0, offset: committed, metadata: ''}],
				},
				second * 1000,
			);
		};
		for (let second = 0; second <= 60; second += 5) rows(2, second, 990 + 10 * second);
		for (let second = 65; second < 100; second += 5) rows(0, second, 1590);
		expect(rows(0, 110, 1590)[0]).toMatchObject({evaluation: 'stop', severity: 'crit'});
	});

	it('names a group whose offsets cannot be read', () => {
		const [row] = createLagTracker('kafka').evaluateGroup(
			{
				name: {group: 'queue', type: 'share', protocolType: 'share', state: undefined},
				described: undefined,
				offsets: undefined,
				problem: 'these brokers do not report the offsets of share groups',
			},
			1,
		);
		expect(row).toMatchObject({id: 'queue/', topic: '', evaluation: 'share', severity: 'unknown', members: undefined});
	});
});

const groups = ['a', 'b', 'c', 'd'] as const;

/** Four groups on two topics that share their logs, some steps long. */
const history = fc.array(
	fc.record({
		ms: fc.integer({min: 1, max: 60_000}),
		produced: fc.array(fc.nat(500), {minLength: 4, maxLength: 4}),
		consumed: fc.array(fc.nat(500), {minLength: 16, maxLength: 16}),
	}),
	{minLength: 1, maxLength: 20},
);

describe('the lag tracker', () => {
	const pairs = ['x', 'y'].flatMap(topic => [0, 1].map(partition => ({topic, partition})));

	/** Plays it, with the groups of each turn in the order that `order` makes of them. */
	function play(steps: typeof history extends fc.Arbitrary<infer T> ? T : never, order: (turn: number) => number) {
		const book = createLagTracker('kafka');
		const ends = [1000, 1000, 1000, 1000];
		const offsets = groups.map(() => [900, 900, 900, 900]);
		let at = 1;
		let rows: readonly LagRow[] = [];
		for (const [turn, {ms, produced, consumed}] of steps.entries()) {
			at += ms;
			for (const [index] of ends.entries()) ends[index] = (ends[index] ?? 0) + (produced[index] ?? 0);
			for (const [who, some] of offsets.entries()) {
				for (const [index] of some.entries()) {
					some[index] = Math.min(ends[index] ?? 0, (some[index] ?? 0) + (consumed[who * 4 + index] ?? 0));
				}
			}
			const read = pairs.map((pair, index) => ({...pair, offset: ends[index] ?? 0}));
			book.recordEnds(order(turn) % 2 === 0 ? read : read.toReversed(), at);
			const readings = groups.map(
				(group, who): GroupRead => ({
					name: {group, type: 'classic', protocolType: 'consumer', state: 'Stable'},
					described: describedGroup(group, 'x', [0, 1]),
					offsets: pairs.map((pair, index) => ({...pair, offset: offsets[who]?.[index] ?? 0, metadata: ''})),
				}),
			);
			const shift = order(turn) % groups.length;
			const turned = [...readings.slice(shift), ...readings.slice(0, shift)];
			rows = turned.flatMap(reading => book.evaluateGroup(reading, at));
		}
		return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
	}

	it('does not depend on the order in which groups and partitions are read', () => {
		fc.assert(
			fc.property(history, fc.array(fc.nat(7), {minLength: 20, maxLength: 20}), (steps, orders) => {
				expect(play(steps, turn => orders[turn] ?? 0)).toEqual(play(steps, () => 0));
			}),
		);
	});

	it('never reports a negative lag, nor a time lag beyond what it watched', () => {
		fc.assert(
			fc.property(history, steps => {
				const watched = steps.slice(1).reduce((sum, {ms}) => sum + ms, 0);
				for (const row of play(steps, () => 0)) {
					expect(row.lag).toBeGreaterThanOrEqual(0);
					expect(row.timeLag?.ms ?? 0).toBeLessThanOrEqual(watched + 1e-6);
					expect(row.producedPerSecond ?? 0).toBeGreaterThanOrEqual(0);
					expect(row.consumedPerSecond ?? 0).toBeGreaterThanOrEqual(0);
					expect((row.severity === 'ok') === (row.why === undefined)).toBe(true);
				}
			}),
		);
	});

	it('forgets deleted groups, and topics without a reader', () => {
		const book = createLagTracker('kafka');
		book.recordEnds([{topic: 'events', partition: 0, offset: 5}], 1);
		const reading: GroupRead = {
			name: {group: 'orders', type: 'classic', protocolType: 'consumer', state: undefined},
			described: undefined,
			offsets: [{topic: 'events', partition: 0, offset: 5, metadata: ''}],
		};
		book.evaluateGroup(reading, 1);
		book.retainOnly(new Set(['orders']));
		expect(book.hasTopic('events')).toBe(true);
		book.retainOnly(new Set());
		expect(book.hasTopic('events')).toBe(false);
	});

	it('takes a topic whose id changed for another one', () => {
		const book = createLagTracker('kafka');
		const topic = (id: string) => book.recordTopics([{topic: 'events', id, internal: false, partitions: []}]);
		const row = (at: number, end: number, offset: number) => {
			book.recordEnds([{topic: 'events', partition: 0, offset: end}], at);
			return book.evaluateGroup(
				{
					name: {group: 'orders', type: 'classic', protocolType: 'consumer', state: undefined},
					described: undefined,
					offsets: [{topic: 'events', partition: 0, offset, metadata: ''}],
				},
				at,
			)[0];
		};
		topic('a');
		row(1000, 100, 90);
		expect(row(2000, 110, 90)).toMatchObject({producedPerSecond: 10});
		topic('b');
		// It has grown past where the old one ended already.
		expect(row(3000, 5000, 10)).toMatchObject({producedPerSecond: undefined, timeLag: undefined});
	});
});

describe('findings', () => {
	const findings = (...rows: readonly LagRow[]) =>
		lagFindings(rows, 'kafka').map(one => `${one.severity} ${one.sentence}`);

	it('say what is wrong, the cause first', () => {
		expect(findings(lagRowAfter(steadyReads(60, 84_000, 1200, 988)))).toEqual([
			'warn orders is 97k behind on events (>1m00s), +212/s: never catches up',
		]);
		expect(findings(lagRowAfter([{logEnds: [100], committed: [undefined]}]))).toEqual([
			'unknown orders on events: no offset was ever committed, so its lag is unknown',
		]);
		expect(findings(lagRowAfter(steadyReads(10, 500, 10, 0), {members: 0}))).toEqual([
			'warn orders is 600 behind on events: no members, messages wait',
		]);
		expect(findings(lagRowAfter([...steadyReads(60, 0, 10, 10), {logEnds: [1e6 + 650], committed: [1e6]}]))).toEqual([
			'warn orders on events went back 600 messages on partition 0 and reads them again',
		]);
		expect(findings(lagRowAfter([{logEnds: [100, 100], committed: [90, undefined]}]))).toEqual([
			'unknown orders on events has no offset committed on 1 of 2 partitions',
		]);
	});

	it('report a group once, however many topics it is behind on', () => {
		const row = lagRowAfter(steadyReads(10, 500, 10, 0), {members: 0});
		const other = {...row, id: 'orders/other', topic: 'other', lag: 9};
		expect(findings(row, other)).toEqual([
			'warn orders is 600 behind on events: no members, messages wait, and on 1 more topic',
		]);
	});

	it('report many abandoned groups in one finding', () => {
		const row = lagRowAfter(steadyReads(10, 500, 10, 0), {members: 0});
		const abandoned = ['a', 'b', 'c', 'd'].map(group => ({...row, group, id: `${group}/events`}));
		expect(findings(...abandoned.slice(0, 3))).toHaveLength(3);
		expect(findings(...abandoned)).toEqual(['warn 4 groups have no members and 2.4k messages wait for them']);
		expect(findings(...abandoned, {...row, wasActive: true, severity: 'crit'})).toHaveLength(2);
	});

	it('offer the reset where it may help', () => {
		const [stopped] = lagFindings([lagRowAfter(steadyReads(10, 500, 10, 0), {members: 0})], 'kafka');
		expect(stopped?.actions).toEqual(['kafka.reset-offsets']);
		const [growing] = lagFindings([lagRowAfter(steadyReads(60, 84_000, 1200, 988))], 'kafka');
		expect(growing?.actions).toEqual([]);
	});
});
