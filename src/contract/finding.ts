import type {Labels, RowKind} from './row.ts';

/** One thing that is wrong. `id` is stable while it lasts; the store keeps the moment it was first seen. */
export type Finding = {
	readonly id: string;
	/** The kind of fault: the `type` of a `FindingType` that its system declares. */
	readonly type: `${string}.${string}`;
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
	/** The labels of everything it is about, for correlators. Absent when it is about things without labels, or when not all of them are known. */
	readonly subjects?: readonly Labels[];
};
