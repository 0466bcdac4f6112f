import {describe, expect, test} from 'vitest';
import type {RedisServerRow} from '../../../../src/model/redis/redis-server.ts';
import {evaluateRedisServer, redisServerFindings} from '../../../../src/model/redis/redis-server-findings.ts';
import {gibibyte, mebibyte, quietFacts} from './redis-fixture.ts';

const now = 1_000_000_000;
const judged = (change: Partial<RedisServerRow>): RedisServerRow =>
	evaluateRedisServer({...quietFacts, ...change}, now);
const sentencesOf = (change: Partial<RedisServerRow>): readonly string[] =>
	redisServerFindings(judged(change), now).map(({severity, sentence}) => `${severity}: ${sentence}`);

describe('a server', () => {
	test('without a problem is ok, without a finding', () => {
		expect(judged({}).severity).toBe('ok');
		expect(judged({}).why).toBeUndefined();
		expect(sentencesOf({})).toEqual([]);
	});

	test.each<[string, Partial<RedisServerRow>, string[]]>([
		['just below 80 %', {usedMemoryBytes: 0.799 * 4 * gibibyte}, []],
		['at 80 %', {usedMemoryBytes: 0.8 * 4 * gibibyte}, ['warn: 80 % of maxmemory, hit rate 97 %']],
		['at 95 %', {usedMemoryBytes: 0.95 * 4 * gibibyte}, ['crit: 95 % of maxmemory, hit rate 97 %']],
		[
			'near the limit and evicting',
			{usedMemoryBytes: 0.92 * 4 * gibibyte, evictedPerSecond: 310, hitRate: 0.81},
			['warn: 92 % of maxmemory, evicting 310/s, hit rate 97 -> 81 %'],
		],
		[
			'evicting keys that are in use',
			{usedMemoryBytes: 0.92 * 4 * gibibyte, evictedPerSecond: 310, hitRate: 0.6},
			['crit: 92 % of maxmemory, evicting 310/s, hit rate 97 -> 60 %'],
		],
		[
			'that evicted a while ago, near the limit',
			{usedMemoryBytes: 0.92 * 4 * gibibyte, evictedRecently: {keys: 41_359, seconds: 59}},
			['warn: 92 % of maxmemory, 41k keys evicted in the last 59s, hit rate 97 %'],
		],
		[
			'that evicted a while ago and has free memory again',
			{evictedRecently: {keys: 41_359, seconds: 59}},
			['warn: 41k keys evicted in the last 59s, 50 % of maxmemory, hit rate 97 %'],
		],
		[
			'that evicted a single key',
			{evictedRecently: {keys: 1, seconds: 12}, hitRate: undefined},
			['warn: 1 key evicted in the last 12s, 50 % of maxmemory'],
		],
		[
			'that evicts now and has free memory',
			{evictedPerSecond: 310, evictedRecently: {keys: 620, seconds: 2}},
			['warn: evicting 310/s, 50 % of maxmemory, hit rate 97 %'],
		],
		[
			'with noeviction near the limit',
			{usedMemoryBytes: 0.96 * 4 * gibibyte, policy: 'noeviction'},
			['crit: 96 % of maxmemory, policy noeviction: writes fail at the limit'],
		],
		[
			'with noeviction at the limit',
			{usedMemoryBytes: 4 * gibibyte, policy: 'noeviction'},
			['crit: 100 % of maxmemory, policy noeviction: writes fail now'],
		],
		[
			'without maxmemory, filling the machine',
			{maxmemoryBytes: 0, usedMemoryBytes: 13.2 * gibibyte, hitRate: undefined},
			["warn: no maxmemory, 82 % of the machine's memory"],
		],
		['without maxmemory and without a machine to compare', {maxmemoryBytes: 0, systemMemoryBytes: undefined}, []],
		[
			'with half of its memory fragmented',
			{fragmentationRatio: 1.9, fragmentationBytes: 1.8 * gibibyte},
			['warn: 1.8Gi lost to fragmentation (ratio 1.90)'],
		],
		[
			'small and fragmented: the ratio means nothing',
			{usedMemoryBytes: 20 * mebibyte, fragmentationRatio: 7.9, fragmentationBytes: 120 * mebibyte},
			[],
		],
		[
			'partly swapped out',
			{fragmentationRatio: 0.5, fragmentationBytes: -gibibyte},
			['warn: 1Gi of used memory is not resident: it was swapped out (ratio 0.50)'],
		],
		[
			'with a replica link that is down',
			{role: 'replica', upstream: {address: '10.0.0.1:6379', up: false, downSeconds: 372}},
			['crit: the link to primary 10.0.0.1:6379 is down for 6m12s: what is read here is old'],
		],
		[
			'with a replica that copies',
			{replicas: [{address: '10.0.0.2:6379', state: 'wait_bgsave', lagBytes: 10}]},
			['warn: replica 10.0.0.2:6379 is not in step yet (wait_bgsave)'],
		],
		[
			'that lost a replica',
			{lostReplicas: [{address: '10.0.0.2:6379', sinceMs: now - 5000}]},
			['warn: replica 10.0.0.2:6379 is not connected any more'],
		],
		[
			'that rejects connections',
			{rejectedRecently: 37, maxclients: 200, clients: 200},
			['crit: 37 connections rejected in the last 1m00s (maxclients 200)'],
		],
		['near maxclients', {maxclients: 200, clients: 190}, ['warn: 190 of 200 connections are used']],
		['with two slow commands', {slowRecently: 2}, []],
		[
			'with a slow log that grows',
			{
				slowRecently: 6,
				slowest: {id: 9, at: 0, microseconds: 41_250, command: 'HGETALL', args: 1, client: '', clientName: ''},
			},
			['warn: 6 commands entered the slow log in the last 1m00s, the slowest HGETALL 41.3 ms'],
		],
		[
			'whose clients hold its memory',
			{clientsMemoryBytes: 0.8 * gibibyte},
			['warn: clients hold 819Mi of buffers, 40 % of used memory'],
		],
		[
			'that loads',
			{loading: true},
			['warn: the server is loading its data set: most commands are refused until it has'],
		],
	])('%s', (_, change, sentences) => {
		expect(sentencesOf(change)).toEqual(sentences);
	});

	test('with several problems has the severity of the worst, names each, and has one finding for each', () => {
		const row = judged({usedMemoryBytes: 0.85 * 4 * gibibyte, rejectedRecently: 2});
		expect(row.severity).toBe('crit');
		expect(row.why).toBe('2 rejected · 85 % of maxmemory');
		const ids = redisServerFindings(row, now).map(({id}) => id);
		expect(ids).toEqual(['redis-main/redis/rejected', 'redis-main/redis/memory']);
	});

	describe('whose client buffers fill it', () => {
		const full = {
			usedMemoryBytes: 77.5 * mebibyte,
			maxmemoryBytes: 64 * mebibyte,
			clientsMemoryBytes: 75 * mebibyte,
			hitRate: undefined,
		};
		const heaviestClient = {rowId: '1116@10.0.0.7:5121', clientId: 1116, title: 'worker', bytes: 74.8 * mebibyte};
		const found = (change: Partial<RedisServerRow>) => redisServerFindings(judged({...full, ...change}), now);

		test('has one finding: the client first, and what helps against it', () => {
			expect(found({heaviestClient})).toMatchObject([
				{
					id: 'redis-main/redis/memory',
					severity: 'crit',
					sentence: 'client 1116 (worker) holds 75Mi of buffers: 121 % of maxmemory',
					row: {kind: 'redis.client', id: '1116@10.0.0.7:5121'},
					kind: 'redis.client',
					actions: ['redis.kill-client', 'redis.set-maxmemory'],
				},
			]);
			expect(judged({...full, heaviestClient}).why).toBe('client 1116 holds 75Mi, 121 % of maxmemory');
		});

		test('names no client where none holds half of it, or they could not be listed', () => {
			const many = {heaviestClient: {...heaviestClient, bytes: 30 * mebibyte}};
			for (const change of [many, {}]) {
				expect(found(change)).toMatchObject([
					{
						severity: 'crit',
						sentence: 'clients hold 75Mi of buffers: 121 % of maxmemory',
						row: {kind: 'redis.server', id: '10.0.0.5:6379'},
						actions: ['redis.kill-client', 'redis.set-maxmemory'],
					},
				]);
			}
		});

		test('says what follows from it', () => {
			expect(sentencesOf({...full, heaviestClient, policy: 'noeviction'})).toEqual([
				'crit: client 1116 (worker) holds 75Mi of buffers: 121 % of maxmemory, policy noeviction: writes fail now',
			]);
			expect(sentencesOf({...full, heaviestClient, evictedRecently: {keys: 41_359, seconds: 59}})).toEqual([
				'crit: client 1116 (worker) holds 75Mi of buffers: 121 % of maxmemory, 41k keys evicted in the last 59s',
			]);
		});

		test('and that has free memory is a warning, with the client', () => {
			expect(found({maxmemoryBytes: gibibyte, heaviestClient})).toMatchObject([
				{
					severity: 'warn',
					sentence: 'client 1116 (worker) holds 75Mi of buffers, 96 % of used memory',
					row: {kind: 'redis.client'},
					actions: ['redis.kill-client'],
				},
			]);
		});
	});

	test('says since when, where the server reports it', () => {
		const row = judged({upstream: {address: 'a:1', up: false, downSeconds: 60}});
		expect(redisServerFindings(row, now)[0]?.since).toBe(now - 60_000);
	});

	test('offers to raise maxmemory, and no action for a broken replica link', () => {
		const actions = (change: Partial<RedisServerRow>) => redisServerFindings(judged(change), now)[0]?.actions;
		expect(actions({usedMemoryBytes: 4 * gibibyte})).toEqual(['redis.set-maxmemory']);
		expect(actions({rejectedRecently: 1})).toEqual(['redis.kill-client']);
		expect(actions({upstream: {address: 'a:1', up: false}})).toEqual([]);
	});
});

test('memory that swings around its limit stays reported', () => {
	const at = (share: number, before?: RedisServerRow) =>
		evaluateRedisServer({...quietFacts, usedMemoryBytes: share * 4 * gibibyte}, now, before?.levels);
	const raised = at(0.951);
	const held = at(0.949, raised);
	expect([raised.severity, held.severity, held.why, at(0.949).severity, at(0.9, held).severity]).toEqual([
		'crit',
		'crit',
		'94 % of maxmemory',
		'warn',
		'warn',
	]);
});
