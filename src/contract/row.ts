/** The `kind` of a declared system: one lower-case word, which never changes. */
export type SystemKind = string;

/** Labels or annotations: names and values. */
export type Labels = Readonly<Record<string, string>>;

/** `<system>.<row>`: sources produce rows of a kind, sections show them, actions and inspections accept them. */
export type RowKind = `${SystemKind}.${string}`;

/** `unknown` is not `ok`: the state could not be read. From the worst: crit, warn, unknown, ok. */
export type Severity = 'ok' | 'warn' | 'crit' | 'unknown';

/**
 * `id` survives a refresh and is never reused: pod uid, `pid@backend_start`, `group/topic/partition`. It is unique within (target, kind).
 * `kind` distinguishes the row types of a union. `why` says in a few words why the row is not ok; it is present whenever severity is not `ok`.
 */
export type Row<Kind extends RowKind = RowKind> = {
	readonly id: string;
	readonly kind: Kind;
	readonly target: string;
	readonly severity: Severity;
	readonly why?: string;
};

/** One figure of a target. `value` is undefined when it could not be read; then `text` says why. */
export type Gauge<Id extends string = string> = {
	readonly id: Id;
	readonly label: string;
	readonly value: number | undefined;
	readonly unit: 'count' | 'bytes' | 'ratio' | 'seconds' | 'per-second' | 'text';
	/** The limit of `value`, in the same unit: the painter draws a bar. */
	readonly limit?: number;
	readonly text?: string;
	readonly severity: Severity;
};

/** What a source could not read, and what to do about it. Shown below the section, next to the rest of the snapshot. */
export type Note = {readonly text: string; readonly hint?: string; readonly severity: Severity};

export type Snapshot<R extends Row = Row, GaugeId extends string = string> = {
	readonly rows: readonly R[];
	readonly gauges: readonly Gauge<GaugeId>[];
	/** Number of rows that the source left out of this snapshot. Always shown. */
	readonly omitted: number;
	readonly notes: readonly Note[];
	/** The size of the sample, where not everything was read: `sampled 40,000 of 3.2M keys`. */
	readonly sample?: string;
};
