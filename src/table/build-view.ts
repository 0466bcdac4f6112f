import {type Cell, type Column, kindsOfSection, type Order, type Pane, type Section} from '../contract/pane.ts';
import type {Reading} from '../contract/reading.ts';
import type {Note, Row, RowKind, Severity} from '../contract/row.ts';
import {bySeverity, worst} from '../contract/severity.ts';
import {cleanLine} from '../text/clean.ts';
import {compileFilter, type Searchable} from './filter.ts';
import {type Grouping, groupedComparison, groupOf, type Heads} from './grouping.ts';
import {sorting} from './sort-sliced.ts';

/** Names one row on the whole deck, for as long as the object lives. */
export type RowKey = string;

export const rowKey = (kind: RowKind, row: Row): RowKey => `${kind}\u0000${row.target}\u0000${row.id}`;

export const kindOfKey = (key: RowKey): string => key.slice(0, key.indexOf('\u0000'));

/** A row of the deck. `left`: it is no longer in the list, and keeps its line only until no key was pressed for a second. */
export type Entry = {readonly key: RowKey; readonly kind: RowKind; readonly row: Row; readonly left?: true};

export type SectionView = {
	readonly section: Section;
	/** With the rows that head others, in an order that has such. */
	readonly entries: readonly Entry[];
	/** Of every row, in the order in which they were read: a row that stands there again keeps its entry. */
	readonly read: readonly Entry[];
	/** Of each of those, whether it passed the filter: a row is judged once, not at every read that brings it again. */
	readonly passed: readonly boolean[];
	readonly filter: string;
	readonly order: string;
	/** In an order with heads: which groups have theirs in the table. Data: a function would keep all that the view was made of. */
	readonly grouping: Grouping | undefined;
	/** How many rows are shown, without heads. */
	readonly shown: number;
	/** Of the rows that are shown, without heads. */
	readonly severities: Readonly<Record<Severity, number>>;
	/** The same with the heads that are worse than all of their rows, in every order: what is wrong with them none of those tells. */
	readonly troubles: Readonly<Record<Severity, number>>;
	/** Rows before the filter. */
	readonly total: number;
	readonly omitted: number;
	readonly notes: readonly {readonly target: string; readonly note: Note}[];
	readonly readings: readonly Reading[];
};

export type PaneView = {
	readonly pane: Pane;
	/** What was filtered by. It may be older than what was typed last, for as long as many rows take. */
	readonly filter: string;
	/** Only what is wrong is shown. */
	readonly faults: boolean;
	readonly sections: readonly SectionView[];
	/** Every row a cursor can stand on, from top to bottom. */
	readonly entries: readonly Entry[];
	readonly severity: Severity;
	/** More than one target is shown, so rows and gauges need its name. */
	readonly several: boolean;
};

export const textOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.text);

type CellOf = (column: Column, row: Row, now: number) => Cell;

/** What stands in a column: of a row of the section itself, or of one that heads others. */
export const ownCell: CellOf = (column, row, now) => column.cell(row, now);
export const headCell: CellOf = (column, row, now) => column.head?.(row, now) ?? '';

/** What of a row a filter looks at: a cell is made into text when it is asked for, and no oftener than once. */
class SearchableRow implements Searchable {
	readonly #section: Section;
	readonly #row: Row;
	readonly #now: number;
	readonly #cell: CellOf;
	#cells: string[] | undefined;

	constructor(section: Section, row: Row, now: number, cell: CellOf) {
		this.#section = section;
		this.#row = row;
		this.#now = now;
		this.#cell = cell;
	}

	holds(text: string): boolean {
		const {target, severity, why} = this.#row;
		if (target.toLowerCase().includes(text) || severity.includes(text)) return true;
		if (why !== undefined && cleanLine(why).toLowerCase().includes(text)) return true;
		this.#cells ??= this.#section.columns.map(column => this.#text(column).toLowerCase());
		return this.#cells.some(cell => cell.includes(text));
	}

	field(name: string): string | undefined {
		if (name === 'target') return this.#row.target;
		if (name === 'severity') return this.#row.severity;
		const column = this.#section.columns.find(one => one.field === name);
		return column && this.#text(column);
	}

	#text(column: Column): string {
		return cleanLine(textOf(this.#cell(column, this.#row, this.#now)));
	}
}

/** The names that may stand before a colon in a filter of this section. */
export const fieldsOf = (section: Section): ReadonlySet<string> =>
	new Set(['target', 'severity', ...section.columns.map(column => column.field)]);

export type Arrangement = {
	readonly filter: string;
	/** Show only what is wrong. */
	readonly faults?: boolean;
	/** Show this target only. */
	readonly target: string | undefined;
	/** Index of the order of each section; the first when absent. */
	readonly orders: Readonly<Record<string, number>>;
	readonly now: number;
	/** The same section as it was shown before. */
	readonly before?: SectionView | undefined;
	/**
	 * No row moves: rows keep their lines, also those that left the list. New rows go below the last one of a section that has none below it
	 * (`isLast`) or showed no row before; in other sections they wait.
	 */
	readonly hold?: boolean;
	readonly isLast?: boolean;
};

/** Rows that are looked at before something else may be done: about a millisecond. */
const slice = 256;

/** The entries that were there before, in the order that they had, and the others. Most are the very same: only the rest is looked up. */
function* inOrderOf(
	before: readonly Entry[],
	now: readonly Entry[],
): Generator<undefined, {readonly old: readonly (Entry | undefined)[]; readonly fresh: Entry[]}> {
	const others = new Set(now);
	yield;
	const kept = before.map(entry => (others.delete(entry) ? entry : undefined));
	yield;
	const fresh: Entry[] = [];
	if (others.size > 0) {
		const places = new Map<RowKey, number>();
		for (const [index, entry] of before.entries()) {
			if (index % slice === 0) yield;
			if (kept[index] === undefined) places.set(entry.key, index);
		}
		let looked = 0;
		for (const entry of others) {
			looked += 1;
			if (looked % slice === 0) yield;
			const place = places.get(entry.key);
			if (place === undefined) fresh.push(entry);
			else kept[place] = entry;
		}
	}
	return {old: kept, fresh};
}

const leaving = (entry: Entry): Entry => (entry.left ? entry : {...entry, left: true});

function* inOrder(
	entries: Entry[],
	order: Order,
	{before, hold, isLast = true}: Arrangement,
): Generator<undefined, Entry[]> {
	const compare =
		order.heads === undefined
			? (a: Entry, b: Entry) => bySeverity(a.row.severity, b.row.severity) || order.compare(a.row, b.row)
			: yield* groupedComparison(entries, order, order.heads);
	if (before === undefined || before.order !== order.title) return yield* sorting(entries, compare);
	const {old, fresh} = yield* inOrderOf(before.entries, entries);
	if (hold === true) {
		const held = before.entries.map((entry, index) => old[index] ?? leaving(entry));
		return isLast || held.length === 0 ? held.concat(yield* sorting(fresh, compare)) : held;
	}
	// What is nearly in order is sorted in one pass.
	const still = old.filter(entry => entry !== undefined);
	return yield* sorting(still.concat(fresh), compare);
}

/** Places in which a row is looked for when others before it have come or gone since the last read. */
const shifts = [0, 1, -1, 2, -2, 3, -3, 4, -4] as const;

/** Where this very row was, near the place where it should be; -1 when it is a new one. */
function placeNear(known: readonly Entry[], place: number, row: Row): number {
	for (const shift of shifts) if (known[place + shift]?.row === row) return place + shift;
	return -1;
}

const none: ReadonlySet<string> = new Set();

const knownHeads = new WeakMap<Row, Entry>();

/** The same entry for the same row. */
function headEntry(kind: RowKind, row: Row): Entry {
	const known = knownHeads.get(row);
	if (known !== undefined) return known;
	const made = {key: rowKey(kind, row), kind, row};
	knownHeads.set(row, made);
	return made;
}

/** Whether a row passes the filter; undefined without one. */
type Judge = ((row: SearchableRow) => boolean) | undefined;

/** The heads that are shown: those that pass themselves, and those above a row that does. */
function* headsAbove(
	section: Section,
	heads: Heads,
	readings: readonly Reading[],
	found: readonly Entry[],
	judge: Judge,
	{faults = false, now}: Arrangement,
): Generator<undefined, {readonly above: Entry[]; readonly headed: ReadonlySet<string>}> {
	const groups = new Set<string>();
	let looked = 0;
	const rest = () => {
		looked += 1;
		return looked % slice === 0;
	};
	for (const entry of found) {
		groups.add(groupOf(heads, entry));
		if (rest()) yield;
	}
	const headed = new Set<string>();
	const above: Entry[] = [];
	for (const {snapshot, kind} of readings) {
		if (snapshot === undefined || kind !== heads.kind) continue;
		for (const row of snapshot.rows) {
			if (rest()) yield;
			const entry = headEntry(kind, row);
			const group = groupOf(heads, entry);
			const passes =
				(!faults || row.severity !== 'ok') &&
				(judge === undefined || judge(new SearchableRow(section, row, now, headCell)));
			if (!passes && !groups.has(group)) continue;
			headed.add(group);
			above.push(entry);
		}
	}
	return {above, headed};
}

/** How many heads are worse than all of their rows, also those that a filter hides. Few rows are not well: only those are looked up. */
function* worseHeads(
	section: Section,
	heads: Heads,
	readings: readonly Reading[],
	rows: readonly Entry[],
	judge: Judge,
	now: number,
): Generator<undefined, Record<Severity, number>> {
	const sick = readings.flatMap(({kind, snapshot}) =>
		kind === heads.kind ? (snapshot?.rows ?? []).filter(row => row.severity !== 'ok') : [],
	);
	const counted = {crit: 0, warn: 0, unknown: 0, ok: 0};
	if (sick.length === 0) return counted;
	const told = new Map<string, Severity>();
	for (const [index, entry] of rows.entries()) {
		if (index % slice === 0) yield;
		if (entry.row.severity === 'ok') continue;
		const group = groupOf(heads, entry);
		told.set(group, worst([told.get(group) ?? 'ok', entry.row.severity]));
	}
	for (const row of sick) {
		const entry = headEntry(heads.kind, row);
		if (bySeverity(row.severity, told.get(groupOf(heads, entry)) ?? 'ok') >= 0) continue;
		if (judge === undefined || judge(new SearchableRow(section, row, now, headCell))) counted[row.severity] += 1;
	}
	return counted;
}

/** Rows of one section across its targets: filtered, worst first, then in the chosen order. */
export function arrangeSection(section: Section, all: readonly Reading[], arrangement: Arrangement): SectionView {
	return toTheEnd(arrangingSection(section, all, arrangement));
}

function* arrangingSection(
	section: Section,
	all: readonly Reading[],
	arrangement: Arrangement,
): Generator<undefined, SectionView> {
	const readings = all.filter(
		reading =>
			kindsOfSection(section).includes(reading.kind) &&
			(arrangement.target === undefined || reading.target === arrangement.target),
	);
	const {filter, before, now, faults = false} = arrangement;
	const order = section.orders[(arrangement.orders[section.kind] ?? 0) % section.orders.length] ?? section.orders[0];
	const judge = filter === '' ? undefined : compileFilter(filter, fieldsOf(section));
	const known = before?.read ?? [];
	const judged = before?.filter === filter ? before.passed : [];
	const read: Entry[] = [];
	const passed: boolean[] = [];
	const found: Entry[] = [];
	const severities = {crit: 0, warn: 0, unknown: 0, ok: 0};
	let total = 0;
	let omitted = 0;
	let place = 0;
	for (const {snapshot, kind} of readings) {
		if (snapshot === undefined || kind !== section.kind) continue;
		total += snapshot.rows.length;
		omitted += snapshot.omitted;
		for (const row of snapshot.rows) {
			const at = placeNear(known, place, row);
			const entry = known[at] ?? {key: rowKey(section.kind, row), kind: section.kind, row};
			const passes = judge === undefined || (judged[at] ?? judge(new SearchableRow(section, row, now, ownCell)));
			place = (at < 0 ? place : at) + 1;
			read.push(entry);
			passed.push(passes);
			if (read.length % slice === 0) yield;
			if (!passes || (faults && row.severity === 'ok')) continue;
			severities[row.severity] += 1;
			found.push(entry);
		}
	}
	const troubles = {...severities};
	for (const each of section.orders) {
		if (each.heads === undefined) continue;
		const more = yield* worseHeads(section, each.heads, readings, read, judge, now);
		for (const severity of ['crit', 'warn', 'unknown'] as const) troubles[severity] += more[severity];
	}
	const {heads} = order;
	const {above, headed} =
		heads === undefined
			? {above: [], headed: none}
			: yield* headsAbove(section, heads, readings, found, judge, arrangement);
	const shown = above.length === 0 ? found : above.concat(found);
	return {
		section,
		entries: yield* inOrder(shown, order, arrangement),
		grouping: heads === undefined ? undefined : {heads, headed},
		shown: found.length,
		read,
		passed,
		filter,
		order: order.title,
		severities,
		troubles,
		total,
		omitted,
		notes: readings.flatMap(({target, snapshot}) => (snapshot?.notes ?? []).map(note => ({target, note}))),
		readings,
	};
}

/** What is done a slice at a time, done at once. */
export function toTheEnd<Result>(work: Generator<undefined, Result>): Result {
	for (;;) {
		const step = work.next();
		if (step.done === true) return step.value;
	}
}

export function arrangePane(
	pane: Pane,
	readings: readonly Reading[],
	arrangement: Omit<Arrangement, 'before'>,
	before?: PaneView,
): PaneView {
	return toTheEnd(arrangingPane(pane, readings, arrangement, before));
}

/** The same a slice at a time: a slice takes about a millisecond, however many rows there are. */
export function* arrangingPane(
	pane: Pane,
	readings: readonly Reading[],
	arrangement: Omit<Arrangement, 'before'>,
	before?: PaneView,
): Generator<undefined, PaneView> {
	const all: SectionView[] = [];
	for (const section of pane.sections) {
		const old = before?.sections.find(view => view.section === section);
		const isLast = section === pane.sections.at(-1);
		all.push(yield* arrangingSection(section, readings, {...arrangement, isLast, before: old}));
	}
	// A pane may be about several systems of which only one is watched: what nobody reads takes no room.
	const watched = all.filter(view => view.readings.length > 0);
	const sections = watched.length === 0 ? all : watched;
	const [only] = sections;
	const shown = sections.flatMap(view => view.readings);
	return {
		pane,
		filter: arrangement.filter,
		faults: arrangement.faults === true,
		sections,
		entries: only !== undefined && sections.length === 1 ? only.entries : sections.flatMap(view => view.entries),
		severity: worst(shown.flatMap(reading => reading.findings.map(finding => finding.severity))),
		several: new Set(shown.map(reading => reading.target)).size > 1,
	};
}
