import type {Entry} from './arrange.ts';
import type {Row, Severity} from './contract.ts';
import type {Order} from './pane.ts';
import {bySeverity} from './severity.ts';
import {sorting} from './sorted.ts';

export type Heads = NonNullable<Order['heads']>;

/** What a row belongs to: its head, by its id. A head belongs to itself. */
export const groupOf = (heads: Heads, {kind, row}: Entry): string =>
	groupKey(row, kind === heads.kind ? row.id : heads.of(row));

const groupKey = (row: Row, id: string): string => `${row.target}\u0000${id}`;

const known = new WeakMap<Row, Entry>();

/** The same entry for the same row. */
export function headEntry(row: Row, make: () => Entry): Entry {
	const before = known.get(row);
	if (before !== undefined) return before;
	const made = make();
	known.set(row, made);
	return made;
}

/** Rows that are looked at before something else may be done: about a millisecond. */
const slice = 256;

/** How the rows of several groups are compared: the group with the worst row first, its head above all else in it. */
export function* groupedComparison(
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
