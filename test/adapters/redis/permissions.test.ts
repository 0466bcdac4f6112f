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
	const fixtures: RedisFixture[] = [];

	beforeAll(async () => {
		server = await startDedicatedRedis(estate, 'permissions');
		runRedisCli(server, 'SET', 'a:1', 'x');
	});
	afterEach(async () => {
		for (const fixture of fixtures.splice(0)) await fixture.connection.close();
	});
	afterAll(() => server.end());

	async function as(login: Login): Promise<RedisFixture> {
		const fixture = await openRedis(settingsFor(server, login));
		fixtures.push(fixture);
		return fixture;
	}
	async function user(name: string, ...rules: readonly string[]): Promise<RedisFixture> {
		runRedisCli(server, 'ACL', 'SETUSER', name, 'on', `>${name}`, ...rules);
		return as({user: name, password: name});
	}
	const lacking = async (fixture: RedisFixture) =>
		(await fixture.connection.permissions(testContext))
			.filter(one => one.state !== 'have')
			.map(one => [one.name, one.state, one.grant]);
	const refused = async (work: Promise<unknown>): Promise<unknown> =>
		work.then(
			() => 'done',
			error => error,
		);

	test('without CONFIG everything is shown, and changing maxmemory is disabled, with the command that grants it', async () => {
		const fixture = await as(server.logins.noconfig);
		const snapshot = await fixture.read<RedisServerRow>('redis.server');
		expect(snapshot.notes).toEqual([]);
		expect(actionOf('redis.set-maxmemory').disabled(snapshot.rows)).toBe(
			'not permitted, an administrator grants it with: ACL SETUSER noconfig +config|set',
		);
		expect((await fixture.read('redis.prefix')).rows).toHaveLength(1);
		expect((await fixture.read('redis.client')).rows.length).toBeGreaterThan(0);
		expect(await lacking(fixture)).toEqual([['+config|set', 'lack', 'ACL SETUSER noconfig +config|set']]);
		const before = runRedisCli(server, 'CONFIG', 'GET', 'maxmemory');
		const preview = await actionOf('redis.set-maxmemory').preview(
			snapshot.rows,
			{size: '100mb'},
			fixture.actionContext(),
		);
		const checks = await actionOf('redis.set-maxmemory').preflight(preview.plan, fixture.actionContext());
		expect(checks.filter(one => one.result === 'block')).toEqual([
			{
				label: 'the right to change the configuration',
				result: 'block',
				detail: 'not permitted, an administrator grants it with: ACL SETUSER noconfig +config|set',
			},
		]);
		expect(await refused(actionOf('redis.set-maxmemory').run(preview.plan, fixture.actionContext()))).toMatchObject({
			kind: 'denied',
			message: "CONFIG SET: NOPERM this user has no permissions to run the 'config|set' command",
			hint: 'An administrator grants it with: ACL SETUSER noconfig +config|set',
		});
		expect(runRedisCli(server, 'CONFIG', 'GET', 'maxmemory')).toBe(before);
	});

	test('without CLIENT the server and its prefixes are shown, and the clients section says what is missing', async () => {
		const fixture = await as(server.logins.noclient);
		expect(onlyRow(await fixture.read<RedisServerRow>('redis.server')).severity).toBe('ok');
		expect((await fixture.read('redis.prefix')).rows).toHaveLength(1);
		expect(await refused(fixture.read('redis.client'))).toMatchObject({
			kind: 'denied',
			message: "CLIENT LIST: NOPERM this user has no permissions to run the 'client|list' command",
			hint: 'An administrator grants it with: ACL SETUSER noclient +client|list',
		});
		expect((await lacking(fixture)).map(([name]) => name)).toEqual(['+client|list', '+client|kill']);
	});

	test('without SCAN the server and its clients are shown, and the prefixes section says what is missing', async () => {
		const fixture = await as(server.logins.noscan);
		expect(onlyRow(await fixture.read<RedisServerRow>('redis.server')).severity).toBe('ok');
		expect((await fixture.read('redis.client')).rows.length).toBeGreaterThan(0);
		expect(await refused(fixture.read('redis.prefix'))).toMatchObject({
			kind: 'denied',
			hint: 'An administrator grants it with: ACL SETUSER noscan +scan',
		});
		expect(await lacking(fixture)).toEqual([['+scan', 'lack', 'ACL SETUSER noscan +scan']]);
	});

	test('without SLOWLOG the server is shown, with a note', async () => {
		const fixture = await user('noslow', '~*', '+@all', '-slowlog');
		const snapshot = await fixture.read<RedisServerRow>('redis.server');
		expect(onlyRow(snapshot)).toMatchObject({severity: 'ok', slowRecently: undefined});
		expect(snapshot.notes).toEqual([
			{
				text: "slow log not read: SLOWLOG GET: NOPERM this user has no permissions to run the 'slowlog|get' command",
				hint: 'An administrator grants it with: ACL SETUSER noslow +slowlog|get',
				severity: 'unknown',
			},
		]);
	});

	test('the least monitoring user reads everything and may change nothing; without ACL DRYRUN this is known from reads', async () => {
		const reads = [
			'+info',
			'+slowlog|get',
			'+memory|usage',
			'+memory|stats',
			'+memory|doctor',
			'+client|list',
			'+dbsize',
		];
		const fixture = await user('least', '~*', '+@read', '+@connection', '-@dangerous', ...reads);
		expect(onlyRow(await fixture.read<RedisServerRow>('redis.server')).severity).toBe('ok');
		expect((await fixture.read('redis.prefix')).rows).toHaveLength(1);
		expect((await fixture.read('redis.client')).rows.length).toBeGreaterThan(0);
		expect(await lacking(fixture)).toEqual([
			['+config|set', 'unknown', 'ACL SETUSER least +config|set'],
			['+client|kill', 'unknown', 'ACL SETUSER least +client|kill'],
		]);
	});

	test('a user without the keys gets the command that grants them', async () => {
		const fixture = await user('nokeys', 'resetkeys', '+@all');
		expect((await lacking(fixture)).map(([name, , grant]) => [name, grant])).toEqual([
			['+memory|usage', 'ACL SETUSER nokeys %R~*'],
			['+pttl', 'ACL SETUSER nokeys %R~*'],
			['+type', 'ACL SETUSER nokeys %R~*'],
		]);
		expect(await refused(fixture.read('redis.prefix'))).toMatchObject({
			kind: 'denied',
			hint: 'An administrator grants it with: ACL SETUSER nokeys %R~*',
		});
	});

	test('the reported command grants it', async () => {
		const fixture = await user('granted', '~*', '+@all', '-config');
		const [[, , grant] = []] = await lacking(fixture);
		runRedisCli(server, ...(grant ?? '').split(' '));
		expect(await lacking(fixture)).toEqual([]);
	});

	test.each([
		['a wrong password', {user: 'default', password: 'wrong'}, /Correct username and password/],
		['no such user', {user: 'unknown', password: 'wrong'}, /Correct username and password/],
	])('%s is reported, without the password', async (_, login, hint) => {
		const failed = await refused((await as(login)).read('redis.server'));
		expect(failed).toBeInstanceOf(AdapterError);
		expect(failed).toMatchObject({kind: 'denied'});
		expect((failed as AdapterError).hint).toMatch(hint);
		expect(`${failed} ${JSON.stringify(failed)}`).not.toContain("'wrong'");
	});

	test('a missing password is reported', async () => {
		const fixture = await openRedis(settingsFor(server));
		fixtures.push(fixture);
		expect(await refused(fixture.read('redis.server'))).toMatchObject({kind: 'denied', hint: /add `password`/});
	});

	test('a minute of reads requests the permissions once, and an open confirmation requests its own', async () => {
		const fixture = await as(server.logins.default);
		let ms = Date.now();
		const at = () => ({...fixture.actionContext(), now: () => ms});
		const calls = (name: string) =>
			Number(
				new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm').exec(runRedisCli(server, 'INFO', 'commandstats'))?.[1] ?? 0,
			);
		const before = calls('acl\\|dryrun');
		const action = actionOf('redis.set-maxmemory');
		const first = await fixture.read<RedisServerRow>('redis.server', at());
		const {plan} = await action.preview(first.rows, {size: '100mb'}, at());
		for (let second = 0; second < 60; second += 2) {
			ms += 2000;
			await fixture.read('redis.server', at());
			await fixture.read('redis.client', at());
			await action.preflight(plan, at());
		}
		// The twelve once, and one for each look of the confirmation.
		expect(calls('acl\\|dryrun') - before).toBe(12 + 30);
	});

	test('an open confirmation sees granted and revoked permissions', async () => {
		const fixture = await user('changing', '~*', '+@all', '-config|set', '+config|get');
		const at = () => fixture.actionContext();
		const action = actionOf('redis.set-maxmemory');
		const {rows} = await fixture.read<RedisServerRow>('redis.server', at());
		const {plan} = await action.preview(rows, {size: '100mb'}, at());
		const blocked = async () =>
			(await action.preflight(plan, at())).some(({label, result}) => /the right/.test(label) && result === 'block');
		expect(await blocked()).toBe(true);
		runRedisCli(server, 'ACL', 'SETUSER', 'changing', '+config|set');
		expect(await blocked()).toBe(false);
		runRedisCli(server, 'ACL', 'SETUSER', 'changing', '-config|set');
		expect(await blocked()).toBe(true);
	});

	test('the shown permissions change after a refusal', async () => {
		const fixture = await user('refused', '~*', '+@all');
		const of = async () => {
			const found = await fixture.port.permissions(testContext);
			return found.find(({name}) => name === '+slowlog|get')?.state;
		};
		expect(await of()).toBe('have');
		runRedisCli(server, 'ACL', 'SETUSER', 'refused', '-slowlog|get');
		expect(await of()).toBe('have');
		await fixture.read('redis.server');
		expect(await of()).toBe('lack');
	});

	test('permissions are read without running any of the commands', async () => {
		runRedisCli(server, 'CONFIG', 'SET', 'maxmemory', '123mb');
		const fixture = await as(server.logins.default);
		await fixture.connection.permissions(testContext);
		expect(runRedisCli(server, 'CONFIG', 'GET', 'maxmemory')).toMatch(String(123 * 1024 ** 2));
	});
});
