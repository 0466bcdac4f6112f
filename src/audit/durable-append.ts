import {constants} from 'node:fs';
import {copyFile, open, rename, stat} from 'node:fs/promises';
import {dirname} from 'node:path';
import {openRegular} from '../files/regular-file.ts';
import {type Lock, replacementPath} from '../state/lock-file.ts';
import {activeLogFiles} from './monthly-log-files.ts';

/** The writer lock was lost while something was written: this process slept longer than a lease, and another console writes by now. */
export class LostLockError extends Error {
	override readonly name = 'LostLockError';

	constructor(path: string) {
		super(`${path} was not written: this process was stopped for so long that another console took the writer lock`);
	}
}

/**
 * Puts a copy in the place of each file that may be written to when the holder of the lock before may only be asleep. What he still writes goes to the file
 * that he has open, which is in the log no longer: so the chain never forks.
 */
export async function fence(dir: string, lock: Lock): Promise<void> {
	if (lock.previousHolderEnded) return;
	for (const path of await activeLogFiles(dir)) {
		// A device has no content that could be put in its place.
		if (!(await stat(path)).isFile()) continue;
		const copy = replacementPath(path, lock.token);
		await copyFile(path, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
		await syncPath(copy);
		await assertLockHeld(lock, path);
		await rename(copy, path);
		await syncPath(dir);
	}
	lock.markFenced();
}

/**
 * Appends what `compose` makes of the log as it then is. All or nothing, as far as the disk lets us: what was written of a text that did
 * not fit is taken back.
 * @throws LostLockError: whether it is in the log only a look can tell.
 */
export async function appendDurably(path: string, lock: Lock, compose: () => Promise<string>): Promise<void> {
	const file = await openRegular(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o600);
	try {
		const {size, mode} = await file.stat();
		if ((mode & 0o077) !== 0) await file.chmod(0o600);
		// In this order: who takes the lock after this look replaces the file that is open here before he reads where the chain ends.
		await assertLockHeld(lock, path);
		const text = await compose();
		try {
			await file.writeFile(text);
			await file.sync();
		} catch (error) {
			await file.truncate(size).catch(() => {});
			throw error;
		}
		// So that a new file's name survives a power loss too.
		if (size === 0) await syncPath(dirname(path));
		await assertLockHeld(lock, path);
	} finally {
		await file.close();
	}
}

async function assertLockHeld(lock: Lock, path: string): Promise<void> {
	if (!(await lock.isHeld())) throw new LostLockError(path);
}

/** Waits until what was written at this path, a file or the names in a directory, is on disk. */
export async function syncPath(path: string): Promise<void> {
	const file = await open(path, 'r');
	try {
		await file.sync();
	} finally {
		await file.close();
	}
}
