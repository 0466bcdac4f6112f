import {mkdir, stat, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {createAudit} from '../../../src/audit/audit-log.ts';
import {createPresence} from '../../../src/audit/presence.ts';
import {makeDirectory} from '../../../src/files/make-directory.ts';
import {createObjectLocks} from '../../../src/remedy/object-lock.ts';
import {createFakeClock} from '../../fake-clock.ts';
import {scratchDir} from '../state/scratch-dir.ts';
import {actor} from '../state/test-actor.ts';

describe('a directory', () => {
	test('is created with its parents, for this user only, and may exist already', async () => {
		const dir = await scratchDir();
		makeDirectory(join(dir, 'a', 'b', 'c'));
		makeDirectory(join(dir, 'a', 'b', 'c'));
		for (const path of ['a', 'a/b', 'a/b/c']) expect((await stat(join(dir, path))).mode & 0o777).toBe(0o700);
	});

	test('may be behind a link', async () => {
		const dir = await scratchDir();
		await mkdir(join(dir, 'elsewhere'));
		await symlink(join(dir, 'elsewhere'), join(dir, 'state'));
		makeDirectory(join(dir, 'state', 'audit'));
		expect((await stat(join(dir, 'elsewhere', 'audit'))).isDirectory()).toBe(true);
	});

	test('is not created at or below the path of a file', async () => {
		const dir = await scratchDir();
		await writeFile(join(dir, 'file'), '');
		await symlink(join(dir, 'nowhere'), join(dir, 'dangling'));
		expect(() => makeDirectory(join(dir, 'file'))).toThrow('EEXIST');
		expect(() => makeDirectory(join(dir, 'file', 'audit'))).toThrow('ENOTDIR');
		expect(() => makeDirectory(join(dir, 'dangling'))).toThrow('EEXIST');
	});
});

// mkdir below /proc fails with ENOENT although the parent exists.
describe.skipIf(process.platform !== 'linux')('a state directory in /proc', () => {
	const stateDir = '/proc/midwatch/demo';

	test('fails and is not retried for ever, by the audit log and by locks', async () => {
		const audit = createAudit({stateDir, clock: createFakeClock(), actor, app: '0.1.0'});
		await expect(audit.append({kind: 'start'})).rejects.toMatchObject({
			message: expect.stringContaining('the record cannot be written: ENOENT'),
			hint: expect.stringContaining('set XDG_STATE_HOME to a writable directory'),
		});
		await expect(createObjectLocks(stateDir).acquire('db', ['maxmemory'], 'a test')).rejects.toThrow('ENOENT');
	});

	test('does not keep the console from starting: it reports no other consoles', async () => {
		const presence = await createPresence({stateDir, session: 'A', clock: createFakeClock(), actor});
		expect(presence.others.get()).toEqual([]);
		await presence.close();
	});
});
