import {createHash} from 'node:crypto';
import type {Check, Receipt, Risk, UndoClass} from '../contract/action.ts';
import type {ServerId} from '../contract/identity.ts';
import type {ErrorKind} from '../errors.ts';
import type {Uptime} from '../state/uptime.ts';

/** The user who acted, as far as this machine knows. */
export type Actor = {
	readonly user: string;
	readonly uid: number | undefined;
	/** The user who became `user` by sudo. */
	readonly sudo_user?: string;
	/** Address of the SSH client. */
	readonly ssh_client?: string;
	readonly tty?: string;
	readonly host: string;
	readonly pid: number;
};

/**
 * `start` `stop`: a console · `arm` `disarm`: a target · `intent`: written before a plan is sent · `undo`: an intent whose plan undoes another ·
 * `outcome`: the answer to what was sent · `verify`: the verified outcome · `refuse`: refused by policy, a check or a lock · `inspect`: an
 * inspection that executes something · `resolve`: a person resolved an unresolved intent · `approve`: of a login program of a target · `clock`:
 * the wall clock was set · `policy`: the policy file of this machine was changed or is unusable · `torn`: a crash cut the line before it ·
 * `gap`: the log ends earlier than the head mirror says · `break-glass` `break-glass-end`: acting although a required sink accepts no records.
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

/** `sent`: sent and answered; a `verify` record follows. `superseded`: the next action on the same object was sent before the outcome was known. */
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

/** Who armed a target, and when. */
export type ArmedBy = {
	/** Id of the `arm` record. */
	readonly record: string;
	readonly ts: string;
	readonly user: string;
	readonly uid?: number;
};

/** The objects of one action as they are recorded: all of them, or the first ones and the file with all of them. */
export type ObjectList = {
	readonly touches: readonly string[];
	readonly all?: {
		readonly count: number;
		/** Digest of the bytes of the file. */
		readonly sha256: string;
		/** Its name in the directory `saved-files` beside the log. */
		readonly file: string;
	};
};

/** The part of a record that its author gives; the log adds the rest. Names have underscores, as in the file. */
export type AuditEntry = {
	readonly kind: RecordKind;
	/** Set when the id had to be known before the record is written. */
	readonly id?: string;
	readonly action?: {readonly id: string; readonly title: string};
	readonly target?: string;
	/** The server of the target, as it was identified on connecting. */
	readonly server?: ServerId;
	readonly object?: string;
	/** In a `verify`: names of what was changed. Ineffective attempts are counted by them. */
	readonly locks?: readonly string[];
	/** The user that the target says we are. */
	readonly target_user?: string;
	/** In an intent on a guarded target: who armed it, and when. */
	readonly armed?: ArmedBy;
	/** In an intent: id of the `break-glass` record that allowed it although a required sink had not accepted the intent. */
	readonly break_glass?: string;
	readonly plan_hash?: string;
	/** In an intent: the plan as JSON, unless it is very long. A later console needs it to check the outcome. */
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
	/** How the demand was met: the typed key or short name, and the number of objects. */
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
	/** In a `torn`: the cut line. In a `gap`: the end of the chain according to the head mirror. */
	readonly lost?: {readonly bytes: number; readonly sha256: string} | {readonly seq: number; readonly hash: string};
};

/** One line of the log. */
export type AuditRecord = AuditEntry & {
	readonly v: 1;
	/** Counts from 1, over all files. */
	readonly seq: number;
	/** 26 characters that sort by time. */
	readonly id: string;
	/** ISO 8601, UTC, milliseconds. */
	readonly ts: string;
	/** The same time on a clock that cannot be set. */
	readonly up?: Uptime;
	/** The id of the console that wrote it. */
	readonly session: string;
	readonly app: string;
	readonly actor: Actor;
	/** `hash` of the previous record; 64 zeros for the first one. */
	readonly prev: string;
	/** SHA-256 of the canonical JSON of all other fields, in hex. */
	readonly hash: string;
};

export const genesisHash = '0'.repeat(64);

export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/**
 * JSON with sorted keys and without white space: equal values give equal bytes. Members that are `undefined` are left out.
 * @throws TypeError for values without JSON (a function, NaN, a bigint)
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

/** Adds the hash over the record, which includes the hash of the previous one. */
export const sealRecord = (record: Omit<AuditRecord, 'hash'>): AuditRecord => ({
	...record,
	hash: sha256(canonicalJson(record)),
});
