import {open} from 'node:fs/promises';
import {join} from 'node:path';
import {makeDirectory} from '../files/make-directory.ts';
import {syncPath} from './durable-append.ts';

/** Where the files that belong to records are: beside the log. */
export const savedFilesDir = (stateDir: string): string => join(stateDir, 'kept');

/**
 * Writes what must survive us, before something is changed: `<stateDir>/kept/<record>-<name>`, for this user's eyes only. Resolves with the
 * path when file and name are on disk.
 * @throws Error of node:fs, also when it was kept already.
 */
export async function saveFile(stateDir: string, record: string, name: string, text: string): Promise<string> {
	const dir = savedFilesDir(stateDir);
	makeDirectory(dir);
	// Names from outside may hold anything; the record's id makes it the only one.
	const path = join(dir, `${record}-${name.replace(/[^\w.-]+/g, '_').slice(0, 120)}`);
	const file = await open(path, 'wx', 0o600);
	try {
		await file.writeFile(text);
		await file.sync();
	} finally {
		await file.close();
	}
	await syncPath(dir);
	return path;
}
