import {randomBytes} from 'node:crypto';
import {constants} from 'node:fs';
import {rm} from 'node:fs/promises';
import {hostname} from 'node:os';
import {isErrno} from '../files/errno.ts';
import {NotAFileError, openRegular, readRegular} from '../files/regular-file.ts';
import {fileMode, stateLayout} from './layout.ts';
import {type LeaseMonitor, leaseMs} from './lease-monitor.ts';
import {isSameProcess, isStopped, type Liveness, livenessOf, type ProcessIdentity} from './process-identity.ts';

/** The process that holds a lease. */
export type Holder = ProcessIdentity & {
	/** For display only: it may change while the process runs, and two machines may share it. */
	readonly host: string;
	/** What the holder is, in a few words, for messages. */
	readonly about: string;
	/** Unique id of this lease. */
	readonly token: string;
};

/**
 * A parsed lease file. Its first line is JSON: the holder and further fields of the writer. The second is the state, of fixed width so that
 * it is overwritten in place: a number that grows with each renewal, or a final word such as `released`.
 */
export type FoundLease = {
	readonly holder: Holder;
	readonly content: Readonly<Record<string, unknown>>;
	readonly state: string;
};

/** A file that is not a lease, described by `what`. A power cut leaves an empty one. */
export type InvalidLease = {readonly what: string; readonly isEmpty: boolean};

/** A lease of this process, by its open file: writes go to that file even when another file has replaced it at its path. */
export type OwnLease = {
	readonly token: string;
	/** Changes the state, which shows other consoles that the holder is alive. */
	renew(): Promise<void>;
	/** Writes the final state: `released`, or another word of at most 12 characters. */
	end(state: string): Promise<void>;
	/** Returns true when the file at this path is this lease. */
	isAt(path: string): Promise<boolean>;
	close(): Promise<void>;
};

export const releasedState = 'released';

const stateWidth = 12;
const maxLeaseBytes = stateLayout.objectLock.maxBytes;

export const createHolder = (identity: ProcessIdentity, about: string): Holder => ({
	...identity,
	host: hostname(),
	about,
	token: randomBytes(12).toString('hex'),
});

/** Creates the file, which must not exist. @throws Error of node:fs. */
export async function createLease(path: string, content: Holder & Record<string, unknown>): Promise<OwnLease> {
	const file = await openRegular(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, fileMode);
	const first = `${JSON.stringify(content)}\n`;
	const {length} = Buffer.from(first);
	let count = 0;
	let writing: Promise<unknown> = Promise.resolve();
	const write = (state: string): Promise<void> => {
		const done = writing.then(() => file.write(state.padEnd(stateWidth), length)).then(() => {});
		writing = done.catch(() => {});
		return done;
	};
	try {
		await file.write(`${first}${'0'.padEnd(stateWidth)}`, 0);
	} catch (error) {
		await file.close();
		throw error;
	}
	return {
		token: content.token,
		renew() {
			count += 1;
			return write(String(count));
		},
		end: write,
		async isAt(at) {
			const found = await readLease(at);
			return found !== undefined && 'holder' in found && found.holder.token === content.token;
		},
		async close() {
			await writing;
			await file.close();
		},
	};
}

/** Reads a lease file; undefined when there is none. @throws Error of node:fs. */
export async function readLease(path: string): Promise<FoundLease | InvalidLease | undefined> {
	let text: string;
	try {
		text = (await readRegular(path, maxLeaseBytes)).toString('utf8');
	} catch (error) {
		if (error instanceof NotAFileError) return {what: error.what, isEmpty: false};
		if (isErrno(error, 'ENOENT')) return undefined;
		throw error;
	}
	if (text === '') return {what: 'an empty file', isEmpty: true};
	return parse(text) ?? {what: 'a file that this version of midwatch did not write', isEmpty: false};
}

function parse(text: string): FoundLease | undefined {
	const end = text.indexOf('\n');
	try {
		const content: unknown = JSON.parse(text.slice(0, end));
		if (end < 0 || typeof content !== 'object' || content === null) return undefined;
		const given = content as Record<string, unknown>;
		const word = (name: string) => (typeof given[name] === 'string' ? given[name] : undefined);
		const [boot, machine, namespace, start] = [word('boot'), word('machine'), word('namespace'), word('start')];
		const [host, about, token] = [word('host'), word('about'), word('token')];
		const {pid} = given;
		if (boot === undefined || machine === undefined || namespace === undefined || start === undefined) return undefined;
		if (host === undefined || about === undefined || token === undefined || typeof pid !== 'number') return undefined;
		const holder = {boot, machine, namespace, pid, start, host, about, token};
		return {holder, content: given, state: text.slice(end + 1).trim()};
	} catch {
		return undefined;
	}
}

/** Returns whether the holder of a lease is alive. `elsewhere`: it counts as alive until its lease expires, and may then still only be asleep. */
export function checkLease(
	{holder, state}: Pick<FoundLease, 'holder' | 'state'>,
	own: ProcessIdentity,
	watch: LeaseMonitor,
): {readonly liveness: Liveness; readonly isOver: boolean} {
	const liveness = isSameProcess(holder, own) ? 'alive' : livenessOf(holder, own);
	return {
		liveness,
		isOver: liveness === 'ended' || (liveness === 'elsewhere' && watch.hasExpired(holder.token, state)),
	};
}

/**
 * Returns the leases in these files whose holders are or may be alive. Removes those that are over: a holder that was only asleep finds that it
 * lost its lease. `read`: reads one file, for a caller that ignores unreadable ones. @throws what `read` throws.
 */
export async function liveLeases(
	paths: readonly string[],
	{own, watch, read = readLease}: {own: ProcessIdentity; watch: LeaseMonitor; read?: typeof readLease},
): Promise<readonly {readonly path: string; readonly found: FoundLease}[]> {
	const live: {path: string; found: FoundLease}[] = [];
	const seen = new Set<string>();
	for (const path of paths) {
		const found = await read(path);
		if (found === undefined) continue;
		// Not a lease: the power failed while it was written, or another version wrote it.
		const isLease = 'holder' in found;
		seen.add(isLease ? found.holder.token : path);
		const isOver = isLease ? checkLease(found, own, watch).isOver : watch.hasExpired(path, found.what);
		if (isOver) await rm(path, {force: true}).catch(() => {});
		else if (isLease) live.push({path, found});
	}
	watch.retainOnly(seen);
	return live;
}

/** Returns `another midwatch console (pid 12 on laptop-a)`. */
export const holderName = ({about, pid, host}: Holder): string => `${about} (pid ${pid} on ${host})`;

/** Returns what to check when the lease stays held, and which file to remove then. */
export function leaseRecoveryHint(path: string, found: FoundLease | InvalidLease, own: ProcessIdentity): string {
	if (!('holder' in found)) return `look what it is; when no console of yours runs, remove ${path}`;
	const {holder} = found;
	if (livenessOf(holder, own) !== 'alive')
		return `try again in ${leaseMs / 1000} s; when it stays held and pid ${holder.pid} on ${holder.host} (perhaps in a container) does not run, remove ${path}`;
	if (isStopped(holder.pid)) return `that process is stopped: continue it with kill -CONT ${holder.pid}, or end it`;
	return `wait until it is done, or end pid ${holder.pid}`;
}
