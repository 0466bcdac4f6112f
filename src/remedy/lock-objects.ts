import {AdapterError, messageOf} from '../errors.ts';
import type {LockRefusal, ObjectLock, ObjectLocks} from './object-lock.ts';
import {previewExpiryMs} from './remedy-state.ts';

/** Locks every object that a plan changes, or none. @returns the lock, or why it is refused. Never rejects. */
export async function lockObjects(
	locks: ObjectLocks,
	{target, names, about}: {readonly target: string; readonly names: readonly string[]; readonly about: string},
): Promise<ObjectLock | LockRefusal> {
	try {
		return await locks.acquire(target, names, about);
	} catch (error) {
		return {
			reason: `the lock on ${target}/${names.join(', ')} cannot be written: ${messageOf(error)}`,
			hint: 'make the state directory writable',
		};
	}
}

/** Never rejects: a lock that cannot be released must not hide the answer of the system. It then refuses the next action on the object until this console ends. */
export async function releaseLock(lock: ObjectLock): Promise<void> {
	try {
		await lock.release();
	} catch {}
}

/**
 * The last check before sending: the lock is still held and the last preflight is recent. `checkedMs` returns the time since that preflight by
 * the clock that advanced further: while a machine sleeps no other console may take the lock, and the monotonic clock may stop.
 * @throws AdapterError `conflict`
 */
export async function assertStillHeld(lock: ObjectLock, checkedMs: () => number): Promise<void> {
	const isHeld = await lock.isHeld().catch(() => false);
	if (isHeld && checkedMs() <= previewExpiryMs) return;
	const consequence = isHeld ? 'its last checks are too old' : 'another console took its lock';
	throw new AdapterError(
		'conflict',
		`this console was suspended for too long: ${consequence}`,
		'check the present state, then try again',
	);
}
