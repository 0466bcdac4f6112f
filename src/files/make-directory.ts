import {mkdirSync, statSync} from 'node:fs';
import {dirname} from 'node:path';
import {isErrno} from './errno.ts';

/**
 * Makes a directory that only this user can enter, and those above it that are missing. `mkdir` of node:fs with `recursive` goes round for
 * ever where the parent is there and the system still says ENOENT, as it does below `/proc`; this says so instead.
 * @throws Error of node:fs when it cannot be made, or something else stands there.
 */
export function makeDirectory(path: string): void {
	if (stands(path)) return;
	const parent = dirname(path);
	if (parent !== path) makeDirectory(parent);
	make(path);
}

function make(path: string): void {
	try {
		mkdirSync(path, {mode: 0o700});
	} catch (error) {
		// Another console may have made it meanwhile.
		if (!isErrno(error, 'EEXIST') || !stands(path)) throw error;
	}
}

function stands(path: string): boolean {
	try {
		return statSync(path).isDirectory();
	} catch (error) {
		if (isErrno(error, 'ENOENT')) return false;
		throw error;
	}
}
