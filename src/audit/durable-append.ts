import {constants} from 'node:fs';
import {copyFile, rename, stat} from 'node:fs/promises';
import {dirname} from 'node:path';
import {openRegular} from '../files/regular-file.ts';
import {syncPath} from '../files/replace-file.ts';
import {fileMode} from '../state/layout.ts';
import {type Lock, LostLockError, replacementPath} from '../state/lock-file.ts';
import {activeLogFiles} from './monthly-log-files.ts';

/**
 * Replaces each active file by a copy when the previous holder of the lock may only be suspended. What that process still writes goes to the file
 * it has open, which is no longer part of the log, so the chain never forks.
 */
export async function fence(dir: string, lock: Lock): Promise<void> {
	if (lock.previousHolderEnded) return;
	for (const path of await activeLogFiles(dir)) {
		// A device cannot be replaced by a copy.
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
 * Appends the text that `compose` returns from the present end of the log. All or nothing as far as possible: a partial write (disk full) is
 * truncated.
 * @throws LostLockError; then the text may or may not be in the log
 */
export async function appendDurably(path: string, lock: Lock, compose: () => Promise<string>): Promise<void> {
	const file = await openRegular(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, fileMode);
	try {
		const {size, mode} = await file.stat();
		if ((mode & 0o077) !== 0) await file.chmod(fileMode);
		// In this order: a process that takes the lock after this check replaces the file that is open here before it reads the end of the chain.
		await assertLockHeld(lock, path);
		const text = await compose();
		try {
			await file.writeFile(text);
			await file.sync();
		} catch (error) {
			await file.truncate(size).catch(() => {});
			throw error;
		}
		// The name of a new file must survive a power loss too.
		if (size === 0) await syncPath(dirname(path));
		await assertLockHeld(lock, path);
	} finally {
		await file.close();
	}
}

async function assertLockHeld(lock: Lock, path: string): Promise<void> {
	if (!(await lock.isHeld())) throw new LostLockError(path);
}
