export type SystemKind = 'kubernetes' | 'postgres' | 'redis' | 'kafka' | 'prometheus' | 'alertmanager' | 'probe';

/** Labels or annotations: names and values. */
export type Labels = Readonly<Record<string, string>>;

/** `<system>.<row>`: what a source produces, what a section shows, and what an action hangs on. */
export type RowKind = `${SystemKind}.${string}`;

/** `unknown` is not `ok`: it means that we could not look. Order from worst: crit, warn, unknown, ok. */
export type Severity = 'ok' | 'warn' | 'crit' | 'unknown';

/**
 * `id` survives a refresh and is never reused: pod uid, `pid@backend_start`, `group/topic/partition`. It is unique within (target, kind).
 * `why` says in a few words why the row is not ok; it is present whenever severity is not `ok`.
 */
export type Row = {
	readonly id: string;
	readonly target: string;
	readonly severity: Severity;
	readonly why?: string;
};

/** A figure of the whole target. `value` is undefined when it could not be read; then `text` says why. */
export type Gauge = {
	readonly id: string;
	readonly label: string;
	readonly value: number | undefined;
	readonly unit: 'count' | 'bytes' | 'ratio' | 'seconds' | 'per-second' | 'text';
	/** The limit that `value` runs against, in the same unit: the screen draws a bar. */
	readonly limit?: number;
	readonly text?: string;
	readonly severity: Severity;
};

/** Something the source could not read, and what to do about it. Shown under the section; the rest still shows. */
export type Note = {readonly text: string; readonly hint?: string; readonly severity: Severity};

export type Snapshot<R extends Row = Row> = {
	readonly rows: readonly R[];
	readonly gauges: readonly Gauge[];
	/** Rows the source had and this snapshot dropped. Shown; never hidden. */
	readonly omitted: number;
	readonly notes: readonly Note[];
	/** How much was looked at, when not everything was: `sampled 40,000 of 3.2M keys`. */
	readonly sample?: string;
};
