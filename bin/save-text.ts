import {open} from 'node:fs/promises';
import {join} from 'node:path';
import {isErrno} from '../src/files/errno.ts';
import {makeDirectory} from '../src/files/make-directory.ts';

/** So many files of one name within a second are no accident. */
const mostOfOneName = 100;
/** Lines written at once. */
const together = 2000;

/**
 * Writes lines to a new file in `saved` of the state directory, which only this user can read. It never writes over another.
 * @param now epoch milliseconds: part of its name.
 * @returns its path. @throws Error of node:fs when it cannot be written.
 */
export async function saveText(stateDir: string, name: string, lines: readonly string[], now: number): Promise<string> {
	const folder = join(stateDir, 'saved');
	makeDirectory(folder);
	const words = name.replaceAll(/[^\p{L}\p{N}.-]+/gu, '-').replaceAll(/^[-.]+|(?<![-.])[-.]+$/g, '');
	const moment = new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
	const start = join(folder, `${moment}Z-${words.slice(0, 80) || 'text'}`);
	for (let number = 1; ; number += 1) {
		const path = number === 1 ? `${start}.txt` : `${start}-${number}.txt`;
		const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
			if (isErrno(error, 'EEXIST') && number < mostOfOneName) return undefined;
			throw error;
		});
		if (file === undefined) continue;
		try {
			for (let at = 0; at < lines.length; at += together)
				await file.write(`${lines.slice(at, at + together).join('\n')}\n`);
		} finally {
			await file.close();
		}
		return path;
	}
}
