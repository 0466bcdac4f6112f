import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {Client} from 'pg';
import {afterEach, describe, expect, test} from 'vitest';
import {describePostgres} from '../estate/describe-server.ts';
import {pgConfig, runQuery} from '../estate/postgres.ts';
import {type ConsoleProcess, startConsole} from './console-process.ts';
import {expectFramed, expectUsable} from './failure-modes/failure-modes.ts';
import {type Pty, startPty} from './pty.ts';
import {expectRestored} from './record/expect-restored.ts';

const start = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url));
const faulty = fileURLToPath(new URL('fault-in-program.mjs', import.meta.url));

const open: ConsoleProcess[] = [];
const terminals: Pty[] = [];
const homes: string[] = [];
afterEach(async () => {
	for (const one of open.splice(0)) await one.close();
	for (const one of terminals.splice(0)) await one.close();
	for (const home of homes.splice(0)) rmSync(home, {recursive: true, force: true});
});

async function opened(options: Parameters<typeof startConsole>[0]): Promise<ConsoleProcess> {
	const one = await startConsole(options);
	open.push(one);
	return one;
}

function newHome(): string {
	const home = mkdtempSync(join(tmpdir(), 'midwatch-e2e-'));
	homes.push(home);
	return home;
}

/** The screen once it is idle, without the blanks at the ends of lines, which the emulator keeps where they were written one by one. */
const settled = async (pty: Pty): Promise<string> => (await pty.waitUntilIdle(300)).replaceAll(/ +$/gm, '');

/** Once everything has been read for the first time; from then on nothing changes in `still`. */
async function calm(pty: Pty): Promise<string> {
	for (let before = await settled(pty); ; ) {
		await pause(1500);
		const now = await settled(pty);
		if (now === before && !/reading:|connecting/.test(now)) return now;
		before = now;
	}
}

/** The screen equals a complete redraw of it. Only for screens that do not change by themselves. */
async function expectComplete(one: ConsoleProcess): Promise<void> {
	const before = await settled(one.pty);
	one.press('deck.redraw');
	expect(await settled(one.pty)).toBe(before);
	await expectFramed(one);
}

describe('the console', () => {
	test.each([
		['SIGTERM', 143],
		['SIGHUP', 129],
		['SIGINT', 130],
	] as const)('%s gives the terminal back, ends with %d and leaves no sign of a console', async (signal, code) => {
		const one = await opened({demo: 'still'});
		const signs = join(one.home, 'state', 'midwatch', 'demo', 'consoles');
		await expect.poll(() => readdirSync(signs)).toHaveLength(1);
		one.pty.signal(signal);
		expect(await one.pty.exited).toEqual({code});
		expectRestored(one);
		// The next console does not count it as running.
		const next = await opened({demo: 'still', home: one.home});
		await expect.poll(() => readdirSync(signs)).toHaveLength(1);
		expect(next.pty.screen()).not.toContain('other console');
	});

	test('SIGTERM ends it while the terminal is stopped, and the audit log has the stop', async () => {
		const one = await opened({demo: 'storm', columns: 250, rows: 70});
		await one.expect('6 Targets');
		const {pid} = one.pty;
		const [, reader = ''] = /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
		process.kill(Number(reader), 'SIGSTOP');
		try {
			// Each has all of the screen drawn again, many times what a pseudo-terminal holds.
			for (let turn = 0; turn < 40; turn++) {
				process.kill(pid, 'SIGWINCH');
				await pause(60);
			}
			process.kill(pid, 'SIGTERM');
			const ended = () =>
				!existsSync(`/proc/${pid}`) || /^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
			await expect.poll(ended, {interval: 20}).toBe(true);
		} finally {
			process.kill(Number(reader), 'SIGCONT');
		}
		expect(await one.pty.exited).toEqual({code: 143});
		expect(one.audit().map(line => line.kind)).toEqual(['start', 'stop']);
		// It had no way to say this: it really stood still.
		expect(one.pty.output()).not.toContain('\u001b[?1049l');
	});

	test('is stopped and continued by a shell, and draws all of it again', async () => {
		const home = newHome();
		const pty = await startPty(['bash', '--norc', '--noprofile', '-i'], {
			columns: 120,
			rows: 40,
			env: {PATH: process.env['PATH'] ?? '', HOME: home, TERM: 'xterm-256color', LANG: 'C.UTF-8', PS1: 'ready> '},
		});
		terminals.push(pty);
		await pty.waitFor('ready>');
		pty.type(`'${process.execPath}' '${start}' --demo still\r`);
		await pty.waitFor('1 Pods');
		const before = await calm(pty);
		const signs = join(home, '.local', 'state', 'midwatch', 'demo', 'consoles');
		// Its first line; those after it renew its lease.
		const [sign = ''] = readFileSync(join(signs, readdirSync(signs)[0] ?? ''), 'utf8').split('\n');
		const {pid} = JSON.parse(sign) as {pid: number};
		process.kill(pid, 'SIGTSTP');
		await pty.waitFor(/Stopped/);
		expect(pty.alternate).toBe(false);
		pty.type('fg\r');
		await pty.waitFor('1 Pods');
		expect(await settled(pty)).toBe(before);
		pty.press('?');
		await pty.waitFor('Next pane');
		pty.press('ctrl+c');
		await pty.waitFor(screen => !screen.includes('1 Pods') && screen.includes('ready>'));
	});

	test('says that a terminal of 20x5 is too small, answers there, and is complete again in a larger one', async () => {
		const one = await opened({demo: 'still'});
		const before = await calm(one.pty);
		one.pty.resize(20, 5);
		await one.expect('needs 60x15');
		expect(one.pty.screen().split('\n').length).toBeLessThanOrEqual(5);
		one.press('deck.help', 'deck.back');
		one.pty.resize(120, 40);
		await one.expectAbsent('needs 60x15');
		expect(await settled(one.pty)).toBe(before);
		await expectUsable(one);
		one.pty.resize(20, 5);
		await one.expect('needs 60x15');
		expect(await one.quit()).toEqual({code: 0});
		expectRestored(one);
	});

	test('is complete after 60 resizes in a second', async () => {
		const one = await opened({demo: 'still', columns: 120, rows: 40});
		const before = await calm(one.pty);
		for (let step = 0; step < 60; step++) {
			one.pty.resize(20 + ((step * 37) % 200), 5 + ((step * 13) % 55));
			if (step % 7 === 0) one.press('pane.next');
			await pause(16);
		}
		one.press('pane.1');
		one.pty.resize(120, 40);
		await expectComplete(one);
		expect(await settled(one.pty)).toBe(before);
		await expectUsable(one);
	});

	test('refuses a dumb terminal with what to do, and leaves it alone', async () => {
		const env = {PATH: process.env['PATH'] ?? '', HOME: newHome(), TERM: 'dumb'};
		const pty = await startPty([process.execPath, start, '--demo', 'still'], {columns: 120, rows: 5, env});
		terminals.push(pty);
		expect(await pty.exited).toEqual({code: 2});
		expect(pty.output()).toMatch(/^midwatch: .*TERM is dumb.* for example xterm-256color\.\r\n$/);
	});

	test('draws no colour with NO_COLOR, and shows severities by their signs', async () => {
		const one = await opened({demo: 'storm', env: {NO_COLOR: '1'}});
		await one.expect('■');
		await one.pty.waitUntilIdle(300, 5000).catch(() => undefined);
		expect(one.pty.output()).not.toMatch(/\u001b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;\d+)*m/);
	});
});

describe('a mistake of our own', () => {
	const faultyDeck = (fault: string) =>
		opened({demo: 'still', env: {NODE_OPTIONS: `--import=${faulty}`, MIDWATCH_E2E_FAULT: fault}});

	test('in a view is shown in its place, and keys still work', async () => {
		const one = await faultyDeck('view');
		await calm(one.pty);
		one.pty.signal('SIGUSR2');
		await one.expect('This part cannot be drawn: e2e: it cannot be drawn.');
		expect(one.pty.screen()).toContain('1 Pods');
		await expectUsable(one);
		expect(await one.quit()).toEqual({code: 0});
		expectRestored(one);
	});

	test.each(['rejection', 'exception'])('an unhandled %s gives the terminal back and says what it was', async fault => {
		const one = await faultyDeck(fault);
		await one.expect('1 Pods');
		one.pty.signal('SIGUSR2');
		expect(await one.pty.exited).toEqual({code: 70});
		expectRestored(one);
		const after = one.pty.output().split('\u001b[?1049l').at(-1);
		expect(after).toContain('midwatch stopped because of an internal error:');
		expect(after).toContain('Error: e2e: uncaught');
	});
});

describePostgres('postgres-15', 'two consoles at once', server => {
	test('see each other, and write one complete audit log', async () => {
		const first = await opened({servers: [server], columns: 160});
		const second = await opened({servers: [server], columns: 160, home: first.home});
		await second.expect('1 other console');
		await first.expect('1 other console');
		const arm = async (one: ConsoleProcess) => {
			await one.expect(/conns \d/);
			for (let turn = 0; turn < 5; turn++) {
				await one.arm(server.name);
				one.press('deck.arm');
				await one.expectAbsent('is armed');
			}
		};
		await Promise.all([arm(first), arm(second)]);
		expect(await second.quit()).toEqual({code: 0});
		await first.expectAbsent('1 other console');
		const armed = first.audit().filter(line => line.kind === 'arm');
		expect(armed).toHaveLength(10);
		expect(new Set(armed.map(line => line['session'])).size).toBe(2);
		expect(first.runCommand('audit', 'verify')).toMatchObject({code: 0, err: ''});
	});
});

describePostgres('postgres-15', 'a state directory that takes no record', server => {
	const spoilt: readonly (readonly [string, {before?(state: string): void; after?(pid: number): void; why: RegExp}])[] =
		[
			[
				'is a file',
				{
					before(state) {
						mkdirSync(state, {recursive: true});
						writeFileSync(join(state, 'midwatch'), '');
					},
					why: /something else is in its place/,
				},
			],
			[
				'takes not one byte more',
				{
					// Like a full disk, which a test may not be allowed to create.
					after: pid => void execFileSync('prlimit', ['--pid', String(pid), '--fsize=0']),
					why: /EFBIG: file too large/,
				},
			],
		];

	test.each(spoilt)('when it %s, nothing is done and it says why', async (_, {before, after, why}) => {
		const home = newHome();
		before?.(join(home, 'state'));
		const client = new Client({...pgConfig(server, 'app', 'shop'), application_name: 'e2e-unrecorded'});
		client.on('error', () => {});
		await client.connect();
		try {
			await client.query('begin');
			await client.query('select 1 as forgotten');
			const one = await opened({
				servers: [server],
				home,
				config: {open: [server.name]},
				env: {NODE_OPTIONS: `--import=${faulty}`},
			});
			await one.zoom(3, 'Slow queries');
			await one.select('e2e-unrecorded');
			after?.(one.pty.pid);
			const question = await one.openDeclared('postgres.terminate', /nothing was sent|, to confirm/);
			if (!question.includes('nothing was sent')) await one.confirm();
			const screen = await one.expect('nothing was sent');
			expect(screen.replaceAll(/[\s│]+/g, ' ')).toMatch(why);
			const found = await runQuery(server, "select 1 from pg_stat_activity where application_name = 'e2e-unrecorded'");
			expect(found).toHaveLength(1);
			one.press('list.choose');
			await one.expectAbsent('nothing was sent');
			await expectUsable(one);
		} finally {
			await client.end().catch(() => undefined);
		}
	});
});
