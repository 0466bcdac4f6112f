import {open} from 'node:fs/promises';
import {join} from 'node:path';
import {makeDirectory} from '../files/make-directory.ts';
import {syncPath} from './durable-append.ts';

/** The directory of the files that belong to records. */
export const savedFilesDir = (stateDir: string): string => join(stateDir, 'saved-files');

/**
 * Writes a file that an undo or a reviewer needs: `<stateDir>/saved-files/<record>-<name>`, readable by this user only. Resolves with the path
 * when the file and its name are on disk.
 * @throws Error of node:fs, also when the file exists
 */
export async function saveFile(stateDir: string, record: string, name: string, text: string): Promise<string> {
	const dir = savedFilesDir(stateDir);
	makeDirectory(dir);
	// Names from outside may contain any character; the id of the record makes the path unique.
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
