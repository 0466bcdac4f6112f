import {createHash} from 'node:crypto';
import type {Check, Receipt, Risk, UndoClass} from '../contract/action.ts';
import type {ServerId} from '../contract/identity.ts';
import type {ErrorKind} from '../errors.ts';
import type {Uptime} from '../state/uptime.ts';

/** Who did it, as far as this machine can tell. */
export type Actor = {
	readonly user: string;
	readonly uid: number | undefined;
	/** Who became `user` by sudo. */
	readonly sudo_user?: string;
	/** Address of the far end of the SSH session. */
	readonly ssh_client?: string;
	readonly tty?: string;
	readonly host: string;
	readonly pid: number;
};

/**
 * `start` `stop`: a console · `arm` `disarm`: a target · `intent`: written before anything is sent · `outcome`: what came of sending ·
 * `verify`: what was seen afterwards · `undo`: an intent whose plan leads back · `refuse`: policy, a check or a lock said no · `inspect`:
 * an inspection that executes something · `resolve`: a person looked at an unknown outcome · `approve`: a program that logs in to a target · `clock`: the wall clock was set · `policy`: the policy file of this machine was changed, or cannot be used · `torn`: the line before it was cut by a
 * crash · `gap`: the log ends earlier than the head mirror says · `break-glass` `break-glass-end`: acting although a required copy of the
 * log is not delivered.
 */
export type RecordKind =
	| 'start'
	| 'stop'
	| 'arm'
	| 'disarm'
	| 'intent'
	| 'undo'
	| 'outcome'
	| 'verify'
	| 'refuse'
	| 'inspect'
	| 'resolve'
	| 'approve'
	| 'clock'
	| 'policy'
	| 'torn'
	| 'gap'
	| 'break-glass'
	| 'break-glass-end';

/** `sent`: it was sent and answered; a `verify` record follows. `superseded`: the next act on the same object came before it showed. */
export type RecordResult =
	| 'sent'
	| 'done'
	| 'failed'
	| 'ineffective'
	| 'superseded'
	| 'unknown'
	| 'stale'
	| 'blocked'
	| 'refused'
	| 'cancelled'
	| 'expired';

/** The record of an arming. */
export type ArmedBy = {
	/** Its id. */
	readonly record: string;
	readonly ts: string;
	readonly user: string;
	readonly uid?: number;
};

/** Every object of one act as it is recorded: all of them, or the first ones with the file that holds all and its digest. */
export type ObjectList = {
	readonly touches: readonly string[];
	readonly all?: {
		readonly count: number;
		/** Of the bytes of the file. */
		readonly sha256: string;
		/** Its name in the directory `kept` beside the log. */
		readonly file: string;
	};
};

/** What is told about one record; the log adds the rest. Names with an underscore, as they stand in the file. */
export type AuditEntry = {
	readonly kind: RecordKind;
	/** Given when the id had to be known before the record was written. */
	readonly id?: string;
	readonly action?: {readonly id: string; readonly title: string};
	readonly target?: string;
	/** Which server the target was, as it was identified when it was connected to. */
	readonly server?: ServerId;
	readonly object?: string;
	/** Of a verify: what was changed, by which attempts that did not help are counted. */
	readonly locks?: readonly string[];
	/** The user that the target says we are. */
	readonly target_user?: string;
	/** Of an intent on a guarded target: who armed it, and when. */
	readonly armed?: ArmedBy;
	/** Of an intent: id of the `break-glass` record that allowed it although a required sink had not accepted the intent. */
	readonly break_glass?: string;
	readonly plan_hash?: string;
	/** Of an intent: what is sent, as JSON, unless it is very long. With it a later console can look what became of it. */
	readonly plan?: unknown;
	readonly params?: Readonly<Record<string, string>>;
	readonly preview?: ObjectList & {
		readonly impact: string;
		readonly cli_equivalent: string;
		readonly bound_to: string;
		readonly count?: number;
		readonly risk: Risk;
		readonly undo: UndoClass;
	};
	readonly checks?: readonly Check[];
	/** What was demanded and typed: the key or the short name, and the number of objects. Records of earlier versions tell only the method. */
	readonly confirmation?: {
		readonly method: 'key' | 'type' | 'type-count-reason';
		readonly typed?: string;
		readonly count?: number;
		readonly reason?: string;
	};
	readonly receipt?: Receipt;
	readonly result?: RecordResult;
	readonly error?: {readonly kind: ErrorKind | 'other'; readonly message: string; readonly hint?: string};
	/** The id of the intent that an outcome, a verify or a resolve belongs to. */
	readonly of?: string;
	readonly undo_of?: string;
	readonly took_ms?: number;
	/** One sentence. */
	readonly note?: string;
	/** Of a `torn`: the cut line. Of a `gap`: where the head mirror says the chain ended. */
	readonly lost?: {readonly bytes: number; readonly sha256: string} | {readonly seq: number; readonly hash: string};
};

/** One line of the log. */
export type AuditRecord = AuditEntry & {
	readonly v: 1;
	/** Counts from 1 over all months. */
	readonly seq: number;
	/** 26 characters; sorts by time. */
	readonly id: string;
	/** ISO 8601, UTC, milliseconds. */
	readonly ts: string;
	/** The same moment by a time that cannot be set; absent in records of earlier versions. */
	readonly up?: Uptime;
	/** The id of the console that wrote it. */
	readonly session: string;
	readonly app: string;
	readonly actor: Actor;
	/** `hash` of the record before it; 64 zeros for the first of all. */
	readonly prev: string;
	/** SHA-256 of the canonical JSON of all other fields, in hex. */
	readonly hash: string;
};

export const genesisHash = '0'.repeat(64);

export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/**
 * JSON with sorted keys and no white space, so that the same value always gives the same bytes. `undefined` members are left out.
 * @throws TypeError for what JSON cannot carry (a function, NaN, a bigint).
 */
export function canonicalJson(value: unknown): string {
	if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
	if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
	if (Array.isArray(value)) return `[${value.map(item => canonicalJson(item === undefined ? null : item)).join(',')}]`;
	if (typeof value === 'object') {
		const members = Object.entries(value)
			.filter(([, member]) => member !== undefined)
			.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
			.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
		return `{${members.join(',')}}`;
	}
	throw new TypeError(`${typeof value} ${String(value)} cannot be recorded`);
}

/** Adds the hash that binds the record to all before it. */
export const sealRecord = (record: Omit<AuditRecord, 'hash'>): AuditRecord => ({
	...record,
	hash: sha256(canonicalJson(record)),
});
