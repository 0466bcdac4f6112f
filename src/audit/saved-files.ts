import {open} from 'node:fs/promises';
import {makeDirectory} from '../files/make-directory.ts';
import {syncPath} from '../files/replace-file.ts';
import {fileMode, statePath} from '../state/layout.ts';

/**
 * Writes a file that an undo or a reviewer needs: `<stateDir>/saved-files/<record>-<name>`, readable by this user only. Resolves with the path
 * when the file and its name are on disk.
 * @throws Error of node:fs, also when the file exists
 */
export async function saveFile(stateDir: string, record: string, name: string, text: string): Promise<string> {
	const dir = statePath(stateDir, 'savedFiles');
	makeDirectory(dir);
	// Names from outside may contain any character; the id of the record makes the path unique.
	const safeName = name.replace(/[^\w.-]+/g, '_').slice(0, 120);
	const path = statePath(stateDir, 'savedFile', {record, name: safeName});
	const file = await open(path, 'wx', fileMode);
	try {
		await file.writeFile(text);
		await file.sync();
	} finally {
		await file.close();
	}
	await syncPath(dir);
	return path;
}
