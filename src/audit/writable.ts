import {constants} from 'node:fs';
import {access, open, rm, stat} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {messageOf} from '../errors.ts';
import {isErrno} from './errno.ts';
import {AuditError, auditHint} from './log.ts';
import {listMonths} from './months.ts';

/** As much as a long record. */
const probe = Buffer.alloc(16 * 1024);

/**
 * Whether a record could be written now: tries it with a file that is removed again. An absent directory is not made.
 * @throws AuditError as the log would when it is asked to write, with what to do.
 */
export async function checkWritable(dir: string): Promise<void> {
	try {
		const there = await nearest(dir);
		if (there !== dir) await access(there, constants.W_OK | constants.X_OK);
		else await tryIn(dir);
	} catch (error) {
		throw new AuditError(`the record cannot be written: ${messageOf(error)}`, auditHint(error, dir), {cause: error});
	}
}

/** It, or the lowest directory above it that is there. @throws Error of node:fs, ENOTDIR where something else stands in its place. */
async function nearest(path: string): Promise<string> {
	try {
		if ((await stat(path)).isDirectory()) return path;
	} catch (error) {
		if (!isErrno(error, 'ENOENT') || dirname(path) === path) throw error;
		return nearest(dirname(path));
	}
	throw Object.assign(new Error(`ENOTDIR: not a directory, '${path}'`), {code: 'ENOTDIR'});
}

async function tryIn(dir: string): Promise<void> {
	const newest = (await listMonths(dir)).at(-1);
	if (newest !== undefined) await (await open(newest, 'a')).close();
	const path = join(dir, `.can-be-written-${process.pid}`);
	try {
		const file = await open(path, 'w', 0o600);
		try {
			await file.writeFile(probe);
			await file.sync();
		} finally {
			await file.close();
		}
	} finally {
		await rm(path, {force: true});
	}
}
