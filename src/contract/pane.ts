import type {Row, RowKind, Severity, SystemKind} from './row.ts';

/** Three loudnesses: dim (labels, secondary columns), plain (data), loud (what is wrong). A severity colours the cell as well. */
export type Tone = 'dim' | 'plain' | 'loud' | Severity;

export type Cell = string | {readonly text: string; readonly tone: Tone};

/** `H`: the rows that head others in an order that has heads. */
export type Column<R extends Row = Row, H extends Row = R> = {
	readonly header: string;
	/** Cells. With `grow`, the least it is useful at; what is left over goes to the growing columns. */
	readonly width: number;
	readonly grow?: true;
	readonly align?: 'right';
	/** Columns give way when it is narrow, the lowest number first; those without a number stay. */
	readonly hideOrder?: number;
	/** Where it is cut when it is too long: names that begin alike differ at their ends. At the end unless told; what heads others always there. */
	readonly cut?: 'middle';
	/** The name in a `field:value` filter. Lower case, one word. */
	readonly field: string;
	/** Raw text is fine: the table cleans, cuts and pads it. `now` is in epoch milliseconds. */
	cell(row: R, now: number): Cell;
	/** Of a row that heads others; nothing stands there without it. */
	groupCell?(row: H, now: number): Cell;
};

/** The first order of a section is its default; `o` goes to the next. Severity always goes before it, so compare only the rest. */
export type Order<R extends Row = Row> = {
	readonly title: string;
	/** Of an order that has heads, it compares those too, by what they and the rows below them have in common. */
	compare(a: R, b: R): number;
	/** Rows of another kind, each above those that belong to it: a workload above its pods. What is wrong in a group takes it up as a whole. */
	readonly groupHeaders?: {
		readonly kind: RowKind;
		/** Id of the head of a row; those without a head that is there stand together all the same. */
		of(row: R): string;
	};
};

export type Section<R extends Row = Row, H extends Row = R> = {
	readonly kind: RowKind;
	readonly title: string;
	readonly columns: readonly Column<R, H>[];
	readonly orders: readonly [Order<R>, ...Order<R>[]];
	/** What an empty section means when it was read without fault: `nothing runs longer than 1 s`. */
	readonly empty: string;
	/** Its share of the pane's height against its neighbours, when all are full. */
	readonly weight: number;
};

export type Pane = {
	readonly id: string;
	readonly title: string;
	/** The word in the tab line of a small screen. */
	readonly tab: string;
	readonly systems: readonly SystemKind[];
	readonly sections: readonly Section[];
	/** Ids of the gauges shown above the sections, the most telling first; those that do not fit are left out. */
	readonly gauges: readonly string[];
};

/** Infers the row of one section and hides it from the pane. */
export const defineSection = <R extends Row, H extends Row = R>(section: Section<R, H>): Section => section;

/** The kind of its rows, and of those that head them in one of its orders. */
export const sectionKinds = ({kind, orders}: Section): readonly RowKind[] => [
	kind,
	...new Set(orders.flatMap(order => order.groupHeaders?.kind ?? [])),
];
