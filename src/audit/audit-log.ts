import {randomBytes} from 'node:crypto';
import {chmod, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {messageOf} from '../errors.ts';
import {isErrno} from '../files/errno.ts';
import {makeDirectory} from '../files/make-directory.ts';
import {NotAFileError} from '../files/regular-file.ts';
import {type Lock, LockHeldError, type LockOptions, withLock} from '../state/lock-file.ts';
import {ownIdentity, type ProcessIdentity} from '../state/process-identity.ts';
import {sanitizeForRecord} from '../state/sanitize-record.ts';
import {createUptime, minimumAge} from '../state/uptime.ts';
import type {Clock} from '../time/clock.ts';
import {createStore, type Store} from '../watch/store.ts';
import {type Actor, type AuditEntry, type AuditRecord, canonicalJson, sealRecord, sha256} from './audit-record.ts';
import {type ChainPosition, chainStart} from './chain.ts';
import {appendDurably, fence, LostLockError} from './durable-append.ts';
import {chooseLogFile, lastRecord, readHead, readRecent, readTail, writeHead} from './monthly-log-files.ts';
import {createIds} from './record-id.ts';
import {saveFile} from './saved-files.ts';

/** The audit of this user on this machine, as one console writes it. */
export type Audit = {
	/** The directory that holds the months. */
	readonly dir: string;
	/** The id of this console in its records. */
	readonly session: string;
	/** The last record that this console wrote. */
	readonly last: Store<AuditRecord | undefined>;
	/** The last record by which this console reported that earlier ones were lost. */
	readonly lastGapRecord: Store<AuditRecord | undefined>;
	newId(): string;
	/**
	 * Resolves when the record is on disk.
	 * @throws AuditError; then nothing may be done.
	 */
	append(entry: AuditEntry): Promise<AuditRecord>;
	/** The newest records of all consoles, newest first. @throws AuditError */
	recent(limit: number): Promise<readonly AuditRecord[]>;
	/** The least milliseconds since a record was written, whatever was done to the wall clock meanwhile. */
	ageOf(record: AuditRecord): number;
	/** Writes a file that belongs to a record, beside the log. Resolves with its path when it is on disk. @throws AuditError */
	saveFile(record: string, name: string, text: string): Promise<string>;
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
	/** Times of the writer lock, in milliseconds; tests pass their own. */
	readonly lockTimes?: Pick<LockOptions, 'waitMs' | 'leaseMs' | 'renewMs'>;
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
export function createAudit({
	stateDir,
	clock,
	actor,
	app,
	random = size => randomBytes(size),
	lockTimes = {},
}: AuditOptions): Audit {
	const dir = join(stateDir, 'audit');
	const newId = createIds(clock, random);
	let session: string | undefined;
	let identity: ProcessIdentity | undefined;
	// Made when it is first asked for: what random numbers come from takes Node as long to load as a frame to draw.
	const ownSession = () => (session ??= newId());
	const last = createStore<AuditRecord | undefined>(undefined);
	const gap = createStore<AuditRecord | undefined>(undefined);
	const uptime = createUptime(clock, ownSession);
	let queue: Promise<unknown> = Promise.resolve();

	async function write(entry: AuditEntry): Promise<AuditRecord> {
		try {
			await prepare(dir);
			identity ??= ownIdentity();
			const record = await underLock({...entry, id: entry.id ?? newId()}, identity);
			last.set(record);
			return record;
		} catch (error) {
			throw new AuditError(`the record cannot be written: ${messageOf(error)}`, auditHint(error, dir), {cause: error});
		}
	}

	async function underLock(entry: Identified, own: ProcessIdentity): Promise<AuditRecord> {
		const options = {about: 'another midwatch console', identity: own, ...lockTimes};
		for (let attempt = 1; ; attempt += 1) {
			try {
				return await withLock(join(dir, 'writer.lock'), options, async lock => {
					await fence(dir, lock);
					return (attempt > 1 ? await find(entry) : undefined) ?? (await append(entry, lock));
				});
			} catch (error) {
				// This process slept longer than a lease. Whether the record is in the log only a look can tell.
				if (!(error instanceof LostLockError) || attempt === 3) throw error;
			}
		}
	}

	const find = async (entry: Identified): Promise<AuditRecord | undefined> =>
		(await readRecent(dir, 200)).find(({id, kind}) => id === entry.id && kind === entry.kind);

	async function append(entry: Identified, lock: Lock): Promise<AuditRecord> {
		const ts = new Date(clock.now()).toISOString();
		const up = uptime();
		const {path, others} = await chooseLogFile(dir, ts);
		let place: ChainPosition = chainStart;
		let record: AuditRecord | undefined;
		let found: AuditRecord | undefined;
		const compose = async (): Promise<string> => {
			const end = await endOfLog(dir, {path, others}, last.get());
			place = end.before ?? chainStart;
			found = undefined;
			const lines = [...end.remarks, sanitizeForRecord(entry)].map(one => {
				const {id = newId(), ...entry} = one;
				const {seq, hash: prev} = place;
				record = sealRecord({...entry, v: 1, seq: seq + 1, id, ts, up, session: ownSession(), app, actor, prev});
				place = {seq: record.seq, hash: record.hash};
				if (record.kind === 'gap') found = record;
				return `${canonicalJson(record)}\n`;
			});
			return (end.isOpen ? '\n' : '') + lines.join('');
		};
		await appendDurably(path, lock, compose);
		if (found !== undefined) gap.set(found);
		// The log is what counts; a mirror that lags behind says less, and nothing wrong.
		await writeHead(dir, place, lock).catch(() => {});
		if (record === undefined) throw new Error('no record was composed');
		return record;
	}

	return {
		dir,
		get session() {
			return ownSession();
		},
		last,
		lastGapRecord: gap,
		newId,
		append(entry) {
			const written = queue.then(() => write(entry));
			queue = written.catch(() => {});
			return written;
		},
		async saveFile(record, name, text) {
			try {
				return await saveFile(stateDir, record, name, text);
			} catch (error) {
				throw new AuditError(`${name} cannot be kept: ${messageOf(error)}`, auditHint(error, stateDir), {cause: error});
			}
		},
		ageOf: record => minimumAge(record, {wall: clock.now(), up: uptime()}),
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

type Identified = AuditEntry & {readonly id: string};

/**
 * Where the chain ends, and what the next record, which goes to the file `path`, must be preceded by: that lines were cut or lost. `own` is
 * the last record that this console wrote: it is missing when the whole directory was removed or replaced, the mirror of the head with it.
 */
async function endOfLog(
	dir: string,
	{path, others}: {readonly path: string; readonly others: readonly string[]},
	own: AuditRecord | undefined,
): Promise<{
	readonly before: AuditRecord | undefined;
	readonly remarks: readonly AuditEntry[];
	readonly isOpen: boolean;
}> {
	const tail = await readTail(path);
	const before = tail.last ?? (await lastRecord(others));
	const remarks: AuditEntry[] = [];
	const head = await readHead(dir).catch(() => undefined);
	if (tail.torn.length > 0) {
		const lost = {bytes: tail.torn.length, sha256: sha256(tail.torn)};
		remarks.push({kind: 'torn', note: 'the line before this one was cut by a crash while it was written', lost});
	}
	if (head && (head.seq > (before?.seq ?? 0) || (head.seq === before?.seq && head.hash !== before.hash))) {
		const note = `the log ended with record ${before?.seq ?? 0}, while record ${head.seq} had been written: lines were lost or changed`;
		remarks.push({kind: 'gap', note, lost: head});
	} else if (own && !(await isInLog(own, before, dir))) {
		const note = `record ${own.seq}, which this console had written, is not in the log any more: lines were lost, or another log is in its place`;
		remarks.push({kind: 'gap', note, lost: {seq: own.seq, hash: own.hash}});
	}
	if (!head && before) {
		// The mirror is about to be written again; without this nobody would ever know.
		const note = `head.json was missing or spoilt: whether records after record ${before.seq} were cut off cannot be told`;
		remarks.push({kind: 'gap', note});
	}
	return {before, remarks, isOpen: tail.open};
}

/** `before` is the last record of the log. */
async function isInLog(record: AuditRecord, before: AuditRecord | undefined, dir: string): Promise<boolean> {
	if (before === undefined || before.seq < record.seq) return false;
	if (before.hash === record.hash) return true;
	// Other consoles wrote meanwhile.
	const recent = await readRecent(dir, before.seq - record.seq + 1);
	return recent.some(({hash}) => hash === record.hash);
}

/** What to do when the record cannot be written or read for this reason. */
export function auditHint(error: unknown, dir: string): string {
	if (error instanceof LockHeldError) return error.hint;
	if (error instanceof NotAFileError) return 'look what it is, and move it away';
	if (isErrno(error, 'ENOSPC') || isErrno(error, 'EDQUOT')) return `free some space on the disk that holds ${dir}`;
	if (isErrno(error, 'EACCES') || isErrno(error, 'EPERM'))
		return `make ${dir} yours and writable, or set XDG_STATE_HOME`;
	if (isErrno(error, 'EROFS'))
		return `${dir} is on a disk that is mounted read-only: set XDG_STATE_HOME to one that is not`;
	if (isErrno(error, 'ENOTDIR') || isErrno(error, 'EEXIST'))
		return `something else stands where the directory ${dir} belongs`;
	return `look at ${dir}, or set XDG_STATE_HOME to a directory that can be written`;
}
