import type {Order} from '../contract/pane.ts';
import type {Row, RowKind, Severity} from '../contract/row.ts';
import {bySeverity} from '../contract/severity.ts';
import {sorting} from './sort-sliced.ts';

export type Heads = NonNullable<Order['heads']>;

/** A row and what it is one of. */
type Placed = {readonly kind: RowKind; readonly row: Row};

/** What a row belongs to: its head, by its id. A head belongs to itself. */
export const groupOf = (heads: Heads, {kind, row}: Placed): string =>
	groupKey(row, kind === heads.kind ? row.id : heads.of(row));

/** `headed`: the groups whose head is in the table. */
export type Grouping = {readonly heads: Heads; readonly headed: ReadonlySet<string>};

/** Whether this row stands below a head that is there. */
export const isUnderHead = (grouping: Grouping | undefined, placed: Placed): boolean =>
	grouping !== undefined && placed.kind !== grouping.heads.kind && grouping.headed.has(groupOf(grouping.heads, placed));

const groupKey = (row: Row, id: string): string => `${row.target}\u0000${id}`;

/** Rows that are looked at before something else may be done: about a millisecond. */
const slice = 256;

/** How the rows of several groups are compared: the group with the worst row first, its head above all else in it. */
export function* groupedComparison<Entry extends Placed>(
	entries: readonly Entry[],
	order: Order,
	heads: Heads,
): Generator<undefined, (a: Entry, b: Entry) => number> {
	const groups = new Map<string, {severity: Severity; first: Entry}>();
	const names = new Map<Entry, string>();
	for (const entry of entries) {
		const name = groupOf(heads, entry);
		names.set(entry, name);
		const group = groups.get(name);
		if (group === undefined) groups.set(name, {severity: entry.row.severity, first: entry});
		else {
			if (bySeverity(entry.row.severity, group.severity) < 0) group.severity = entry.row.severity;
			// All of a group compare alike by what the group is called; only its head has no other name.
			if (entry.kind === heads.kind) group.first = entry;
		}
		if (names.size % slice === 0) yield;
	}
	const sorted = yield* sorting(
		[...groups],
		([, a], [, b]) => bySeverity(a.severity, b.severity) || order.compare(a.first.row, b.first.row),
	);
	const ranks = new Map(sorted.map(([name], rank) => [name, rank]));
	yield;
	const places = new Map<Entry, number>();
	for (const [entry, name] of names) {
		places.set(entry, ranks.get(name) ?? 0);
		if (places.size % slice === 0) yield;
	}
	const isHead = (entry: Entry) => Number(entry.kind === heads.kind);
	return (a, b) =>
		(places.get(a) ?? 0) - (places.get(b) ?? 0) ||
		isHead(b) - isHead(a) ||
		bySeverity(a.row.severity, b.row.severity) ||
		order.compare(a.row, b.row);
}
