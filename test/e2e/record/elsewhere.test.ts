import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {afterEach, expect, test} from 'vitest';
import {describeRedis} from '../../estate/describe-server.ts';
import {startDisposableRedis} from '../../estate/disposable-server.ts';
import {describeNamespaces, innermost} from '../../src/state/namespaces.ts';
import type {ConsoleProcess} from '../console-process.ts';
import {type CrashHome, type CrashScenario, createCrashHome, maxmemoryScenario, slowlogOfAll} from './crash-fixture.ts';

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
	for (const close of closing.splice(0).toReversed()) await close();
});

const open = async (home: CrashHome, around: CrashScenario, host: string): Promise<ConsoleProcess> => {
	const midwatch = await home.open(around, host);
	closing.push(() => midwatch.close());
	return midwatch;
};

/** Waits until a console has the lock on what it is about to change: it has looked for others by then. */
async function untilLocked(home: CrashHome): Promise<void> {
	const dir = join(home.folder, 'state', 'midwatch', 'locks');
	const isHeld = (name: string) => /\n[1-9]/.test(readFileSync(join(dir, name), 'utf8'));
	const until = performance.now() + 20_000;
	for (;;) {
		try {
			if (readdirSync(dir).some(isHeld)) return;
		} catch {
			// It was given back meanwhile, or there was none yet.
		}
		if (performance.now() > until) throw new Error('no console took a lock');
		await pause(0);
	}
}

/** Stops a console that has its lock and has sent nothing. @returns the number of its action, and how to continue it. */
async function stopBeforeSending(home: CrashHome, around: CrashScenario, midwatch: ConsoleProcess) {
	for (let run = 1; run < 10; run++) {
		await around.open(midwatch, run);
		await midwatch.confirm();
		await untilLocked(home);
		const pid = innermost(midwatch.pty);
		process.kill(pid, 'SIGSTOP');
		const goOn = async () => void process.kill(pid, 'SIGCONT');
		closing.push(goOn);
		if ((await around.sent(run)) === 0) return {run, goOn};
		await goOn();
		await midwatch.expect('Done');
		midwatch.press('list.choose');
	}
	throw new Error('it sent each time before it was stopped');
}

/** Kills a console whose intent is on disk, and whose server does not answer meanwhile. @returns the number of its action. */
async function leaveUnknown(home: CrashHome, around: CrashScenario, host: string): Promise<number> {
	const midwatch = await open(home, around, host);
	for (let run = 1; run < 10; run++) {
		await around.open(midwatch, run);
		await midwatch.confirm();
		while ((await home.unresolved()).length === 0 && !midwatch.pty.screen().includes('Done')) await pause(0);
		process.kill(around.server.pid, 'SIGSTOP');
		try {
			if ((await home.unresolved()).length > 0) {
				process.kill(innermost(midwatch.pty), 'SIGKILL');
				await midwatch.pty.exited;
				return run;
			}
		} finally {
			process.kill(around.server.pid, 'SIGCONT');
		}
		await midwatch.expect('Done');
		midwatch.press('list.choose');
	}
	throw new Error('the server answered each time before it was stopped');
}

describeNamespaces('a state directory that is shared by consoles in several pid namespaces', () => {
	describeRedis('redis', 'with an action', like => {
		const setUp = async (): Promise<{readonly home: CrashHome; readonly around: CrashScenario}> => {
			const redis = await startDisposableRedis(like, slowlogOfAll);
			closing.push(() => redis.end());
			const home = createCrashHome();
			closing.push(async () => home.remove());
			return {home, around: maxmemoryScenario(redis.current())};
		};

		test.each([
			['the next one, on a host of another name', false],
			['one that runs beside it', true],
		])('of which one was killed: %s lists its action, looks at it again, and may act', async (_, beside) => {
			const {home, around} = await setUp();
			const early = beside ? await open(home, around, 'laptop-b') : undefined;
			const run = await leaveUnknown(home, around, 'laptop-a');
			const midwatch = early ?? (await open(home, around, 'laptop-b'));
			// The sign and the lock of the one that was killed count until their lease ends.
			await midwatch.expect(/1 unknown/);
			midwatch.press('deck.audit');
			const screen = await midwatch.expect(/it looks done: maxmemory|it does not look done: maxmemory/);
			expect(await around.sent(run)).toBe(screen.includes('it looks done') ? 1 : 0);
			midwatch.press('deck.back');
			const locks = join(home.folder, 'state', 'midwatch', 'locks');
			await expect.poll(() => readdirSync(locks)).toEqual([]);
			const next = run + 100;
			await around.open(midwatch, next);
			await midwatch.confirm();
			await midwatch.expect('Done');
			expect(await around.sent(next)).toBe(1);
			expect(midwatch.runCommand('audit', 'verify')).toMatchObject({code: 0, err: ''});
			expect(readdirSync(locks)).toEqual([]);
		});

		test('takes no action of a console that was stopped past its lease once another one has acted', async () => {
			const {home, around} = await setUp();
			const [slow, quick] = await Promise.all([open(home, around, 'laptop-a'), open(home, around, 'laptop-b')]);
			await slow.expect('1 other console');
			const {run, goOn} = await stopBeforeSending(home, around, slow);
			let refused = '';
			for (let other = 101; !quick.pty.screen().includes('Done'); other++) {
				await around.open(quick, other);
				await quick.confirm();
				const screen = await quick.expect(/is held by a console|Done/);
				if (screen.includes('Done')) break;
				refused ||= screen;
				quick.press('list.choose');
				await quick.expectAbsent('is held by');
			}
			// While its lease lasted, and with the file to look at.
			expect(refused).toMatch(/on laptop-a\)/);
			expect(refused).toMatch(/does not run, remove|\.lock/);
			await goOn();
			await slow.expect(/nothing was sent|nothing happened/);
			expect(await around.sent(run)).toBe(0);
			expect(slow.runCommand('audit', 'verify')).toMatchObject({code: 0, err: ''});
		});
	});
});
