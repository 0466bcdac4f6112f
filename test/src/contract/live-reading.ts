import type {Reading} from '../../../src/contract/reading.ts';
import type {Row, RowKind} from '../../../src/contract/row.ts';

/** A reading whose last read succeeded with these rows. `part` replaces its other fields. */
export const liveReading = (kind: RowKind, rows: readonly Row[], part: Partial<Reading> = {}): Reading => ({
	target: 'db',
	kind,
	state: 'live',
	snapshot: {rows, gauges: [], notes: [], omitted: 0},
	readAt: 0,
	tookMs: 1,
	failure: undefined,
	intervalMs: 2000,
	nextAt: undefined,
	findings: [],
	history: {},
	...part,
});
