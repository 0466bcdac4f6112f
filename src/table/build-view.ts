import {type Cell, type Column, type Order, type Pane, type Section, sectionKinds} from '../contract/pane.ts';
import type {Reading} from '../contract/reading.ts';
import type {Note, Row, RowKind, Severity} from '../contract/row.ts';
import {compareSeverity, worstSeverity} from '../contract/severity.ts';
import {cleanLine} from '../text/clean.ts';
import {compileFilter, type Searchable} from './filter.ts';
import {createGroupComparison, type GroupHeaders, type Grouping, groupIdOf} from './grouping.ts';
import {sortInSlices} from './sort-sliced.ts';

/** Names one row on the whole deck, for as long as the object lives. */
export type RowKey = string;

export const rowKey = (kind: RowKind, row: Row): RowKey => `${kind}\u0000${row.target}\u0000${row.id}`;

export const kindOfKey = (key: RowKey): string => key.slice(0, key.indexOf('\u0000'));

/** A row of the deck. `left`: it is no longer in the list, and keeps its line only until no key was pressed for a second. */
export type TableRow = {readonly key: RowKey; readonly kind: RowKind; readonly row: Row; readonly wasRemoved?: true};

export type SectionView = {
	readonly section: Section;
	/** With the rows that head others, in an order that has such. */
	readonly entries: readonly TableRow[];
	/** Of every row, in the order in which they were read: a row that stands there again keeps its entry. */
	readonly allEntries: readonly TableRow[];
	/** Of each of those, whether it passed the filter: a row is judged once, not at every read that brings it again. */
	readonly passedFilter: readonly boolean[];
	readonly filter: string;
	readonly order: string;
	/** In an order with heads: which groups have theirs in the table. Data: a function would keep all that the view was made of. */
	readonly grouping: Grouping | undefined;
	/** How many rows are shown, without heads. */
	readonly shownCount: number;
	/** Of the rows that are shown, without heads. */
	readonly severityCounts: Readonly<Record<Severity, number>>;
	/** The same with the heads that are worse than all of their rows, in every order: what is wrong with them none of those tells. */
	readonly problemCounts: Readonly<Record<Severity, number>>;
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
	readonly problemsOnly: boolean;
	readonly sections: readonly SectionView[];
	/** Every row a cursor can stand on, from top to bottom. */
	readonly entries: readonly TableRow[];
	readonly severity: Severity;
	/** More than one target is shown, so rows and gauges need its name. */
	readonly hasManyTargets: boolean;
};

export const cellText = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.text);

type CellOf = (column: Column, row: Row, now: number) => Cell;

/** What stands in a column: of a row of the section itself, or of one that heads others. */
export const rowCell: CellOf = (column, row, now) => column.cell(row, now);
export const groupCell: CellOf = (column, row, now) => column.groupCell?.(row, now) ?? '';

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
		return cleanLine(cellText(this.#cell(column, this.#row, this.#now)));
	}
}

/** The names that may stand before a colon in a filter of this section. */
export const filterFields = (section: Section): ReadonlySet<string> =>
	new Set(['target', 'severity', ...section.columns.map(column => column.field)]);

export type BuildViewOptions = {
	readonly filter: string;
	/** Show only what is wrong. */
	readonly problemsOnly?: boolean;
	/** Show this target only. */
	readonly target: string | undefined;
	/** Index of the order of each section; the first when absent. */
	readonly orders: Readonly<Record<string, number>>;
	readonly now: number;
	/** The same section as it was shown before. */
	readonly previous?: SectionView | undefined;
	/**
	 * No row moves: rows keep their lines, also those that left the list. New rows go below the last one of a section that has none below it
	 * (`isLast`) or showed no row before; in other sections they wait.
	 */
	readonly keepOrder?: boolean;
	readonly isLast?: boolean;
};

/** Rows that are looked at before something else may be done: about a millisecond. */
const slice = 256;

/** The entries that were there before, in the order that they had, and the others. Most are the very same: only the rest is looked up. */
function* splitByPresence(
	before: readonly TableRow[],
	now: readonly TableRow[],
): Generator<undefined, {readonly old: readonly (TableRow | undefined)[]; readonly fresh: TableRow[]}> {
	const others = new Set(now);
	yield;
	const kept = before.map(entry => (others.delete(entry) ? entry : undefined));
	yield;
	const fresh: TableRow[] = [];
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

const markRemoved = (entry: TableRow): TableRow => (entry.wasRemoved ? entry : {...entry, wasRemoved: true});

function* orderEntries(
	entries: TableRow[],
	order: Order,
	{previous: before, keepOrder: hold, isLast = true}: BuildViewOptions,
): Generator<undefined, TableRow[]> {
	const compare =
		order.groupHeaders === undefined
			? (a: TableRow, b: TableRow) => compareSeverity(a.row.severity, b.row.severity) || order.compare(a.row, b.row)
			: yield* createGroupComparison(entries, order, order.groupHeaders);
	if (before === undefined || before.order !== order.title) return yield* sortInSlices(entries, compare);
	const {old, fresh} = yield* splitByPresence(before.entries, entries);
	if (hold === true) {
		const held = before.entries.map((entry, index) => old[index] ?? markRemoved(entry));
		return isLast || held.length === 0 ? held.concat(yield* sortInSlices(fresh, compare)) : held;
	}
	// What is nearly in order is sorted in one pass.
	const still = old.filter(entry => entry !== undefined);
	return yield* sortInSlices(still.concat(fresh), compare);
}

/** Places in which a row is looked for when others before it have come or gone since the last read. */
const shifts = [0, 1, -1, 2, -2, 3, -3, 4, -4] as const;

/** Where this very row was, near the place where it should be; -1 when it is a new one. */
function indexNear(known: readonly TableRow[], place: number, row: Row): number {
	for (const shift of shifts) if (known[place + shift]?.row === row) return place + shift;
	return -1;
}

const none: ReadonlySet<string> = new Set();

const groupHeaderEntries = new WeakMap<Row, TableRow>();

/** The same entry for the same row. */
function groupHeaderEntry(kind: RowKind, row: Row): TableRow {
	const known = groupHeaderEntries.get(row);
	if (known !== undefined) return known;
	const made = {key: rowKey(kind, row), kind, row};
	groupHeaderEntries.set(row, made);
	return made;
}

/** Whether a row passes the filter; undefined without one. */
type RowFilter = ((row: SearchableRow) => boolean) | undefined;

/** The heads that are shown: those that pass themselves, and those above a row that does. */
function* shownGroupHeaders(
	section: Section,
	heads: GroupHeaders,
	readings: readonly Reading[],
	found: readonly TableRow[],
	judge: RowFilter,
	{problemsOnly: faults = false, now}: BuildViewOptions,
): Generator<undefined, {readonly above: TableRow[]; readonly headed: ReadonlySet<string>}> {
	const groups = new Set<string>();
	let looked = 0;
	const rest = () => {
		looked += 1;
		return looked % slice === 0;
	};
	for (const entry of found) {
		groups.add(groupIdOf(heads, entry));
		if (rest()) yield;
	}
	const headed = new Set<string>();
	const above: TableRow[] = [];
	for (const {snapshot, kind} of readings) {
		if (snapshot === undefined || kind !== heads.kind) continue;
		for (const row of snapshot.rows) {
			if (rest()) yield;
			const entry = groupHeaderEntry(kind, row);
			const group = groupIdOf(heads, entry);
			const passes =
				(!faults || row.severity !== 'ok') &&
				(judge === undefined || judge(new SearchableRow(section, row, now, groupCell)));
			if (!passes && !groups.has(group)) continue;
			headed.add(group);
			above.push(entry);
		}
	}
	return {above, headed};
}

/** How many heads are worse than all of their rows, also those that a filter hides. Few rows are not well: only those are looked up. */
function* countWorseHeaders(
	section: Section,
	heads: GroupHeaders,
	readings: readonly Reading[],
	rows: readonly TableRow[],
	judge: RowFilter,
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
		const group = groupIdOf(heads, entry);
		told.set(group, worstSeverity([told.get(group) ?? 'ok', entry.row.severity]));
	}
	for (const row of sick) {
		const entry = groupHeaderEntry(heads.kind, row);
		if (compareSeverity(row.severity, told.get(groupIdOf(heads, entry)) ?? 'ok') >= 0) continue;
		if (judge === undefined || judge(new SearchableRow(section, row, now, groupCell))) counted[row.severity] += 1;
	}
	return counted;
}

/** Rows of one section across its targets: filtered, worst first, then in the chosen order. */
export function buildSectionView(
	section: Section,
	all: readonly Reading[],
	arrangement: BuildViewOptions,
): SectionView {
	return runToCompletion(buildSectionViewInSlices(section, all, arrangement));
}

function* buildSectionViewInSlices(
	section: Section,
	all: readonly Reading[],
	arrangement: BuildViewOptions,
): Generator<undefined, SectionView> {
	const readings = all.filter(
		reading =>
			sectionKinds(section).includes(reading.kind) &&
			(arrangement.target === undefined || reading.target === arrangement.target),
	);
	const {filter, previous: before, now, problemsOnly: faults = false} = arrangement;
	const order = section.orders[(arrangement.orders[section.kind] ?? 0) % section.orders.length] ?? section.orders[0];
	const judge = filter === '' ? undefined : compileFilter(filter, filterFields(section));
	const known = before?.allEntries ?? [];
	const judged = before?.filter === filter ? before.passedFilter : [];
	const read: TableRow[] = [];
	const passed: boolean[] = [];
	const found: TableRow[] = [];
	const severities = {crit: 0, warn: 0, unknown: 0, ok: 0};
	let total = 0;
	let omitted = 0;
	let place = 0;
	for (const {snapshot, kind} of readings) {
		if (snapshot === undefined || kind !== section.kind) continue;
		total += snapshot.rows.length;
		omitted += snapshot.omitted;
		for (const row of snapshot.rows) {
			const at = indexNear(known, place, row);
			const entry = known[at] ?? {key: rowKey(section.kind, row), kind: section.kind, row};
			const passes = judge === undefined || (judged[at] ?? judge(new SearchableRow(section, row, now, rowCell)));
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
		if (each.groupHeaders === undefined) continue;
		const more = yield* countWorseHeaders(section, each.groupHeaders, readings, read, judge, now);
		for (const severity of ['crit', 'warn', 'unknown'] as const) troubles[severity] += more[severity];
	}
	const {groupHeaders: heads} = order;
	const {above, headed} =
		heads === undefined
			? {above: [], headed: none}
			: yield* shownGroupHeaders(section, heads, readings, found, judge, arrangement);
	const shown = above.length === 0 ? found : above.concat(found);
	return {
		section,
		entries: yield* orderEntries(shown, order, arrangement),
		grouping: heads === undefined ? undefined : {headers: heads, groupsWithHeader: headed},
		shownCount: found.length,
		allEntries: read,
		passedFilter: passed,
		filter,
		order: order.title,
		severityCounts: severities,
		problemCounts: troubles,
		total,
		omitted,
		notes: readings.flatMap(({target, snapshot}) => (snapshot?.notes ?? []).map(note => ({target, note}))),
		readings,
	};
}

/** What is done a slice at a time, done at once. */
export function runToCompletion<Result>(work: Generator<undefined, Result>): Result {
	for (;;) {
		const step = work.next();
		if (step.done === true) return step.value;
	}
}

export function buildPaneView(
	pane: Pane,
	readings: readonly Reading[],
	arrangement: Omit<BuildViewOptions, 'previous'>,
	before?: PaneView,
): PaneView {
	return runToCompletion(buildPaneViewInSlices(pane, readings, arrangement, before));
}

/** The same a slice at a time: a slice takes about a millisecond, however many rows there are. */
export function* buildPaneViewInSlices(
	pane: Pane,
	readings: readonly Reading[],
	arrangement: Omit<BuildViewOptions, 'previous'>,
	before?: PaneView,
): Generator<undefined, PaneView> {
	const all: SectionView[] = [];
	for (const section of pane.sections) {
		const old = before?.sections.find(view => view.section === section);
		const isLast = section === pane.sections.at(-1);
		all.push(yield* buildSectionViewInSlices(section, readings, {...arrangement, isLast, previous: old}));
	}
	// A pane may be about several systems of which only one is watched: what nobody reads takes no room.
	const watched = all.filter(view => view.readings.length > 0);
	const sections = watched.length === 0 ? all : watched;
	const [only] = sections;
	const shown = sections.flatMap(view => view.readings);
	return {
		pane,
		filter: arrangement.filter,
		problemsOnly: arrangement.problemsOnly === true,
		sections,
		entries: only !== undefined && sections.length === 1 ? only.entries : sections.flatMap(view => view.entries),
		severity: worstSeverity(shown.flatMap(reading => reading.findings.map(finding => finding.severity))),
		hasManyTargets: new Set(shown.map(reading => reading.target)).size > 1,
	};
}
