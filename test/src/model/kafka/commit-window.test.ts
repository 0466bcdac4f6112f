import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {
	type CommitWindow,
	createCommitWindow,
	evaluateLag,
	evaluations,
	lagOf,
	recordCommit,
	worseEvaluation,
} from '../../../../src/model/kafka/commit-window.ts';

type Read = {readonly second: number; readonly committed: number; readonly end: number};

const commitOf = ({second, committed, end}: Read) => ({at: second * 1000, committed, end, logStart: 0});

function windowOf(reads: readonly Read[]): CommitWindow {
	const [first, ...rest] = reads.map(commitOf);
	if (first === undefined) throw new Error('no read');
	const window = createCommitWindow(first);
	for (const one of rest) recordCommit(window, one);
	return window;
}

/** The verdict on these reads of a group with this many members. */
function judged(reads: readonly Read[], members: number | undefined = 3, foundEmpty = false) {
	const last = reads.at(-1);
	const [first] = reads;
	if (last === undefined || first === undefined) throw new Error('no read');
	const inflow = (last.end - first.end) / Math.max(1, last.second - first.second);
	return evaluateLag(windowOf(reads), {lag: lagOf(commitOf(last)), inflow, members, foundEmpty});
}

/** A read each 5 s of a log that takes in `produced` a second, by a group that reads `consumed`. */
const steady = (seconds: number, lag: number, produced: number, consumed: number): readonly Read[] =>
	Array.from({length: Math.floor(seconds / 5) + 1}, (_, index) => {
		const second = index * 5;
		return {second, end: 100_000 + produced * second, committed: 100_000 - lag + consumed * second};
	});

/** The same reads with commits only every `every` seconds. */
const seldom = (reads: readonly Read[], every: number): readonly Read[] =>
	reads.map(read => ({
		...read,
		committed:
			reads.findLast(one => one.second <= read.second && one.second % every === 0)?.committed ?? read.committed,
	}));

const still = (seconds: number, from: Read, perSecond: number): readonly Read[] =>
	Array.from({length: Math.floor(seconds / 5)}, (_, index) => {
		const second = from.second + 5 * (index + 1);
		return {second, committed: from.committed, end: from.end + perSecond * 5 * (index + 1)};
	});

const lastOf = (reads: readonly Read[]): Read => reads.at(-1) ?? {second: 0, committed: 0, end: 0};

const withTail = (head: readonly Read[], seconds: number, perSecond: number): readonly Read[] => [
	...head,
	...still(seconds, lastOf(head), perSecond),
];

const keepsUp = steady(60, 20, 10, 10);

describe('a partition by Burrow’s rules', () => {
	it.each<[string, readonly Read[], number | undefined, string]>([
		['keeps up', keepsUp, 3, 'ok'],
		['nothing waits, however long nothing was committed', withTail(steady(5, 0, 0, 0), 3600, 0), 3, 'ok'],
		['nothing waits and there are no members', steady(60, 0, 0, 0), 0, 'ok'],
		['catches up from far behind', steady(60, 50_000, 10, 90), 3, 'ok'],
		['falls back, and is minutes behind', steady(60, 5000, 10, 2), 3, 'warn'],
		['falls back, and is seconds behind', steady(60, 5, 10, 9), 3, 'ok'],
		['falls back for two reads only', steady(5, 5000, 10, 2), 3, 'ok'],
		['stays as far behind as it was', steady(300, 5000, 10, 10), 3, 'ok'],
		['commits nothing for 55 s', withTail(keepsUp, 55, 10), 3, 'ok'],
		['commits nothing for 65 s', withTail(keepsUp, 65, 10), 3, 'stall'],
		['commits nothing for 65 s, and its members are unknown', withTail(keepsUp, 65, 10), undefined, 'stall'],
		['commits nothing, and the log does not go on', withTail(keepsUp, 600, 0), 3, 'ok'],
		['commits each minute, and nothing for 5 minutes', withTail(seldom(steady(600, 20, 10, 10), 60), 300, 10), 3, 'ok'],
		['commits each minute, and nothing for 11', withTail(seldom(steady(600, 20, 10, 10), 60), 660, 10), 3, 'stall'],
		['was left by its members 25 s ago', withTail(keepsUp, 25, 10), 0, 'ok'],
		['was left by its members 50 s ago', withTail(keepsUp, 50, 10), 0, 'stop'],
		['commits without members', steady(60, 20, 10, 10), 0, 'ok'],
	])('%s', (_, reads, members, evaluation) => {
		expect(judged(reads, members).evaluation).toBe(evaluation);
	});

	it('has stopped at once when the first read saw no members', () => {
		expect(judged(steady(0, 50, 0, 0), 0, true).evaluation).toBe('stop');
		expect(judged(steady(0, 50, 0, 0), 0, false).evaluation).toBe('ok');
	});

	it('measures the trend since it last had no lag', () => {
		const head = steady(60, 0, 10, 10);
		const tail = [1, 2, 3].map(turn => ({
			second: 60 + turn * 90,
			committed: 100_600 + turn * 10,
			end: 100_600 + turn * 900,
		}));
		expect(judged([...head, ...tail.slice(0, 2)]).evaluation).toBe('ok');
		expect(judged([...head, ...tail]).evaluation).toBe('warn');
	});

	it('has rewound until it reaches the earlier offset again', () => {
		const back = [...keepsUp, {second: 65, committed: 99_000, end: 100_650}];
		expect(judged(back)).toMatchObject({evaluation: 'rewind', rewoundMessages: lastOf(keepsUp).committed - 99_000});
		const half = [...back, {second: 70, committed: 100_000, end: 100_700}];
		expect(judged(half).evaluation).toBe('rewind');
		const there = [...half, {second: 75, committed: 100_600, end: 100_750}];
		expect(judged(there).evaluation).toBe('ok');
	});

	it('does not count the time in which nothing waited', () => {
		const idle = withTail(steady(60, 0, 0, 0), 600, 0);
		const busy = withTail(idle, 30, 10);
		expect(judged(busy)).toMatchObject({evaluation: 'ok', idleMs: 30_000});
		expect(judged(withTail(busy, 40, 10)).evaluation).toBe('stall');
	});

	it('does not count as growing when commits come only every few reads', () => {
		const reads = seldom(steady(600, 20, 10, 10), 15);
		for (let to = 5; to < reads.length; to += 1) expect(judged(reads.slice(0, to)).evaluation).toBe('ok');
		const grows = seldom(steady(600, 5000, 10, 5), 15);
		expect(judged(grows).evaluation).toBe('warn');
	});

	it('does not count messages that were deleted', () => {
		expect(lagOf({committed: 10, end: 100, logStart: 60})).toBe(40);
		expect(lagOf({committed: 100, end: 90, logStart: 0})).toBe(0);
		expect(lagOf({committed: 10, end: 100, logStart: 120})).toBe(0);
	});

	const anyReads = fc
		.array(
			fc.record({
				gap: fc.integer({min: 1, max: 600}),
				produced: fc.nat(1000),
				moves: fc.integer({min: -200, max: 1000}),
			}),
			{minLength: 1, maxLength: 60},
		)
		.map(steps => {
			let second = 0;
			let end = 10_000;
			let committed = 9000;
			return steps.map(({gap, produced, moves}) => {
				second += gap;
				end += produced;
				committed = Math.max(0, Math.min(end, committed + moves));
				return {second, committed, end};
			});
		});

	it('stays small, with its commits in order', () => {
		fc.assert(
			fc.property(anyReads, reads => {
				const window = windowOf(reads);
				expect(window.times.length).toBeLessThanOrEqual(10);
				expect(window.times).toEqual(window.times.toSorted((a, b) => a - b));
				expect(window.offsets).toHaveLength(window.times.length);
				expect(window.lags).toHaveLength(window.times.length);
				expect(window.offsets.at(-1)).toBe(lastOf(reads).committed);
			}),
		);
	});

	it('is always ok when nothing waits, and never calls an empty group stalled', () => {
		fc.assert(
			fc.property(anyReads, fc.option(fc.nat(5), {nil: undefined}), (reads, members) => {
				const {evaluation} = judged(reads, members);
				if (lagOf(commitOf(lastOf(reads))) === 0) expect(evaluation).toBe('ok');
				if (members === 0) expect(evaluation).not.toBe('stall');
				else expect(evaluation).not.toBe('stop');
			}),
		);
	});

	it('counts a repeated read once, and ignores an old one', () => {
		fc.assert(
			fc.property(anyReads, reads => {
				const window = windowOf(reads);
				const before = structuredClone(window);
				for (const one of reads) recordCommit(window, commitOf({...one, committed: 1}));
				expect(window).toEqual(before);
			}),
		);
	});
});

it('is the worst of its partitions, in any order', () => {
	fc.assert(
		fc.property(fc.array(fc.constantFrom(...evaluations), {minLength: 1}), some => {
			const all = some.reduce(worseEvaluation);
			expect(some.toReversed().reduce(worseEvaluation)).toBe(all);
			for (const one of some) expect(worseEvaluation(one, all)).toBe(all);
		}),
	);
});
