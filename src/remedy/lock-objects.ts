import {AdapterError, messageOf} from '../errors.ts';
import type {LockRefusal, ObjectLock, ObjectLocks} from './object-lock.ts';
import {previewExpiryMs} from './remedy-state.ts';

/** Takes the locks of everything that a plan changes, or none of them. @returns why not when they cannot be taken. Never rejects. */
export async function lockObjects(
	locks: ObjectLocks,
	{target, names, about}: {readonly target: string; readonly names: readonly string[]; readonly about: string},
): Promise<ObjectLock | LockRefusal> {
	try {
		return await locks.acquire(target, names, about);
	} catch (error) {
		return {
			reason: `the lock on ${target}/${names.join(', ')} cannot be written: ${messageOf(error)}`,
			hint: 'look whether the state directory can be written',
		};
	}
}

/** What the system answered is shown, whatever becomes of a lock: one that stays refuses the next act by its name, and ends with this console. */
export async function releaseLock(lock: ObjectLock): Promise<void> {
	try {
		await lock.release();
	} catch {}
}

/**
 * The last look before something is sent. `checkedMs` is the longest time since the target was looked at, by either clock: a machine that
 * slept may have had no other console to lose its lock to, and its monotonic clock may have stopped meanwhile.
 * @throws AdapterError `conflict`.
 */
export async function assertStillHeld(lock: ObjectLock, checkedMs: () => number): Promise<void> {
	const isHeld = await lock.isHeld().catch(() => false);
	if (isHeld && checkedMs() <= previewExpiryMs) return;
	const lost = isHeld ? 'that what was looked at is old' : 'that another one took its lock';
	throw new AdapterError(
		'conflict',
		`this console was stopped for so long ${lost}`,
		'look at it as it is now, and try again',
	);
}
