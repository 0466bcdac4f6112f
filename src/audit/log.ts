import {randomBytes} from 'node:crypto';
import {chmod, open, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {messageOf} from '../errors.ts';
import type {Clock} from '../poll/clock.ts';
import {createStore, type Store} from '../store.ts';
import {chainStart, type Place} from './chain.ts';
import {isErrno} from './errno.ts';
import {keep} from './kept.ts';
import {withLock} from './lock-file.ts';
import {makeDirectory} from './make-directory.ts';
import {listMonths, readHead, readRecent, readTail, writeHead} from './months.ts';
import {type Actor, type AuditRecord, canonical, type Entry, seal, sha256} from './record.ts';
import {createIds} from './record-id.ts';
import {tidy} from './tidy.ts';
import {createUptime, leastAge} from './uptime.ts';

/** The audit of this user on this machine, as one console writes it. */
export type Audit = {
	/** The directory that holds the months. */
	readonly dir: string;
	/** The id of this console in its records. */
	readonly session: string;
	/** The last record that this console wrote. */
	readonly last: Store<AuditRecord | undefined>;
	newId(): string;
	/**
	 * Resolves when the record is on disk.
	 * @throws AuditError; then nothing may be done.
	 */
	append(entry: Entry): Promise<AuditRecord>;
	/** The newest records of all consoles, newest first. @throws AuditError */
	recent(limit: number): Promise<readonly AuditRecord[]>;
	/** The least milliseconds since a record was written, whatever was done to the wall clock meanwhile. */
	ageOf(record: AuditRecord): number;
	/** Writes a file that belongs to a record, beside the log. Resolves with its path when it is on disk. @throws AuditError */
	keep(record: string, name: string, text: string): Promise<string>;
};

export type AuditOptions = {
	/** See `stateDir`. The log goes to `audit` below it. */
	readonly stateDir: string;
	readonly clock: Clock;
	readonly actor: Actor;
	/** Version of the product. */
	readonly app: string;
	/** So many random bytes; tests pass their own. */
	readonly random?: (size: number) => Uint8Array;
};

/** The record could not be written or read. `message` says why, `hint` what to do. */
export class AuditError extends Error {
	override readonly name = 'AuditError';
	readonly hint: string;

	constructor(message: string, hint: string, options?: {readonly cause?: unknown}) {
		super(message, options);
		this.hint = hint;
	}
}

/** Nothing is touched on disk before the first record. */
export function createAudit({stateDir, clock, actor, app, random = size => randomBytes(size)}: AuditOptions): Audit {
	const dir = join(stateDir, 'audit');
	const newId = createIds(clock, random);
	let session: string | undefined;
	// Made when it is first asked for: what random numbers come from takes Node as long to load as a frame to draw.
	const ownSession = () => (session ??= newId());
	const last = createStore<AuditRecord | undefined>(undefined);
	const uptime = createUptime(clock, ownSession);
	let queue: Promise<unknown> = Promise.resolve();

	async function write(entry: Entry): Promise<AuditRecord> {
		try {
			await prepare(dir);
			const record = await withLock(join(dir, 'writer.lock'), 'another midwatch console', () => append(entry));
			last.set(record);
			return record;
		} catch (error) {
			throw new AuditError(`the record cannot be written: ${messageOf(error)}`, auditHint(error, dir), {cause: error});
		}
	}

	/** Under the writer lock. */
	async function append(entry: Entry): Promise<AuditRecord> {
		const ts = new Date(clock.now()).toISOString();
		const up = uptime();
		const months = await listMonths(dir);
		const newest = months.at(-1);
		const wanted = join(dir, `${ts.slice(0, 7)}.jsonl`);
		// A clock that was set back must not put a record behind a later one.
		const path = newest !== undefined && newest > wanted ? newest : wanted;
		const tail = newest === undefined ? undefined : await readTail(newest);
		let before = tail?.last;
		for (const month of months.slice(0, -1).reverse()) {
			if (before) break;
			before = (await readTail(month)).last;
		}
		let place: Place = before ?? chainStart;
		const lines: string[] = [];
		const add = (one: Entry): AuditRecord => {
			const {id = newId(), ...told} = one;
			const {seq, hash: prev} = place;
			const record = seal({...told, v: 1, seq: seq + 1, id, ts, up, session: ownSession(), app, actor, prev});
			place = {seq: record.seq, hash: record.hash};
			lines.push(`${canonical(record)}\n`);
			return record;
		};
		const head = await readHead(dir).catch(() => undefined);
		if (tail && tail.torn.length > 0) {
			const lost = {bytes: tail.torn.length, sha256: sha256(tail.torn)};
			add({kind: 'torn', note: 'the line before this one was cut by a crash while it was written', lost});
		}
		if (head && (head.seq > (before?.seq ?? 0) || (head.seq === before?.seq && head.hash !== before.hash))) {
			const note = `the log ended with record ${before?.seq ?? 0}, while record ${head.seq} had been written: lines were lost or changed`;
			add({kind: 'gap', note, lost: head});
		}
		if (!head && before) {
			// The mirror is about to be written again; without this nobody would ever know.
			const note = `head.json was missing or spoilt: whether records after record ${before.seq} were cut off cannot be told`;
			add({kind: 'gap', note});
		}
		const record = add(tidy(entry));
		const closing = tail?.open === true && path === newest ? '\n' : '';
		await appendDurably(path, closing + lines.join(''));
		// The log is what counts; a mirror that lags behind says less, and nothing wrong.
		await writeHead(dir, place).catch(() => {});
		return record;
	}

	return {
		dir,
		get session() {
			return ownSession();
		},
		last,
		newId,
		append(entry) {
			const written = queue.then(() => write(entry));
			queue = written.catch(() => {});
			return written;
		},
		async keep(record, name, text) {
			try {
				return await keep(stateDir, record, name, text);
			} catch (error) {
				throw new AuditError(`${name} cannot be kept: ${messageOf(error)}`, auditHint(error, stateDir), {cause: error});
			}
		},
		ageOf: record => leastAge(record, {wall: clock.now(), up: uptime()}),
		async recent(limit) {
			try {
				return [...(await readRecent(dir, limit))].reverse();
			} catch (error) {
				throw new AuditError(`the record cannot be read: ${messageOf(error)}`, auditHint(error, dir), {cause: error});
			}
		},
	};
}

async function prepare(dir: string): Promise<void> {
	makeDirectory(dir);
	const {mode} = await stat(dir);
	if ((mode & 0o077) !== 0) await chmod(dir, 0o700);
}

/** All or nothing, as far as the disk lets us: what was written of a text that did not fit is taken back. */
async function appendDurably(path: string, text: string): Promise<void> {
	const file = await open(path, 'a', 0o600);
	try {
		const {size, mode} = await file.stat();
		if ((mode & 0o077) !== 0) await file.chmod(0o600);
		try {
			await file.writeFile(text);
			await file.sync();
		} catch (error) {
			await file.truncate(size).catch(() => {});
			throw error;
		}
		if (size === 0) await syncDirectory(path);
	} finally {
		await file.close();
	}
}

/** So that a new file's name survives a power loss too. */
async function syncDirectory(path: string): Promise<void> {
	const directory = await open(join(path, '..'), 'r');
	try {
		await directory.sync();
	} finally {
		await directory.close();
	}
}

/** What to do when the record cannot be written or read for this reason. */
export function auditHint(error: unknown, dir: string): string {
	if (isErrno(error, 'ENOSPC') || isErrno(error, 'EDQUOT')) return `free some space on the disk that holds ${dir}`;
	if (isErrno(error, 'EACCES') || isErrno(error, 'EPERM'))
		return `make ${dir} yours and writable, or set XDG_STATE_HOME`;
	if (isErrno(error, 'EROFS'))
		return `${dir} is on a disk that is mounted read-only: set XDG_STATE_HOME to one that is not`;
	if (isErrno(error, 'ENOTDIR') || isErrno(error, 'EEXIST'))
		return `something else stands where the directory ${dir} belongs`;
	return `look at ${dir}, or set XDG_STATE_HOME to a directory that can be written`;
}
