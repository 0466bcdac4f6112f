import {appliesToKind} from '../contract/define.ts';
import type {RowKind} from '../contract/row.ts';
import {kindOfKey, type RowKey, type TableRow} from './build-view.ts';

/** What of an action or an inspection says which rows it is about. */
export type RowSelector = {
	readonly kind: RowKind;
	readonly also?: readonly RowKind[];
	readonly selects?: 'one' | 'many';
};

/** What is selected in a pane: its rows as they are shown, the marks, and the row under the cursor. */
export type Selection = {
	readonly entries: readonly TableRow[];
	readonly marks: ReadonlySet<RowKey>;
	readonly current: TableRow | undefined;
};

/** The rows an action is about, or why there are none of that. */
export type SelectedRows = {readonly entries: readonly TableRow[]; readonly refusal?: string};

/** One row of each kind that can be acted on now: the marked kinds, then that of the cursor. */
export function firstRowOfEachKind({entries, marks, current}: Selection): readonly TableRow[] {
	const marked = marks.size === 0 ? [] : entries.filter(entry => marks.has(entry.key) && !entry.wasRemoved);
	const all = current === undefined ? marked : [...marked, current];
	return all.filter((entry, index) => all.findIndex(other => other.kind === entry.kind) === index);
}

/**
 * While rows of its kind are marked, an action is about those and about no other, wherever the cursor stands. A mark on a row that is gone
 * or filtered out counts as well: what was meant must not turn into the row under the cursor.
 */
export function selectRowsFor(action: RowSelector, {entries, marks, current}: Selection): SelectedRows {
	const isMarked = [...marks].some(key => appliesToKind(action, kindOfKey(key)));
	if (!isMarked) return {entries: current !== undefined && appliesToKind(action, current.kind) ? [current] : []};
	if (action.selects === 'one') return {entries: [], refusal: 'this acts on one row; esc unmarks'};
	const marked = entries.filter(
		entry => appliesToKind(action, entry.kind) && marks.has(entry.key) && !entry.wasRemoved,
	);
	const [first] = marked;
	if (first === undefined) return {entries: [], refusal: 'the marked rows are not shown any more; esc unmarks'};
	if (marked.some(entry => entry.row.target !== first.row.target))
		return {entries: [], refusal: 'the marked rows are of several targets; mark rows of one'};
	return {entries: marked};
}
