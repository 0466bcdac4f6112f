import {isFor} from '../contract/define.ts';
import type {RowKind} from '../contract/row.ts';
import {type Entry, kindOfKey, type RowKey} from './build-view.ts';

/** What of an action or an inspection says which rows it is about. */
export type Choosing = {
	readonly kind: RowKind;
	readonly also?: readonly RowKind[];
	readonly selects?: 'one' | 'many';
};

/** What is selected in a pane: its rows as they are shown, the marks, and the row under the cursor. */
export type Selection = {
	readonly entries: readonly Entry[];
	readonly marks: ReadonlySet<RowKey>;
	readonly current: Entry | undefined;
};

/** The rows an action is about, or why there are none of that. */
export type Chosen = {readonly entries: readonly Entry[]; readonly refusal?: string};

/** One row of each kind that can be acted on now: the marked kinds, then that of the cursor. */
export function kindsOf({entries, marks, current}: Selection): readonly Entry[] {
	const marked = marks.size === 0 ? [] : entries.filter(entry => marks.has(entry.key) && !entry.left);
	const all = current === undefined ? marked : [...marked, current];
	return all.filter((entry, index) => all.findIndex(other => other.kind === entry.kind) === index);
}

/**
 * While rows of its kind are marked, an action is about those and about no other, wherever the cursor stands. A mark on a row that is gone
 * or filtered out counts as well: what was meant must not turn into the row under the cursor.
 */
export function chosenFor(action: Choosing, {entries, marks, current}: Selection): Chosen {
	const isMarked = [...marks].some(key => isFor(action, kindOfKey(key)));
	if (!isMarked) return {entries: current !== undefined && isFor(action, current.kind) ? [current] : []};
	if (action.selects === 'one') return {entries: [], refusal: 'this acts on one row; esc unmarks'};
	const marked = entries.filter(entry => isFor(action, entry.kind) && marks.has(entry.key) && !entry.left);
	const [first] = marked;
	if (first === undefined) return {entries: [], refusal: 'the marked rows are not shown any more; esc unmarks'};
	if (marked.some(entry => entry.row.target !== first.row.target))
		return {entries: [], refusal: 'the marked rows are of several targets; mark rows of one'};
	return {entries: marked};
}
