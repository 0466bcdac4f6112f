import {afterAll, afterEach, beforeAll, expect, test} from 'vitest';
import {AdapterError} from '../../../src/errors.ts';
import type {RedisServerRow} from '../../../src/model/redis/redis-server.ts';
import {describeRedis} from '../../estate/describe-server.ts';
import type {Login} from '../../estate/estate-record.ts';
import {
	actionOf,
	onlyRow,
	openRedis,
	type RedisFixture,
	runRedisCli,
	settingsFor,
	startDedicatedRedis,
	testContext,
} from './redis-fixture.ts';

describeRedis('redis', 'users who may not do everything', estate => {
	let server: Awaited<ReturnType<typeof startDedicatedRedis>>;
	const rooms: RedisFixture[] = [];

	beforeAll(async () => {
		server = await startDedicatedRedis(estate, 'permissions');
		runRedisCli(server, 'SET', 'a:1', 'x');
	});
	afterEach(async () => {
		for (const room of rooms.splice(0)) await room.connection.close();
	});
	afterAll(() => server.end());

	async function as(login: Login): Promise<RedisFixture> {
		const room = await openRedis(settingsFor(server, login));
		rooms.push(room);
		return room;
	}
	async function user(name: string, ...rules: readonly string[]): Promise<RedisFixture> {
		runRedisCli(server, 'ACL', 'SETUSER', name, 'on', `>${name}`, ...rules);
		return as({user: name, password: name});
	}
	const lacking = async (room: RedisFixture) =>
		(await room.connection.permissions(testContext))
			.filter(one => one.state !== 'have')
			.map(one => [one.name, one.state, one.grant]);
	const refused = async (work: Promise<unknown>): Promise<unknown> =>
		work.then(
			() => 'done',
			error => error,
		);

	test('without CONFIG everything shows, and changing maxmemory is dim with the line that grants it', async () => {
		const room = await as(server.logins.noconfig);
		const snapshot = await room.read<RedisServerRow>('redis.server');
		expect(snapshot.notes).toEqual([]);
		expect(actionOf('redis.set-maxmemory').disabled(snapshot.rows)).toBe(
			'not permitted, an administrator grants it with: ACL SETUSER noconfig +config|set',
		);
		expect((await room.read('redis.prefix')).rows).toHaveLength(1);
		expect((await room.read('redis.client')).rows.length).toBeGreaterThan(0);
		expect(await lacking(room)).toEqual([['+config|set', 'lack', 'ACL SETUSER noconfig +config|set']]);
		const before = runRedisCli(server, 'CONFIG', 'GET', 'maxmemory');
		const preview = await actionOf('redis.set-maxmemory').preview(snapshot.rows, {size: '100mb'}, room.actionContext());
		const checks = await actionOf('redis.set-maxmemory').preflight(preview.plan, room.actionContext());
		expect(checks.filter(one => one.result === 'block')).toEqual([
			{
				label: 'the right to change the configuration',
				result: 'block',
				detail: 'not permitted, an administrator grants it with: ACL SETUSER noconfig +config|set',
			},
		]);
		expect(await refused(actionOf('redis.set-maxmemory').run(preview.plan, room.actionContext()))).toMatchObject({
			kind: 'denied',
			message: "CONFIG SET: NOPERM this user has no permissions to run the 'config|set' command",
			hint: 'An administrator grants it with: ACL SETUSER noconfig +config|set',
		});
		expect(runRedisCli(server, 'CONFIG', 'GET', 'maxmemory')).toBe(before);
	});

	test('without CLIENT the server and its prefixes show, and the clients say what is missing', async () => {
		const room = await as(server.logins.noclient);
		expect(onlyRow(await room.read<RedisServerRow>('redis.server')).severity).toBe('ok');
		expect((await room.read('redis.prefix')).rows).toHaveLength(1);
		expect(await refused(room.read('redis.client'))).toMatchObject({
			kind: 'denied',
			message: "CLIENT LIST: NOPERM this user has no permissions to run the 'client|list' command",
			hint: 'An administrator grants it with: ACL SETUSER noclient +client|list',
		});
		expect((await lacking(room)).map(([name]) => name)).toEqual(['+client|list', '+client|kill']);
	});

	test('without SCAN the server and its clients show, and the prefixes say what is missing', async () => {
		const room = await as(server.logins.noscan);
		expect(onlyRow(await room.read<RedisServerRow>('redis.server')).severity).toBe('ok');
		expect((await room.read('redis.client')).rows.length).toBeGreaterThan(0);
		expect(await refused(room.read('redis.prefix'))).toMatchObject({
			kind: 'denied',
			hint: 'An administrator grants it with: ACL SETUSER noscan +scan',
		});
		expect(await lacking(room)).toEqual([['+scan', 'lack', 'ACL SETUSER noscan +scan']]);
	});

	test('without SLOWLOG the server shows, with a note', async () => {
		const room = await user('noslow', '~*', '+@all', '-slowlog');
		const snapshot = await room.read<RedisServerRow>('redis.server');
		expect(onlyRow(snapshot)).toMatchObject({severity: 'ok', slowRecently: undefined});
		expect(snapshot.notes).toEqual([
			{
				text: "slow log not read: SLOWLOG GET: NOPERM this user has no permissions to run the 'slowlog|get' command",
				hint: 'An administrator grants it with: ACL SETUSER noslow +slowlog|get',
				severity: 'unknown',
			},
		]);
	});

	test('the least monitoring user reads everything and may do nothing; without ACL DRYRUN it is found out by reading', async () => {
		const reads = [
			'+info',
			'+slowlog|get',
			'+memory|usage',
			'+memory|stats',
			'+memory|doctor',
			'+client|list',
			'+dbsize',
		];
		const room = await user('least', '~*', '+@read', '+@connection', '-@dangerous', ...reads);
		expect(onlyRow(await room.read<RedisServerRow>('redis.server')).severity).toBe('ok');
		expect((await room.read('redis.prefix')).rows).toHaveLength(1);
		expect((await room.read('redis.client')).rows.length).toBeGreaterThan(0);
		expect(await lacking(room)).toEqual([
			['+config|set', 'unknown', 'ACL SETUSER least +config|set'],
			['+client|kill', 'unknown', 'ACL SETUSER least +client|kill'],
		]);
	});

	test('a user without the keys is told how they are granted', async () => {
		const room = await user('nokeys', 'resetkeys', '+@all');
		expect((await lacking(room)).map(([name, , grant]) => [name, grant])).toEqual([
			['+memory|usage', 'ACL SETUSER nokeys %R~*'],
			['+pttl', 'ACL SETUSER nokeys %R~*'],
			['+type', 'ACL SETUSER nokeys %R~*'],
		]);
		expect(await refused(room.read('redis.prefix'))).toMatchObject({
			kind: 'denied',
			hint: 'An administrator grants it with: ACL SETUSER nokeys %R~*',
		});
	});

	test('the line that is told does grant it', async () => {
		const room = await user('granted', '~*', '+@all', '-config');
		const [[, , grant] = []] = await lacking(room);
		runRedisCli(server, ...(grant ?? '').split(' '));
		expect(await lacking(room)).toEqual([]);
	});

	test.each([
		['a wrong password', {user: 'default', password: 'wrong'}, /Correct username and password/],
		['no such user', {user: 'nobody', password: 'wrong'}, /Correct username and password/],
	])('%s is told, and the password is not', async (_, login, hint) => {
		const failed = await refused((await as(login)).read('redis.server'));
		expect(failed).toBeInstanceOf(AdapterError);
		expect(failed).toMatchObject({kind: 'denied'});
		expect((failed as AdapterError).hint).toMatch(hint);
		expect(`${failed} ${JSON.stringify(failed)}`).not.toContain("'wrong'");
	});

	test('no password where one is needed is told', async () => {
		const room = await openRedis(settingsFor(server));
		rooms.push(room);
		expect(await refused(room.read('redis.server'))).toMatchObject({kind: 'denied', hint: /add `password`/});
	});

	test('a minute of reads asks for the permissions once, and an open confirmation for its own', async () => {
		const room = await as(server.logins.default);
		let ms = Date.now();
		const at = () => ({...room.actionContext(), now: () => ms});
		const calls = (name: string) =>
			Number(
				new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm').exec(runRedisCli(server, 'INFO', 'commandstats'))?.[1] ?? 0,
			);
		const before = calls('acl\\|dryrun');
		const action = actionOf('redis.set-maxmemory');
		const first = await room.read<RedisServerRow>('redis.server', at());
		const {plan} = await action.preview(first.rows, {size: '100mb'}, at());
		for (let second = 0; second < 60; second += 2) {
			ms += 2000;
			await room.read('redis.server', at());
			await room.read('redis.client', at());
			await action.preflight(plan, at());
		}
		// The twelve once, and one for each look of the confirmation.
		expect(calls('acl\\|dryrun') - before).toBe(12 + 30);
	});

	test('what is granted or taken back is seen by an open confirmation', async () => {
		const room = await user('changing', '~*', '+@all', '-config|set', '+config|get');
		const at = () => room.actionContext();
		const action = actionOf('redis.set-maxmemory');
		const {rows} = await room.read<RedisServerRow>('redis.server', at());
		const {plan} = await action.preview(rows, {size: '100mb'}, at());
		const blocked = async () =>
			(await action.preflight(plan, at())).some(({label, result}) => /the right/.test(label) && result === 'block');
		expect(await blocked()).toBe(true);
		runRedisCli(server, 'ACL', 'SETUSER', 'changing', '+config|set');
		expect(await blocked()).toBe(false);
		runRedisCli(server, 'ACL', 'SETUSER', 'changing', '-config|set');
		expect(await blocked()).toBe(true);
	});

	test('what is shown follows a refusal', async () => {
		const room = await user('refused', '~*', '+@all');
		const of = async () => {
			const found = await room.port.permissions(testContext);
			return found.find(({name}) => name === '+slowlog|get')?.state;
		};
		expect(await of()).toBe('have');
		runRedisCli(server, 'ACL', 'SETUSER', 'refused', '-slowlog|get');
		expect(await of()).toBe('have');
		await room.read('redis.server');
		expect(await of()).toBe('lack');
	});

	test('permissions are asked without doing any of it', async () => {
		runRedisCli(server, 'CONFIG', 'SET', 'maxmemory', '123mb');
		const room = await as(server.logins.default);
		await room.connection.permissions(testContext);
		expect(runRedisCli(server, 'CONFIG', 'GET', 'maxmemory')).toMatch(String(123 * 1024 ** 2));
	});
});
