import type {Order} from '../contract/pane.ts';
import type {Row, Severity} from '../contract/row.ts';
import {compareSeverity} from '../contract/severity.ts';
import {sortInSlices} from './sort-sliced.ts';

export type GroupHeaders = NonNullable<Order['groupHeaders']>;

/** Returns the id of the group of a row, which is the key of its group header. A group header belongs to its own group. */
export const groupIdOf = (heads: GroupHeaders, {row}: {readonly row: Row}): string =>
	groupKey(row, row.kind === heads.kind ? row.id : heads.of(row));

/** `groupsWithHeader`: the groups whose header is in the table. */
export type Grouping = {readonly headers: GroupHeaders; readonly groupsWithHeader: ReadonlySet<string>};

/** Returns true when the row is below a group header that is in the table. */
export const isUnderGroupHeader = (grouping: Grouping | undefined, placed: {readonly row: Row}): boolean =>
	grouping !== undefined &&
	placed.row.kind !== grouping.headers.kind &&
	grouping.groupsWithHeader.has(groupIdOf(grouping.headers, placed));

const groupKey = (row: Row, id: string): string => `${row.target}\u0000${id}`;

/** Rows processed between two yields: about a millisecond. */
const slice = 256;

/** Returns a comparison for rows in groups: the group with the worst row first, and in each group its header first. */
export function* createGroupComparison<Entry extends {readonly row: Row}>(
	entries: readonly Entry[],
	order: Order,
	heads: GroupHeaders,
): Generator<undefined, (a: Entry, b: Entry) => number> {
	const groups = new Map<string, {severity: Severity; first: Entry}>();
	const names = new Map<Entry, string>();
	for (const entry of entries) {
		const name = groupIdOf(heads, entry);
		names.set(entry, name);
		const group = groups.get(name);
		if (group === undefined) groups.set(name, {severity: entry.row.severity, first: entry});
		else {
			if (compareSeverity(entry.row.severity, group.severity) < 0) group.severity = entry.row.severity;
			// Every row of a group has what the order compares groups by; the header has it exactly.
			if (entry.row.kind === heads.kind) group.first = entry;
		}
		if (names.size % slice === 0) yield;
	}
	const sorted = yield* sortInSlices(
		[...groups],
		([, a], [, b]) => compareSeverity(a.severity, b.severity) || order.compare(a.first.row, b.first.row),
	);
	const ranks = new Map(sorted.map(([name], rank) => [name, rank]));
	yield;
	const places = new Map<Entry, number>();
	for (const [entry, name] of names) {
		places.set(entry, ranks.get(name) ?? 0);
		if (places.size % slice === 0) yield;
	}
	const isHead = (entry: Entry) => Number(entry.row.kind === heads.kind);
	return (a, b) =>
		(places.get(a) ?? 0) - (places.get(b) ?? 0) ||
		isHead(b) - isHead(a) ||
		compareSeverity(a.row.severity, b.row.severity) ||
		order.compare(a.row, b.row);
}
