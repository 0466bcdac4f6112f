import {expect, test} from 'vitest';
import {
	afterFailure,
	afterSuccess,
	createPollBackoff,
	exponentialDelay,
	type PollBackoff,
	pollIntervalMs,
	successIntervalMs,
} from '../../../src/time/backoff.ts';

test('a delay doubles with each attempt up to its maximum', () => {
	const delays = [0, 1, 2, 5, 100, 10_000].map(attempt => exponentialDelay(attempt, {initialMs: 800, maxMs: 30_000}));
	expect(delays).toEqual([800, 1600, 3200, 25_600, 30_000, 30_000]);
});

/** The intervals after each of the failures, and the last state. */
function fail(
	moments: readonly number[],
	refused: boolean,
): {readonly intervals: readonly number[]; readonly last: PollBackoff} {
	let last = createPollBackoff(2000);
	const intervals = moments.map(now => {
		last = afterFailure(last, now, refused);
		return pollIntervalMs(last);
	});
	return {intervals, last};
}

test('a failing source keeps its interval for three minutes, then is tried every 15 s, and as before once it succeeds', () => {
	const {intervals, last} = fail([0, 179_000, 180_000, 182_000, 190_000, 200_000], false);
	expect(intervals).toEqual([2000, 2000, 4000, 8000, 15_000, 15_000]);
	expect(successIntervalMs(last)).toBe(2000);
	expect(pollIntervalMs(afterSuccess(last, 10))).toBe(2000);
});

test('after three refusals in a row the interval grows fourfold, up to a minute', () => {
	expect(fail([1, 2, 3, 4, 5, 6], true).intervals).toEqual([2000, 2000, 8000, 32_000, 60_000, 60_000]);
});

test('the interval stretches up to four times while the server needs more than twice its usual time', () => {
	const succeed = (from: PollBackoff, tookMs: number) =>
		Array.from({length: 10}).reduce<PollBackoff>(backoff => afterSuccess(backoff, tookMs), from);
	const usual = succeed(createPollBackoff(2000), 200);
	const slow = succeed(usual, 5000);
	expect([usual, slow, succeed(slow, 200)].map(pollIntervalMs)).toEqual([2000, 8000, 2000]);
});
