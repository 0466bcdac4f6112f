import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {expect, onTestFinished, test} from 'vitest';
import {createAudit} from '../../../src/audit/audit-log.ts';
import type {AuditRecord} from '../../../src/audit/audit-record.ts';
import {verifyDirectory} from '../../../src/audit/verify-log.ts';
import {systemClock} from '../../../src/time/clock.ts';
import {describeNamespaces, innermost, spawnInNamespaces} from '../state/namespaces.ts';
import {scratchDir} from '../state/scratch-dir.ts';
import {actor} from '../state/test-actor.ts';

const leaseMs = 1500;
const sleeper = fileURLToPath(new URL('stop-while-writing.ts', import.meta.url));
const writer = fileURLToPath(new URL('write-records.ts', import.meta.url));

function start(host: string, script: string, ...words: readonly string[]): ChildProcess {
	const child = spawnInNamespaces(host, [process.execPath, script, ...words], {
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	onTestFinished(() => void child.kill('SIGKILL'));
	return child;
}

const notes = async (dir: string): Promise<readonly (string | undefined)[]> => {
	const files = (await readdir(dir)).filter(name => name.endsWith('.jsonl')).sort();
	const texts = await Promise.all(files.map(name => readFile(join(dir, name), 'utf8')));
	const lines = texts.join('').trimEnd().split('\n');
	return lines.map(line => (JSON.parse(line) as AuditRecord).note);
};

const fresh = (stateDir: string) =>
	createAudit({stateDir, clock: systemClock, actor, app: '0.1.0', lockTimes: {leaseMs, renewMs: 300, waitMs: 20_000}});

describeNamespaces('the log of consoles in several pid namespaces', () => {
	test.each(['lock', 'line', 'sync', 'look', 'mirror'])(
		'stays one chain, with each record once, when one of them sleeps before its %s past its lease',
		{timeout: 60_000},
		async step => {
			const stateDir = await scratchDir();
			const child = start('laptop-a', sleeper, stateDir, step, String(leaseMs));
			await once(child.stdout ?? child, 'data');
			const pid = innermost(child);
			await expect.poll(() => readFile(`/proc/${pid}/stat`, 'utf8')).toContain(') T ');
			const audit = fresh(stateDir);
			for (const note of ['other 1', 'other 2', 'other 3']) await audit.append({kind: 'resolve', note});
			process.kill(pid, 'SIGCONT');
			expect((await once(child, 'close'))[0]).toBe(0);
			await audit.append({kind: 'resolve', note: 'other 4'});
			expect((await notes(audit.dir)).toSorted()).toEqual([
				...['other 1', 'other 2', 'other 3', 'other 4'],
				...['sleeper 1', 'sleeper 2', 'sleeper 3'],
			]);
			expect(await verifyDirectory(audit.dir)).toMatchObject([{records: 7, faults: [], inconclusive: [], notes: []}]);
			expect((await readdir(audit.dir)).filter(name => /[0-9a-f]{24}$/.test(name))).toEqual([]);
		},
	);

	test('stays one chain while each of them is stopped and continued at any moment', {timeout: 120_000}, async () => {
		const stateDir = await scratchDir();
		const count = 40;
		const children = ['a', 'b', 'c'].map(host => start(host, writer, stateDir, String(count), String(leaseMs)));
		const ends = children.map(child => once(child, 'close'));
		await Promise.all(children.map(child => once(child.stdout ?? child, 'data')));
		for (const child of children) child.stdin?.write('go\n');
		let running = children.length;
		for (const end of ends) void end.then(() => running--);
		while (running > 0) {
			const child = children[Math.floor(Math.random() * children.length)];
			await pause(Math.random() * 300);
			if (child === undefined || child.exitCode !== null) continue;
			try {
				const pid = innermost(child);
				process.kill(pid, 'SIGSTOP');
				await pause(Math.random() < 0.3 ? leaseMs * 1.6 : Math.random() * 200);
				process.kill(pid, 'SIGCONT');
			} catch {
				// The process has already ended.
			}
		}
		expect((await Promise.all(ends)).map(([code]) => code as unknown)).toEqual([0, 0, 0]);
		const reports = await verifyDirectory(join(stateDir, 'audit'));
		expect(reports).toMatchObject([{faults: [], inconclusive: []}]);
		expect((await notes(join(stateDir, 'audit'))).filter(note => note?.includes(' of '))).toHaveLength(3 * count);
	});

	test('is written on after one of them was killed, under another host name', {timeout: 60_000}, async () => {
		const stateDir = await scratchDir();
		const child = start('laptop-a', sleeper, stateDir, 'line', String(leaseMs));
		await once(child.stdout ?? child, 'data');
		process.kill(innermost(child), 'SIGKILL');
		const next = spawnInNamespaces('laptop-b', [process.execPath, writer, stateDir, '3', String(leaseMs)]);
		next.stdin?.write('go\n');
		expect((await once(next, 'close'))[0]).toBe(0);
		expect(await verifyDirectory(join(stateDir, 'audit'))).toMatchObject([{records: 4, faults: [], inconclusive: []}]);
		expect(await readFile(join(stateDir, 'audit', 'writer.lock'), 'utf8')).toContain('\nreleased');
	});
});
