import {readdir, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {sha256} from '../audit/audit-record.ts';
import {makeDirectory} from '../files/make-directory.ts';
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

/** Objects that no other console acts on until this is given back. */
export type ObjectLock = {
	/** Looks whether it still holds: a console that slept longer than a lease may have lost it. */
	isHeld(): Promise<boolean>;
	release(): Promise<void>;
};

/** Why it was not given: what is held by whom, and how to settle it. */
export type LockRefusal = {readonly reason: string; readonly hint: string};

/** Keeps two consoles of a user from acting on the same object at once. */
export type ObjectLocks = {
	/**
	 * All of these objects of a target, or none.
	 * @throws Error of node:fs when locks cannot be written.
	 */
	acquire(target: string, objects: readonly string[], about: string): Promise<ObjectLock | LockRefusal>;
	/** Notes which consoles still renew their locks, and removes the locks of those that have ended. Called every few seconds. */
	refresh(): Promise<void>;
};

export type ObjectLocksOptions = {
	/** What names the server of a target: two targets that share one of these names share their locks. The target's own name when absent. */
	readonly serversOf?: (target: string) => readonly string[];
	readonly monotonic?: () => number;
	readonly leaseMs?: number;
	readonly renewMs?: number;
};

/** How often, a few hundredths of a second apart, one waits for another that is just looking whether it may take the same. */
const tries = 50;

/** State of a lock whose console is still looking whether another has the same. */
const claiming = '0';

/**
 * A lock is a file of its own: `locks/<token>.lock`, which names the objects by their hashes. A console that takes one writes it first and then
 * looks for others, so that of two at least one sees the other. Since no two locks share a path, removing one never removes another's.
 */
export function createObjectLocks(stateDir: string, options: ObjectLocksOptions = {}): ObjectLocks {
	const {serversOf = name => [name], renewMs: every = renewMs, monotonic = () => performance.now()} = options;
	const dir = join(stateDir, 'locks');
	const watch = createLeaseMonitor(monotonic, options.leaseMs);
	let known: ProcessIdentity | undefined;
	const own = () => (known ??= ownIdentity());

	/** The locks of consoles that live, or may. @throws Error of node:fs. */
	async function live(): Promise<readonly {readonly path: string; readonly found: FoundLease}[]> {
		const names = await readdir(dir);
		const paths = names.filter(name => name.endsWith('.lock')).map(name => join(dir, name));
		return liveLeases(paths, {own: own(), watch});
	}

	async function take(target: string, objects: readonly string[], about: string): Promise<ObjectLock | LockRefusal> {
		makeDirectory(dir);
		const names = new Map(
			serversOf(target).flatMap(server => objects.map(object => [hashOf(server, object), object] as const)),
		);
		const holder = createHolder(own(), about);
		const path = join(dir, `${holder.token}.lock`);
		const lease = await createLease(path, {...holder, objects: [...names.keys()]});
		const giveBack = async () => {
			await rm(path, {force: true}).catch(() => {});
			await lease.close();
		};
		try {
			for (let attempt = 1; ; attempt += 1) {
				const rivals = (await live()).filter(
					({found}) => found.holder.token !== holder.token && objectsOf(found).some(object => names.has(object)),
				);
				const [first] = rivals.filter(({found}) => found.state !== claiming || found.holder.token < holder.token);
				const rival = first ?? (attempt > tries ? rivals[0] : undefined);
				if (rival !== undefined) {
					await giveBack();
					const which = objectsOf(rival.found).find(object => names.has(object)) ?? '';
					const by = holderName(rival.found.holder);
					return {
						reason: `${target}/${names.get(which)} is held by ${by}`,
						hint: leaseRecoveryHint(rival.path, rival.found, own()),
					};
				}
				if (rivals.length === 0) break;
				await pause(20);
			}
			await lease.renew();
		} catch (error) {
			await giveBack();
			throw error;
		}
		return heldUntilGivenBack(path, lease, giveBack);
	}

	function heldUntilGivenBack(path: string, lease: OwnLease, giveBack: () => Promise<void>): ObjectLock {
		const timer = setInterval(() => void lease.renew().catch(() => {}), every);
		timer.unref();
		return {
			isHeld: () => lease.isAt(path),
			async release() {
				clearInterval(timer);
				await giveBack();
			},
		};
	}

	return {
		acquire: take,
		async refresh() {
			try {
				await live();
			} catch {
				// Nothing was locked here yet, or it cannot be read: taking a lock says so.
			}
		},
	};
}

/** Names from outside may hold anything, and a lock file need not tell them. */
const hashOf = (server: string, object: string): string => sha256(JSON.stringify([server, object])).slice(0, 32);

const objectsOf = ({content: {objects}}: FoundLease): readonly string[] =>
	Array.isArray(objects) ? objects.filter(object => typeof object === 'string') : [];
