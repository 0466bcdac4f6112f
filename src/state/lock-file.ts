import {link, readdir, rename, rm} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {performance} from 'node:perf_hooks';
import {setTimeout as pause} from 'node:timers/promises';
import {isErrno} from '../files/errno.ts';
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

/** A lock that this process holds, renewed until it is given back. */
export type Lock = {
	/** Names the files that the holder is about to put in the place of others: `<name>.<token>`. See `sweep`. */
	readonly token: string;
	/** The holder before has ended for certain. Else it may only be asleep, and may go on at any moment with what it was about to write. */
	readonly previousHolderEnded: boolean;
	/** What the holder before may still write is out of the way. Until this is said, the next holder is not after a certain end either. */
	markFenced(): void;
	/** Looks whether it is still this process's: a process that slept longer than a lease may have lost it. */
	isHeld(): Promise<boolean>;
	release(): Promise<void>;
};

/** The lock stayed held. `message` says by whom, `hint` how to settle it. */
export class LockHeldError extends Error {
	override readonly name = 'LockHeldError';
	readonly hint: string;

	constructor(message: string, hint: string) {
		super(message);
		this.hint = hint;
	}
}

export type LockOptions = {
	readonly about: string;
	readonly identity: ProcessIdentity;
	/** Milliseconds; as long as a lease and some more when absent. */
	readonly waitMs?: number;
	readonly leaseMs?: number;
	readonly renewMs?: number;
};

/**
 * Waits for the lock, does the work, and gives it back. The file stays, with the mark `released` in it: removing it could remove the lock
 * of another console when this process slept just before that.
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
	const watch = createLeaseMonitor(() => performance.now(), options.leaseMs);
	const began = performance.now();
	for (;;) {
		const taken = await takeLock(path, options, watch);
		if ('release' in taken) return taken;
		const waited = performance.now() - began;
		// What is no lock does not end by itself.
		if (waited >= waitMs || ('what' in taken && !taken.isEmpty)) {
			const by = 'holder' in taken ? holderName(taken.holder) : taken.what;
			throw new LockHeldError(`${path} is held by ${by}`, leaseRecoveryHint(path, taken, identity));
		}
		// Another record is written in milliseconds; a lease takes seconds to end.
		await pause(waited < 2000 ? 4 + Math.random() * 12 : 50 + Math.random() * 100);
	}
}

/** Takes the lock, or tells what holds it. @throws Error of node:fs. */
export async function takeLock(
	path: string,
	{about, identity, renewMs: every = renewMs}: LockOptions,
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
			// From here on no other process has a file to put in its place that it made before it saw this one.
			if (await lease.isAt(path)) return createHeldLock(path, lease, free === 'after its end', every);
		}
		await lease.close();
		await rm(fresh, {force: true});
	}
}

/** The state of a lock that was given back before what an earlier holder may still write was out of the way. */
const unfenced = 'unfenced';

type Free = 'after its end' | 'maybe asleep';

function checkIfFree(
	path: string,
	found: FoundLease | InvalidLease | undefined,
	identity: ProcessIdentity,
	watch: LeaseMonitor,
): Free | undefined {
	// Somebody may have removed the lock of a console that is only asleep.
	if (found === undefined) return 'maybe asleep';
	if (!('holder' in found)) return found.isEmpty && watch.hasExpired(path, '') ? 'maybe asleep' : undefined;
	if (found.state === releasedState) return 'after its end';
	if (found.state === unfenced) return 'maybe asleep';
	const {liveness, isOver} = checkLease(found, identity, watch);
	if (!isOver) return undefined;
	return liveness === 'ended' && found.content['unfenced'] !== true ? 'after its end' : 'maybe asleep';
}

/** Puts the fresh file where nothing was, or in the place of what was found, if that is still there. @returns whether it was put there. */
async function replaceLockFile(
	path: string,
	fresh: string,
	found: FoundLease | InvalidLease | undefined,
): Promise<boolean> {
	try {
		if (found === undefined) {
			// A hard link is made whole or not at all, and never over another file.
			await link(fresh, path);
			await rm(fresh, {force: true});
			return true;
		}
		const now = await readLease(path);
		if (tokenOf(now) !== tokenOf(found)) return false;
		await rename(fresh, path);
		return true;
	} catch (error) {
		// ENOENT: swept by one who has it now.
		if (isErrno(error, 'EEXIST') || isErrno(error, 'ENOENT')) return false;
		throw error;
	}
}

const tokenOf = (found: FoundLease | InvalidLease | undefined): string | undefined =>
	found !== undefined && 'holder' in found ? found.holder.token : found?.what;

/** What versions before this one left when they were killed. */
const leftovers = new Set(['writer.lock.break', 'head.json.new']);

/**
 * Removes the files that others were about to put in the place of others. A rename whose file was removed does nothing: so one who slept just
 * before it does no harm when he wakes up.
 */
async function removeLeftovers(dir: string, token: string): Promise<void> {
	const names = await readdir(dir);
	const swept = names.filter(
		name => leftovers.has(name) || (/\.[0-9a-f]{24}$/.test(name) && !name.endsWith(`.${token}`)),
	);
	await Promise.all(swept.map(name => rm(join(dir, name), {force: true})));
}

function createHeldLock(path: string, lease: OwnLease, isAfterEnd: boolean, every: number): Lock {
	const timer = setInterval(() => void lease.renew().catch(() => {}), every);
	timer.unref();
	let isFenced = isAfterEnd;
	return {
		token: lease.token,
		previousHolderEnded: isAfterEnd,
		markFenced() {
			isFenced = true;
		},
		isHeld: () => lease.isAt(path),
		async release() {
			clearInterval(timer);
			try {
				await lease.end(isFenced ? releasedState : unfenced);
			} catch {
				// A full disk may refuse even that: better no file than one that stays held.
				if (await lease.isAt(path)) await rm(path, {force: true});
			} finally {
				await lease.close();
			}
		},
	};
}

/** The name of a file that the holder of a lock is about to put in the place of another. */
export const replacementPath = (path: string, token: string): string =>
	join(dirname(path), `${basename(path)}.${token}`);
