import type {Labels, RowKind} from './row.ts';

/** One thing that is wrong. `id` is stable while the fault lasts. */
export type Finding = {
	readonly id: string;
	/** The kind of fault: the `type` of a `FindingType` that its system declares. */
	readonly type: `${string}.${string}`;
	readonly target: string;
	readonly severity: 'warn' | 'crit' | 'unknown';
	/** One sentence, the cause first: `14 sessions wait for pid 4411 (idle in transaction 6m12s, app checkout)`. */
	readonly sentence: string;
	/** Epoch milliseconds when the fault began, where the system reports it; otherwise the poller fills in when it first saw the finding. */
	readonly since?: number;
	/** The fault may have begun before `since`: there was no read just before, or it is detected late. Shown as `>3m12s`. */
	readonly atLeast?: true;
	/** The row it is about; Enter in the finding strip moves the cursor to it. */
	readonly row?: {readonly kind: RowKind; readonly id: string};
	/** The kind of row it is about, where it is not about a single row. */
	readonly kind: RowKind;
	/** The values read and their limits, one fact a line. */
	readonly evidence: readonly string[];
	/** Action ids that help, the best first. */
	readonly actions: readonly string[];
	/** Inspection ids that explain, the best first. */
	readonly inspections: readonly string[];
	/** Labels of all its subjects, for correlators. Absent when the subjects have no labels, or not all of them are known. */
	readonly subjects?: readonly Labels[];
};
