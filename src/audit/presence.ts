import {readdir, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {makeDirectory} from '../files/make-directory.ts';
import {statePath} from '../state/layout.ts';
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

/** Shows this console to the others that use the same state directory, and reads them. */
export type Presence = {
	/** Oldest first; read every few seconds. */
	readonly others: Store<readonly OtherConsole[]>;
	close(): Promise<void>;
};

/**
 * Writes the lease of this console, `consoles/<session>.json`, and reads those of the others. Without access to the directory no others are
 * shown; that two consoles do not change the same object is ensured by the object locks, not by this.
 */
export async function createPresence(options: {
	readonly stateDir: string;
	readonly session: string;
	readonly clock: Clock;
	readonly actor: Actor;
}): Promise<Presence> {
	const {stateDir, session, clock, actor} = options;
	const dir = statePath(stateDir, 'presenceFolder');
	const path = statePath(stateDir, 'presence', {session});
	const others = createStore<readonly OtherConsole[]>([]);
	const monitor = createLeaseMonitor(clock.monotonic);
	const identity = ownIdentity();
	const since = clock.now();
	let ownLease: OwnLease | undefined;
	let cancel = () => {};
	let closed = false;

	async function announce(): Promise<void> {
		const {tty, ssh_client: sshClient} = actor;
		try {
			makeDirectory(dir);
			await rm(`${path}.new`, {force: true});
			const about = {...createHolder(identity, 'a console'), session, since, tty, sshClient};
			const lease = await createLease(`${path}.new`, about);
			await rename(`${path}.new`, path);
			ownLease = lease;
		} catch {
			// The first audit record fails for the same reason and reports it with a hint.
		}
	}

	/** Another console may have removed the lease while this one slept. */
	async function renew(): Promise<void> {
		if (ownLease !== undefined && (await ownLease.isAt(path).catch(() => false)))
			return ownLease.renew().catch(() => {});
		const lost = ownLease;
		ownLease = undefined;
		await lost?.close();
		return announce();
	}

	async function refresh(): Promise<void> {
		const consoles = (await readOtherConsoles(dir, identity, monitor)).filter(other => other.session !== session);
		if (closed) return;
		if (JSON.stringify(consoles) !== JSON.stringify(others.get())) others.set(consoles);
		cancel = clock.after(renewMs, () => {
			refreshing = renew().then(refresh);
		});
	}

	await announce();
	let refreshing = refresh();
	await refreshing;
	return {
		others,
		async close() {
			closed = true;
			cancel();
			await refreshing;
			await rm(path, {force: true}).catch(() => {});
			const last = ownLease;
			ownLease = undefined;
			await last?.close();
		},
	};
}

/** The consoles with a valid lease, oldest first. Removes the leases of consoles that have ended. */
async function readOtherConsoles(
	dir: string,
	own: ProcessIdentity,
	monitor: LeaseMonitor,
): Promise<readonly OtherConsole[]> {
	const names = await readdir(dir).catch(() => []);
	const paths = names.map(name => join(dir, name));
	// A file that we may not read is no console that can be shown.
	const read = (path: string) => readLease(path).catch(() => undefined);
	const leases = await liveLeases(paths, {own, watch: monitor, read});
	const consoles = leases.flatMap(({path, found}) => (path.endsWith('.json') ? [toOtherConsole(found)] : []));
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
