import type {RowKind} from './row.ts';

/** One thing that is wrong. `id` is stable while it lasts; the store keeps the moment it was first seen. */
export type Finding = {
	readonly id: string;
	readonly target: string;
	readonly severity: 'warn' | 'crit' | 'unknown';
	/** One sentence, the cause first: `14 sessions wait for pid 4411 (idle in transaction 6m12s, app checkout)`. */
	readonly sentence: string;
	/** Epoch milliseconds, when the system itself tells since when; else the store's first sight is shown. */
	readonly since?: number;
	/** It may have begun before `since`: nobody looked earlier, or it takes a while to be seen. Shown as `>3m12s`. */
	readonly atLeast?: true;
	/** The row it is about; Enter in the strip goes there. */
	readonly row?: {readonly kind: RowKind; readonly id: string};
	/** The kind of row it is about when no one row is. */
	readonly kind: RowKind;
	/** What was read and against which limit, one fact a line. */
	readonly evidence: readonly string[];
	/** Action ids that help, the best first. */
	readonly actions: readonly string[];
	/** Inspection ids that explain, the best first. */
	readonly inspections: readonly string[];
	/** Of a finding about alerts: their labels. See src/model/prometheus/alert-dedup.ts: that of a Prometheus stands back while an Alertmanager target shows all of them. */
	readonly alerts?: readonly Readonly<Record<string, string>>[];
	/** Of a finding about targets that are down: the labels of all of them, and the names of the alerting rules that look at `up`. See src/model/prometheus/down-dedup.ts. */
	readonly down?: {readonly targets: readonly Readonly<Record<string, string>>[]; readonly rules: readonly string[]};
};
