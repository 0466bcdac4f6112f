import {mkdirSync, statSync} from 'node:fs';
import {dirname} from 'node:path';
import {isErrno} from './errno.ts';

/**
 * Creates a directory with mode 0700, and missing parents. `mkdir` of node:fs with `recursive` loops for ever where the parent exists and the
 * system still reports ENOENT, as it does below `/proc`; this throws instead.
 * @throws Error of node:fs when it cannot be created, or the path is not a directory.
 */
export function makeDirectory(path: string): void {
	if (isDirectory(path)) return;
	const parent = dirname(path);
	if (parent !== path) makeDirectory(parent);
	make(path);
}

function make(path: string): void {
	try {
		mkdirSync(path, {mode: 0o700});
	} catch (error) {
		// Another console may have created it in the meantime.
		if (!isErrno(error, 'EEXIST') || !isDirectory(path)) throw error;
	}
}

function isDirectory(path: string): boolean {
	try {
		return statSync(path).isDirectory();
	} catch (error) {
		if (isErrno(error, 'ENOENT')) return false;
		throw error;
	}
}
