import type {Row, RowKind, Severity, SystemKind} from './row.ts';

/** Emphasis of a cell: dim (labels, secondary columns), plain (data), loud (what is wrong), or the colour of a severity. */
export type Tone = 'dim' | 'plain' | 'loud' | Severity;

export type Cell = string | {readonly text: string; readonly tone: Tone};

/** One column. `H`: the type of the group headers, in an order that has them. */
export type Column<R extends Row = Row, H extends Row = R> = {
	readonly header: string;
	/** Width in cells. With `grow` it is the minimum; the growing columns share the remaining width. */
	readonly width: number;
	readonly grow?: true;
	readonly align?: 'right';
	/** On a narrow screen columns are hidden, the lowest number first; a column without a number never is. */
	readonly hideOrder?: number;
	/** Where a long text is cut: `middle` for names that differ at their ends. Default: the end. A group header is always cut at the end. */
	readonly cut?: 'middle';
	/** The name in a `field:value` filter. Lower case, one word. */
	readonly field: string;
	/** Returns raw text: the table cleans, cuts and pads it. `now`: epoch milliseconds. */
	cell(row: R, now: number): Cell;
	/** The cell of a group header; empty by default. */
	groupCell?(row: H, now: number): Cell;
};

/** A sort order. The first one of a section is its default; `o` selects the next. Rows are sorted by severity first, so `compare` ignores it. */
export type Order<R extends Row = Row> = {
	readonly title: string;
	/** Compares two rows. In an order with group headers it also compares these, by what they have in common with the rows of their group. */
	compare(a: R, b: R): number;
	/** Rows of another kind, each shown above the rows that belong to it: a workload above its pods. A group is sorted by its worst row. */
	readonly groupHeaders?: {
		readonly kind: RowKind;
		/** Returns the id of the group header of a row. Rows of one group stay together even when their header is not in the table. */
		of(row: R): string;
	};
};

export type Section<R extends Row = Row, H extends Row = R> = {
	readonly kind: R['kind'];
	readonly title: string;
	readonly columns: readonly Column<R, H>[];
	readonly orders: readonly [Order<R>, ...Order<R>[]];
	/** Text of an empty section that was read without errors: `nothing runs longer than 1 s`. */
	readonly empty: string;
	/** Its share of the height of the pane, relative to the other sections, when all are full. */
	readonly weight: number;
};

export type Pane = {
	readonly id: string;
	readonly title: string;
	/** The word in the tab line of a small screen. */
	readonly tab: string;
	readonly systems: readonly SystemKind[];
	readonly sections: readonly Section[];
	/** Ids of the gauges above the sections, the most important first; those that do not fit are left out. */
	readonly gauges: readonly string[];
};

/** Checks a section against its row type, and returns it without that type. */
export const defineSection = <R extends Row, H extends Row = R>(section: Section<R, H>): Section => section;

/** Returns the kind of its rows and of the group headers in its orders. */
export const sectionKinds = ({kind, orders}: Section): readonly RowKind[] => [
	kind,
	...new Set(orders.flatMap(order => order.groupHeaders?.kind ?? [])),
];
