import {setTimeout as pause} from 'node:timers/promises';
import {Redis} from 'ioredis';
import {Client} from 'pg';
import {afterEach, expect, test} from 'vitest';
import {describePostgres, describeRedis} from '../estate/describe-server.ts';
import {pgConfig, runQuery} from '../estate/postgres.ts';
import {infoField, redisOptions, sendCommand} from '../estate/redis.ts';
import {type ConsoleProcess, startConsole} from './console-process.ts';
import {expectRecorded} from './expect-recorded.ts';

let open: ConsoleProcess | undefined;
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
	await open?.close();
	open = undefined;
	for (const close of closing.splice(0)) await close();
});

describePostgres('postgres-15', 'actions by keyboard', server => {
	/** An application that has locked a row, or sleeps, under a name of its own. */
	const application = async (name: string, ...statements: readonly string[]) => {
		const client = new Client({...pgConfig(server, 'app', 'shop'), application_name: name});
		const state = {failed: ''};
		client.on('error', error => (state.failed = error.message));
		await client.connect();
		for (const statement of statements) {
			client.query(statement).catch((error: Error) => (state.failed = error.message));
		}
		closing.push(async () => {
			await runQuery(server, 'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [
				name,
			]);
			await client.end().catch(() => undefined);
		});
		return state;
	};
	const sessions = (name: string) =>
		runQuery(server, 'select pid from pg_stat_activity where application_name = $1', [name]);

	test('an idle transaction is terminated', async () => {
		await application('e2e-idle', 'begin', 'select 1 as forgotten');
		open = await startConsole({servers: [server], config: {open: [server.name]}});
		await open.zoom(3, 'Slow queries');
		await open.select('e2e-idle');
		expect(await open.action('postgres.terminate')).toContain('Done');
		expect(await sessions('e2e-idle')).toEqual([]);
		await expectRecorded(open, 'postgres.terminate');
	});

	test('a session that went on to its next statement is left alone, until that one is confirmed', async () => {
		const keeper = new Client(pgConfig(server, 'app', 'shop'));
		await keeper.connect();
		closing.push(() => keeper.end());
		await keeper.query('select pg_advisory_lock(4711)');
		const state = await application(
			'e2e-job',
			'select pg_advisory_lock(4711) as job_1',
			'select pg_sleep(600) as job_2',
		);
		open = await startConsole({servers: [server], config: {open: [server.name]}});
		await open.zoom(3, 'Slow queries');
		await open.select('e2e-job');
		await open.openDeclared('postgres.terminate', 'will run');
		await keeper.query('select pg_advisory_unlock(4711)');
		await open.expect('has changed: now ');
		expect(state.failed).toBe('');
		open.press('confirm.replan');
		await open.expectAbsent('has changed');
		expect(state.failed).toBe('');
		await open.confirm();
		await open.expect('Done');
		expect(await sessions('e2e-job')).toEqual([]);
		await expectRecorded(open, 'postgres.terminate');
		const outcome = open.audit().find(line => line.kind === 'outcome');
		expect(JSON.stringify(outcome)).toContain('job_2');
	});

	test('a statement is cancelled, on a guarded target only once it is armed', async () => {
		const state = await application('e2e-busy', 'select pg_sleep(600) as slow');
		open = await startConsole({servers: [server]});
		await open.zoom(3, 'Slow queries');
		await open.select('e2e-busy');
		await open.openDeclared('postgres.cancel', 'is guarded: press');
		expect(state.failed).toBe('');
		await open.arm(server.name);
		expect(await open.action('postgres.cancel')).toContain('Done');
		await expect.poll(() => state.failed).toContain('canceling statement due to user request');
		expect(await sessions('e2e-busy')).toHaveLength(1);
		await expectRecorded(open, 'postgres.cancel');
		expect(await open.quit()).toEqual({code: 0});
	});
});

describeRedis('redis', 'actions by keyboard', server => {
	const limit = async () => infoField(await sendCommand(server, ['INFO', 'memory']), 'maxmemory');

	/** A console in which 100mb was entered as the new limit. */
	async function proposeMaxmemory(): Promise<ConsoleProcess> {
		const midwatch = await startConsole({servers: [server], config: {open: [server.name]}});
		open = midwatch;
		await midwatch.zoom(4, 'Redis memory');
		await midwatch.select('allkeys-lru');
		await midwatch.openDeclared('redis.set-maxmemory', 'New maxmemory');
		midwatch.press('field.clear');
		midwatch.type('100mb');
		midwatch.press('field.accept');
		return midwatch;
	}

	test('the limit of memory is raised, and set back by undo', async () => {
		const before = await limit();
		closing.push(() => sendCommand(server, ['CONFIG', 'SET', 'maxmemory', before]));
		open = await proposeMaxmemory();
		await open.confirm();
		await open.expect('Done');
		expect(await limit()).toBe(String(100 * 1024 * 1024));
		open.press('list.choose');
		await open.expectAbsent('Done');
		open.press('deck.undo');
		await open.expect('CONFIG SET maxmemory 100mb');
		open.press('list.choose');
		await open.confirm();
		await open.expect('Done');
		expect(await limit()).toBe(before);
		await expectRecorded(open, 'redis.set-maxmemory');
	});

	test('a y that is held over a console that stalls sends nothing, nor do keys that come in one read', async () => {
		const before = await limit();
		closing.push(() => sendCommand(server, ['CONFIG', 'SET', 'maxmemory', before]));
		open = await proposeMaxmemory();
		const {pty} = open;
		await open.expect(', to confirm');
		await open.answer(['confirm.yes'], screen => screen.includes('> y▏'));
		const hold = async (ms: number) => {
			for (const end = Date.now() + ms; Date.now() < end; await pause(33)) pty.send('y');
		};
		await hold(300);
		pty.signal('SIGSTOP');
		await hold(420);
		pty.signal('SIGCONT');
		await hold(300);
		pty.send('y\r');
		await open.expect('not taken: it came together with other keys in one read');
		pty.send('yy\r\r');
		await pty.waitUntilIdle(300);
		pty.press('enter');
		await open.expect('not taken');
		expect(await limit()).toBe(before);
		expect(open.audit().map(line => line.kind)).not.toContain('intent');
		open.press('field.erase');
		await open.confirm();
		await open.expect('Done');
		expect(await limit()).toBe(String(100 * 1024 * 1024));
	});

	test('a client is killed', async () => {
		const client = new Redis({...redisOptions(server), connectionName: 'e2e-client'});
		let ended = false;
		client.on('error', () => {});
		client.on('end', () => (ended = true));
		await client.connect();
		closing.push(async () => client.disconnect());
		open = await startConsole({servers: [server], config: {open: [server.name]}});
		await open.zoom(4, 'Redis memory');
		await open.select('e2e-client');
		expect(await open.action('redis.kill-client')).toContain('Done');
		await expect.poll(() => ended).toBe(true);
		await expectRecorded(open, 'redis.kill-client');
	});
});
