import {afterAll, beforeAll, expect, test} from 'vitest';
import type {RedisClientRow} from '../../../src/model/redis/redis-client.ts';
import type {RedisPrefixRow} from '../../../src/model/redis/redis-prefix.ts';
import type {RedisServerRow} from '../../../src/model/redis/redis-server.ts';
import {describeRedis} from '../../estate/describe-server.ts';
import {restartRedis} from '../../estate/redis.ts';
import {
	connectClient,
	onlyRow,
	openRedis,
	type RedisFixture,
	readInfoField,
	runRedisCli,
	settingsFor,
	startDedicatedRedis,
	testContext,
} from './redis-fixture.ts';

describeRedis('redis', 'sources', estate => {
	let server: Awaited<ReturnType<typeof startDedicatedRedis>>;
	let fixture: RedisFixture;
	const readServer = async () => onlyRow(await fixture.read<RedisServerRow>('redis.server'));
	const gauge = async (id: string) => (await fixture.read('redis.server')).gauges.find(one => one.id === id);

	beforeAll(async () => {
		// A busy machine makes ordinary commands slow: only the test of the slow log lowers the threshold.
		const settings = ['maxmemory 64mb', 'maxmemory-policy allkeys-lru', 'maxclients 60', 'slowlog-log-slower-than -1'];
		server = await startDedicatedRedis(estate, 'sources', settings);
		fixture = await openRedis(settingsFor(server, server.logins.default));
	});
	afterAll(async () => {
		await fixture.connection.close();
		await server.end();
	});

	test('the server row has the values of redis-cli, also after they changed', async () => {
		runRedisCli(server, 'CONFIG', 'SET', 'maxmemory', '100mb');
		runRedisCli(server, 'CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru');
		runRedisCli(server, 'SET', 'a:1', 'x'.repeat(1000));
		const row = await readServer();
		expect(row.maxmemoryBytes).toBe(Number(readInfoField(server, 'maxmemory')));
		expect(row.maxmemoryBytes).toBe(100 * 1024 ** 2);
		expect(row.policy).toBe('volatile-lru');
		expect(row.runId).toBe(readInfoField(server, 'run_id'));
		expect(row.keys).toBe(Number(runRedisCli(server, 'DBSIZE')));
		expect(row.version).toBe(`Redis ${readInfoField(server, 'redis_version')}`);
		expect(row.systemMemoryBytes).toBe(Number(readInfoField(server, 'total_system_memory')));
		expect(row.maxclients).toBe(60);
		expect(row.role).toBe('primary');
		// Each connection has buffers of its own, so memory is never the same twice.
		expect(Math.abs(row.usedMemoryBytes - Number(readInfoField(server, 'used_memory')))).toBeLessThan(512 * 1024);
		expect(await gauge('memory')).toMatchObject({unit: 'bytes', limit: 100 * 1024 ** 2});
		expect((await gauge('policy'))?.text).toBe('volatile-lru');
		runRedisCli(server, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
		runRedisCli(server, 'CONFIG', 'SET', 'maxmemory', '64mb');
	});

	test('rates are computed between two reads', async () => {
		let now = 0;
		const at = (ms: number) => {
			now = ms;
			return {...testContext, now: () => now};
		};
		runRedisCli(server, 'SET', 'there', '1');
		await fixture.read('redis.server', at(1_000_000));
		const client = await connectClient(server, 'test-rates');
		for (let turn = 0; turn < 8; turn += 1) await client.get('there');
		for (let turn = 0; turn < 2; turn += 1) await client.get('not-there');
		client.disconnect();
		const row = onlyRow(await fixture.read<RedisServerRow>('redis.server', at(1_002_000)));
		expect(row.hitRate).toBe(0.8);
		expect(row.evictedPerSecond).toBe(0);
		const {hits, misses} = {
			hits: Number(readInfoField(server, 'keyspace_hits')),
			misses: Number(readInfoField(server, 'keyspace_misses')),
		};
		expect(row.hitRateBefore).toBe(hits / (hits + misses));
	});

	test('a full server that evicts is reported with its rate', async () => {
		await fixture.read('redis.server');
		const before = Number(readInfoField(server, 'evicted_keys'));
		runRedisCli(server, 'DEBUG', 'POPULATE', '90000', 'fill', '900');
		const evicted = Number(readInfoField(server, 'evicted_keys')) - before;
		const snapshot = await fixture.read<RedisServerRow>('redis.server');
		const row = onlyRow(snapshot);
		expect(evicted).toBeGreaterThan(0);
		expect(row.severity).toBe('crit');
		expect(row.evictedPerSecond).toBeGreaterThan(0);
		expect(fixture.findings('redis.server', snapshot)).toContainEqual(
			expect.stringMatching(/^crit: \d+ % of maxmemory, evicting [\d.]+k?\/s$/),
		);
		let later = await fixture.read<RedisServerRow>('redis.server');
		// The server goes on in the background until it is below its limit.
		while (onlyRow(later).evictedPerSecond !== 0) later = await fixture.read<RedisServerRow>('redis.server');
		expect(onlyRow(later).evictedRecently?.keys).toBeGreaterThanOrEqual(evicted);
		expect(fixture.findings('redis.server', later)).toContainEqual(
			expect.stringMatching(/^(?:warn|crit): \d+ % of maxmemory, [\d.]+k keys evicted in the last \d+s$/),
		);
		expect(later.gauges.find(one => one.id === 'evictions')?.severity).toBe('warn');
	});

	test('with noeviction at the limit it says that writes fail, and they do', async () => {
		runRedisCli(server, 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
		runRedisCli(server, 'CONFIG', 'SET', 'maxmemory', '40mb');
		expect(runRedisCli(server, 'SET', 'one-more', 'x')).toMatch(/^OOM/);
		const snapshot = await fixture.read('redis.server');
		expect(fixture.findings('redis.server', snapshot)[0]).toMatch(
			/^crit: \d+ % of maxmemory, policy noeviction: writes fail now$/,
		);
		runRedisCli(server, 'FLUSHALL');
		runRedisCli(server, 'CONFIG', 'SET', 'maxmemory', '64mb');
		runRedisCli(server, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
		expect((await readServer()).severity).toBe('ok');
	});

	test('rejected connections are reported', async () => {
		await fixture.read('redis.server');
		const clients = await Promise.allSettled(Array.from({length: 70}, (_, at) => connectClient(server, `crowd-${at}`)));
		const held = clients.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []));
		const snapshot = await fixture.read<RedisServerRow>('redis.server');
		await Promise.all(held.map(client => client.quit()));
		expect(onlyRow(snapshot).rejectedRecently).toBeGreaterThan(0);
		expect(fixture.findings('redis.server', snapshot)).toContainEqual(
			expect.stringMatching(/^crit: \d+ connections rejected in the last .* \(maxclients 60\)$/),
		);
	});

	test('a growing slow log is reported, without arguments', async () => {
		// A server of its own: the other one still counts what was slow before.
		const fresh = await openRedis(settingsFor(server, server.logins.default));
		await fresh.read('redis.server');
		runRedisCli(server, 'CONFIG', 'SET', 'slowlog-log-slower-than', '1000');
		for (let turn = 0; turn < 4; turn += 1) runRedisCli(server, 'DEBUG', 'SLEEP', '0.005');
		const snapshot = await fresh.read<RedisServerRow>('redis.server');
		expect(onlyRow(snapshot).slowest?.command).toBe('DEBUG SLEEP');
		expect(fresh.findings('redis.server', snapshot)).toContainEqual(
			expect.stringMatching(
				/^warn: [4-9] commands entered the slow log in the last .*, the slowest DEBUG SLEEP \d+\.\d ms$/,
			),
		);
		runRedisCli(
			server,
			'EVAL',
			"for i = 1, 3000000 do end return redis.call('SET', 'secret-key', 'secret-value')",
			'0',
		);
		const text = await fresh.inspect('redis.slow-log', onlyRow(snapshot));
		expect(text).toMatch(/EVAL <2 arguments>/);
		expect(text).not.toMatch(/secret/);
		runRedisCli(server, 'CONFIG', 'SET', 'slowlog-log-slower-than', '-1');
		await fresh.connection.close();
	});

	test('after CONFIG RESETSTAT and a restart rates start again, with a note', async () => {
		await fixture.read('redis.server');
		runRedisCli(server, 'CONFIG', 'RESETSTAT');
		const reset = await fixture.read<RedisServerRow>('redis.server');
		expect(reset.notes[0]?.text).toMatch(/^the counters were reset 0s ago \(CONFIG RESETSTAT\): rates start again$/);
		expect(onlyRow(reset).hitRate).toBeUndefined();
		expect(reset.gauges.find(one => one.id === 'evictions')).toMatchObject({
			value: undefined,
			text: 'a rate needs two reads',
		});
		Object.assign(server, await restartRedis(server));
		// The connection broke with the server; the read after that finds the new one.
		await fixture.read('redis.server').catch(() => undefined);
		const restarted = await fixture.read<RedisServerRow>('redis.server');
		expect(restarted.notes[0]).toMatchObject({severity: 'warn', text: expect.stringMatching(/^the server restarted/)});
		expect(onlyRow(restarted).runId).toBe(readInfoField(server, 'run_id'));
	});

	test('prefixes are those of the keys, with their share, expiry and estimated size', async () => {
		runRedisCli(server, 'FLUSHALL');
		const client = await connectClient(server, 'test-keys');
		const fill = client.pipeline();
		for (let at = 0; at < 1200; at += 1) fill.set(`cache:product:${at}`, 'x'.repeat(1000));
		for (let at = 0; at < 300; at += 1) fill.set(`session:${at}`, 'x', 'EX', 100);
		fill.set('\u001b[31mred\u202e:7', 'x');
		await fill.exec();
		client.disconnect();
		const snapshot = await fixture.read<RedisPrefixRow>('redis.prefix');
		const rows = new Map(snapshot.rows.map(row => [row.prefix, row]));
		expect([...rows.keys()]).toEqual(['cache:product:*', 'session:*', '\u001b[31mred\u202e:*']);
		expect(rows.get('cache:product:*')).toMatchObject({keys: 1200, noTtl: 1, types: ['string'], severity: 'ok'});
		expect(rows.get('session:*')).toMatchObject({keys: 300, noTtl: 0, expiry: {never: 0, hour: 300}});
		const each = Number(runRedisCli(server, 'MEMORY', 'USAGE', 'cache:product:7', 'SAMPLES', '5'));
		expect(rows.get('cache:product:*')?.bytes).toBeGreaterThan(1100 * each);
		expect(rows.get('cache:product:*')?.bytes).toBeLessThan(1300 * each);
		expect(snapshot.sample).toBe('all 1,501 keys read, sizes estimated');
		expect(snapshot.omitted).toBe(0);
		const keys = await fixture.inspect('redis.keys', snapshot.rows[0] ?? expect.fail());
		expect(keys).toMatch(/cache:product:\d+/);
		expect(keys).not.toMatch(/xxx/);
	});

	test('a name and a value of 5 MB are reported and not transferred', async () => {
		runRedisCli(server, 'FLUSHALL');
		const client = await connectClient(server, 'test-large');
		await client.set('n'.repeat(5_000_000), 'x');
		await client.set('large', 'x'.repeat(5_000_000));
		client.disconnect();
		const {rows} = await fixture.read<RedisPrefixRow>('redis.prefix');
		expect(rows.map(({prefix}) => prefix.length).toSorted()).toEqual([5, 512]);
		expect(rows.every(({largestKeyBytes: largest}) => largest > 5_000_000)).toBe(true);
		runRedisCli(server, 'FLUSHALL');
	});

	test('clients are the connected ones, the most important first, and ours are marked', async () => {
		const hoarder = await connectClient(server, 'hoarder');
		await hoarder.set('big', 'x'.repeat(1_000_000));
		hoarder.stream.pause();
		for (let turn = 0; turn < 80; turn += 1) hoarder.get('big').catch(() => {});
		const waiting = async () => {
			const snapshot = await fixture.read<RedisClientRow>('redis.client');
			return {snapshot, row: snapshot.rows.find(one => one.name === 'hoarder')};
		};
		while (((await waiting()).row?.outputBytes ?? 0) < 40 * 1024 ** 2)
			await new Promise(resolve => setTimeout(resolve, 10));
		const {snapshot, row} = await waiting();
		expect(snapshot.rows[0]?.name).toBe('hoarder');
		// 40 of the 64 MB that the server may hold.
		expect(row?.severity).toBe('crit');
		expect(runRedisCli(server, 'CLIENT', 'LIST', 'ID', String(row?.clientId))).toContain('name=hoarder');
		expect(fixture.findings('redis.client', snapshot)[0]).toMatch(
			/^crit: client \d+ \(hoarder, 127.0.0.1:\d+\) does not read its replies: \d+Mi/,
		);
		// INFO learns of it when the server next goes through its clients, which takes up to a second.
		let serverSnapshot = await fixture.read<RedisServerRow>('redis.server');
		while (onlyRow(serverSnapshot).heaviestClient === undefined)
			serverSnapshot = await fixture.read<RedisServerRow>('redis.server');
		expect(onlyRow(serverSnapshot).heaviestClient).toMatchObject({rowId: row?.id, clientId: row?.clientId});
		expect(fixture.findings('redis.server', serverSnapshot)).toContainEqual(
			expect.stringMatching(/client \d+ \(hoarder, 127.0.0.1:\d+\) holds \d+Mi of buffers[:,] \d+ ?%/),
		);
		expect(snapshot.rows.filter(one => one.role === 'own').map(one => one.name)).toEqual(
			expect.arrayContaining(['midwatch', 'midwatch-sampler']),
		);
		const ids = runRedisCli(server, 'CLIENT', 'LIST')
			.split('\n')
			.map(line => /^id=(\d+)/.exec(line)?.[1]);
		for (const one of snapshot.rows) expect(ids).toContain(String(one.clientId));
		hoarder.disconnect();
	});

	test('inspections of the server show the use of memory and the connected clients', async () => {
		const row = await readServer();
		const memory = await fixture.inspect('redis.memory', row);
		expect(memory).toMatch(/keys and values \(dataset\.bytes\)/);
		expect(memory).toMatch(/MEMORY DOCTOR reports:/);
		const client = await connectClient(server, 'inspected');
		const clients = await fixture.inspect('redis.clients', row);
		expect(clients).toMatch(/ 1 .* inspected/);
		expect(clients).toMatch(/127\.0\.0\.1$/m);
		const found = (await fixture.read<RedisClientRow>('redis.client')).rows.find(one => one.name === 'inspected');
		expect(await fixture.inspect('redis.client', found ?? expect.fail())).toMatch(/name +inspected/);
		client.disconnect();
	});

	test('our user and permissions are reported', async () => {
		const identity = await fixture.connection.identify(testContext);
		expect(identity).toMatchObject({version: `Redis ${readInfoField(server, 'redis_version')}`, who: 'default'});
		const permissions = await fixture.connection.permissions(testContext);
		expect(permissions.filter(({state}) => state !== 'have')).toEqual([]);
	});
});

describeRedis('redis-replica', 'sources', server => {
	test('a replica is shown as replica, with its link up', async () => {
		const fixture = await openRedis(settingsFor(server, server.logins.default));
		const row = onlyRow(await fixture.read<RedisServerRow>('redis.server'));
		expect(row.role).toBe('replica');
		expect(row.upstream).toMatchObject({
			up: true,
			address: `${readInfoField(server, 'master_host')}:${readInfoField(server, 'master_port')}`,
		});
		await fixture.connection.close();
	});
});
