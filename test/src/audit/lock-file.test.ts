import {spawn} from 'node:child_process';
import {readdir, readFile, writeFile} from 'node:fs/promises';
import {hostname} from 'node:os';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {isLock, takeLock, withLock} from '../../../src/audit/lock-file.ts';
import {processLives, processStart} from '../../../src/audit/process-identity.ts';
import {scratchDir} from './scratch.ts';

/** A process that has ended, and when it had started. */
async function gone(): Promise<{readonly pid: number; readonly start: string}> {
	const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {stdio: ['pipe', 'ignore', 'ignore']});
	const pid = child.pid ?? 0;
	const start = processStart(pid);
	if (start === undefined) throw new Error('it was just started');
	expect(processLives(pid, start)).toBe(true);
	const closed = new Promise(resolve => child.on('close', resolve));
	child.stdin.end();
	await closed;
	expect(processLives(pid, start)).toBe(false);
	return {pid, start};
}

const lockOf = (holder: object): string =>
	JSON.stringify({host: hostname(), about: 'a console', token: 't', ...holder});

describe('a lock', () => {
	test('is held by one, and says by whom', async () => {
		const path = join(await scratchDir(), 'x.lock');
		const first = takeLock(path, 'the first');
		expect(isLock(first)).toBe(true);
		expect(takeLock(path, 'the second')).toMatchObject({pid: process.pid, about: 'the first', host: hostname()});
		if (isLock(first)) first.release();
		expect(isLock(takeLock(path, 'the second'))).toBe(true);
	});

	test('of a process that is gone is broken', async () => {
		const dir = await scratchDir();
		const path = join(dir, 'x.lock');
		await writeFile(path, lockOf(await gone()));
		const taken = takeLock(path, 'me');
		expect(isLock(taken)).toBe(true);
		expect(await readdir(dir)).toEqual(['x.lock']);
	});

	test('of a process that is gone is broken also when another one has its pid', async () => {
		const path = join(await scratchDir(), 'x.lock');
		await writeFile(path, lockOf({pid: process.pid, start: 'another boot/1'}));
		expect(isLock(takeLock(path, 'me'))).toBe(true);
	});

	test.each([
		['of another host', lockOf({pid: 1, start: 'x', host: 'elsewhere'})],
		['that cannot be read', 'not by us'],
	])('%s is never broken', async (_, text) => {
		const path = join(await scratchDir(), 'x.lock');
		await writeFile(path, text);
		expect(isLock(takeLock(path, 'me'))).toBe(false);
		expect(await readFile(path, 'utf8')).toBe(text);
	});

	test('that another is just breaking is left to it', async () => {
		const path = join(await scratchDir(), 'x.lock');
		const text = lockOf(await gone());
		await writeFile(path, text);
		await writeFile(`${path}.break`, '');
		expect(isLock(takeLock(path, 'me'))).toBe(false);
		expect(await readFile(path, 'utf8')).toBe(text);
	});

	test('is not taken from another by a release that comes late', async () => {
		const path = join(await scratchDir(), 'x.lock');
		const mine = takeLock(path, 'me');
		const text = lockOf({pid: process.pid, start: processStart(process.pid)});
		await writeFile(path, text);
		if (isLock(mine)) mine.release();
		expect(await readFile(path, 'utf8')).toBe(text);
	});

	test('is waited for, and given back when the work fails', async () => {
		const path = join(await scratchDir(), 'x.lock');
		const order: string[] = [];
		const slow = withLock(path, 'slow', async () => {
			order.push('slow begins');
			await new Promise(resolve => setTimeout(resolve, 30));
			order.push('slow ends');
			throw new Error('broken');
		});
		const next = withLock(path, 'next', async () => order.push('next'));
		await expect(slow).rejects.toThrow('broken');
		await next;
		expect(order).toEqual(['slow begins', 'slow ends', 'next']);
	});
});
