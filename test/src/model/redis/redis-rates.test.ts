import {describe, expect, test} from 'vitest';
import {
	countRecentEvents,
	findCounterReset,
	lifetimeHitRate,
	type RedisCounters,
	redisRates,
} from '../../../../src/model/redis/redis-rates.ts';
import type {RedisInfo} from '../../../../src/port/redis.ts';
import {quietInfo} from './redis-fixture.ts';

const {evicted, expired, hits, misses, rejected} = quietInfo;

/** A reading of the quiet server; `info` replaces some of its values. */
const reading = (at: number, info: Partial<RedisInfo> = {}, slowId: number | undefined = 10): RedisCounters => ({
	at,
	info: {...quietInfo, ...info},
	slowId,
});

describe('rates between two reads', () => {
	test('are the differences of the counters, divided by the seconds in between', () => {
		const later = reading(2000, {
			evicted: evicted + 2 * 310,
			expired: expired + 2 * 50,
			hits: hits + 81,
			misses: misses + 19,
		});
		expect(redisRates(reading(0), later)).toEqual({
			seconds: 2,
			evictedPerSecond: 310,
			expiredPerSecond: 50,
			hitRate: 0.81,
		});
	});

	test('are unknown at the first read, and when no time has passed', () => {
		const unknown = {seconds: undefined, evictedPerSecond: undefined, expiredPerSecond: undefined, hitRate: undefined};
		expect(redisRates(undefined, reading(0))).toEqual(unknown);
		expect(redisRates(reading(5), reading(5, {evicted: 900}))).toEqual(unknown);
	});

	test('have no hit rate when nothing was looked up', () => {
		expect(redisRates(reading(0), reading(1000)).hitRate).toBeUndefined();
		expect(lifetimeHitRate({...quietInfo, hits: 0, misses: 0})).toBeUndefined();
		expect(lifetimeHitRate(quietInfo)).toBe(0.97);
	});
});

describe('a reading that does not continue the one before', () => {
	test.each([
		['another run_id', {runId: 'b2'}, 'restarted'],
		['a smaller uptime', {uptimeSeconds: 4}, 'restarted'],
		['a counter that fell', {hits: 3}, 'counters-reset'],
		['counters that all stand still', {}, undefined],
		['less memory and fewer clients', {usedMemoryBytes: 5, clients: 1}, undefined],
	] as const)('%s', (_, info, reset) => {
		expect(findCounterReset(reading(0), reading(2000, info))).toBe(reset);
	});
});

describe('rare events', () => {
	test('are counted from the first reading to the last', () => {
		const last = reading(58_000, {rejected: rejected + 37, evicted: evicted + 41_359}, 14);
		expect(countRecentEvents([reading(0, {}, 10), reading(2000), last])).toEqual({
			seconds: 58,
			rejected: 37,
			slow: 4,
			evicted: {keys: 41_359, seconds: 58},
		});
	});

	test.each([
		['the limit', {maxmemoryBytes: 1}],
		['the policy', {policy: 'noeviction'}],
	])('include only the evictions since %s was changed', (_, settingsBefore) => {
		const readings = [
			reading(0, settingsBefore),
			reading(2000, {...settingsBefore, evicted: 900}),
			reading(4000, {evicted: 910}),
			reading(6000, {evicted: 912}),
		];
		expect(countRecentEvents(readings).evicted).toEqual({keys: 2, seconds: 2});
		// The last of these is the first since the change: there is nothing to compare it with.
		expect(countRecentEvents(readings.slice(0, 3)).evicted).toBeUndefined();
	});

	test('are unknown before the second read', () => {
		expect(countRecentEvents([reading(0)])).toEqual({
			seconds: undefined,
			rejected: undefined,
			slow: undefined,
			evicted: undefined,
		});
	});

	test('include no slow commands when the slow log could not be read', () => {
		const unread = {...reading(0), slowId: undefined};
		expect(countRecentEvents([unread, {...reading(2000), slowId: undefined}]).slow).toBeUndefined();
	});

	test('include slow commands since the first slow log that could be read', () => {
		expect(
			countRecentEvents([{...reading(0), slowId: undefined}, reading(1000, {}, 7), reading(2000, {}, 9)]).slow,
		).toBe(2);
	});
});
