import type {Risk} from './action.ts';
import type {Context} from './context.ts';
import type {Document} from './document.ts';
import type {Param, Params} from './param.ts';
import type {Row, SystemKind} from './row.ts';
import type {Target} from './target.ts';

/** A key of an open document: it opens the same inspection again in its place, with other params. */
export type DocumentOption = {
	/** One lower-case letter or sign that has no other meaning in a document. */
	readonly key: string;
	readonly title: string;
	/** The params after one more press. */
	nextParams(params: Params): Params;
	/** The current value in one or two words, shown after the title: `5m`, `all`, `on`. */
	currentLabel(params: Params): string;
};

export type InspectionContext<R extends Row, Port, Settings = unknown> = Context & {
	readonly port: Port;
	readonly target: Target<Settings>;
	/** The marked rows, all of one target, when it `selects: 'many'` and some are marked; else the one row. Never empty. */
	readonly rows: readonly R[];
	/** Empty without `params`. Text that passed each Param's `problem`, or the result of a document option. */
	readonly params: Params;
};

/** A read-only drill-down. One that executes something on the server (EXPLAIN ANALYZE, exec, MONITOR) declares a risk, and policy and audit apply to it. */
export type Inspection<R extends Row = Row, Port = unknown, Settings = unknown> = {
	readonly id: `${SystemKind}.${string}`;
	readonly title: string;
	/** One lower-case letter; may be absent as that of an action. The first inspection of a kind also opens with Enter. */
	readonly key?: string;
	readonly kind: R['kind'];
	/** Further kinds whose rows it accepts. */
	readonly also?: readonly R['kind'][];
	readonly risk: 'none' | Risk;
	/** Default `one`: it ignores marks. With `many` it opens on all marked rows of its kind. */
	readonly selects?: 'one' | 'many';
	/** Its parameters; it opens with their `initial` values. */
	readonly params?: readonly Param<R>[];
	/** The user types the params before it opens; what was entered since the console started is offered again. */
	readonly prompt?: true;
	readonly documentOptions?: readonly DocumentOption[];
	disabled?(row: R): string | undefined;
	/** `row` is the first of `context.rows`. */
	open(row: R, context: InspectionContext<R, Port, Settings>): Promise<Document>;
};
