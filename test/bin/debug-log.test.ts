import {mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {createDebugLog, openDebugLog} from '../../bin/debug-log.ts';
import {logRunner} from '../../bin/log-events.ts';
import type {Remedy} from '../../src/remedy/remedy-state.ts';
import {createStore} from '../../src/watch/store.ts';
import {type BuiltProgram, buildAlone} from '../e2e/built-program.ts';
import {startPty} from '../e2e/pty.ts';
import {scratchDir} from '../src/state/scratch-dir.ts';

const readLog = (path: string): readonly Record<string, unknown>[] =>
	readFileSync(path, 'utf8')
		.split('\n')
		.filter(line => line !== '')
		.map(line => JSON.parse(line));

const logPath = async () => join(await scratchDir(), 'midwatch.log');

describe('the log file', () => {
	test('has one JSON object a line, and only this user can read it', async () => {
		const path = await logPath();
		const log = createDebugLog(path, () => 0);
		log.write('read', {target: 'db', rows: 3});
		log.write('stop', {code: 0});
		expect(readLog(path)).toEqual([
			{at: '1970-01-01T00:00:00.000Z', pid: process.pid, event: 'read', target: 'db', rows: 3},
			{at: '1970-01-01T00:00:00.000Z', pid: process.pid, event: 'stop', code: 0},
		]);
		expect(statSync(path).mode & 0o777).toBe(0o600);
		createDebugLog(path).write('start', {});
		expect(readLog(path)).toHaveLength(3);
	});

	test('never holds a secret, a control character or an endless text', async () => {
		const path = await logPath();
		const log = createDebugLog(path);
		log.write('failure', {
			message: 'cannot connect to postgres://app:hunter2@db/orders\u001b[2J',
			notes: [`password=hunter2 ${'x'.repeat(10_000)}`],
		});
		const text = readFileSync(path, 'utf8');
		expect(text).not.toContain('hunter2');
		expect(text).not.toContain('\\u001b');
		expect(text.length).toBeLessThan(3000);
	});

	test('is renamed at its maximum size, and the one before is replaced', async () => {
		const path = await logPath();
		const log = createDebugLog(path, Date.now, 1000);
		for (let number = 1; number <= 100; number += 1) log.write('read', {number});
		expect(statSync(path).size).toBeLessThanOrEqual(1000);
		expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(1000);
		const numbers = [...readLog(`${path}.1`), ...readLog(path)].map(({number}) => number);
		expect(numbers.at(-1)).toBe(100);
		expect(numbers).toEqual(numbers.map((_, index) => 101 - numbers.length + index));
	});

	test('ends when it cannot be written any more, and midwatch continues', async () => {
		const folder = await scratchDir();
		const path = join(folder, 'midwatch.log');
		const log = createDebugLog(path, Date.now, 200);
		log.write('read', {text: 'x'.repeat(100)});
		// Where it would be renamed to is a directory.
		mkdirSync(join(folder, 'midwatch.log.1', 'full'), {recursive: true});
		log.write('read', {text: 'y'.repeat(100)});
		log.write('read', {});
		expect(readLog(path)).toHaveLength(1);
	});

	test.each([
		['others can read', (path: string) => writeFileSync(path, '', {mode: 0o644}), /chmod 600/],
		['is a link', (path: string) => symlinkSync('/dev/null', path), /cannot be written: ELOOP/],
		['is a directory', (path: string) => mkdirSync(path), /cannot be written: EISDIR/],
	])('is refused when it %s', async (_name, prepare, message) => {
		const path = await logPath();
		prepare(path);
		expect(() => createDebugLog(path)).toThrow(message);
	});

	test('is opened only when --log or MIDWATCH_LOG names it', async () => {
		const path = await logPath();
		expect(openDebugLog(undefined, {})).toBeUndefined();
		expect(openDebugLog(undefined, {MIDWATCH_LOG: ''})).toBeUndefined();
		openDebugLog(undefined, {MIDWATCH_LOG: path})?.write('start', {});
		openDebugLog(path, {MIDWATCH_LOG: '/nowhere/else'})?.write('start', {});
		expect(readLog(path)).toHaveLength(2);
	});

	test('that cannot be opened is an error of the command line or of the environment', () => {
		const path = '/proc/none/x.log';
		expect(() => openDebugLog(path, {})).toThrow(expect.objectContaining({exitCode: 64}));
		expect(() => openDebugLog(undefined, {MIDWATCH_LOG: path})).toThrow(expect.objectContaining({exitCode: 78}));
	});
});

test('each state of an action is logged once, without its plan and its reason', async () => {
	const path = await logPath();
	const state = createStore<Remedy | undefined>(undefined);
	let end: (remedy: Remedy) => void = () => {};
	const stop = logRunner(createDebugLog(path), {
		state,
		onEnd(listener) {
			end = listener;
			return () => {};
		},
	});
	const remedy = (fields: object): Remedy => {
		const action = {id: 'redis.kill-client', title: 'Kill'};
		const merged: object = {id: 'A', action, target: 'cache', params: {reason: 'typed'}, ...fields};
		return merged as Remedy;
	};
	state.set(remedy({state: 'ready'}));
	state.set(remedy({state: 'ready', checkedAt: 1}));
	state.set(remedy({state: 'verifying'}));
	state.set(remedy({id: 'B', state: 'proposed'}));
	end(remedy({state: 'done', reason: 'the client has disconnected'}));
	stop();
	expect(readLog(path).map(({id, action, target, state: name, reason}) => [id, action, target, name, reason])).toEqual([
		['A', 'redis.kill-client', 'cache', 'ready', undefined],
		['A', 'redis.kill-client', 'cache', 'verifying', undefined],
		['B', 'redis.kill-client', 'cache', 'proposed', undefined],
		['A', 'redis.kill-client', 'cache', 'done', 'the client has disconnected'],
	]);
	expect(readFileSync(path, 'utf8')).not.toContain('typed');
});

describe('the built program', () => {
	let midwatch: BuiltProgram;
	beforeAll(() => {
		midwatch = buildAlone();
	});
	afterAll(() => midwatch.remove());

	test('logs connections, reads and keys of a console, and nothing that is typed', async () => {
		const path = join(midwatch.home, 'console.log');
		const pty = await startPty([process.execPath, midwatch.file, '--demo', 'calm', '--log', path], {
			columns: 120,
			rows: 40,
			cwd: midwatch.home,
			env: {PATH: '/usr/bin:/bin', HOME: midwatch.home, TERM: 'xterm-256color', LANG: 'C.UTF-8'},
		});
		try {
			await pty.waitFor('1 Pods');
			await expect.poll(() => readLog(path).some(({event}) => event === 'read'), {timeout: 30_000}).toBe(true);
			pty.press('2');
			pty.press('/');
			await pty.waitFor(screen => /filter|\/ *$/im.test(screen));
			pty.type('hunter2');
			await pty.waitFor('hunter2');
			pty.press('ctrl+c');
			expect(await pty.exited).toEqual({code: 0});
		} finally {
			await pty.close();
		}
		const lines = readLog(path);
		expect(lines[0]).toMatchObject({event: 'start', from: 'the demo estate, scenario calm'});
		expect(lines.at(-1)).toMatchObject({event: 'stop', code: 0});
		expect(lines).toContainEqual(
			expect.objectContaining({event: 'connected', target: 'redis-main', who: expect.any(String)}),
		);
		expect(lines).toContainEqual(expect.objectContaining({event: 'key', scope: 'deck', key: '2', intent: 'pane.2'}));
		expect(lines).toContainEqual(expect.objectContaining({event: 'key', key: 'ctrl+c', intent: 'deck.quit'}));
		const typed = lines.filter(({event, scope}) => event === 'key' && scope === 'field');
		expect(typed.map(({key}) => key)).toEqual(['ctrl+c']);
	}, 60_000);

	test('logs failures with their retries, without secrets', async () => {
		const config = join(midwatch.home, 'config.yaml');
		const target = '{name: cache, kind: redis, host: 127.0.0.1, port: 1, password: "${env:PW}"}';
		writeFileSync(config, `targets: [${target}]\n`, {mode: 0o600});
		const path = join(midwatch.home, 'snapshot.log');
		const env = {PW: 'hunter2', MIDWATCH_LOG: path};
		expect((await midwatch.run(['snapshot', '--json', '--config', config], {env})).code).toBe(2);
		const failures = readLog(path).filter(({event}) => event === 'failure');
		expect(failures[0]).toMatchObject({
			target: 'cache',
			error: 'unreachable',
			attempts: 1,
			retryAt: expect.stringMatching(/^\d{4}-.+Z$/),
		});
		expect(readFileSync(path, 'utf8')).not.toContain('hunter2');
	});

	test('exits with 64 when the log cannot be written', async () => {
		const {code, stderr} = await midwatch.run(['snapshot', '--json', '--demo', '--log', '/proc/none/x.log']);
		expect(code).toBe(64);
		expect(stderr).toMatch(/^midwatch: the log \/proc\/none\/x\.log cannot be written: ENOENT/);
	});
});
