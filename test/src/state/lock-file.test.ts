import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, readdir, readFile, rename, symlink, writeFile} from 'node:fs/promises';
import {hostname} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {describe, expect, onTestFinished, test} from 'vitest';
import {createLeaseMonitor} from '../../../src/state/lease-monitor.ts';
import {LockHeldError, type LockOptions, takeLock, withLock} from '../../../src/state/lock-file.ts';
import {ownIdentity} from '../../../src/state/process-identity.ts';
import {describeNamespaces, innermost, spawnInNamespaces} from './namespaces.ts';
import {scratchDir} from './scratch-dir.ts';
import {startHolder} from './start-holder.ts';

const identity = ownIdentity();
const script = fileURLToPath(new URL('hold-lock.ts', import.meta.url));
/** Short, so that no test waits long; long enough that a busy machine renews in time. */
const leaseMs = 2000;

const options = (about: string, waitMs = 50): LockOptions => ({about, identity, waitMs, leaseMs, renewMs: leaseMs / 5});

/** Whether the lock can be taken, at once. */
async function take(path: string, about = 'me') {
	return takeLock(
		path,
		options(about),
		createLeaseMonitor(() => performance.now(), leaseMs),
	);
}

const lockOf = (holder: object, state = '3'): string =>
	`${JSON.stringify({...identity, host: hostname(), about: 'a console', token: 't', ...holder})}\n${state}`;

/** Starts a holder, and waits until it has the lock. */
const holder = (path: string, host?: string): Promise<ChildProcess> =>
	startHolder(script, [path, String(leaseMs)], host);

describe('a lock', () => {
	test('has one holder, whom it names; after its release the file says so', async () => {
		const dir = await scratchDir();
		const path = join(dir, 'x.lock');
		const first = await take(path, 'the first');
		if (!('release' in first)) throw new Error('no other process has it');
		expect(await first.isHeld()).toBe(true);
		expect(await take(path, 'the second')).toMatchObject({holder: {...identity, about: 'the first'}});
		first.markFenced();
		await first.release();
		expect(await readFile(path, 'utf8')).toMatch(/\nreleased +$/);
		expect(await take(path, 'the second')).toMatchObject({previousHolderEnded: true});
		expect(await readdir(dir)).toEqual(['x.lock']);
	});

	test('of a process that was killed is taken at once', async () => {
		const dir = await scratchDir();
		const path = join(dir, 'x.lock');
		const child = await holder(path);
		expect(await take(path)).toMatchObject({holder: {pid: child.pid, about: 'a holder'}});
		child.kill('SIGKILL');
		await once(child, 'close');
		expect(await take(path)).toHaveProperty('release');
		expect(await readdir(dir)).toEqual(['x.lock']);
	});

	test('of a process that has ended is taken, also when another process has its pid', async () => {
		const path = join(await scratchDir(), 'x.lock');
		await writeFile(path, lockOf({start: '1'}));
		expect(await take(path)).toMatchObject({previousHolderEnded: true});
	});

	test('reports that the previous holder may be asleep, until late writes of that one are impossible', async () => {
		const path = join(await scratchDir(), 'x.lock');
		const first = await take(path);
		expect(first).toMatchObject({previousHolderEnded: false});
		if ('release' in first) await first.release();
		const second = await take(path);
		expect(second).toMatchObject({previousHolderEnded: false});
		if ('release' in second) {
			second.markFenced();
			await second.release();
		}
		expect(await take(path)).toMatchObject({previousHolderEnded: true});
	});

	test.each([
		['another boot of this machine', {boot: 'another'}],
		['another machine', {boot: 'another', machine: 'another'}],
		['another pid namespace', {namespace: 'pid:[1]'}],
	])('of %s is taken after the time of a lease, whatever its pid, and not before', async (_, other) => {
		const path = join(await scratchDir(), 'x.lock');
		await writeFile(path, lockOf({...other, pid: 1, start: '1'}));
		let now = 0;
		const watch = createLeaseMonitor(() => now, leaseMs);
		for (; now < leaseMs; now += leaseMs / 10)
			expect(await takeLock(path, options('me'), watch)).toHaveProperty('holder');
		await writeFile(path, lockOf({...other, pid: 1, start: '1'}, '4'));
		for (let since = 0; since < leaseMs; now += leaseMs / 10, since += leaseMs / 10)
			expect(await takeLock(path, options('me'), watch)).toHaveProperty('holder');
		expect(await takeLock(path, options('me'), watch)).toMatchObject({previousHolderEnded: false});
	});

	test('that stays held is reported with its file and what to check', async () => {
		const path = join(await scratchDir(), 'x.lock');
		await writeFile(path, lockOf({namespace: 'pid:[1]', pid: 77, host: 'laptop-a'}));
		const failure = await withLock(path, options('me'), async () => {}).catch((error: unknown) => error);
		expect(failure).toBeInstanceOf(LockHeldError);
		expect(failure).toMatchObject({
			message: `${path} is held by a console (pid 77 on laptop-a)`,
			hint: `try again in 15 s; when it stays held and pid 77 on laptop-a (perhaps in a container) does not run, remove ${path}`,
		});
	});

	test('whose holder is stopped is reported with how to continue', async () => {
		const path = join(await scratchDir(), 'x.lock');
		const child = await holder(path);
		child.kill('SIGSTOP');
		await expect.poll(() => readFile(`/proc/${child.pid}/stat`, 'utf8')).toContain(') T ');
		await expect(withLock(path, options('me', leaseMs * 2), async () => {})).rejects.toMatchObject({
			hint: `that process is stopped: continue it with kill -CONT ${child.pid}, or end it`,
		});
		child.kill('SIGKILL');
	});

	test.each([
		['a directory', async (path: string) => void (await mkdir(path))],
		['a symbolic link that leads nowhere', (path: string) => symlink('/nowhere/at/all', path)],
		['a FIFO', async (path: string) => void (await once(spawn('mkfifo', [path]), 'close'))],
		['a file that this version of midwatch did not write', (path: string) => writeFile(path, 'not by us')],
	])('that is %s is never taken, and says so', async (what, make) => {
		const path = join(await scratchDir(), 'x.lock');
		await make(path);
		await expect(withLock(path, options('me'), async () => {})).rejects.toMatchObject({
			message: `${path} is held by ${what}`,
			hint: `look what it is; when no console of yours runs, remove ${path}`,
		});
	});

	test('that a power cut left empty is taken when it stays empty', async () => {
		const path = join(await scratchDir(), 'x.lock');
		await writeFile(path, '');
		let now = 0;
		const watch = createLeaseMonitor(() => now, leaseMs);
		for (; now < leaseMs; now += leaseMs / 10)
			expect(await takeLock(path, options('me'), watch)).toMatchObject({what: 'an empty file'});
		expect(await takeLock(path, options('me'), watch)).toMatchObject({previousHolderEnded: false});
	});

	test('removes the files that an earlier version left when it was killed, and those of a process that slept while taking the lock', async () => {
		const dir = await scratchDir();
		const token = 'a'.repeat(24);
		const left = ['writer.lock.break', 'head.json.new', `writer.lock.${token}`, `2026-11.jsonl.${token}`];
		for (const name of left) await writeFile(join(dir, name), '');
		await writeFile(join(dir, '2026-11.jsonl'), '');
		await take(join(dir, 'writer.lock'));
		expect(await readdir(dir)).toEqual(['2026-11.jsonl', 'writer.lock']);
	});

	test('is not taken from its holder by a late release of the previous one', async () => {
		const path = join(await scratchDir(), 'x.lock');
		const mine = await take(path);
		const other = lockOf({token: 'u'});
		await writeFile(`${path}.new`, other);
		await rename(`${path}.new`, path);
		if (!('release' in mine)) throw new Error('no other process has it');
		expect(await mine.isHeld()).toBe(false);
		await mine.release();
		expect(await readFile(path, 'utf8')).toBe(other);
	});

	test('is waited for, and released when the work fails', async () => {
		const path = join(await scratchDir(), 'x.lock');
		const order: string[] = [];
		const gate = Promise.withResolvers<void>();
		const slow = withLock(path, options('slow'), async () => {
			order.push('slow begins');
			await gate.promise;
			order.push('slow ends');
			throw new Error('broken');
		});
		await expect.poll(() => order).toEqual(['slow begins']);
		const next = withLock(path, options('next', 20_000), async () => order.push('next'));
		gate.resolve();
		await expect(slow).rejects.toThrow('broken');
		await next;
		expect(order).toEqual(['slow begins', 'slow ends', 'next']);
	});
});

describeNamespaces('a lock whose holder is in another pid namespace', () => {
	test('is taken only once its holder was killed and no longer renews it', {timeout: 60_000}, async () => {
		const path = join(await scratchDir(), 'x.lock');
		const child = await holder(path, 'laptop-a');
		// Several leases long.
		await expect(withLock(path, options('me', leaseMs * 3), async () => {})).rejects.toMatchObject({
			message: expect.stringContaining('is held by a holder (pid'),
			hint: expect.stringContaining(`on laptop-a (perhaps in a container) does not run, remove ${path}`),
		});
		process.kill(innermost(child), 'SIGKILL');
		await withLock(path, options('me', leaseMs * 10), async lock => expect(lock.previousHolderEnded).toBe(false));
	});

	test('is not taken twice by processes with the same host name and pid', {
		timeout: 60_000,
	}, async () => {
		const path = join(await scratchDir(), 'x.lock');
		const first = await holder(path, 'toolbox');
		const second = spawnInNamespaces('toolbox', [process.execPath, script, path, String(leaseMs)], {
			stdio: ['pipe', 'pipe', 'inherit'],
		});
		onTestFinished(() => void second.kill('SIGKILL'));
		let taken = false;
		second.stdout?.once('data', () => (taken = true));
		await expect(withLock(path, options('me', leaseMs * 2), async () => {})).rejects.toThrow('is held by');
		expect(taken).toBe(false);
		first.stdin?.end();
		await expect.poll(() => taken).toBe(true);
		second.stdin?.end();
	});

	test('is lost to another while its holder is stopped, and stays lost when that continues', {
		timeout: 60_000,
	}, async () => {
		const path = join(await scratchDir(), 'x.lock');
		const child = await holder(path, 'laptop-a');
		const pid = innermost(child);
		process.kill(pid, 'SIGSTOP');
		await withLock(path, options('me', leaseMs * 10), async lock => {
			lock.markFenced();
			process.kill(pid, 'SIGCONT');
			child.stdin?.end();
			await once(child, 'close');
			expect(await lock.isHeld()).toBe(true);
		});
		expect(await readFile(path, 'utf8')).toMatch(/"about":"me".*\nreleased/);
	});
});
