import {readdir, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {makeDirectory} from '../files/make-directory.ts';
import {createHolder, createLease, type FoundLease, liveLeases, type OwnLease, readLease} from '../state/lease-file.ts';
import {createLeaseMonitor, type LeaseMonitor, renewMs} from '../state/lease-monitor.ts';
import {ownIdentity, type ProcessIdentity} from '../state/process-identity.ts';
import type {Clock} from '../time/clock.ts';
import {createStore, type Store} from '../watch/store.ts';
import type {Actor} from './audit-record.ts';

/** Another console that uses the same state directory. */
export type OtherConsole = {
	readonly session: string;
	readonly pid: number;
	readonly tty: string | undefined;
	readonly sshClient: string | undefined;
	/** Epoch milliseconds. */
	readonly since: number;
};

/** Tells this console of the others, and the others of this one. */
export type Presence = {
	/** Oldest first; looked at every few seconds. */
	readonly others: Store<readonly OtherConsole[]>;
	close(): Promise<void>;
};

/**
 * Puts up this console's sign, a lease of its own: `consoles/<session>.json`, and looks at the others'. Where signs cannot be put up or read
 * no others are shown: the locks, not this, are what keeps two consoles apart.
 */
export async function createPresence(options: {
	readonly stateDir: string;
	readonly session: string;
	readonly clock: Clock;
	readonly actor: Actor;
}): Promise<Presence> {
	const {stateDir, session, clock, actor} = options;
	const dir = join(stateDir, 'consoles');
	const path = join(dir, `${session}.json`);
	const others = createStore<readonly OtherConsole[]>([]);
	const watch = createLeaseMonitor(clock.monotonic);
	const identity = ownIdentity();
	const since = clock.now();
	let sign: OwnLease | undefined;
	let callOff = () => {};
	let closed = false;

	async function putUp(): Promise<void> {
		const {tty, ssh_client: sshClient} = actor;
		try {
			makeDirectory(dir);
			await rm(`${path}.new`, {force: true});
			const about = {...createHolder(identity, 'a console'), session, since, tty, sshClient};
			const lease = await createLease(`${path}.new`, about);
			await rename(`${path}.new`, path);
			sign = lease;
		} catch {
			// The first record says it, with what to do; here it would only say so twice.
		}
	}

	/** Another console takes the sign of one that slept down. */
	async function renew(): Promise<void> {
		if (sign !== undefined && (await sign.isAt(path).catch(() => false))) return sign.renew().catch(() => {});
		const old = sign;
		sign = undefined;
		await old?.close();
		return putUp();
	}

	async function look(): Promise<void> {
		const found = (await readOtherConsoles(dir, identity, watch)).filter(other => other.session !== session);
		if (closed) return;
		if (JSON.stringify(found) !== JSON.stringify(others.get())) others.set(found);
		callOff = clock.after(renewMs, () => {
			looking = renew().then(look);
		});
	}

	await putUp();
	let looking = look();
	await looking;
	return {
		others,
		async close() {
			closed = true;
			callOff();
			await looking;
			await rm(path, {force: true}).catch(() => {});
			const last = sign;
			sign = undefined;
			await last?.close();
		},
	};
}

/** Oldest first. Removes the signs of consoles that have ended. */
async function readOtherConsoles(
	dir: string,
	own: ProcessIdentity,
	watch: LeaseMonitor,
): Promise<readonly OtherConsole[]> {
	const names = await readdir(dir).catch(() => []);
	const paths = names.map(name => join(dir, name));
	// Not ours to read: no console that we can show.
	const read = (path: string) => readLease(path).catch(() => undefined);
	const signs = await liveLeases(paths, {own, watch, read});
	const consoles = signs.flatMap(({path, found}) => (path.endsWith('.json') ? [toOtherConsole(found)] : []));
	return consoles.sort((a, b) => a.since - b.since || (a.session < b.session ? -1 : 1));
}

function toOtherConsole({holder, content}: FoundLease): OtherConsole {
	const {session, tty, sshClient, since} = content;
	return {
		session: typeof session === 'string' ? session : '',
		pid: holder.pid,
		tty: typeof tty === 'string' ? tty : undefined,
		sshClient: typeof sshClient === 'string' ? sshClient : undefined,
		since: typeof since === 'number' ? since : 0,
	};
}
