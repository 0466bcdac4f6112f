import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {
	appendFile,
	type FileHandle,
	mkdir,
	open,
	readdir,
	readFile,
	rename,
	rm,
	stat,
	symlink,
	truncate,
	writeFile,
} from 'node:fs/promises';
import {hostname} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {describe, expect, test, vi} from 'vitest';
import {createAudit} from '../../../src/audit/audit-log.ts';
import {type AuditRecord, canonicalJson, sealRecord} from '../../../src/audit/audit-record.ts';
import {verifyDirectory, verifyFile} from '../../../src/audit/verify-log.ts';
import {ownIdentity} from '../../../src/state/process-identity.ts';
import {createFakeClock, type FakeClock} from '../../fake-clock.ts';
import {scratchDir} from '../state/scratch-dir.ts';
import {actor} from '../state/test-actor.ts';

const november = Date.UTC(2026, 10, 21, 14, 5, 22);
const month = '2026-11.jsonl';

async function scratchAudit(clock: FakeClock = createFakeClock(november)) {
	const stateDir = await scratchDir();
	const audit = createAudit({stateDir, clock, actor, app: '0.1.0'});
	return {audit, clock, stateDir, path: join(audit.dir, month)};
}

const logs = async (dir: string) => (await readdir(dir)).filter(name => name.endsWith('.jsonl'));

const recordsIn = async (path: string): Promise<readonly AuditRecord[]> =>
	(await readFile(path, 'utf8'))
		.trimEnd()
		.split('\n')
		.map(line => JSON.parse(line) as AuditRecord);

describe('writing', () => {
	test('puts one record on a line, chained, in files that only this user can read', async () => {
		const {audit, path} = await scratchAudit();
		const first = await audit.append({kind: 'start'});
		const second = await audit.append({kind: 'arm', target: 'orders-db'});
		expect(await recordsIn(path)).toEqual([first, second]);
		expect(second).toMatchObject({
			seq: 2,
			prev: first.hash,
			session: audit.session,
			actor,
			ts: '2026-11-21T14:05:22.000Z',
		});
		expect((await stat(audit.dir)).mode & 0o777).toBe(0o700);
		expect((await stat(path)).mode & 0o777).toBe(0o600);
		expect(audit.last.get()).toEqual(second);
		expect(await verifyFile(path)).toMatchObject({records: 2, faults: [], notes: []});
	});

	test('restricts the mode of an existing log', async () => {
		const {audit, path} = await scratchAudit();
		await mkdir(audit.dir, {recursive: true, mode: 0o755});
		await writeFile(path, '', {mode: 0o644});
		await audit.append({kind: 'start'});
		expect((await stat(audit.dir)).mode & 0o777).toBe(0o700);
		expect((await stat(path)).mode & 0o777).toBe(0o600);
	});

	test('keeps the order of concurrent appends', async () => {
		const {audit, path} = await scratchAudit();
		await Promise.all(Array.from({length: 20}, (_, at) => audit.append({kind: 'resolve', note: String(at)})));
		expect((await recordsIn(path)).map(record => record.note)).toEqual(Array.from({length: 20}, (_, at) => String(at)));
		expect(await verifyFile(path)).toMatchObject({faults: []});
	});

	test('chains months on, also where the clocks of two consoles differ a little', async () => {
		const {audit, clock, stateDir} = await scratchAudit();
		await audit.append({kind: 'start'});
		await clock.advance(Date.UTC(2026, 11, 1, 0, 10) - clock.now());
		const december = await audit.append({kind: 'stop'});
		expect(december.seq).toBe(2);
		const behind = createFakeClock(Date.UTC(2026, 10, 30, 23, 40));
		await createAudit({stateDir, clock: behind, actor, app: '0.1.0'}).append({kind: 'start'});
		expect(await logs(audit.dir)).toEqual([month, '2026-12.jsonl']);
		const reports = await verifyDirectory(audit.dir);
		expect(reports.map(report => [report.firstSeq, report.lastSeq, report.faults])).toEqual([
			[1, 1, []],
			[2, 3, []],
		]);
		expect((await audit.recent(2)).map(record => record.seq)).toEqual([3, 2]);
		expect((await audit.recent(10)).map(record => record.seq)).toEqual([3, 2, 1]);
	});

	test('gives ids that sort by time, also within a millisecond', async () => {
		const {audit, clock} = await scratchAudit();
		const ids = [audit.newId(), audit.newId()];
		await clock.advance(1);
		ids.push(audit.newId());
		expect(ids.toSorted()).toEqual(ids);
		expect(new Set(ids.map(id => id.length))).toEqual(new Set([26]));
	});

	test('writes neither secrets nor control characters', async () => {
		const {audit, path} = await scratchAudit();
		await audit.append({
			kind: 'intent',
			params: {value: 'postgres://app:hunter2@db/orders'},
			note: "ALTER ROLE app PASSWORD 'hunter2'; \u001b[31mred\u202e",
			preview: {
				impact: 'requirepass hunter2',
				cli_equivalent: 'redis-cli -a hunter2 CONFIG SET maxmemory 1',
				bound_to: 'password=hunter2',
				touches: ['Authorization: Bearer hunter2'],
				risk: 'low',
				undo: {class: 'none', text: 'masterauth: hunter2'},
			},
		});
		const text = await readFile(path, 'utf8');
		expect(text).not.toContain('hunter2');
		expect(text).not.toMatch(/\\u001b|\u202e/);
		expect(text).toContain('redis-cli -a *** CONFIG SET maxmemory 1');
	});
});

describe('a failed write', () => {
	test('is reported when a file is in the place of the directory', async () => {
		const {audit, stateDir} = await scratchAudit();
		await writeFile(join(stateDir, 'audit'), '');
		await expect(audit.append({kind: 'start'})).rejects.toMatchObject({
			name: 'AuditError',
			message: expect.stringContaining('the record cannot be written: EEXIST'),
			hint: `${audit.dir} must be a directory, but something else is in its place: move it away`,
		});
	});

	test.skipIf(process.platform !== 'linux')('is reported when the disk is full', async () => {
		const {audit, path} = await scratchAudit();
		await mkdir(audit.dir, {recursive: true});
		await symlink('/dev/full', path);
		await expect(audit.append({kind: 'start'})).rejects.toMatchObject({
			message: expect.stringContaining('ENOSPC'),
			hint: `free some space on the disk that holds ${audit.dir}`,
		});
		expect(await readdir(audit.dir)).toEqual([month, 'writer.lock']);
		await rm(path);
		expect(await audit.append({kind: 'start'})).toMatchObject({seq: 1});
	});
});

describe('the file of the log', () => {
	/** Returns the prototype of all file handles of node:fs/promises. */
	async function prototype(): Promise<FileHandle> {
		const probe = await open(fileURLToPath(import.meta.url));
		await probe.close();
		return Object.getPrototypeOf(probe) as FileHandle;
	}

	test('is synced after the record was written and before `append` resolves', async () => {
		const {audit, path} = await scratchAudit();
		const shared = await prototype();
		const seen: string[] = [];
		const sync = shared.sync;
		vi.spyOn(shared, 'sync').mockImplementation(async function (this: FileHandle) {
			if (seen.length === 0) seen.push(await readFile(path, 'utf8'));
			await new Promise(resolve => setTimeout(resolve, 5));
			await sync.call(this);
			seen.push('synced');
		});
		const record = await audit.append({kind: 'intent', note: 'first'});
		expect(seen[0]).toContain(record.hash);
		// The log, its directory since the file is new, and the mirror.
		expect(seen.slice(1)).toEqual(['synced', 'synced', 'synced']);
	});

	test('holds nothing of a record of which only a half could be written', async () => {
		const {audit, path} = await scratchAudit();
		await audit.append({kind: 'start'});
		const shared = await prototype();
		vi.spyOn(shared, 'writeFile').mockImplementationOnce(async function (this: FileHandle, data) {
			await this.write(String(data).slice(0, 40));
			throw Object.assign(new Error('ENOSPC: no space left on device'), {code: 'ENOSPC'});
		});
		await expect(audit.append({kind: 'intent'})).rejects.toMatchObject({
			hint: expect.stringContaining('free some space'),
		});
		await audit.append({kind: 'stop'});
		expect(await verifyFile(path)).toMatchObject({records: 2, faults: [], notes: []});
	});
});

describe('lost records', () => {
	test('a line cut by a crash is reported by the next record, which is not chained to it', async () => {
		const {audit, path} = await scratchAudit();
		const complete = await audit.append({kind: 'start'});
		await appendFile(path, '{"actor":{"host":"bas');
		expect((await verifyFile(path)).faults).toEqual([
			{line: 2, text: 'it is incomplete: cut by a crash while it was written, or changed'},
		]);
		const next = await audit.append({kind: 'arm', target: 'orders-db'});
		expect(next.seq).toBe(3);
		const report = await verifyFile(path);
		expect(report.faults).toEqual([]);
		expect(report.notes).toEqual([{line: 2, text: 'cut by a crash; line 3 reports it'}]);
		expect((await audit.recent(9)).map(record => [record.kind, record.prev === complete.hash])).toEqual([
			['arm', false],
			['torn', true],
			['start', false],
		]);
	});

	test('a line that lacks only its line end is completed', async () => {
		const {audit, path} = await scratchAudit();
		await audit.append({kind: 'start'});
		await truncate(path, (await stat(path)).size - 1);
		await audit.append({kind: 'arm', target: 'orders-db'});
		expect(await verifyFile(path)).toMatchObject({records: 2, faults: [], notes: []});
	});

	test('lines cut off at the end differ from the mirror, and stay reported when the log goes on', async () => {
		const {audit, path} = await scratchAudit();
		for (const note of ['one', 'two', 'three']) await audit.append({kind: 'resolve', note});
		const [one] = (await readFile(path, 'utf8')).split('\n');
		await writeFile(path, `${one}\n`);
		const cut = 'it ends with record 1, but record 3 had been written: the end was cut off';
		expect((await verifyFile(path)).faults).toEqual([{line: 0, text: cut}]);
		await audit.append({kind: 'resolve', note: 'four'});
		expect((await verifyFile(path)).faults).toEqual([
			{line: 2, text: expect.stringContaining('lines were lost or changed')},
		]);
	});

	test('the next record is not chained to a last record that was changed', async () => {
		const {audit, path} = await scratchAudit();
		await audit.append({kind: 'resolve', note: 'one'});
		await audit.append({kind: 'resolve', note: 'two'});
		await writeFile(path, (await readFile(path, 'utf8')).replace('"two"', '"six"'));
		await audit.append({kind: 'resolve', note: 'three'});
		const {faults} = await verifyFile(path);
		expect(faults.map(fault => fault.line)).toContain(2);
		expect((await audit.recent(9)).map(record => record.kind)).toContain('gap');
	});

	test('a last record that was replaced, with a valid hash, differs from the mirror', async () => {
		const {audit, path} = await scratchAudit();
		const {hash: _, ...record} = await audit.append({kind: 'resolve', note: 'one'});
		await writeFile(path, `${canonicalJson(sealRecord({...record, note: 'another'}))}\n`);
		const faults = [{line: 0, text: 'record 1 is not the one that had been written'}];
		expect((await verifyFile(path)).faults).toEqual(faults);
	});

	test('a missing file of a month differs from the mirror', async () => {
		const {audit, path} = await scratchAudit();
		await audit.append({kind: 'start'});
		await rm(path);
		expect(await verifyDirectory(audit.dir)).toMatchObject([
			{faults: [{line: 0, text: expect.stringContaining('cut off')}]},
		]);
	});

	test('a deleted directory is reported by the next record of a running console, and stays reported', async () => {
		const {audit, path} = await scratchAudit();
		await audit.append({kind: 'start'});
		const second = await audit.append({kind: 'arm', target: 'orders-db'});
		await rm(audit.dir, {recursive: true});
		await audit.append({kind: 'intent'});
		const text = expect.stringContaining('record 2, which this console wrote, is no longer in the log');
		expect(await verifyFile(path)).toMatchObject({records: 2, faults: [{line: 1, text}]});
		expect((await recordsIn(path))[0]).toMatchObject({kind: 'gap', lost: {seq: 2, hash: second.hash}});
		expect(audit.lastGapRecord.get()).toEqual((await recordsIn(path))[0]);
		await audit.append({kind: 'stop'});
		expect(await verifyFile(path)).toMatchObject({records: 3, faults: [{line: 1}], inconclusive: []});
	});

	test.each([1, 5])('another log of %i records in its place is reported too', async count => {
		const {audit, clock, path} = await scratchAudit();
		for (const note of ['one', 'two']) await audit.append({kind: 'resolve', note});
		const other = createAudit({stateDir: await scratchDir(), clock, actor, app: '0.1.0'});
		for (let at = 0; at < count; at += 1) await other.append({kind: 'resolve'});
		await rm(audit.dir, {recursive: true});
		await rename(other.dir, audit.dir);
		await audit.append({kind: 'intent'});
		expect((await verifyFile(path)).faults).toMatchObject([{line: count + 1}]);
	});

	test('nothing is lost when another console writes between', async () => {
		const {audit, clock, stateDir, path} = await scratchAudit();
		const other = createAudit({stateDir, clock, actor, app: '0.1.0'});
		for (let at = 0; at < 3; at += 1) {
			await audit.append({kind: 'resolve'});
			for (let more = 0; more < 4; more += 1) await other.append({kind: 'resolve'});
		}
		expect(await verifyFile(path)).toMatchObject({records: 15, faults: [], inconclusive: [], notes: []});
	});

	test('a missing or corrupt mirror is reported', async () => {
		const {audit, path} = await scratchAudit();
		await audit.append({kind: 'start'});
		await writeFile(join(audit.dir, 'head.json'), '{"seq":');
		expect((await verifyFile(path)).faults).toHaveLength(1);
		await rm(join(audit.dir, 'head.json'));
		const doubt = 'whether its end was cut off is unknown: head.json, which says where it ends, is missing';
		expect(await verifyFile(path)).toMatchObject({faults: [], inconclusive: [{line: 0, text: doubt}]});
		await writeFile(path, '');
		expect(await verifyDirectory(audit.dir)).toMatchObject([
			{records: 0, faults: [], inconclusive: [{line: 0, text: doubt}]},
		]);
		await rm(path);
		expect(await verifyDirectory(audit.dir)).toEqual([]);
	});

	test('a mirror that was missing stays reported when the next record writes it again', async () => {
		const {audit, path} = await scratchAudit();
		await audit.append({kind: 'start'});
		await rm(join(audit.dir, 'head.json'));
		await audit.append({kind: 'stop'});
		const text = 'head.json was missing or unreadable: whether records after record 1 were cut off is unknown';
		expect(await verifyFile(path)).toMatchObject({records: 3, faults: [{line: 2, text}], inconclusive: [], notes: []});
		await audit.append({kind: 'stop'});
		expect(await verifyFile(path)).toMatchObject({records: 4, faults: [{line: 2}]});
	});

	test('the end of a month before the newest is known from the next month', async () => {
		const {audit, clock, path} = await scratchAudit();
		await audit.append({kind: 'start'});
		await clock.advance(15 * 24 * 3_600_000);
		await audit.append({kind: 'stop'});
		await rm(join(audit.dir, 'head.json'));
		expect(await verifyFile(path)).toMatchObject({faults: [], inconclusive: []});
		expect(await verifyDirectory(audit.dir)).toMatchObject([{inconclusive: []}, {inconclusive: [{line: 0}]}]);
	});

	test('a long torn part does not hide the last complete record', async () => {
		const {audit, path} = await scratchAudit();
		const complete = await audit.append({kind: 'resolve', note: 'x'.repeat(200_000)});
		await appendFile(path, 'y'.repeat(700_000));
		await audit.append({kind: 'stop'});
		expect((await audit.recent(2)).map(record => record.kind)).toEqual(['stop', 'torn']);
		expect((await audit.recent(2))[1]?.prev).toBe(complete.hash);
		expect((await verifyFile(path)).faults).toEqual([]);
	});
});

describe('several consoles', () => {
	const writer = fileURLToPath(new URL('write-records.ts', import.meta.url));
	/** Writes with several programs at once. @returns their exit codes. */
	async function write(programs: number, stateDir: string, count: number): Promise<readonly unknown[]> {
		const children = Array.from({length: programs}, () =>
			spawn(process.execPath, [writer, stateDir, String(count)], {stdio: ['pipe', 'pipe', 'inherit']}),
		);
		const ends = children.map(child => once(child, 'close'));
		await Promise.all(children.map(child => once(child.stdout, 'data')));
		for (const child of children) child.stdin.write('go\n');
		return (await Promise.all(ends)).map(([code]) => code as unknown);
	}

	test('that find the lock of a process that has ended break it once', {timeout: 60_000}, async () => {
		const stateDir = await scratchDir();
		await mkdir(join(stateDir, 'audit'), {recursive: true});
		const holder = {...ownIdentity(), start: '1', host: hostname(), about: 'a console', token: 't'};
		await writeFile(join(stateDir, 'audit', 'writer.lock'), `${JSON.stringify(holder)}\n7`);
		expect(await write(3, stateDir, 20)).toEqual([0, 0, 0]);
		expect(await verifyDirectory(join(stateDir, 'audit'))).toMatchObject([{records: 60, faults: [], notes: []}]);
	});

	test('write at once and leave the chain intact', {timeout: 60_000}, async () => {
		let stateDir = '';
		let changes = 0;
		// On a busy machine one program may end before the other begins, which proves nothing: then once more.
		for (let attempt = 0; changes <= 2 && attempt < 10; attempt += 1) {
			stateDir = await scratchDir();
			expect(await write(2, stateDir, 200)).toEqual([0, 0]);
			const [report] = await verifyDirectory(join(stateDir, 'audit'));
			expect(report).toMatchObject({records: 400, firstSeq: 1, lastSeq: 400, faults: [], notes: []});
			const sessions = (await recordsIn(report?.path ?? '')).map(record => record.session);
			expect(new Set(sessions).size).toBe(2);
			changes = sessions.filter((session, at) => session !== sessions[at - 1]).length;
		}
		expect(changes).toBeGreaterThan(2);
		expect(await readdir(join(stateDir, 'audit'))).toEqual([
			expect.stringMatching(/\.jsonl$/),
			'head.json',
			'writer.lock',
		]);
	});
});
