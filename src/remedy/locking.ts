import {messageOf} from '../errors.ts';
import type {ObjectLocks} from './object-lock.ts';

type Refused = {readonly reason: string; readonly hint: string};

/**
 * Takes the locks of everything that a plan changes, or none of them. Always in the same order, so that two consoles whose plans overlap do
 * not each take a part.
 * @returns how to release them, or why they cannot be taken.
 */
export function lockAll(
	locks: ObjectLocks,
	{target, names, about}: {readonly target: string; readonly names: readonly string[]; readonly about: string},
): (() => void) | Refused {
	const taken: (() => void)[] = [];
	const release = () => {
		// What the system answered is shown, whatever becomes of a lock: one that stays refuses the next act by its name, and ends with this console.
		for (const unlock of taken) {
			try {
				unlock();
			} catch {}
		}
	};
	for (const name of [...new Set(names)].toSorted()) {
		try {
			const lock = locks.take(target, name, about);
			if (typeof lock !== 'string') {
				taken.push(lock);
				continue;
			}
			release();
			return {reason: `${target}/${name} is held by ${lock}`, hint: 'wait until it is done, and look again'};
		} catch (error) {
			release();
			return {
				reason: `the lock on ${target}/${name} cannot be written: ${messageOf(error)}`,
				hint: 'look whether the state directory can be written',
			};
		}
	}
	return release;
}
