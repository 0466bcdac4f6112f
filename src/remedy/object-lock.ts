import {join} from 'node:path';
import {isLock, takeLock} from '../audit/lock-file.ts';
import {makeDirectory} from '../audit/make-directory.ts';
import {sha256} from '../audit/record.ts';

/** Keeps two consoles of a user from acting on the same object at once. */
export type ObjectLocks = {
	/**
	 * @returns how to give it back, or in a few words who has it.
	 * @throws Error of node:fs when locks cannot be written.
	 */
	take(target: string, object: string, about: string): (() => void) | string;
};

export function createObjectLocks(stateDir: string): ObjectLocks {
	const dir = join(stateDir, 'locks');
	return {
		take(target, object, about) {
			makeDirectory(dir);
			// Names from outside may hold anything, so the file is called by their hash.
			const path = join(dir, `${sha256(JSON.stringify([target, object])).slice(0, 32)}.lock`);
			const taken = takeLock(path, about);
			return isLock(taken) ? () => taken.release() : `${taken.about} (pid ${taken.pid} on ${taken.host})`;
		},
	};
}
