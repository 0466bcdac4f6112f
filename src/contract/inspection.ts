import type {Risk} from './action.ts';
import type {Context} from './context.ts';
import type {Document} from './document.ts';
import type {Param, Params} from './param.ts';
import type {Row, RowKind, SystemKind} from './row.ts';
import type {Target} from './target.ts';

/** A key of an open text: the same inspection is opened again in its place, with other params. */
export type DocumentOption = {
	/** One lower-case letter or a sign that means nothing else in a text. */
	readonly key: string;
	readonly title: string;
	/** The params after one more press. */
	nextParams(params: Params): Params;
	/** Where it stands, in a word or two, after its title: `5m`, `all`, `on`. */
	currentLabel(params: Params): string;
};

export type InspectionContext<R extends Row, Port, Settings = unknown> = Context & {
	readonly port: Port;
	readonly target: Target<Settings>;
	/** The marked rows, all of one target, when it `selects: 'many'` and some are marked; else the one row. Never empty. */
	readonly rows: readonly R[];
	/** Empty without `params`. Text that has passed each Param's `problem`, or what a dial made of it. */
	readonly params: Params;
};

/** A read-only drill-down. Anything that executes something at the far end (EXPLAIN ANALYZE, exec, MONITOR) declares a risk and goes through policy and audit. */
export type Inspection<R extends Row = Row, Port = unknown, Settings = unknown> = {
	readonly id: `${SystemKind}.${string}`;
	readonly title: string;
	/** One lower-case letter. The first inspection of a kind also opens with Enter. */
	readonly key: string;
	readonly kind: RowKind;
	/** Further kinds whose rows it opens on. */
	readonly also?: readonly RowKind[];
	readonly risk: 'none' | Risk;
	/** `one` when absent: marks do not count. With `many` it is opened on all marked rows of its kind. */
	readonly selects?: 'one' | 'many';
	/** What it can be opened with; it starts with their `initial`. */
	readonly params?: readonly Param[];
	/** The params are typed before it opens; what was typed since the console was opened is offered again. */
	readonly prompt?: true;
	readonly documentOptions?: readonly DocumentOption[];
	disabled?(row: R): string | undefined;
	/** `row` is the first of `context.rows`. */
	open(row: R, context: InspectionContext<R, Port, Settings>): Promise<Document>;
};
