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

const reading = (at: number, info: Partial<RedisInfo> = {}, slowId: number | undefined = 10): RedisCounters => ({
	at,
	info: {...quietInfo, ...info},
	slowId,
});

describe('rates between two reads', () => {
	test('are of what happened in between, by the time in between', () => {
		const later = reading(2000, {evicted: 1120, expired: 1000, hits: 970_810, misses: 30_190});
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
		['less memory and fewer clients', {usedMemory: 5, clients: 1}, undefined],
	] as const)('%s', (_, info, reset) => {
		expect(findCounterReset(reading(0), reading(2000, info))).toBe(reset);
	});
});

describe('what is rare', () => {
	test('is counted over all readings', () => {
		const readings = [reading(0), reading(2000), reading(58_000, {rejected: 40, evicted: 41_859}, 14)];
		const evicted = {keys: 41_359, seconds: 58};
		expect(countRecentEvents(readings)).toEqual({seconds: 58, rejected: 37, slow: 4, evicted});
	});

	test.each([
		['the limit', {maxmemory: 1}],
		['the policy', {policy: 'noeviction'}],
	])('evictions are counted since %s was changed', (_, before) => {
		const readings = [
			reading(0, before),
			reading(2000, {...before, evicted: 900}),
			reading(4000, {evicted: 910}),
			reading(6000, {evicted: 912}),
		];
		expect(countRecentEvents(readings).evicted).toEqual({keys: 2, seconds: 2});
		expect(countRecentEvents(readings.slice(0, 3)).evicted).toBeUndefined();
	});

	test('is unknown before the second read', () => {
		expect(countRecentEvents([reading(0)])).toEqual({
			seconds: undefined,
			rejected: undefined,
			slow: undefined,
			evicted: undefined,
		});
	});

	test('says nothing of a slow log that could not be read', () => {
		const unread = {...reading(0), slowId: undefined};
		expect(countRecentEvents([unread, {...reading(2000), slowId: undefined}]).slow).toBeUndefined();
	});

	test('counts from the first slow log that could be read', () => {
		expect(
			countRecentEvents([{...reading(0), slowId: undefined}, reading(1000, {}, 7), reading(2000, {}, 9)]).slow,
		).toBe(2);
	});
});
