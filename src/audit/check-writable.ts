import {constants} from 'node:fs';
import {lstat, mkdtemp, readdir, rm, stat} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {messageOf} from '../errors.ts';
import {isErrno} from '../files/errno.ts';
import {openRegular} from '../files/regular-file.ts';
import {withLock} from '../state/lock-file.ts';
import {ownIdentity} from '../state/process-identity.ts';
import {AuditError, type AuditOptions, auditHint, createAudit} from './audit-log.ts';
import {listLogFiles, readTail} from './monthly-log-files.ts';
import {savedFilesDir} from './saved-files.ts';
import {verifyDirectory} from './verify-log.ts';

/** As much as a long record. */
const note = 'x'.repeat(16 * 1024);

/** Longer than a record waits for the lock. A disk that does not answer at all, as of an NFS server that went away, ends it too. */
const limitMs = 45_000;

const scratchPrefix = '.check-';

/**
 * Whether a record could be written now, tried as an action does it: it takes the writer lock, opens the newest month to append to it and reads
 * its end, then writes a record to a scratch log beside it by the code that writes all records, and verifies that. Nothing of it is left.
 * An absent directory is not made.
 * @throws AuditError as the log would when it is asked to write, with what to do.
 */
export async function checkWritable(options: AuditOptions): Promise<void> {
	const dir = join(options.stateDir, 'audit');
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error(`no answer within ${limitMs / 1000} s`)), limitMs);
	});
	try {
		await Promise.race([check(dir, options), late]);
	} catch (error) {
		throw new AuditError(`the record cannot be written: ${messageOf(error)}`, auditHint(error, dir), {cause: error});
	} finally {
		clearTimeout(timer);
	}
}

async function check(dir: string, options: AuditOptions): Promise<void> {
	const there = await nearestExistingDirectory(dir);
	if (there !== dir) return tryWriteIn(there, options);
	const lock = {about: 'midwatch doctor', identity: ownIdentity(), ...options.lockTimes};
	await withLock(join(dir, 'writer.lock'), lock, async () => {
		const newest = (await listLogFiles(dir)).at(-1);
		if (newest !== undefined) {
			await (await openRegular(newest, constants.O_WRONLY | constants.O_APPEND)).close();
			await readTail(newest);
		}
		// One that was killed left them: who has the lock is the only one.
		for (const name of await readdir(dir))
			if (name.startsWith(scratchPrefix)) await rm(join(dir, name), {recursive: true, force: true});
		await tryWriteIn(dir, options);
	});
	const kept = savedFilesDir(options.stateDir);
	if (await isThere(kept)) await rm(await mkdtemp(join(kept, scratchPrefix)), {recursive: true});
}

/** It, or the lowest directory above it that is there. @throws Error of node:fs, ENOTDIR where something else is in its place. */
async function nearestExistingDirectory(path: string): Promise<string> {
	try {
		if ((await stat(path)).isDirectory()) return path;
	} catch (error) {
		if (!isErrno(error, 'ENOENT') || dirname(path) === path) throw error;
		if (await isThere(path))
			throw Object.assign(new Error(`EEXIST: a symbolic link that leads nowhere, '${path}'`), {code: 'EEXIST'});
		return nearestExistingDirectory(dirname(path));
	}
	throw Object.assign(new Error(`ENOTDIR: not a directory, '${path}'`), {code: 'ENOTDIR'});
}

const isThere = (path: string): Promise<boolean> =>
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
		const wrong = (await verifyDirectory(audit.dir)).flatMap(({faults, inconclusive: doubts}) => [
			...faults,
			...doubts,
		]);
		if (wrong.length > 0) throw new Error(`what was written for a test reads otherwise: ${wrong[0]?.text}`);
	} finally {
		await rm(scratch, {recursive: true, force: true});
	}
}
