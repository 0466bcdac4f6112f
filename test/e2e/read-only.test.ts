import {readFileSync} from 'node:fs';
import fc from 'fast-check';
import {Redis} from 'ioredis';
import {Client} from 'pg';
import {afterEach, expect, test} from 'vitest';
import {panes} from '../../bin/panes.ts';
import {keyBindings} from '../../src/input/keymap.ts';
import {describePostgres, describeRedis} from '../estate/describe-server.ts';
import {startDisposablePostgres, startDisposableRedis} from '../estate/disposable-server.ts';
import {pgConfig, runQuery} from '../estate/postgres.ts';
import {redisOptions, sendCommand} from '../estate/redis.ts';
import {type ConsoleOptions, type ConsoleProcess, startConsole} from './console-process.ts';

const steps = 10_000;
/** Keys between two looks at the screen. */
const burst = 100;
/** Letters for the fields, digits for counts, and every key that means anything, but for those that leave. */
const keys = [
	...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 /:!=?',
	...keyBindings(panes)
		.flatMap(binding => binding.keys)
		.filter(key => key !== 'ctrl+c' && key !== 'ctrl+z'),
	...['enter', 'enter', 'enter', 'esc', 'down', 'down', 'C', 'T', 'M', 'K', 'a'],
];

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

/** Types keys at random, over as many consoles as it takes: some of them leave it. */
async function pressAtRandom(
	options: ConsoleOptions,
	pane: 3 | 4,
	title: string,
	acts: Readonly<Record<string, string>>,
): Promise<void> {
	const [order] = fc.sample(fc.array(fc.constantFrom(...keys), {minLength: steps, maxLength: steps}), {
		numRuns: 1,
		seed: 3,
	});
	if (order === undefined) throw new Error('there are no keys');
	let one: ConsoleProcess | undefined;
	closing.push(async () => one?.close());
	for (let at = 0; at < steps; at += burst) {
		if (one === undefined) {
			one = await startConsole(options);
			await one.expect('read-only');
		}
		for (const key of order.slice(at, at + burst)) one.pty.press(key);
		const hasExited: boolean = await one.pty.waitUntilIdle(30).then(
			() => false,
			() => true,
		);
		if (!hasExited) continue;
		expect(await one.pty.exited).toEqual({code: 0});
		await one.close();
		one = undefined;
	}
	await one?.close();
	// Random keys do not type the name of a target: so each action is also requested on a row that it applies to.
	one = await startConsole(options);
	await one.zoom(pane, title);
	for (const [action, row] of Object.entries(acts)) {
		await one.select(row);
		await one.openDeclared(action, ': started with --read-only');
		one.press('deck.redraw', 'row.first');
	}
	expect(await one.quit()).toEqual({code: 0});
}

describePostgres('postgres-15', '--read-only', like => {
	test('10,000 random keys leave no write in the log of the server', async () => {
		const own = await startDisposablePostgres(like);
		closing.push(() => own.end());
		const server = own.current();
		const application = async (name: string, statement: string) => {
			const client = new Client({...pgConfig(server, 'app', 'shop'), application_name: name});
			client.on('error', () => {});
			await client.connect();
			client.query('begin').catch(() => {});
			client.query(statement).catch(() => {});
			closing.push(() => client.end().catch(() => undefined));
		};
		await application('idle-victim', 'select 1 as forgotten');
		for (const name of ['busy-1', 'busy-2', 'busy-3']) await application(name, 'select pg_sleep(600)');
		await pressAtRandom(
			{servers: [server], config: {open: [server.name]}, arguments: ['--read-only']},
			3,
			'Slow queries',
			{
				'postgres.cancel': 'busy-1',
				'postgres.terminate': 'idle-victim',
			},
		);

		const log = readFileSync(server.log, 'utf8');
		// `%m [%p] %u@%d %a `, see the settings of the estate: what ran under a name of ours, and what it was.
		const ours = [...log.matchAll(/mw_operator@postgres (\S+(?: \S+)*?) LOG: {2}(?:statement|execute [^:]*): (.*)/g)];
		expect(ours.length).toBeGreaterThan(50);
		expect(new Set(ours.map(found => found[1]))).toEqual(new Set(['midwatch']));
		for (const [, , statement = ''] of ours) expect(statement).toMatch(/^(?:SELECT|WITH)\b/);
		expect(ours.filter(([, , statement = '']) => /pg_cancel_backend|pg_terminate_backend/.test(statement))).toEqual([]);
		const left = await runQuery(server, "select 1 from pg_stat_activity where application_name ~ '^(idle|busy)-'");
		expect(left).toHaveLength(4);
	});
});

describeRedis('redis', '--read-only', like => {
	test('10,000 random keys leave no write in what the server was sent', async () => {
		const own = await startDisposableRedis(like, ['maxmemory 64mb']);
		closing.push(() => own.end());
		const server = own.current();
		const victim = new Redis({...redisOptions(server), connectionName: 'victim'});
		victim.on('error', () => {});
		await victim.connect();
		closing.push(async () => victim.disconnect());
		for (let key = 0; key < 30; key++) await victim.set(`session:${key}`, 'x');
		await sendCommand(server, ['CONFIG', 'RESETSTAT']);
		const watcher = new Redis(redisOptions(server));
		watcher.on('error', () => {});
		await watcher.connect();
		const monitor = await watcher.monitor();
		closing.push(async () => monitor.disconnect());
		const sent = new Map<string, number>();
		monitor.on('monitor', (_time: string, [name = '']: readonly string[]) => {
			sent.set(name.toLowerCase(), (sent.get(name.toLowerCase()) ?? 0) + 1);
		});
		await pressAtRandom(
			{servers: [server], config: {open: [server.name]}, arguments: ['--read-only']},
			4,
			'Redis memory',
			{
				'redis.set-maxmemory': 'noeviction',
				'redis.kill-client': 'victim',
			},
		);

		const writes = new Set((await sendCommand(server, ['ACL', 'CAT', 'write'])) as readonly string[]);
		expect([...sent.keys()]).toContain('info');
		expect([...sent.keys()].filter(name => writes.has(name))).toEqual([]);
		// MONITOR hides what administrators do; the server counts that too, refused or not.
		const stats = String(await sendCommand(server, ['INFO', 'commandstats']));
		const called = [...stats.matchAll(/^cmdstat_([^:]+):/gm)].map(found => found[1] ?? '');
		expect(called).toContain('slowlog|get');
		expect(called.filter(name => writes.has(name))).toEqual([]);
		const acts =
			/^(?:config\|(?:set|rewrite)|client\|(?:kill|pause|unblock)|acl\|(?:setuser|deluser|load|save)|slowlog\|reset|memory\|purge|debug|shutdown|flush|script|function|eval|replicaof|failover)/;
		expect(called.filter(name => acts.test(name))).toEqual([]);
		expect(await victim.ping()).toBe('PONG');
	});
});
