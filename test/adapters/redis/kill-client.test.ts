import {spawnSync} from 'node:child_process';
import type {Redis} from 'ioredis';
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import type {RedisClientRow} from '../../../src/model/redis/redis-client.ts';
import {describeRedis} from '../../estate/describe-server.ts';
import {
	actionOf,
	connectClient,
	countCommandsDuring,
	openRedis,
	type RedisFixture,
	runRedisCli,
	settingsFor,
	startDedicatedRedis,
} from './redis-fixture.ts';

const action = actionOf('redis.kill-client');

describeRedis('redis', 'killing a client', estate => {
	let server: Awaited<ReturnType<typeof startDedicatedRedis>>;
	let fixture: RedisFixture;
	let client: Redis;
	const connected = (name: string) => runRedisCli(server, 'CLIENT', 'LIST').includes(` name=${name} `);
	const rowNamed = async (name: string): Promise<RedisClientRow> => {
		const row = (await fixture.read<RedisClientRow>('redis.client')).rows.find(one => one.name === name);
		if (row === undefined) throw new Error(`no client ${name}`);
		return row;
	};
	const refused = async (work: Promise<unknown>): Promise<unknown> =>
		work.then(
			() => 'done',
			error => error,
		);

	beforeAll(async () => {
		server = await startDedicatedRedis(estate, 'kill-client');
	});
	beforeEach(async () => {
		fixture = await openRedis(settingsFor(server, server.logins.default));
		client = await connectClient(server, 'victim');
	});
	afterEach(async () => {
		client.disconnect();
		await fixture.connection.close();
	});
	afterAll(() => server.end());

	test('ends the selected connection, and no other', async () => {
		const other = await connectClient(server, 'bystander');
		const row = await rowNamed('victim');
		expect(action.disabled([row])).toBeUndefined();
		const preview = await action.preview([row], {}, fixture.actionContext());
		expect(preview).toMatchObject({object: String(row.clientId), risk: 'medium', undo: {class: 'none'}});
		expect(preview.touches).toEqual([`client ${row.clientId} (victim, ${row.address}), user default`]);
		expect((await action.preflight(preview.plan, fixture.actionContext())).map(({result}) => result)).toEqual([
			'pass',
			'pass',
		]);
		const receipt = await action.run(preview.plan, fixture.actionContext());
		expect(connected('victim')).toBe(false);
		expect(connected('bystander')).toBe(true);
		expect(connected('midwatch')).toBe(true);
		expect(await action.verify(preview.plan, receipt, fixture.actionContext())).toEqual({
			result: 'done',
			detail: `client ${row.clientId} is disconnected`,
		});
		expect(action.undo).toHaveProperty('impossible');
		other.disconnect();
	});

	test('reports when the client has connected again', async () => {
		const {plan} = await action.preview([await rowNamed('victim')], {}, fixture.actionContext());
		const receipt = await action.run(plan, fixture.actionContext());
		const again = await connectClient(server, 'victim');
		expect((await action.verify(plan, receipt, fixture.actionContext())).detail).toMatch(
			/is disconnected; victim, .* is connected as client \d+$/,
		);
		again.disconnect();
	});

	test('the CLI equivalent runs in a shell', async () => {
		const {cliEquivalent: equivalent} = await action.preview([await rowNamed('victim')], {}, fixture.actionContext());
		const env = {PATH: process.env['PATH'] ?? '', REDISCLI_AUTH: server.logins.default.password};
		expect(spawnSync('sh', ['-c', equivalent], {encoding: 'utf8', env}).stdout.trim()).toBe('1');
		expect(connected('victim')).toBe(false);
	});

	test('preview and preflight send nothing that kills', async () => {
		const row = await rowNamed('victim');
		const commands = await countCommandsDuring(server, async () => {
			const {plan} = await action.preview([row], {}, fixture.actionContext());
			await action.preflight(plan, fixture.actionContext());
		});
		expect(Object.keys(commands).toSorted()).toEqual(['acl|dryrun', 'acl|whoami', 'client|list', 'info']);
		expect(connected('victim')).toBe(true);
	});

	test('a client that has disconnected makes the plan stale, and no client is killed', async () => {
		const row = await rowNamed('victim');
		const {plan} = await action.preview([row], {}, fixture.actionContext());
		client.disconnect();
		while (connected('victim')) await new Promise(resolve => setTimeout(resolve, 5));
		expect((await action.preflight(plan, fixture.actionContext()))[0]).toMatchObject({result: 'block', conflict: true});
		expect(await refused(action.run(plan, fixture.actionContext()))).toMatchObject({
			kind: 'conflict',
			message: `client ${row.clientId} at ${row.address} is not connected any more`,
		});
		expect(await refused(action.preview([row], {}, fixture.actionContext()))).toMatchObject({kind: 'conflict'});
	});

	test('a client that became another user makes the plan stale, and is not killed', async () => {
		const {plan} = await action.preview([await rowNamed('victim')], {}, fixture.actionContext());
		await client.call('AUTH', server.logins.noscan.user, server.logins.noscan.password);
		expect((await action.preflight(plan, fixture.actionContext()))[0]).toMatchObject({
			conflict: true,
			detail: expect.stringMatching(/is user noscan now, it was default$/),
		});
		expect(await refused(action.run(plan, fixture.actionContext()))).toMatchObject({kind: 'conflict'});
		expect(connected('victim')).toBe(true);
	});

	test('a connection of midwatch itself is disabled, and refused', async () => {
		const row = await rowNamed('midwatch');
		expect(action.disabled([row])).toBe('this is a connection of midwatch itself');
		expect(await refused(action.preview([row], {}, fixture.actionContext()))).toMatchObject({kind: 'denied'});
		expect(
			await refused(action.preview([{...row, role: 'client'} as RedisClientRow], {}, fixture.actionContext())),
		).toMatchObject({kind: 'denied'});
	});

	test('a client with small buffers is reported as futile when memory is full', async () => {
		runRedisCli(server, 'DEBUG', 'POPULATE', '5000', 'fill', '1000');
		runRedisCli(server, 'CONFIG', 'SET', 'maxmemory', '7mb');
		const preview = await action.preview([await rowNamed('victim')], {}, fixture.actionContext());
		expect(preview.unhelpful).toMatchObject({instead: 'redis.set-maxmemory'});
		runRedisCli(server, 'CONFIG', 'SET', 'maxmemory', '0');
		runRedisCli(server, 'FLUSHALL');
	});

	test('a read-only connection kills no client', async () => {
		const watching = await openRedis(settingsFor(server, server.logins.default), {readOnly: true});
		const {plan} = await action.preview([await rowNamed('victim')], {}, fixture.actionContext());
		expect(await refused(action.run(plan, watching.actionContext()))).toMatchObject({kind: 'denied'});
		expect(connected('victim')).toBe(true);
		await watching.connection.close();
	});

	test('for a user without the permission the action is disabled, with the command that grants it', async () => {
		runRedisCli(server, 'ACL', 'SETUSER', 'lookonly', 'on', '>lookonly', '~*', '+@all', '-client|kill');
		const looking = await openRedis(settingsFor(server, {user: 'lookonly', password: 'lookonly'}));
		const rows = (await looking.read<RedisClientRow>('redis.client')).rows.filter(row => row.name === 'victim');
		expect(action.disabled(rows)).toBe(
			'not permitted, an administrator grants it with: ACL SETUSER lookonly +client|kill',
		);
		await looking.connection.close();
	});
});

describeRedis('redis-replica', 'killing a client', server => {
	test('the link to the primary is disabled', async () => {
		const fixture = await openRedis(settingsFor(server, server.logins.default));
		const links = (await fixture.read<RedisClientRow>('redis.client')).rows.filter(row => row.role === 'primary');
		expect(links).toHaveLength(1);
		expect(action.disabled(links)).toMatch(/^this is the link to the primary/);
		await fixture.connection.close();
	});
});
