import {appliesToKind} from '../contract/define.ts';
import type {RowKind} from '../contract/row.ts';
import {kindOfKey, type RowKey, type TableRow} from './build-view.ts';

/** The part of an action or an inspection that says which rows it accepts. */
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

/** The rows for an action, or why there are none. */
export type SelectedRows = {readonly entries: readonly TableRow[]; readonly refusal?: string};

/** Returns one row of each kind that is selected: of the marked kinds first, then of the row under the cursor. */
export function firstRowOfEachKind({entries, marks, current}: Selection): readonly TableRow[] {
	const marked = marks.size === 0 ? [] : entries.filter(entry => marks.has(entry.key) && !entry.wasRemoved);
	const all = current === undefined ? marked : [...marked, current];
	return all.filter((entry, index) => all.findIndex(other => other.row.kind === entry.row.kind) === index);
}

/**
 * Returns the rows for an action. While rows of its kind are marked, these are the marked rows only, wherever the cursor is. A mark on a
 * removed or filtered row counts as well: the action must not fall back to the row under the cursor.
 */
export function selectRowsFor(action: RowSelector, {entries, marks, current}: Selection): SelectedRows {
	const isMarked = [...marks].some(key => appliesToKind(action, kindOfKey(key)));
	if (!isMarked) return {entries: current !== undefined && appliesToKind(action, current.row.kind) ? [current] : []};
	if (action.selects === 'one') return {entries: [], refusal: 'this acts on one row; esc unmarks'};
	const marked = entries.filter(
		entry => appliesToKind(action, entry.row.kind) && marks.has(entry.key) && !entry.wasRemoved,
	);
	const [first] = marked;
	if (first === undefined) return {entries: [], refusal: 'the marked rows are not shown any more; esc unmarks'};
	if (marked.some(entry => entry.row.target !== first.row.target))
		return {entries: [], refusal: 'the marked rows are of several targets; mark rows of one'};
	return {entries: marked};
}
