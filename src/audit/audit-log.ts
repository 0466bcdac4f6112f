import {randomBytes} from 'node:crypto';
import {chmod, stat} from 'node:fs/promises';
import {messageOf} from '../errors.ts';
import {makeDirectory} from '../files/make-directory.ts';
import {folderMode, statePath} from '../state/layout.ts';
import {type Lock, type LockOptions, LostLockError, withLock} from '../state/lock-file.ts';
import {ownIdentity, type ProcessIdentity} from '../state/process-identity.ts';
import {sanitizeForRecord} from '../state/sanitize-record.ts';
import {createUptime, minimumAge} from '../state/uptime.ts';
import type {Clock} from '../time/clock.ts';
import {createStore, type Store} from '../watch/store.ts';
import {AuditError, auditHint} from './audit-error.ts';
import {type Actor, type AuditEntry, type AuditRecord, canonicalJson, sealRecord} from './audit-record.ts';
import {type ChainPosition, chainStart} from './chain.ts';
import {appendDurably, fence} from './durable-append.ts';
import {checkLogEnd} from './log-end.ts';
import {auditLockPath, chooseLogFile, readRecent, writeHead} from './monthly-log-files.ts';
import {createIds} from './record-id.ts';
import {saveFile} from './saved-files.ts';

/** The audit log of this user on this machine. Several consoles append to it. */
export type Audit = {
	/** The directory of the log files. */
	readonly dir: string;
	/** The id of this console in its records. */
	readonly session: string;
	/** The last record that this console wrote. */
	readonly last: Store<AuditRecord | undefined>;
	/** The last `gap` record that this console wrote: earlier records were lost. */
	readonly lastGapRecord: Store<AuditRecord | undefined>;
	newId(): string;
	/**
	 * Resolves when the record is on disk.
	 * @throws AuditError; then nothing may be sent
	 */
	append(entry: AuditEntry): Promise<AuditRecord>;
	/** The newest records of all consoles, newest first. @throws AuditError */
	recent(limit: number): Promise<readonly AuditRecord[]>;
	/** The minimum age of a record in milliseconds, however the wall clock was set since. */
	ageOf(record: AuditRecord): number;
	/** Writes a file that belongs to a record, beside the log. Resolves with its path when it is on disk. @throws AuditError */
	saveFile(record: string, name: string, text: string): Promise<string>;
};

export type AuditOptions = {
	/** The state directory. */
	readonly stateDir: string;
	readonly clock: Clock;
	readonly actor: Actor;
	/** Version of the product. */
	readonly app: string;
	/** Returns that many random bytes; tests pass their own. */
	readonly random?: (size: number) => Uint8Array;
	/** Times of the writer lock, in milliseconds; tests pass their own. */
	readonly lockTimes?: Pick<LockOptions, 'waitMs' | 'leaseMs' | 'renewMs'>;
};

/** Writes nothing to disk before the first record. */
export function createAudit({
	stateDir,
	clock,
	actor,
	app,
	random = size => randomBytes(size),
	lockTimes = {},
}: AuditOptions): Audit {
	const dir = statePath(stateDir, 'auditFolder');
	const newId = createIds(clock, random);
	let sessionId: string | undefined;
	// Lazy: loading the random number generator takes Node as long as drawing a frame.
	const session = () => (sessionId ??= newId());
	const last = createStore<AuditRecord | undefined>(undefined);
	const lastGapRecord = createStore<AuditRecord | undefined>(undefined);
	const uptime = createUptime(clock, session);
	const writer: Writer = {dir, clock, actor, app, newId, session, uptime, last, lastGapRecord};
	const lockOptions = {about: 'another midwatch console', ...lockTimes};
	let identity: ProcessIdentity | undefined;
	let queue: Promise<unknown> = Promise.resolve();

	async function write(entry: AuditEntry): Promise<AuditRecord> {
		try {
			await prepareDirectory(dir);
			identity ??= ownIdentity();
			const record = await writeLocked(writer, {...entry, id: entry.id ?? newId()}, {...lockOptions, identity});
			last.set(record);
			return record;
		} catch (error) {
			throw new AuditError(`the record cannot be written: ${messageOf(error)}`, auditHint(error, dir), {cause: error});
		}
	}

	return {
		dir,
		get session() {
			return session();
		},
		last,
		lastGapRecord,
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
				const message = `${name} cannot be saved: ${messageOf(error)}`;
				throw new AuditError(message, auditHint(error, stateDir), {cause: error});
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

/** What one console needs to write records. */
type Writer = Pick<Audit, 'dir' | 'last' | 'lastGapRecord' | 'newId'> &
	Pick<AuditOptions, 'clock' | 'actor' | 'app'> & {
		session(): string;
		readonly uptime: ReturnType<typeof createUptime>;
	};

type IdentifiedEntry = AuditEntry & {readonly id: string};

async function prepareDirectory(dir: string): Promise<void> {
	makeDirectory(dir);
	const {mode} = await stat(dir);
	if ((mode & 0o077) !== 0) await chmod(dir, folderMode);
}

async function writeLocked(writer: Writer, entry: IdentifiedEntry, options: LockOptions): Promise<AuditRecord> {
	const {dir} = writer;
	for (let attempt = 1; ; attempt += 1) {
		try {
			return await withLock(auditLockPath(dir), options, async lock => {
				await fence(dir, lock);
				return (attempt > 1 ? await findRecord(dir, entry) : undefined) ?? (await appendRecord(writer, entry, lock));
			});
		} catch (error) {
			// This process slept longer than its lease. The retry reads whether the record is in the log.
			if (!(error instanceof LostLockError) || attempt === 3) throw error;
		}
	}
}

const findRecord = async (dir: string, entry: IdentifiedEntry): Promise<AuditRecord | undefined> =>
	(await readRecent(dir, 200)).find(({id, kind}) => id === entry.id && kind === entry.kind);

/** Appends the entry, and before it the records about lines that were cut or lost. */
async function appendRecord(writer: Writer, entry: IdentifiedEntry, lock: Lock): Promise<AuditRecord> {
	const {dir, clock, actor, app, newId} = writer;
	const ts = new Date(clock.now()).toISOString();
	const up = writer.uptime();
	const {path, others} = await chooseLogFile(dir, ts);
	let position: ChainPosition = chainStart;
	let record: AuditRecord | undefined;
	let gap: AuditRecord | undefined;
	const compose = async (): Promise<string> => {
		const end = await checkLogEnd(dir, {path, others}, writer.last.get());
		position = end.last ?? chainStart;
		gap = undefined;
		const lines = [...end.repairs, sanitizeForRecord(entry)].map(({id = newId(), ...fields}) => {
			const {seq, hash: prev} = position;
			record = sealRecord({...fields, v: 1, seq: seq + 1, id, ts, up, session: writer.session(), app, actor, prev});
			position = {seq: record.seq, hash: record.hash};
			if (record.kind === 'gap') gap = record;
			return `${canonicalJson(record)}\n`;
		});
		return (end.isOpen ? '\n' : '') + lines.join('');
	};
	await appendDurably(path, lock, compose);
	if (gap !== undefined) writer.lastGapRecord.set(gap);
	// The log is authoritative: a mirror that lags behind proves less, but nothing false.
	await writeHead(dir, position, lock).catch(() => {});
	if (record === undefined) throw new Error('no record was composed');
	return record;
}
