import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {sampleKeys} from '../../../adapters/redis/key-sampler.ts';
import type {RedisPrefixRow} from '../../../src/model/redis/redis-prefix.ts';
import type {Keyspace, SamplerBudget} from '../../../src/port/redis.ts';
import {describeRedis} from '../../estate/describe-server.ts';
import {
	countCommandsDuring,
	openRedis,
	runRedisCli,
	settingsFor,
	startDedicatedRedis,
	testContext,
} from './redis-fixture.ts';

const budget: SamplerBudget = {timeMs: 2000, keys: 20_000, pauseMs: 0, slowPingMs: 20};

/** `pages` of keys, the cursor counting them. `pingMs` by how many pings went before. */
function keyspace(
	pages: readonly (readonly string[])[],
	pingMs: (turn: number) => number = () => 1,
): Keyspace & {described: string[]} {
	let pings = 0;
	const described: string[] = [];
	return {
		described,
		endpoint: 'test:1',
		role: 'primary',
		size: async () => new Set(pages.flat()).size,
		ping: async () => pingMs(pings++),
		async scan(cursor) {
			const page = Number(cursor);
			const next = page + 1 < pages.length ? String(page + 1) : '0';
			return {cursor: next, keys: (pages[page] ?? []).map(name => Buffer.from(name, 'latin1'))};
		},
		async describe(keys) {
			return keys.map(key => {
				const name = Buffer.from(key).toString('latin1');
				described.push(name);
				return name.startsWith('deleted') ? undefined : {type: 'string', bytes: 10, ttlMs: -1};
			});
		},
	};
}

describe('a pass of the sampler', () => {
	test('that reaches its start again is complete, and reads no key twice', async () => {
		const keys = keyspace([['a', 'b'], [], ['b', 'c', 'deleted']]);
		const sample = await sampleKeys(keys, budget, testContext);
		expect(sample.keys.map(({name}) => name)).toEqual(['a', 'b', 'c']);
		expect(sample).toMatchObject({complete: true, total: 4, stopped: undefined});
		expect(keys.described).toEqual(['a', 'b', 'c', 'deleted']);
	});

	test('distinguishes keys that are not text', async () => {
		const sample = await sampleKeys(keyspace([['\u00ff', '\u00fe']]), budget, testContext);
		expect(sample.keys).toHaveLength(2);
	});

	test('ends with its budget of keys, also in the last page', async () => {
		const pages = [
			['a', 'b'],
			['c', 'd'],
		];
		expect(await sampleKeys(keyspace(pages), {...budget, keys: 2}, testContext)).toMatchObject({
			complete: false,
			total: 4,
		});
		expect((await sampleKeys(keyspace(pages), {...budget, keys: 3}, testContext)).keys).toHaveLength(3);
		expect(await sampleKeys(keyspace(pages), {...budget, keys: 3}, testContext)).toMatchObject({complete: false});
		expect(await sampleKeys(keyspace(pages), {...budget, keys: 4}, testContext)).toMatchObject({complete: true});
	});

	test('ends with its budget of time', async () => {
		let now = 0;
		const clock = {...testContext, now: () => (now += 900)};
		const sample = await sampleKeys(keyspace([['a'], ['b'], ['c'], ['d'], ['e']]), budget, clock);
		expect(sample.keys.map(({name}) => name)).toEqual(['a', 'b', 'c']);
		expect(sample.complete).toBe(false);
	});

	test('ends when the server answers slowly, and says so', async () => {
		const slow = keyspace([['a'], ['b'], ['c']], turn => (turn === 1 ? 31 : 1));
		const sample = await sampleKeys(slow, budget, testContext);
		expect(sample.keys.map(({name}) => name)).toEqual(['a', 'b']);
		expect(sample.stopped).toBe('the server took 31 ms for a PING');
	});

	test('ends at once when it is aborted in a pause', async () => {
		const abort = new AbortController();
		const sampling = sampleKeys(
			keyspace([['a'], ['b']]),
			{...budget, pauseMs: 1_000_000},
			{...testContext, signal: abort.signal},
		);
		const failed = sampling.then(
			() => undefined,
			error => error,
		);
		await new Promise(resolve => setTimeout(resolve, 5));
		abort.abort();
		expect(await failed).toMatchObject({kind: 'timeout'});
	});
});

describeRedis('redis', 'the sampler', estate => {
	test('sends only its commands within its budget, and changes no key', async () => {
		const server = await startDedicatedRedis(estate, 'sampler', ['maxmemory-policy allkeys-lru']);
		const login = server.logins.default;
		const fixture = await openRedis({
			...settingsFor(server, login),
			sampler: {...budget, keys: 3000, slowPingMs: 1000},
		});
		runRedisCli(server, 'DEBUG', 'POPULATE', '20000', 'key', '100');
		const idle = async () => Number(runRedisCli(server, 'OBJECT', 'IDLETIME', 'key:1'));
		while ((await idle()) < 1) await new Promise(resolve => setTimeout(resolve, 50));
		const commands = await countCommandsDuring(server, async () => {
			const snapshot = await fixture.read<RedisPrefixRow>('redis.prefix');
			expect(snapshot.sample).toBe('sampled 3,000 of 20k keys');
			expect(snapshot.rows).toHaveLength(1);
			expect(snapshot.rows[0]).toMatchObject({prefix: 'key:*', keys: 20_000, sampled: 3000});
		});
		expect(commands['keys']).toBeUndefined();
		expect(commands['scan']).toBeLessThanOrEqual(8);
		expect(commands['memory|usage']).toBe(3000);
		expect(await idle()).toBeGreaterThanOrEqual(1);
		await fixture.connection.close();
		await server.end();
	});

	test('reports the databases that it did not read', async () => {
		const server = await startDedicatedRedis(estate, 'databases');
		runRedisCli(server, '-n', '3', 'SET', 'a', '1');
		const fixture = await openRedis(settingsFor(server, server.logins.default));
		expect((await fixture.read('redis.prefix')).notes).toEqual([
			{text: 'not sampled: db3 (1 keys)', hint: 'Add a target with that `db` to the configuration.', severity: 'ok'},
		]);
		const third = await openRedis({...settingsFor(server, server.logins.default), db: 3});
		expect((await third.read('redis.prefix')).rows).toHaveLength(1);
		await third.connection.close();
		await fixture.connection.close();
		await server.end();
	});
});

describeRedis('redis', 'the sampler and a replica', estate => {
	let primary: Awaited<ReturnType<typeof startDedicatedRedis>>;
	let replica: Awaited<ReturnType<typeof startDedicatedRedis>>;

	beforeAll(async () => {
		primary = await startDedicatedRedis(estate, 'primary', ['repl-diskless-sync-delay 0']);
		runRedisCli(primary, 'SET', 'a:1', 'x');
		replica = await startDedicatedRedis(estate, 'replica', [], primary);
	});
	afterAll(async () => {
		await replica.end();
		await primary.end();
	});

	test('the configured replica is read, and the primary gets no command', async () => {
		const {host, port} = replica;
		const fixture = await openRedis({...settingsFor(primary, primary.logins.default), replica: {host, port}});
		const commands = await countCommandsDuring(primary, async () => {
			const snapshot = await fixture.read('redis.prefix');
			expect(snapshot.sample).toBe(`all 1 keys read on replica ${host}:${port}, sizes estimated`);
			expect(snapshot.notes).toEqual([]);
		});
		expect(commands['scan']).toBeUndefined();
		expect(commands['info']).toBeGreaterThan(0);
		await fixture.connection.close();
	});

	test('a missing replica is reported, and the primary is read', async () => {
		const settings = settingsFor(primary, primary.logins.default);
		const fixture = await openRedis({...settings, replica: {host: '127.0.0.1', port: 1}});
		const snapshot = await fixture.read('redis.prefix');
		expect(snapshot.rows).toHaveLength(1);
		expect(snapshot.sample).toBe('all 1 keys read, sizes estimated');
		expect(snapshot.notes[0]).toMatchObject({
			severity: 'warn',
			text: 'replica 127.0.0.1:1 could not be read (127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1): the primary was sampled',
		});
		await fixture.connection.close();
	});
});
