import {constants} from 'node:fs';
import {lstat, mkdtemp, readdir, rm, stat} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {AdapterError, messageOf} from '../errors.ts';
import {isErrno} from '../files/errno.ts';
import {openRegular} from '../files/regular-file.ts';
import {statePath} from '../state/layout.ts';
import {withLock} from '../state/lock-file.ts';
import {ownIdentity} from '../state/process-identity.ts';
import {withDeadline} from '../time/deadline.ts';
import {AuditError, auditHint} from './audit-error.ts';
import {type AuditOptions, createAudit} from './audit-log.ts';
import {auditLockPath, listLogFiles, readTail} from './monthly-log-files.ts';
import {verifyDirectory} from './verify-log.ts';

/** Size of a long record. */
const note = 'x'.repeat(16 * 1024);

/** Longer than a record waits for the lock. Also ends the check when the disk does not answer (an NFS server that is down). */
const checkTimeoutMs = 45_000;

const scratchPrefix = '.check-';

/**
 * Checks that a record can be written now, the way an action writes it: takes the writer lock, opens the newest file for appending and reads its
 * end, then writes a record to a scratch log beside it and verifies that. Removes everything it wrote, and does not create an absent directory.
 * @throws AuditError as the log itself would
 */
export async function checkWritable(options: AuditOptions): Promise<void> {
	const dir = statePath(options.stateDir, 'auditFolder');
	const createTimeoutError = () =>
		new AdapterError('timeout', `no answer within ${checkTimeoutMs / 1000} s`, 'The disk does not answer.');
	try {
		await withDeadline({clock: options.clock, timeoutMs: checkTimeoutMs, createTimeoutError}, () =>
			check(dir, options),
		);
	} catch (error) {
		throw new AuditError(`the record cannot be written: ${messageOf(error)}`, auditHint(error, dir), {cause: error});
	}
}

async function check(dir: string, options: AuditOptions): Promise<void> {
	const existing = await nearestExistingDirectory(dir);
	if (existing !== dir) return tryWriteIn(existing, options);
	const lock = {about: 'midwatch doctor', identity: ownIdentity(), ...options.lockTimes};
	await withLock(auditLockPath(dir), lock, async () => {
		const newest = (await listLogFiles(dir)).at(-1);
		if (newest !== undefined) {
			await (await openRegular(newest, constants.O_WRONLY | constants.O_APPEND)).close();
			await readTail(newest);
		}
		// Left by killed processes: the holder of the lock is the only one that checks.
		for (const name of await readdir(dir))
			if (name.startsWith(scratchPrefix)) await rm(join(dir, name), {recursive: true, force: true});
		await tryWriteIn(dir, options);
	});
	const savedFiles = statePath(options.stateDir, 'savedFiles');
	if (await exists(savedFiles)) await rm(await mkdtemp(join(savedFiles, scratchPrefix)), {recursive: true});
}

/** `path` or its nearest ancestor that exists. @throws Error of node:fs; ENOTDIR when that is not a directory */
async function nearestExistingDirectory(path: string): Promise<string> {
	try {
		if ((await stat(path)).isDirectory()) return path;
	} catch (error) {
		if (!isErrno(error, 'ENOENT') || dirname(path) === path) throw error;
		if (await exists(path))
			throw Object.assign(new Error(`EEXIST: a dangling symbolic link, '${path}'`), {code: 'EEXIST'});
		return nearestExistingDirectory(dirname(path));
	}
	throw Object.assign(new Error(`ENOTDIR: not a directory, '${path}'`), {code: 'ENOTDIR'});
}

const exists = (path: string): Promise<boolean> =>
	lstat(path).then(
		() => true,
		() => false,
	);

async function tryWriteIn(dir: string, options: AuditOptions): Promise<void> {
	const scratch = await mkdtemp(join(dir, scratchPrefix));
	try {
		const audit = createAudit({...options, stateDir: scratch});
		await audit.append({kind: 'start', note}).catch((error: unknown) => {
			throw error instanceof AuditError && error.cause !== undefined ? error.cause : error;
		});
		const [problem] = (await verifyDirectory(audit.dir)).flatMap(({faults, inconclusive}) => [
			...faults,
			...inconclusive,
		]);
		if (problem !== undefined) throw new Error(`the test record was not read back as it was written: ${problem.text}`);
	} finally {
		await rm(scratch, {recursive: true, force: true});
	}
}
