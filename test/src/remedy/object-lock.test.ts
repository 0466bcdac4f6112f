import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {describe, expect, test} from 'vitest';
import {createObjectLocks, type LockRefusal, type ObjectLock} from '../../../src/remedy/object-lock.ts';
import {ownIdentity} from '../../../src/state/process-identity.ts';
import {describeNamespaces, innermost} from '../state/namespaces.ts';
import {scratchDir} from '../state/scratch-dir.ts';
import {startHolder} from '../state/start-holder.ts';

const script = fileURLToPath(new URL('hold-objects.ts', import.meta.url));
const leaseMs = 2000;

const given = (taken: ObjectLock | LockRefusal): ObjectLock => {
	if ('release' in taken) return taken;
	throw new Error(taken.reason);
};

const holder = (stateDir: string, host: string | undefined, ...objects: readonly string[]): Promise<ChildProcess> =>
	startHolder(script, [stateDir, String(leaseMs), ...objects], host);

describe('locks on objects', () => {
	test('are all acquired or none, and leave no file when they are released', async () => {
		const stateDir = await scratchDir();
		const [one, two] = [createObjectLocks(stateDir), createObjectLocks(stateDir)];
		const first = given(await one.acquire('db', ['pid 1', 'pid 2'], 'the first'));
		expect(await two.acquire('db', ['pid 3', 'pid 2'], 'the second')).toEqual({
			reason: expect.stringMatching(/^db\/pid 2 is held by the first \(pid \d+ on /),
			hint: expect.stringContaining('wait until it is done'),
		});
		const third = given(await two.acquire('db', ['pid 3'], 'the third'));
		expect(await first.isHeld()).toBe(true);
		await first.release();
		given(await two.acquire('db', ['pid 2'], 'the fourth'));
		await third.release();
		expect(await readdir(join(stateDir, 'locks'))).toHaveLength(1);
	});

	test('are shared by all targets of one server', async () => {
		const stateDir = await scratchDir();
		const serversOf = (target: string) =>
			target === 'other' ? ['redis other:6379'] : ['redis cache:6379', `id of ${target}`];
		const locks = createObjectLocks(stateDir, {serversOf});
		given(await locks.acquire('cache', ['maxmemory'], 'the first'));
		expect(await locks.acquire('same-cache', ['maxmemory'], 'the second')).toMatchObject({
			reason: expect.stringContaining('same-cache/maxmemory is held by the first'),
		});
		given(await locks.acquire('other', ['maxmemory'], 'the third'));
	});

	test('are acquired by one of many consoles that try at the same moment', async () => {
		const stateDir = await scratchDir();
		for (let round = 0; round < 10; round++) {
			const taken = await Promise.all(
				Array.from({length: 6}, (_, at) => createObjectLocks(stateDir).acquire('db', ['pid 1'], `number ${at}`)),
			);
			const locks = taken.filter(one => 'release' in one);
			expect(locks).toHaveLength(1);
			await locks[0]?.release();
		}
		expect(await readdir(join(stateDir, 'locks'))).toEqual([]);
	});

	test('of a killed console do not count and are removed', async () => {
		const stateDir = await scratchDir();
		const locks = createObjectLocks(stateDir);
		const child = await holder(stateDir, undefined, 'pid 1');
		expect(await locks.acquire('db', ['pid 1'], 'me')).toMatchObject({
			reason: expect.stringContaining(`(pid ${child.pid} on `),
		});
		child.kill('SIGKILL');
		await once(child, 'close');
		expect(await readdir(join(stateDir, 'locks'))).toHaveLength(1);
		await locks.refresh();
		expect(await readdir(join(stateDir, 'locks'))).toEqual([]);
		given(await locks.acquire('db', ['pid 1'], 'me'));
	});

	test('left behind by a power cut or an older version are removed when they are not renewed', async () => {
		const stateDir = await scratchDir();
		const dir = join(stateDir, 'locks');
		await mkdir(dir);
		await writeFile(join(dir, `${'a'.repeat(32)}.lock`), JSON.stringify({pid: 1, start: 'x', host: 'laptop-a'}));
		await writeFile(join(dir, 'empty.lock'), '');
		let now = 0;
		const locks = createObjectLocks(stateDir, {monotonic: () => now, leaseMs});
		await locks.refresh();
		expect(await readdir(dir)).toHaveLength(2);
		while ((await readdir(dir)).length > 0) {
			now += leaseMs / 10;
			await locks.refresh();
		}
		expect(now).toBeGreaterThanOrEqual(leaseMs);
	});

	test('are lost when their file is deleted', async () => {
		const stateDir = await scratchDir();
		const mine = given(await createObjectLocks(stateDir).acquire('db', ['pid 1'], 'me'));
		expect(await mine.isHeld()).toBe(true);
		for (const name of await readdir(join(stateDir, 'locks'))) await rm(join(stateDir, 'locks', name));
		expect(await mine.isHeld()).toBe(false);
		await mine.release();
	});

	test("of another machine count until their lease ends by the reader's own clock", async () => {
		const stateDir = await scratchDir();
		let now = 0;
		const locks = createObjectLocks(stateDir, {monotonic: () => now, leaseMs});
		const child = await holder(stateDir, undefined, 'pid 1');
		const [name = ''] = await readdir(join(stateDir, 'locks'));
		child.kill('SIGKILL');
		await once(child, 'close');
		const path = join(stateDir, 'locks', name);
		const text = await readFile(path, 'utf8');
		await writeFile(path, text.replace(ownIdentity().boot, 'another boot'));
		for (; now < leaseMs; now += leaseMs / 10)
			expect(await locks.acquire('db', ['pid 1'], 'me')).toMatchObject({
				hint: expect.stringContaining(`remove ${path}`),
			});
		given(await locks.acquire('db', ['pid 1'], 'me'));
	});
});

describeNamespaces('locks on objects of a console in another pid namespace', () => {
	test('hold while their console runs, and are lost when it sleeps past its lease', {timeout: 60_000}, async () => {
		const stateDir = await scratchDir();
		const locks = createObjectLocks(stateDir, {leaseMs});
		const child = await holder(stateDir, 'laptop-a', 'pid 1', 'pid 2');
		const take = () => locks.acquire('db', ['pid 2'], 'me');
		const until = performance.now() + leaseMs * 2;
		while (performance.now() < until) {
			expect(await take()).toMatchObject({reason: expect.stringContaining('on laptop-a)')});
			await new Promise(resolve => setTimeout(resolve, leaseMs / 10));
		}
		const pid = innermost(child);
		process.kill(pid, 'SIGSTOP');
		let taken = await take();
		while (!('release' in taken)) {
			await new Promise(resolve => setTimeout(resolve, leaseMs / 10));
			taken = await take();
		}
		process.kill(pid, 'SIGCONT');
		const said = once(child.stdout ?? child, 'data');
		child.stdin?.end();
		expect(String(await said)).toBe('lost\n');
		expect(await taken.isHeld()).toBe(true);
	});
});
