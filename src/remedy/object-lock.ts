import {readdir, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {sha256} from '../audit/audit-record.ts';
import {makeDirectory} from '../files/make-directory.ts';
import {statePath} from '../state/layout.ts';
import {
	createHolder,
	createLease,
	type FoundLease,
	holderName,
	leaseRecoveryHint,
	liveLeases,
	type OwnLease,
} from '../state/lease-file.ts';
import {createLeaseMonitor, renewMs} from '../state/lease-monitor.ts';
import {ownIdentity, type ProcessIdentity} from '../state/process-identity.ts';
import {keepAliveClock, pause, repeat, systemClock} from '../time/clock.ts';

/** A lock on objects: no other console changes them until it is released. */
export type ObjectLock = {
	/** Reads from disk whether the lock is still ours: a console that slept longer than its lease may have lost it. */
	isHeld(): Promise<boolean>;
	release(): Promise<void>;
};

/** Why a lock was refused: which object, the console that holds it, and what to do. */
export type LockRefusal = {readonly reason: string; readonly hint: string};

/** Keeps two consoles of a user from changing the same object at the same time. */
export type ObjectLocks = {
	/**
	 * Locks all of these objects of a target, or none. `about` is shown to the other console: `a console running redis.kill-client`.
	 * @throws Error of node:fs when the lock cannot be written
	 */
	acquire(target: string, objects: readonly string[], about: string): Promise<ObjectLock | LockRefusal>;
	/** Reads which consoles still renew their locks, and removes the locks of those that have ended. Called every few seconds. */
	refresh(): Promise<void>;
};

export type ObjectLocksOptions = {
	/** Names of the server of a target: targets that share one of them share their locks. Default: the name of the target. */
	readonly serversOf?: (target: string) => readonly string[];
	readonly monotonic?: () => number;
	readonly leaseMs?: number;
	readonly renewMs?: number;
};

/** How often to wait for a console that is claiming the same object at the same time. */
const maxAttempts = 50;
const attemptIntervalMs = 20;

/** State of a lock whose console has not yet checked whether another one holds the same object. */
const claiming = '0';

/**
 * Each lock is a file, `locks/<token>.lock`, with the hashes of its objects. A console first writes its file and then reads the others, so that
 * of two consoles at least one sees the other. No two locks share a path, so removing one never removes another's.
 */
export function createObjectLocks(stateDir: string, options: ObjectLocksOptions = {}): ObjectLocks {
	const {serversOf = name => [name], renewMs: intervalMs = renewMs, monotonic = systemClock.monotonic} = options;
	const dir = statePath(stateDir, 'objectLocks');
	const monitor = createLeaseMonitor(monotonic, options.leaseMs);
	let identity: ProcessIdentity | undefined;
	const own = () => (identity ??= ownIdentity());

	/** The locks of consoles that are running, or may be. @throws Error of node:fs */
	async function readLiveLocks(): Promise<readonly {readonly path: string; readonly found: FoundLease}[]> {
		const names = await readdir(dir);
		const paths = names.filter(name => name.endsWith('.lock')).map(name => join(dir, name));
		return liveLeases(paths, {own: own(), watch: monitor});
	}

	async function acquire(target: string, objects: readonly string[], about: string): Promise<ObjectLock | LockRefusal> {
		makeDirectory(dir);
		const names = new Map(
			serversOf(target).flatMap(server => objects.map(object => [hashOf(server, object), object] as const)),
		);
		const holder = createHolder(own(), about);
		const path = statePath(stateDir, 'objectLock', {token: holder.token});
		const lease = await createLease(path, {...holder, objects: [...names.keys()]});
		const release = async () => {
			await rm(path, {force: true}).catch(() => {});
			await lease.close();
		};
		try {
			for (let attempt = 1; ; attempt += 1) {
				const rivals = (await readLiveLocks()).filter(
					({found}) => found.holder.token !== holder.token && objectsOf(found).some(object => names.has(object)),
				);
				const [first] = rivals.filter(({found}) => found.state !== claiming || found.holder.token < holder.token);
				const rival = first ?? (attempt > maxAttempts ? rivals[0] : undefined);
				if (rival !== undefined) {
					await release();
					const which = objectsOf(rival.found).find(object => names.has(object)) ?? '';
					const by = holderName(rival.found.holder);
					return {
						reason: `${target}/${names.get(which)} is held by ${by}`,
						hint: leaseRecoveryHint(rival.path, rival.found, own()),
					};
				}
				if (rivals.length === 0) break;
				await pause(keepAliveClock, attemptIntervalMs);
			}
			await lease.renew();
		} catch (error) {
			await release();
			throw error;
		}
		return keepRenewing(path, lease, release);
	}

	function keepRenewing(path: string, lease: OwnLease, release: () => Promise<void>): ObjectLock {
		const stopRenewing = repeat(systemClock, intervalMs, () => void lease.renew().catch(() => {}));
		return {
			isHeld: () => lease.isAt(path),
			async release() {
				stopRenewing();
				await release();
			},
		};
	}

	return {
		acquire,
		async refresh() {
			try {
				await readLiveLocks();
			} catch {
				// No lock was written yet, or the directory cannot be read: acquiring a lock reports that.
			}
		},
	};
}

/** Names of objects may be confidential or contain any character, so the lock file has only their hashes. */
const hashOf = (server: string, object: string): string => sha256(JSON.stringify([server, object])).slice(0, 32);

const objectsOf = ({content: {objects}}: FoundLease): readonly string[] =>
	Array.isArray(objects) ? objects.filter(object => typeof object === 'string') : [];
