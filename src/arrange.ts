import type {Note, Row, RowKind, Severity} from './contract.ts';
import {compileFilter, type Searchable} from './filter.ts';
import type {Cell, Pane, Section} from './pane.ts';
import type {Reading} from './poll/reading.ts';
import {bySeverity, worst} from './severity.ts';
import {cleanLine} from './text/clean.ts';

/** Names one row on the whole deck, for as long as the object lives. */
export type RowKey = string;

export const rowKey = (kind: RowKind, row: Row): RowKey => `${kind}\u0000${row.target}\u0000${row.id}`;

/** A row with its place in the house. */
export type Entry = {readonly key: RowKey; readonly kind: RowKind; readonly row: Row};

export type SectionView = {
	readonly section: Section;
	readonly entries: readonly Entry[];
	readonly order: string;
	/** Rows before the filter. */
	readonly total: number;
	readonly omitted: number;
	readonly notes: readonly {readonly target: string; readonly note: Note}[];
	readonly readings: readonly Reading[];
};

export type PaneView = {
	readonly pane: Pane;
	readonly sections: readonly SectionView[];
	/** Every row a cursor can stand on, from top to bottom. */
	readonly entries: readonly Entry[];
	readonly severity: Severity;
	/** More than one target is shown, so rows and gauges need its name. */
	readonly several: boolean;
};

export const textOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.text);

const searchables = new WeakMap<Row, Searchable>();

function searchable(section: Section, row: Row, now: number): Searchable {
	const known = searchables.get(row);
	if (known !== undefined) return known;
	const cells = new Map<string, string>([
		['target', row.target],
		['severity', row.severity],
	]);
	for (const column of section.columns) cells.set(column.field, cleanLine(textOf(column.cell(row, now))));
	const made = {
		text: [...cells.values(), cleanLine(row.why ?? '')].join(' ').toLowerCase(),
		field: (name: string) => cells.get(name),
	};
	searchables.set(row, made);
	return made;
}

export type Arrangement = {
	readonly filter: string;
	/** Show this target only. */
	readonly target: string | undefined;
	/** Index of the order of each section; the first when absent. */
	readonly orders: Readonly<Record<string, number>>;
	readonly now: number;
	/**
	 * Rows keep the order of this view, new ones go below: nothing moves under a hand that is on the keys. A row that is gone is gone.
	 */
	readonly hold?: SectionView | undefined;
};

function sorted(section: Section, rows: Entry[], arrangement: Arrangement): Entry[] {
	const {hold} = arrangement;
	const order = section.orders[(arrangement.orders[section.kind] ?? 0) % section.orders.length] ?? section.orders[0];
	const compare = (a: Entry, b: Entry) => bySeverity(a.row.severity, b.row.severity) || order.compare(a.row, b.row);
	if (hold === undefined || hold.order !== order.title) return rows.sort(compare);
	const place = new Map(hold.entries.map((entry, index) => [entry.key, index]));
	const last = place.size;
	return rows.sort((a, b) => (place.get(a.key) ?? last) - (place.get(b.key) ?? last) || compare(a, b));
}

/** Rows of one section across its targets: filtered, worst first, then in the chosen order. */
export function arrangeSection(section: Section, all: readonly Reading[], arrangement: Arrangement): SectionView {
	const readings = all.filter(
		reading =>
			reading.kind === section.kind && (arrangement.target === undefined || reading.target === arrangement.target),
	);
	const fields = new Set(['target', 'severity', ...section.columns.map(column => column.field)]);
	const passes = arrangement.filter === '' ? undefined : compileFilter(arrangement.filter, fields);
	const entries: Entry[] = [];
	let total = 0;
	let omitted = 0;
	for (const {snapshot} of readings) {
		if (snapshot === undefined) continue;
		total += snapshot.rows.length;
		omitted += snapshot.omitted;
		for (const row of snapshot.rows) {
			if (passes !== undefined && !passes(searchable(section, row, arrangement.now))) continue;
			entries.push({key: rowKey(section.kind, row), kind: section.kind, row});
		}
	}
	const index = (arrangement.orders[section.kind] ?? 0) % section.orders.length;
	return {
		section,
		entries: sorted(section, entries, arrangement),
		order: (section.orders[index] ?? section.orders[0]).title,
		total,
		omitted,
		notes: readings.flatMap(({target, snapshot}) => (snapshot?.notes ?? []).map(note => ({target, note}))),
		readings,
	};
}

export function arrangePane(
	pane: Pane,
	readings: readonly Reading[],
	arrangement: Omit<Arrangement, 'hold'>,
	hold?: PaneView,
): PaneView {
	const sections = pane.sections.map((section, index) =>
		arrangeSection(section, readings, {...arrangement, hold: hold?.sections[index]}),
	);
	const shown = sections.flatMap(view => view.readings);
	return {
		pane,
		sections,
		entries: sections.flatMap(view => view.entries),
		severity: worst(shown.flatMap(reading => reading.findings.map(finding => finding.severity))),
		several: new Set(shown.map(reading => reading.target)).size > 1,
	};
}
