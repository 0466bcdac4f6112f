import {open} from 'node:fs/promises';
import {isErrno} from '../src/files/errno.ts';
import {makeDirectory} from '../src/files/make-directory.ts';
import {fileMode, statePath} from '../src/state/layout.ts';

/** More files of one name in one second mean a fault, so the write fails then. */
const maxFilesOfOneName = 100;
const linesPerWrite = 2000;

/**
 * Writes lines to a new file in `saved` of the state directory, readable by this user only. Never overwrites a file.
 * @param now epoch milliseconds; part of the file's name.
 * @returns the path. @throws Error of node:fs when the file cannot be written.
 */
export async function saveText(stateDir: string, name: string, lines: readonly string[], now: number): Promise<string> {
	makeDirectory(statePath(stateDir, 'savedTexts'));
	const words = name.replaceAll(/[^\p{L}\p{N}.-]+/gu, '-').replaceAll(/^[-.]+|(?<![-.])[-.]+$/g, '');
	const timestamp = new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
	const word = words.slice(0, 80) || 'text';
	for (let number = 1; ; number += 1) {
		const unique = number === 1 ? word : `${word}-${number}`;
		const path = statePath(stateDir, 'savedText', {time: `${timestamp}Z`, name: unique});
		const file = await open(path, 'wx', fileMode).catch((error: unknown) => {
			if (isErrno(error, 'EEXIST') && number < maxFilesOfOneName) return undefined;
			throw error;
		});
		if (file === undefined) continue;
		try {
			for (let at = 0; at < lines.length; at += linesPerWrite)
				await file.write(`${lines.slice(at, at + linesPerWrite).join('\n')}\n`);
		} finally {
			await file.close();
		}
		return path;
	}
}
