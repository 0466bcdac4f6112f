import {describe, expect, test} from 'vitest';
import {createRedisHistory} from '../../../../src/model/redis/redis-history.ts';
import type {RedisCounters} from '../../../../src/model/redis/redis-rates.ts';
import type {RedisReplica} from '../../../../src/port/redis.ts';
import {quietInfo} from './redis-fixture.ts';

const countersAt = (at: number, info: Partial<RedisCounters['info']> = {}): RedisCounters => ({
	at,
	info: {...quietInfo, uptimeSeconds: 1000 + at / 1000, ...info},
	slowId: -1,
});
const replica: RedisReplica = {address: '10.0.0.7:6379', state: 'online', lagBytes: 0};

describe('the history of a Redis server', () => {
	test('returns the previous read, and retains the reads of the last minute', () => {
		const history = createRedisHistory();
		const first = countersAt(0);
		expect(history.add(first)).toBeUndefined();
		expect(history.add(countersAt(30_000))).toBe(first);
		history.add(countersAt(61_000));
		expect(history.recent.map(({at}) => at)).toEqual([30_000, 61_000]);
		expect(history.recentReset(61_000)).toBeUndefined();
	});

	test('starts again after a restart, and reports the reset for a minute', () => {
		const history = createRedisHistory();
		history.add(countersAt(0));
		expect(history.add(countersAt(2000, {runId: 'another'}))).toBeUndefined();
		expect(history.recent).toHaveLength(1);
		expect(history.recentReset(62_000)).toEqual({reason: 'restarted', at: 2000});
		expect(history.recentReset(62_001)).toBeUndefined();
	});

	test('reports a lost replica for 15 minutes, unless it comes back', () => {
		const history = createRedisHistory();
		expect(history.findLostReplicas(0, [replica])).toEqual([]);
		expect(history.findLostReplicas(1000, [])).toEqual([{address: replica.address, sinceMs: 1000}]);
		expect(history.findLostReplicas(2000, [replica])).toEqual([]);
		expect(history.findLostReplicas(3000, [])).toEqual([{address: replica.address, sinceMs: 3000}]);
		expect(history.findLostReplicas(3000 + 15 * 60_000, [])).toHaveLength(1);
		expect(history.findLostReplicas(3001 + 15 * 60_000, [])).toEqual([]);
	});
});
