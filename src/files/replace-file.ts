import {open, rename, rm} from 'node:fs/promises';
import {isErrno} from './errno.ts';

/**
 * Replaces a file of mode 0600 atomically: writes `temporary`, which must not exist, syncs it, and renames it when `mayReplace` resolves to
 * true.
 * @returns whether it was replaced; not when another process removed the temporary file. @throws Error of node:fs
 */
export async function replaceFile(
	path: string,
	text: string,
	{
		temporary,
		mayReplace = async () => true,
	}: {readonly temporary: string; readonly mayReplace?: () => Promise<boolean>},
): Promise<boolean> {
	try {
		const file = await open(temporary, 'wx', 0o600);
		try {
			await file.writeFile(text);
			await file.sync();
		} finally {
			await file.close();
		}
		if (await mayReplace()) return await renamed(temporary, path);
	} catch (error) {
		await rm(temporary, {force: true}).catch(() => {});
		throw error;
	}
	await rm(temporary, {force: true});
	return false;
}

async function renamed(temporary: string, path: string): Promise<boolean> {
	try {
		await rename(temporary, path);
		return true;
	} catch (error) {
		if (isErrno(error, 'ENOENT')) return false;
		throw error;
	}
}

/** Resolves when the contents of this file, or the names in this directory, are on disk. */
export async function syncPath(path: string): Promise<void> {
	const file = await open(path, 'r');
	try {
		await file.sync();
	} finally {
		await file.close();
	}
}
