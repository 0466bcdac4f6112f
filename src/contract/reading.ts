import type {ErrorKind} from '../errors.ts';
import type {Finding} from './finding.ts';
import type {Row, RowKind, Snapshot} from './row.ts';

/** Why the last read failed, and since when reads have failed without a break. */
export type Failure = {
	readonly kind: ErrorKind;
	readonly message: string;
	readonly hint: string;
	/** Epoch milliseconds of the first failed read in this run of failures. */
	readonly since: number;
	readonly attempts: number;
};

/** Everything known of one source of one target. The last good snapshot stays, with its age, whatever happens afterwards. */
export type Reading<R extends Row = Row> = {
	readonly target: string;
	readonly kind: RowKind;
	/**
	 * `connecting`: nothing was read yet, and nothing failed yet · `live`: the last read was good · `failed`: the last read failed, and
	 * `snapshot`, if any, is old · `paused`: a costly source that nobody looks at.
	 */
	readonly state: 'connecting' | 'live' | 'failed' | 'paused';
	readonly snapshot: Snapshot<R> | undefined;
	/**
	 * Epoch milliseconds when the last good snapshot was complete, or, where the system turned out to have been silent by then, when it was
	 * last heard. Its age counts from here.
	 */
	readonly readAt: number | undefined;
	readonly tookMs: number | undefined;
	readonly failure: Failure | undefined;
	/** How often it is read while it answers: stretched when the system is slow. When it fails, `nextAt` tells. */
	readonly intervalMs: number;
	/** Epoch milliseconds of the next read, if one is planned. */
	readonly nextAt: number | undefined;
	/** With `since` filled in by first sight. A failed or stale source is a finding too. */
	readonly findings: readonly Finding[];
	/** The last 60 values of each gauge, oldest first. */
	readonly history: Readonly<Record<string, readonly (number | undefined)[]>>;
};

/**
 * Folds findings of several readings that belong together: given all readings, returns them with findings suppressed or merged. Returns the
 * same readings for the same readings.
 */
export type Correlate = (readings: readonly Reading[]) => readonly Reading[];

/** Data older than two intervals is called old wherever it is shown. */
export const isStale = (reading: Reading, now: number): boolean =>
	reading.readAt !== undefined && reading.state !== 'paused' && now - reading.readAt > 2 * reading.intervalMs + 1000;
