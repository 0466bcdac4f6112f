import {type Cell, type Column, type Order, type Pane, type Section, sectionKinds} from '../contract/pane.ts';
import type {Reading} from '../contract/reading.ts';
import type {Note, Row, Severity} from '../contract/row.ts';
import {compareSeverity, worstSeverity} from '../contract/severity.ts';
import {cleanLine} from '../text/clean.ts';
import {compileFilter, type Searchable} from './filter.ts';
import {createGroupComparison, type GroupHeaders, type Grouping, groupIdOf} from './grouping.ts';
import {sortInSlices} from './sort-sliced.ts';

/** Identifies one row in all panes, as long as the object exists. */
export type RowKey = string;

export const rowKey = ({kind, target, id}: Pick<Row, 'kind' | 'target' | 'id'>): RowKey =>
	`${kind}\u0000${target}\u0000${id}`;

export const kindOfKey = (key: RowKey): string => key.slice(0, key.indexOf('\u0000'));

/** A row with its key. `wasRemoved`: the last read no longer has it; it keeps its line until no key was pressed for a second. */
export type TableRow = {readonly key: RowKey; readonly row: Row; readonly wasRemoved?: true};

export type SectionView = {
	readonly section: Section;
	/** The rows shown, including group headers. */
	readonly entries: readonly TableRow[];
	/** Every row in the order of the read. A row object that is read again keeps its entry. */
	readonly allEntries: readonly TableRow[];
	/** For each of `allEntries`, whether it passed the filter: an unchanged row is not filtered again at the next read. */
	readonly passedFilter: readonly boolean[];
	readonly filter: string;
	readonly order: string;
	/** The groups whose header is in the table; undefined in an order without group headers. Data, because a closure would retain the readings. */
	readonly grouping: Grouping | undefined;
	/** The entries of the group headers shown, by row object: one that is read again keeps its entry. */
	readonly groupHeaders: ReadonlyMap<Row, TableRow>;
	/** Number of rows shown, without group headers. */
	readonly shownCount: number;
	/** Severities of the rows shown, without group headers. */
	readonly severityCounts: Readonly<Record<Severity, number>>;
	/** The same, plus the group headers of any order that are worse than all rows of their group: no row shows what is wrong with them. */
	readonly problemCounts: Readonly<Record<Severity, number>>;
	/** Rows before the filter. */
	readonly total: number;
	readonly omitted: number;
	readonly notes: readonly {readonly target: string; readonly note: Note}[];
	readonly readings: readonly Reading[];
};

export type PaneView = {
	readonly pane: Pane;
	/** The filter of this view. While many rows are filtered it may be older than the text typed. */
	readonly filter: string;
	/** Only rows that are not ok are shown. */
	readonly problemsOnly: boolean;
	readonly sections: readonly SectionView[];
	/** Every row that the cursor can be on, from top to bottom. */
	readonly entries: readonly TableRow[];
	readonly severity: Severity;
	/** More than one target is shown, so rows and gauges need the name of theirs. */
	readonly hasManyTargets: boolean;
};

export const cellText = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.text);

type CellOf = (column: Column, row: Row, now: number) => Cell;

/** Return the cell of a row, and of a group header. */
export const rowCell: CellOf = (column, row, now) => column.cell(row, now);
export const groupCell: CellOf = (column, row, now) => column.groupCell?.(row, now) ?? '';

/** A row as the filter sees it. The text of its cells is computed on first use, once. */
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

/** Returns the field names that a filter of this section accepts before a colon. */
export const filterFields = (section: Section): ReadonlySet<string> =>
	new Set(['target', 'severity', ...section.columns.map(column => column.field)]);

export type BuildViewOptions = {
	readonly filter: string;
	/** Show only rows that are not ok. */
	readonly problemsOnly?: boolean;
	/** Show this target only. */
	readonly target: string | undefined;
	/** Index of the order of each section; the first when absent. */
	readonly orders: Readonly<Record<string, number>>;
	readonly now: number;
	/** The view of the same section before. */
	readonly previous?: SectionView | undefined;
	/**
	 * Rows keep their lines, including removed ones. New rows are appended to a section that is the last one (`isLast`) or was empty; in
	 * other sections they wait.
	 */
	readonly keepOrder?: boolean;
	readonly isLast?: boolean;
};

/** Rows processed between two yields: about a millisecond. */
const slice = 256;

/** Returns the entries of `now` that were in `before`, at their index there, and the new ones. Most are the same objects: only the others are looked up by key. */
function* splitByPresence(
	before: readonly TableRow[],
	now: readonly TableRow[],
): Generator<undefined, {readonly old: readonly (TableRow | undefined)[]; readonly fresh: TableRow[]}> {
	const others = new Set(now);
	yield;
	const old = before.map(entry => (others.delete(entry) ? entry : undefined));
	yield;
	const fresh: TableRow[] = [];
	if (others.size > 0) {
		const places = new Map<RowKey, number>();
		for (const [index, entry] of before.entries()) {
			if (index % slice === 0) yield;
			if (old[index] === undefined) places.set(entry.key, index);
		}
		let visitedCount = 0;
		for (const entry of others) {
			visitedCount += 1;
			if (visitedCount % slice === 0) yield;
			const index = places.get(entry.key);
			if (index === undefined) fresh.push(entry);
			else old[index] = entry;
		}
	}
	return {old, fresh};
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
		const heldEntries = before.entries.map((entry, index) => old[index] ?? markRemoved(entry));
		return isLast || heldEntries.length === 0 ? heldEntries.concat(yield* sortInSlices(fresh, compare)) : heldEntries;
	}
	// A list nearly in order is sorted in one pass.
	const still = old.filter(entry => entry !== undefined);
	return yield* sortInSlices(still.concat(fresh), compare);
}

/** Offsets at which a row is looked for after rows before it were added or removed. */
const shifts = [0, 1, -1, 2, -2, 3, -3, 4, -4] as const;

/** Returns the index of this row object near `place`; -1 when it is not there. */
function indexNear(known: readonly TableRow[], place: number, row: Row): number {
	for (const shift of shifts) if (known[place + shift]?.row === row) return place + shift;
	return -1;
}

const noGroupHeaders: ShownGroupHeaders = {entries: new Map(), groups: new Set()};

/** `entries`: by row object. `groups`: the ids of their groups. */
type ShownGroupHeaders = {readonly entries: ReadonlyMap<Row, TableRow>; readonly groups: ReadonlySet<string>};

/** Returns true when a row passes the filter. Undefined: there is no filter. */
type RowFilter = ((row: SearchableRow) => boolean) | undefined;

/** Returns the group headers to show: those that pass the filter, and those of a row that does. */
function* shownGroupHeaders(
	section: Section,
	heads: GroupHeaders,
	readings: readonly Reading[],
	found: readonly TableRow[],
	judge: RowFilter,
	{problemsOnly: faults = false, now, previous}: BuildViewOptions,
): Generator<undefined, ShownGroupHeaders> {
	const groups = new Set<string>();
	let visitedCount = 0;
	const rest = () => {
		visitedCount += 1;
		return visitedCount % slice === 0;
	};
	for (const entry of found) {
		groups.add(groupIdOf(heads, entry));
		if (rest()) yield;
	}
	const shown = {entries: new Map<Row, TableRow>(), groups: new Set<string>()};
	for (const {snapshot, kind} of readings) {
		if (snapshot === undefined || kind !== heads.kind) continue;
		for (const row of snapshot.rows) {
			if (rest()) yield;
			const group = groupIdOf(heads, {row});
			const passes =
				(!faults || row.severity !== 'ok') &&
				(judge === undefined || judge(new SearchableRow(section, row, now, groupCell)));
			if (!passes && !groups.has(group)) continue;
			shown.groups.add(group);
			shown.entries.set(row, previous?.groupHeaders.get(row) ?? {key: rowKey(row), row});
		}
	}
	return shown;
}

/** Counts the group headers that are worse than all rows of their group, hidden rows included. Only rows that are not ok are looked up: they are few. */
function* countWorseHeaders(
	section: Section,
	heads: GroupHeaders,
	readings: readonly Reading[],
	rows: readonly TableRow[],
	judge: RowFilter,
	now: number,
): Generator<undefined, Record<Severity, number>> {
	const problems = readings.flatMap(({kind, snapshot}) =>
		kind === heads.kind ? (snapshot?.rows ?? []).filter(row => row.severity !== 'ok') : [],
	);
	const counted = {crit: 0, warn: 0, unknown: 0, ok: 0};
	if (problems.length === 0) return counted;
	const worstRows = new Map<string, Severity>();
	for (const [index, entry] of rows.entries()) {
		if (index % slice === 0) yield;
		if (entry.row.severity === 'ok') continue;
		const group = groupIdOf(heads, entry);
		worstRows.set(group, worstSeverity([worstRows.get(group) ?? 'ok', entry.row.severity]));
	}
	for (const row of problems) {
		const group = groupIdOf(heads, {row});
		if (compareSeverity(row.severity, worstRows.get(group) ?? 'ok') >= 0) continue;
		if (judge === undefined || judge(new SearchableRow(section, row, now, groupCell))) counted[row.severity] += 1;
	}
	return counted;
}

/** Builds the view of one section over all targets: filtered, the worst rows first, then in the chosen order. */
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
			const entry = known[at] ?? {key: rowKey(row), row};
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
		const worseHeaders = yield* countWorseHeaders(section, each.groupHeaders, readings, read, judge, now);
		for (const severity of ['crit', 'warn', 'unknown'] as const) troubles[severity] += worseHeaders[severity];
	}
	const {groupHeaders: heads} = order;
	const headers =
		heads === undefined
			? noGroupHeaders
			: yield* shownGroupHeaders(section, heads, readings, found, judge, arrangement);
	const shown = headers.entries.size === 0 ? found : [...headers.entries.values()].concat(found);
	return {
		section,
		entries: yield* orderEntries(shown, order, arrangement),
		grouping: heads === undefined ? undefined : {headers: heads, groupsWithHeader: headers.groups},
		groupHeaders: headers.entries,
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

/** Runs a generator to its result without a pause. */
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

/** Builds the view of a pane. Yields about every millisecond, however many rows there are. */
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
	// A pane may have sections of several systems: a section without a watched target takes no space.
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
