import {randomBytes} from 'node:crypto';
import {closeSync, linkSync, openSync, readFileSync, rmSync, unlinkSync, writeFileSync} from 'node:fs';
import {hostname} from 'node:os';
import {setTimeout as pause} from 'node:timers/promises';
import {isErrno} from './errno.ts';
import {processLives, processStart} from './process-identity.ts';

/** Who holds a lock. */
export type Holder = {
	readonly pid: number;
	/** Tells this process from a later one with the same pid. */
	readonly start: string;
	readonly host: string;
	/** In a few words, for the person who finds it held. */
	readonly about: string;
	readonly token: string;
};

export type Lock = {release(): void};

/** So many tries, a few milliseconds apart: about ten seconds. */
const tries = 1000;

/**
 * Takes the lock or says who holds it; does not wait. The lock of a process that is gone is broken; one from another host never is, since
 * nobody here can tell whether its holder lives.
 * @throws Error of node:fs when the directory cannot be written.
 */
export function takeLock(path: string, about: string): Lock | Holder {
	const mine: Holder = {
		pid: process.pid,
		start: processStart(process.pid) ?? '',
		host: hostname(),
		about,
		token: randomBytes(12).toString('hex'),
	};
	const text = JSON.stringify(mine);
	if (create(path, text, mine.token)) return held(path, text);
	const found = read(path);
	if (found === undefined) return create(path, text, mine.token) ? held(path, text) : unreadable;
	const holder = parse(found);
	if (!isGone(holder)) return holder;
	breakLock(path, found);
	if (create(path, text, mine.token)) return held(path, text);
	return parse(read(path) ?? found);
}

export const isLock = (taken: Lock | Holder): taken is Lock => 'release' in taken;

/** Waits for the lock for about ten seconds. @throws Error that names the holder when it stays held. */
export async function withLock<T>(path: string, about: string, work: () => Promise<T>): Promise<T> {
	for (let attempt = 0; ; attempt += 1) {
		const taken = takeLock(path, about);
		if (isLock(taken)) {
			try {
				return await work();
			} finally {
				taken.release();
			}
		}
		if (attempt >= tries) throw new Error(`${path} is held by ${taken.about} (pid ${taken.pid} on ${taken.host})`);
		await pause(4 + (randomBytes(1)[0] ?? 0) / 20);
	}
}

/** With its content from the first moment on: a hard link is made whole or not at all, and never over another file. */
function create(path: string, text: string, token: string): boolean {
	const fresh = `${path}.${token}`;
	try {
		writeFileSync(fresh, text, {mode: 0o600, flag: 'wx'});
		linkSync(fresh, path);
		return true;
	} catch (error) {
		if (isErrno(error, 'EEXIST')) return false;
		throw error;
	} finally {
		rmSync(fresh, {force: true});
	}
}

function held(path: string, text: string): Lock {
	return {
		release() {
			// Somebody may have removed it by hand, and then it may be another's by now.
			if (read(path) === text) unlinkSync(path);
		},
	};
}

const isGone = (holder: Holder): boolean => holder.host === hostname() && !processLives(holder.pid, holder.start);

/**
 * Removes the lock of a process that is gone. Only one may do so at a time, and only while it is still that very lock: else two who both saw
 * the old one would remove each other's new one. A breaker that dies half-way leaves the lock held; the message of withLock names the file.
 */
function breakLock(path: string, found: string): void {
	const breaker = `${path}.break`;
	let handle: number;
	try {
		handle = openSync(breaker, 'wx', 0o600);
	} catch (error) {
		if (isErrno(error, 'EEXIST')) return;
		throw error;
	}
	try {
		if (read(path) === found) unlinkSync(path);
	} finally {
		closeSync(handle);
		unlinkSync(breaker);
	}
}

function read(path: string): string | undefined {
	try {
		return readFileSync(path, 'utf8');
	} catch (error) {
		if (isErrno(error, 'ENOENT')) return undefined;
		throw error;
	}
}

const unreadable: Holder = {pid: 0, start: '', host: '', about: 'something that midwatch did not write', token: ''};

function parse(text: string): Holder {
	try {
		const value: unknown = JSON.parse(text);
		if (typeof value !== 'object' || value === null) return unreadable;
		const {pid, start, host, about, token} = value as Partial<Record<keyof Holder, unknown>>;
		if (typeof pid !== 'number' || typeof start !== 'string' || typeof host !== 'string') return unreadable;
		return {pid, start, host, about: String(about), token: String(token)};
	} catch {
		return unreadable;
	}
}
