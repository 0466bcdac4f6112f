import {link, readdir, rename, rm} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {isErrno} from '../files/errno.ts';
import {keepAliveClock, pause, repeat, systemClock} from '../time/clock.ts';
import {
	checkLease,
	createHolder,
	createLease,
	type FoundLease,
	holderName,
	type InvalidLease,
	leaseRecoveryHint,
	type OwnLease,
	readLease,
	releasedState,
} from './lease-file.ts';
import {createLeaseMonitor, type LeaseMonitor, leaseMs, renewMs} from './lease-monitor.ts';
import type {ProcessIdentity} from './process-identity.ts';

/** A lock that this process holds, renewed until it is released. */
export type Lock = {
	/** Suffix of the files with which the holder replaces others: `<name>.<token>`. See `removeLeftovers`. */
	readonly token: string;
	/** The previous holder has ended for certain. Otherwise it may only be asleep, and may continue to write at any moment. */
	readonly previousHolderEnded: boolean;
	/** Declares that writes of the previous holder can do no harm any more. Until then, `previousHolderEnded` is false for the next holder too. */
	markFenced(): void;
	/** Returns whether this process still holds it: a process that slept longer than a lease may have lost it. */
	isHeld(): Promise<boolean>;
	release(): Promise<void>;
};

/** The lock stayed held. `message` says by whom, `hint` what to do. */
export class LockHeldError extends Error {
	override readonly name = 'LockHeldError';
	readonly hint: string;

	constructor(message: string, hint: string) {
		super(message);
		this.hint = hint;
	}
}

/** The lock was lost during a write: this process slept longer than its lease, and another console may write now. */
export class LostLockError extends Error {
	override readonly name = 'LostLockError';

	constructor(path: string) {
		super(`${path} was not written: this process was suspended for so long that another console took the writer lock`);
	}
}

export type LockOptions = {
	readonly about: string;
	readonly identity: ProcessIdentity;
	/** Milliseconds; default: twice the length of a lease. */
	readonly waitMs?: number;
	readonly leaseMs?: number;
	readonly renewMs?: number;
};

/**
 * Waits for the lock, runs the work, and releases the lock. The file stays, with the state `released`: removing it could remove the lock of
 * another console if this process was asleep just before.
 * @throws LockHeldError when it stays held; Error of node:fs when it cannot be written.
 */
export async function withLock<T>(path: string, options: LockOptions, work: (lock: Lock) => Promise<T>): Promise<T> {
	const lock = await waitForLock(path, options);
	try {
		return await work(lock);
	} finally {
		await lock.release();
	}
}

async function waitForLock(path: string, options: LockOptions): Promise<Lock> {
	const {identity, waitMs = leaseMs * 2} = options;
	const watch = createLeaseMonitor(systemClock.monotonic, options.leaseMs);
	const began = systemClock.monotonic();
	for (;;) {
		const taken = await takeLock(path, options, watch);
		if ('release' in taken) return taken;
		const waited = systemClock.monotonic() - began;
		// A file that is not a lock does not expire.
		if (waited >= waitMs || ('what' in taken && !taken.isEmpty)) {
			const by = 'holder' in taken ? holderName(taken.holder) : taken.what;
			throw new LockHeldError(`${path} is held by ${by}`, leaseRecoveryHint(path, taken, identity));
		}
		// Another record is written in milliseconds; a lease takes seconds to end.
		await pause(keepAliveClock, waited < 2000 ? 4 + Math.random() * 12 : 50 + Math.random() * 100);
	}
}

/** Takes the lock, or returns what holds it. @throws Error of node:fs. */
export async function takeLock(
	path: string,
	{about, identity, renewMs: intervalMs = renewMs}: LockOptions,
	watch: LeaseMonitor,
): Promise<Lock | FoundLease | InvalidLease> {
	for (;;) {
		const found = await readLease(path);
		const free = checkIfFree(path, found, identity, watch);
		if (found !== undefined && free === undefined) return found;
		const holder = createHolder(identity, about);
		const fresh = `${path}.${holder.token}`;
		const lease = await createLease(fresh, {...holder, unfenced: free === 'maybe asleep'});
		if (await replaceLockFile(path, fresh, found)) {
			await removeLeftovers(dirname(path), holder.token);
			// From here on no other process has a replacement file that it created before it saw this lock.
			if (await lease.isAt(path)) return createHeldLock(path, lease, free === 'after its end', intervalMs);
		}
		await lease.close();
		await rm(fresh, {force: true});
	}
}

/** State of a lock that was released before `markFenced`. */
const unfenced = 'unfenced';

type Free = 'after its end' | 'maybe asleep';

function checkIfFree(
	path: string,
	found: FoundLease | InvalidLease | undefined,
	identity: ProcessIdentity,
	watch: LeaseMonitor,
): Free | undefined {
	// A user may have removed the lock of a console that is only asleep.
	if (found === undefined) return 'maybe asleep';
	if (!('holder' in found)) return found.isEmpty && watch.hasExpired(path, '') ? 'maybe asleep' : undefined;
	if (found.state === releasedState) return 'after its end';
	if (found.state === unfenced) return 'maybe asleep';
	const {liveness, isOver} = checkLease(found, identity, watch);
	if (!isOver) return undefined;
	return liveness === 'ended' && found.content['unfenced'] !== true ? 'after its end' : 'maybe asleep';
}

/** Moves the fresh file to `path` if the file there is still `found` (or still missing). @returns whether it was moved. */
async function replaceLockFile(
	path: string,
	fresh: string,
	found: FoundLease | InvalidLease | undefined,
): Promise<boolean> {
	try {
		if (found === undefined) {
			// Creating a hard link is atomic, and never replaces another file.
			await link(fresh, path);
			await rm(fresh, {force: true});
			return true;
		}
		const now = await readLease(path);
		if (tokenOf(now) !== tokenOf(found)) return false;
		await rename(fresh, path);
		return true;
	} catch (error) {
		// ENOENT: removed as a leftover by the process that holds the lock now.
		if (isErrno(error, 'EEXIST') || isErrno(error, 'ENOENT')) return false;
		throw error;
	}
}

const tokenOf = (found: FoundLease | InvalidLease | undefined): string | undefined =>
	found !== undefined && 'holder' in found ? found.holder.token : found?.what;

/** Files that earlier versions left when they were killed. */
const leftovers: ReadonlySet<string> = new Set(['writer.lock.break', 'head.json.new']);

/**
 * Removes the replacement files of other holders. A rename of a removed file fails, so a process that was asleep just before its rename does
 * no harm when it continues.
 */
async function removeLeftovers(dir: string, token: string): Promise<void> {
	const names = await readdir(dir);
	const swept = names.filter(
		name => leftovers.has(name) || (/\.[0-9a-f]{24}$/.test(name) && !name.endsWith(`.${token}`)),
	);
	await Promise.all(swept.map(name => rm(join(dir, name), {force: true})));
}

function createHeldLock(path: string, lease: OwnLease, isAfterEnd: boolean, intervalMs: number): Lock {
	const stopRenewing = repeat(systemClock, intervalMs, () => void lease.renew().catch(() => {}));
	let isFenced = isAfterEnd;
	return {
		token: lease.token,
		previousHolderEnded: isAfterEnd,
		markFenced() {
			isFenced = true;
		},
		isHeld: () => lease.isAt(path),
		async release() {
			stopRenewing();
			try {
				await lease.end(isFenced ? releasedState : unfenced);
			} catch {
				// A full disk may refuse even this: no file is better than a lock that stays held.
				if (await lease.isAt(path)) await rm(path, {force: true});
			} finally {
				await lease.close();
			}
		},
	};
}

/** Returns the path of the file with which the holder of a lock replaces `path`. */
export const replacementPath = (path: string, token: string): string =>
	join(dirname(path), `${basename(path)}.${token}`);
