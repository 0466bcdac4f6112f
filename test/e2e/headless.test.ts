import {Redis} from 'ioredis';
import {Client} from 'pg';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {describePostgres, describeRedis} from '../estate/describe-server.ts';
import type {Login, NamedServer} from '../estate/estate-record.ts';
import {pgConfig, runQuery} from '../estate/postgres.ts';
import {infoField, redisOptions, sendCommand} from '../estate/redis.ts';
import {writeConfig} from '../estate/target-config.ts';
import {type BuiltProgram, buildAlone} from './built-program.ts';

let midwatch: BuiltProgram;
beforeAll(() => {
	midwatch = buildAlone();
});
afterAll(() => midwatch.remove());

type Facts = Readonly<Record<string, unknown>>;
type Read = {readonly kind: string; readonly rows: readonly Facts[]; readonly gauges: readonly Facts[]};
type Snapshot = {
	readonly exit: number;
	readonly targets: readonly Facts[];
	readonly findings: readonly Facts[];
	readonly unread: readonly Facts[];
	readonly readings: readonly Read[];
};

const configOf = (server: NamedServer, login?: Login): string =>
	writeConfig([server], {folder: midwatch.home, open: [], ...(login && {login: () => login})});

async function snapshot(server: NamedServer, login?: Login) {
	const {code, stdout, stderr} = await midwatch.run(['snapshot', '--json', '--config', configOf(server, login)]);
	expect(stderr).toBe('');
	const {exitCode, data} = JSON.parse(stdout);
	const printed: Snapshot = {...data, exit: exitCode};
	expect(printed.exit).toBe(code);
	const reading = (kind: string): Read => {
		const found = printed.readings.find(one => one.kind === kind);
		if (found === undefined) throw new Error(`the snapshot has no ${kind}`);
		return found;
	};
	return {
		...printed,
		reading,
		row: (kind: string, matches: Facts) =>
			reading(kind).rows.find(row => Object.entries(matches).every(([key, value]) => row[key] === value)),
		gauge: (id: string) => printed.readings.flatMap(({gauges}) => gauges).find(gauge => gauge['id'] === id),
	};
}

const doctor = (server: NamedServer, login?: Login) => midwatch.run(['doctor', '--config', configOf(server, login)]);

/** The lines after `to grant it:`, each once. */
const grants = (text: string): readonly string[] => [
	...new Set([...text.matchAll(/^ {4}to grant it: (.+)$/gm)].map(found => found[1] ?? '')),
];

describePostgres('postgres-15', 'without a screen', server => {
	test('a snapshot says of sessions, limits and statements what the server says', async () => {
		const holder = new Client({...pgConfig(server, 'app', 'shop'), application_name: 'headless-holder'});
		const waiter = new Client({...pgConfig(server, 'app', 'shop'), application_name: 'headless-waiter'});
		for (const client of [holder, waiter]) {
			client.on('error', () => {});
			await client.connect();
		}
		try {
			await holder.query('create table if not exists headless (id int)');
			for (let count = 0; count < 7; count++) await holder.query('select count(*) as headless_count from headless');
			await holder.query('begin');
			await holder.query('lock table headless in access exclusive mode');
			const waiting = waiter.query('select * from headless').catch(() => undefined);
			const of = (application: string) =>
				runQuery<{pid: number; state: string; query: string; blockers: number[]; seconds: number}>(
					server,
					'select pid, state, query, pg_blocking_pids(pid) as blockers, extract(epoch from clock_timestamp() - query_start)::float as seconds from pg_stat_activity where application_name = $1',
					[application],
				);
			await expect.poll(async () => (await of('headless-waiter'))[0]?.blockers.length).toBe(1);
			// A wait becomes a finding after 3 s, by the server's clock.
			const waited = async () => (await of('headless-waiter'))[0]?.seconds;
			await expect.poll(waited, {interval: 200}).toBeGreaterThan(3);

			const printed = await snapshot(server);
			const [holds] = await of('headless-holder');
			const [waits] = await of('headless-waiter');
			const common = {user: 'app', database: 'shop', target: 'postgres-15'};
			expect(printed.row('postgres.session', {application: 'headless-holder'})).toMatchObject({
				...common,
				pid: holds?.pid,
				state: 'idle in transaction',
				query: holds?.query,
			});
			expect(printed.row('postgres.session', {application: 'headless-waiter'})).toMatchObject({
				...common,
				pid: waits?.pid,
				state: waits?.state,
				query: waits?.query,
				roots: waits?.blockers,
				waitType: 'Lock',
			});
			expect(printed.findings.map(({sentence}) => sentence)).toContainEqual(
				expect.stringContaining(`pid ${holds?.pid}`),
			);
			const [limits] = await runQuery<{free: number}>(
				server,
				"select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as free",
			);
			expect(printed.gauge('connections')).toMatchObject({limit: limits?.free});
			expect(printed.gauge('blocked')).toMatchObject({value: 1});
			expect(printed.targets).toMatchObject([
				{name: 'postgres-15', server: {version: expect.stringContaining(server.version), who: 'mw_operator'}},
			]);
			await holder.query('rollback');
			await waiting;
		} finally {
			await holder.query('drop table if exists headless').catch(() => undefined);
			await Promise.all([holder.end(), waiter.end()]);
		}
	});

	test('doctor lists what a bare role lacks; its statements, run unchanged, grant it', async () => {
		const login = {user: 'mw_doctor', password: 'only-here'};
		const drop = 'drop role if exists mw_doctor';
		await runQuery(server, `${drop}; create role mw_doctor login password 'only-here'`);
		try {
			const before = await doctor(server, login);
			expect(before.stderr).toBe('');
			expect(before.code).toBeGreaterThan(0);
			expect(before.stdout).toMatch(/^ {2}lack .+pg_read_all_stats$/m);
			expect(before.stdout).toMatch(/^ {2}lack .+pg_signal_backend$/m);
			expect(before.stdout).not.toContain('only-here');
			for (const line of grants(before.stdout)) if (line.startsWith('GRANT')) await runQuery(server, line);
			const after = await doctor(server, login);
			expect(after.stdout).not.toMatch(/^ {2}(lack|unknown) /m);
			expect(after.code).toBe(0);
		} finally {
			await runQuery(server, drop);
		}
	});

	test('a wrong password is reported as such by both, and ends with 2', async () => {
		const login = {user: 'mw_monitor', password: 'not-this-one'};
		const examined = await doctor(server, login);
		expect(examined.code).toBe(2);
		expect(examined.stdout).toMatch(/^ {2}not reachable \(denied\): /m);
		const printed = await snapshot(server, login);
		expect(printed.exit).toBe(2);
		expect(printed.unread.length).toBeGreaterThan(0);
		expect(`${examined.stdout}${JSON.stringify(printed)}`).not.toContain('not-this-one');
	});
});

describePostgres('postgres-tls-expired', 'without a screen', server => {
	test('an expired certificate is reported, and ends with 2', async () => {
		const {code, stdout} = await doctor(server);
		expect(code).toBe(2);
		expect(stdout).toMatch(/^ {2}not reachable \(.+expired/m);
	});
});

describeRedis('redis', 'without a screen', server => {
	test('a snapshot says of memory, keys and clients what the server says', async () => {
		const client = new Redis({...redisOptions(server), connectionName: 'headless-client'});
		client.on('error', () => {});
		await client.connect();
		const limit = 61 * 1024 * 1024;
		const before = infoField(await sendCommand(server, ['INFO', 'memory']), 'maxmemory');
		try {
			await sendCommand(server, ['CONFIG', 'SET', 'maxmemory', limit]);
			for (let number = 0; number < 40; number++) await client.set(`headless:${number}`, 'x'.repeat(100));
			for (let number = 0; number < 10; number++) await client.expire(`headless:${number}`, 600);

			const printed = await snapshot(server);
			const memory = await sendCommand(server, ['INFO', 'memory']);
			expect(printed.row('redis.server', {})).toMatchObject({
				maxmemoryBytes: limit,
				policy: infoField(memory, 'maxmemory_policy'),
				runId: infoField(await sendCommand(server, ['INFO', 'server']), 'run_id'),
				role: 'primary',
			});
			expect(printed.gauge('memory')).toMatchObject({limit});
			expect(
				printed
					.reading('redis.prefix')
					.rows.map(({id}) => String(id))
					.join(),
			).toContain('headless:');
			const [, id, address] = /id=(\d+) addr=(\S+)/.exec(String(await client.client('INFO'))) ?? [];
			expect(printed.row('redis.client', {name: 'headless-client'})).toMatchObject({
				clientId: Number(id),
				address,
				user: 'default',
			});
			expect(printed.exit).not.toBe(2);
		} finally {
			await sendCommand(server, ['CONFIG', 'SET', 'maxmemory', before]);
			await client.del(...Array.from({length: 40}, (_, number) => `headless:${number}`));
			client.disconnect();
		}
	});

	test('what may not be read is listed, and ends with 2', async () => {
		const printed = await snapshot(server, server.logins.noclient);
		expect(printed.exit).toBe(2);
		expect(printed.unread).toContainEqual(expect.objectContaining({kind: 'redis.client', target: 'redis'}));
	});

	test('doctor lists what a user lacks; its commands, run unchanged, grant it', async () => {
		const login = {user: 'mw_doctor', password: 'only-here'};
		await sendCommand(server, [
			'ACL',
			'SETUSER',
			login.user,
			'reset',
			'on',
			`>${login.password}`,
			'+@connection',
			'+info',
			'+acl|dryrun',
		]);
		try {
			const before = await doctor(server, login);
			expect(before).toMatchObject({stderr: ''});
			expect(before.code).toBeGreaterThan(0);
			expect(before.stdout).toMatch(/^ {2}have .+\+info$/m);
			expect(before.stdout).not.toContain('only-here');
			// Missing key patterns are reported only when the commands are allowed.
			let report = before;
			for (let round = 0; round < 2; round++) {
				for (const line of grants(report.stdout)) await sendCommand(server, line.split(' '));
				report = await doctor(server, login);
			}
			expect(report.stdout).not.toMatch(/^ {2}(lack|unknown) /m);
			expect(report.code).toBe(0);
		} finally {
			await sendCommand(server, ['ACL', 'DELUSER', login.user]);
		}
	});
});
