import {readdir, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {Clock} from '../poll/clock.ts';
import {createStore, type Store} from '../store.ts';
import {makeDirectory} from './make-directory.ts';
import {processLives, processStart} from './process-identity.ts';
import type {Actor} from './record.ts';

/** Another console of the same user on the same machine. */
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

const lookMs = 5000;

/** What a console says of itself, in a file of its own: `consoles/<session>.json`. */
type Sign = OtherConsole & {readonly start: string; readonly host: string};

/**
 * Puts up this console's sign and looks at the others'. Where signs cannot be put up or read there are no others to tell of: the record,
 * not this, is what keeps two consoles apart.
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
	let callOff = () => {};
	let closed = false;

	const sign: Sign = {
		session,
		pid: actor.pid,
		start: processStart(actor.pid) ?? '',
		host: actor.host,
		tty: actor.tty,
		sshClient: actor.ssh_client,
		since: clock.now(),
	};
	try {
		makeDirectory(dir);
		await writeFile(`${path}.new`, JSON.stringify(sign), {mode: 0o600});
		await rename(`${path}.new`, path);
	} catch {
		// The first record says it, with what to do; here it would only say so twice.
	}

	async function look(): Promise<void> {
		const found = (await readSigns(dir, actor.host)).filter(other => other.session !== session);
		if (closed) return;
		if (JSON.stringify(found) !== JSON.stringify(others.get())) others.set(found);
		callOff = clock.after(lookMs, () => void look());
	}

	await look();
	return {
		others,
		async close() {
			closed = true;
			callOff();
			await rm(path, {force: true}).catch(() => {});
		},
	};
}

/** The sessions of all consoles that run now, this one's too. */
export async function liveSessions(stateDir: string, host: string): Promise<ReadonlySet<string>> {
	return new Set((await readSigns(join(stateDir, 'consoles'), host)).map(other => other.session));
}

/** Oldest first. Takes down the signs of consoles that are gone; one of another host is taken at its word. */
async function readSigns(dir: string, host: string): Promise<readonly OtherConsole[]> {
	const names = await readdir(dir).catch(() => []);
	const found: OtherConsole[] = [];
	for (const name of names.filter(one => one.endsWith('.json'))) {
		const path = join(dir, name);
		const sign = await readSign(path);
		if (!sign) continue;
		if (sign.host === host && !processLives(sign.pid, sign.start)) {
			await rm(path, {force: true}).catch(() => {});
			continue;
		}
		const {session, pid, tty, sshClient, since} = sign;
		found.push({session, pid, tty, sshClient, since});
	}
	return found.sort((a, b) => a.since - b.since || (a.session < b.session ? -1 : 1));
}

async function readSign(path: string): Promise<Sign | undefined> {
	try {
		const value = JSON.parse(await readFile(path, 'utf8')) as Partial<Sign>;
		const {session, pid, start, host, since} = value;
		if (!session || typeof pid !== 'number' || !start || !host || typeof since !== 'number') return undefined;
		return {session, pid, start, host, since, tty: value.tty, sshClient: value.sshClient};
	} catch {
		// Taken down meanwhile, or not ours to read: no console that we can tell of.
		return undefined;
	}
}
