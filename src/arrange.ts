import type {Note, Row, RowKind, Severity} from './contract.ts';
import {compileFilter, type Searchable} from './filter.ts';
import type {Cell, Order, Pane, Section} from './pane.ts';
import type {Reading} from './poll/reading.ts';
import {bySeverity, worst} from './severity.ts';
import {cleanLine} from './text/clean.ts';

/** Names one row on the whole deck, for as long as the object lives. */
export type RowKey = string;

export const rowKey = (kind: RowKind, row: Row): RowKey => `${kind}\u0000${row.target}\u0000${row.id}`;

/** A row with its place in the house. The same row has the same entry for as long as it lives. */
export type Entry = {readonly key: RowKey; readonly kind: RowKind; readonly row: Row};

const known = new WeakMap<Row, Entry>();

function entryOf(kind: RowKind, row: Row): Entry {
	const before = known.get(row);
	if (before?.kind === kind) return before;
	const entry = {key: rowKey(kind, row), kind, row};
	known.set(row, entry);
	return entry;
}

export type SectionView = {
	readonly section: Section;
	readonly entries: readonly Entry[];
	readonly order: string;
	/** Of the rows that are shown. */
	readonly severities: Readonly<Record<Severity, number>>;
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

/** What of a row a filter looks at: a cell is made into text when it is asked for, and no oftener than once. */
class SearchableRow implements Searchable {
	readonly #section: Section;
	readonly #row: Row;
	readonly #now: number;
	#cells: string[] | undefined;

	constructor(section: Section, row: Row, now: number) {
		this.#section = section;
		this.#row = row;
		this.#now = now;
	}

	holds(text: string): boolean {
		const {target, severity, why} = this.#row;
		if (target.toLowerCase().includes(text) || severity.includes(text)) return true;
		if (why !== undefined && cleanLine(why).toLowerCase().includes(text)) return true;
		this.#cells ??= this.#section.columns.map(column => this.#cell(column).toLowerCase());
		return this.#cells.some(cell => cell.includes(text));
	}

	field(name: string): string | undefined {
		if (name === 'target') return this.#row.target;
		if (name === 'severity') return this.#row.severity;
		const column = this.#section.columns.find(one => one.field === name);
		return column && this.#cell(column);
	}

	#cell(column: Section['columns'][number]): string {
		return cleanLine(textOf(column.cell(this.#row, this.#now)));
	}
}

type Passing = {readonly filter: string; passes(row: Row, now: number): boolean};

const lastPassing = new WeakMap<Section, Passing>();

/** The filter of a section. A row is judged once, not at every read that brings it again. */
function passing(section: Section, filter: string): Passing {
	const before = lastPassing.get(section);
	if (before?.filter === filter) return before;
	const judge = compileFilter(filter, new Set(['target', 'severity', ...section.columns.map(column => column.field)]));
	const verdicts = new WeakMap<Row, boolean>();
	const made: Passing = {
		filter,
		passes(row, now) {
			const known = verdicts.get(row);
			if (known !== undefined) return known;
			const verdict = judge(new SearchableRow(section, row, now));
			verdicts.set(row, verdict);
			return verdict;
		},
	};
	lastPassing.set(section, made);
	return made;
}

export type Arrangement = {
	readonly filter: string;
	/** Show this target only. */
	readonly target: string | undefined;
	/** Index of the order of each section; the first when absent. */
	readonly orders: Readonly<Record<string, number>>;
	readonly now: number;
	/** The same section as it was shown before. */
	readonly before?: SectionView | undefined;
	/** Rows keep the order that they had, new ones go below: nothing moves under a hand that is on the keys. A row that is gone is gone. */
	readonly hold?: boolean;
};

/** The entries that were there before, in the order that they had, and the others. Most are the very same: only the rest is looked up. */
function inOrderOf(before: readonly Entry[], now: readonly Entry[]): {readonly old: Entry[]; readonly fresh: Entry[]} {
	const others = new Set(now);
	const kept = before.map(entry => (others.delete(entry) ? entry : undefined));
	const fresh: Entry[] = [];
	if (others.size > 0) {
		const places = new Map<RowKey, number>();
		for (const [index, entry] of before.entries()) if (kept[index] === undefined) places.set(entry.key, index);
		for (const entry of others) {
			const place = places.get(entry.key);
			if (place === undefined) fresh.push(entry);
			else kept[place] = entry;
		}
	}
	return {old: kept.filter(entry => entry !== undefined), fresh};
}

function sorted(entries: Entry[], order: Order, {before, hold}: Arrangement): Entry[] {
	const compare = (a: Entry, b: Entry) => bySeverity(a.row.severity, b.row.severity) || order.compare(a.row, b.row);
	if (before === undefined || before.order !== order.title) return entries.sort(compare);
	const {old, fresh} = inOrderOf(before.entries, entries);
	if (hold === true) return [...old, ...fresh.sort(compare)];
	// What is nearly in order is sorted in one pass.
	return [...old, ...fresh].sort(compare);
}

/** Rows of one section across its targets: filtered, worst first, then in the chosen order. */
export function arrangeSection(section: Section, all: readonly Reading[], arrangement: Arrangement): SectionView {
	const readings = all.filter(
		reading =>
			reading.kind === section.kind && (arrangement.target === undefined || reading.target === arrangement.target),
	);
	const filter = arrangement.filter === '' ? undefined : passing(section, arrangement.filter);
	const found: Entry[] = [];
	const severities = {crit: 0, warn: 0, unknown: 0, ok: 0};
	let total = 0;
	let omitted = 0;
	for (const {snapshot} of readings) {
		if (snapshot === undefined) continue;
		total += snapshot.rows.length;
		omitted += snapshot.omitted;
		for (const row of snapshot.rows) {
			if (filter !== undefined && !filter.passes(row, arrangement.now)) continue;
			severities[row.severity] += 1;
			found.push(entryOf(section.kind, row));
		}
	}
	const index = (arrangement.orders[section.kind] ?? 0) % section.orders.length;
	const order = section.orders[index] ?? section.orders[0];
	return {
		section,
		entries: sorted(found, order, arrangement),
		order: order.title,
		severities,
		total,
		omitted,
		notes: readings.flatMap(({target, snapshot}) => (snapshot?.notes ?? []).map(note => ({target, note}))),
		readings,
	};
}

export function arrangePane(
	pane: Pane,
	readings: readonly Reading[],
	arrangement: Omit<Arrangement, 'before'>,
	before?: PaneView,
): PaneView {
	const sections = pane.sections.map((section, index) =>
		arrangeSection(section, readings, {...arrangement, before: before?.sections[index]}),
	);
	const [only] = sections;
	const shown = sections.flatMap(view => view.readings);
	return {
		pane,
		sections,
		entries: only !== undefined && sections.length === 1 ? only.entries : sections.flatMap(view => view.entries),
		severity: worst(shown.flatMap(reading => reading.findings.map(finding => finding.severity))),
		several: new Set(shown.map(reading => reading.target)).size > 1,
	};
}
