import {expect, test} from 'vitest';
import {createPollBackoff, exponentialDelay} from '../../../src/time/backoff.ts';

test('a delay doubles with each attempt up to its maximum', () => {
	const delays = [0, 1, 2, 5, 100, 10_000].map(attempt => exponentialDelay(attempt, {initialMs: 800, maxMs: 30_000}));
	expect(delays).toEqual([800, 1600, 3200, 25_600, 30_000, 30_000]);
});

test('a failing source keeps its interval for three minutes, then is tried every 15 s', () => {
	const backoff = createPollBackoff(2000);
	const intervals = [0, 179_000, 180_000, 182_000, 190_000, 200_000].map(now => {
		backoff.failed(now, false);
		return backoff.intervalMs;
	});
	expect(intervals).toEqual([2000, 2000, 4000, 8000, 15_000, 15_000]);
	expect(backoff.successIntervalMs).toBe(2000);
	backoff.succeeded(10);
	expect(backoff.intervalMs).toBe(2000);
});

test('after three refusals in a row the interval grows fourfold, up to a minute', () => {
	const backoff = createPollBackoff(2000);
	const intervals = [1, 2, 3, 4, 5, 6].map(now => {
		backoff.failed(now, true);
		return backoff.intervalMs;
	});
	expect(intervals).toEqual([2000, 2000, 8000, 32_000, 60_000, 60_000]);
});

test('the interval stretches up to four times while the server needs more than twice its usual time', () => {
	const backoff = createPollBackoff(2000);
	for (let read = 0; read < 5; read += 1) backoff.succeeded(200);
	expect(backoff.intervalMs).toBe(2000);
	for (let read = 0; read < 10; read += 1) backoff.succeeded(5000);
	expect(backoff.intervalMs).toBe(8000);
	for (let read = 0; read < 10; read += 1) backoff.succeeded(200);
	expect(backoff.intervalMs).toBe(2000);
});
