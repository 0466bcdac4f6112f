import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, readdir, rm, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {createAudit} from '../../../src/audit/audit-log.ts';
import {checkWritable} from '../../../src/audit/check-writable.ts';
import {verifyDirectory} from '../../../src/audit/verify-log.ts';
import {ownIdentity} from '../../../src/state/process-identity.ts';
import {systemClock} from '../../../src/time/clock.ts';
import {scratchDir} from '../state/scratch-dir.ts';
import {actor} from '../state/test-actor.ts';

const options = (stateDir: string) => ({
	stateDir,
	clock: systemClock,
	actor,
	app: '0.1.0',
	lockTimes: {waitMs: 3000, leaseMs: 1000, renewMs: 200},
});

/** Creates a state directory with one record in its log, and an obstacle for the next. */
async function stateWith(trouble: (dir: string, month: string) => Promise<unknown>): Promise<string> {
	const stateDir = await scratchDir();
	const audit = createAudit(options(stateDir));
	const {ts} = await audit.append({kind: 'start'});
	await trouble(audit.dir, join(audit.dir, `${ts.slice(0, 7)}.jsonl`));
	return stateDir;
}

const fifo = (path: string) => once(spawn('mkfifo', [path]), 'close');
const instead = (make: (path: string) => Promise<unknown>) => async (path: string) => {
	await rm(path, {recursive: true, force: true});
	await make(path);
};
const holder = (other: object, state = '3') =>
	`${JSON.stringify({...ownIdentity(), host: 'laptop-a', about: 'a console', token: 't', ...other})}\n${state}`;

describe('the check that records can be written', () => {
	test('takes the same steps as an action, and leaves nothing behind', async () => {
		const stateDir = await stateWith(async dir => mkdir(join(dir, '.check-left'), {recursive: true}));
		await checkWritable(options(stateDir));
		const dir = join(stateDir, 'audit');
		expect(await readdir(dir)).toEqual([expect.stringMatching(/\.jsonl$/), 'head.json', 'writer.lock']);
		expect(await verifyDirectory(dir)).toMatchObject([{records: 1, faults: [], inconclusive: []}]);
		await createAudit(options(stateDir)).append({kind: 'stop'});
		expect(await verifyDirectory(dir)).toMatchObject([{records: 2, faults: [], inconclusive: []}]);
	});

	test('does not create a missing directory', async () => {
		const stateDir = join(await scratchDir(), 'state', 'midwatch');
		await checkWritable(options(stateDir));
		expect(await readdir(join(stateDir, '..', '..'))).toEqual([]);
	});

	test.each([
		['an empty lock, as a power cut leaves it', (dir: string) => writeFile(join(dir, 'writer.lock'), '')],
		[
			'the lock of a console that was killed',
			(dir: string) => writeFile(join(dir, 'writer.lock'), holder({start: '1'})),
		],
		[
			'the lock of a console of another host that does not renew it',
			(dir: string) => writeFile(join(dir, 'writer.lock'), holder({boot: 'x'})),
		],
		['what a version before this one left', (dir: string) => writeFile(join(dir, 'writer.lock.break'), '')],
	])('passes with %s', async (_, trouble) => {
		const stateDir = await stateWith(trouble);
		await checkWritable(options(stateDir));
		await createAudit(options(stateDir)).append({kind: 'stop'});
	});

	test.each([
		['its directory is a file', instead(path => writeFile(path, '')), 'ENOTDIR', 'something else is in its place'],
		['its directory is a FIFO', instead(fifo), 'ENOTDIR', 'something else is in its place'],
		[
			'its directory is a link that leads nowhere',
			instead(path => symlink('/nowhere', path)),
			'a dangling symbolic link',
			'something else is in its place',
		],
	])('fails when %s', async (_, trouble, says, hint) => {
		const stateDir = await stateWith(dir => trouble(dir));
		await expect(checkWritable(options(stateDir))).rejects.toMatchObject({
			message: expect.stringContaining(says),
			hint: expect.stringContaining(hint),
		});
		await expect(createAudit(options(stateDir)).append({kind: 'stop'})).rejects.toThrow();
	});

	test.each([
		['a directory', (path: string) => mkdir(path)],
		['a FIFO', fifo],
		['a symbolic link that leads nowhere', (path: string) => symlink('/nowhere', path)],
	])('fails when the newest month is %s, as an action does', async (what, make) => {
		const stateDir = await stateWith(async (_, month) => instead(make)(month));
		const says = {message: expect.stringContaining(`.jsonl is ${what}`), hint: 'check what it is, and move it away'};
		await expect(checkWritable(options(stateDir))).rejects.toMatchObject(says);
		await expect(createAudit(options(stateDir)).append({kind: 'stop'})).rejects.toMatchObject(says);
	});

	test.each([
		['a directory', (path: string) => mkdir(path)],
		['a FIFO', fifo],
		['a symbolic link that leads nowhere', (path: string) => symlink('/nowhere', path)],
		['a file that this version of midwatch did not write', (path: string) => writeFile(path, 'not by us')],
	])('fails when the lock is %s, as an action does', async (what, make) => {
		const stateDir = await stateWith(async dir => instead(make)(join(dir, 'writer.lock')));
		const lock = join(stateDir, 'audit', 'writer.lock');
		const says = {
			message: `the record cannot be written: ${lock} is held by ${what}`,
			hint: `look what it is; when no console of yours runs, remove ${lock}`,
		};
		const quick = {...options(stateDir), lockTimes: {waitMs: 50}};
		await expect(checkWritable(quick)).rejects.toMatchObject(says);
		await expect(createAudit(quick).append({kind: 'stop'})).rejects.toMatchObject(says);
	});

	test('fails while a console elsewhere has the lock, and names its file', async () => {
		const stateDir = await stateWith(dir =>
			writeFile(join(dir, 'writer.lock'), holder({namespace: 'pid:[1]', pid: 77})),
		);
		const lock = join(stateDir, 'audit', 'writer.lock');
		await expect(checkWritable({...options(stateDir), lockTimes: {waitMs: 50}})).rejects.toMatchObject({
			message: `the record cannot be written: ${lock} is held by a console (pid 77 on laptop-a)`,
			hint: `try again in 15 s; when it stays held and pid 77 on laptop-a (perhaps in a container) does not run, remove ${lock}`,
		});
	});
});
