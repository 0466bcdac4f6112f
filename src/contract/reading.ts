import type {ErrorKind} from '../errors.ts';
import type {Finding} from './finding.ts';
import type {Row, RowKind, Snapshot} from './row.ts';

/** Why the last read failed, and since when every read has failed. */
export type Failure = {
	readonly kind: ErrorKind;
	readonly message: string;
	readonly hint: string;
	/** Epoch milliseconds of the first failed read in this run of failures. */
	readonly since: number;
	readonly attempts: number;
};

/** What is known of one source of one target: the last good snapshot with its age, the state of polling, and the findings. */
export type Reading<R extends Row = Row> = {
	readonly target: string;
	readonly kind: RowKind;
	/**
	 * `connecting`: no read has ended yet · `live`: the last read succeeded · `failed`: the last read failed, and `snapshot`, if any, is old ·
	 * `paused`: a costly source that is not visible.
	 */
	readonly state: 'connecting' | 'live' | 'failed' | 'paused';
	readonly snapshot: Snapshot<R> | undefined;
	/**
	 * Epoch milliseconds when the last good snapshot was complete, or, where the server turned out to have been silent by then, when it last
	 * sent something. The age of the snapshot counts from here.
	 */
	readonly readAt: number | undefined;
	readonly tookMs: number | undefined;
	readonly failure: Failure | undefined;
	/** The interval between successful reads: stretched while the server is slow. For a failing source see `nextAt`. */
	readonly intervalMs: number;
	/** Epoch milliseconds of the next read, if one is scheduled. */
	readonly nextAt: number | undefined;
	/** `since` is filled in where the server does not report it. A failed or stale source is a finding as well. */
	readonly findings: readonly Finding[];
	/** The last 60 values of each gauge, oldest first. */
	readonly history: Readonly<Record<string, readonly (number | undefined)[]>>;
};

/**
 * Folds findings of several readings that belong together: given all readings, returns them with findings suppressed or merged. Returns the
 * same readings for the same readings.
 */
export type Correlate = (readings: readonly Reading[]) => readonly Reading[];

/** The age in milliseconds above which a snapshot is stale: two intervals and a second. */
export const staleAfterMs = (intervalMs: number): number => 2 * intervalMs + 1000;

export const isStale = (reading: Reading, now: number): boolean =>
	reading.readAt !== undefined && reading.state !== 'paused' && now - reading.readAt > staleAfterMs(reading.intervalMs);
