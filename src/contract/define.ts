import type {Action} from './action.ts';
import type {Inspection} from './inspection.ts';
import type {Row} from './row.ts';
import type {Source} from './source.ts';
import type {System} from './system.ts';

/*
 * Each of these infers what it can and hides what the rest of the house need not know. The contract's members are methods, so a value
 * for one row type, port and plan may stand where the general one is asked for; the runner only ever gives it back what it produced.
 */

/** Whether an action or inspection is for rows of this kind. */
export const appliesToKind = (of: {readonly kind: string; readonly also?: readonly string[]}, kind: string): boolean =>
	of.kind === kind || of.also?.includes(kind) === true;

export const defineSource =
	<R extends Row, Port>() =>
	(source: Source<R, Port>): Source<Row, Port> =>
		source;

export const defineAction =
	<R extends Row, Port>() =>
	<Plan>(action: Action<R, Port, Plan>): Action<Row, Port> =>
		action;

export const defineInspection =
	<R extends Row, Port>() =>
	(inspection: Inspection<R, Port>): Inspection<Row, Port> =>
		inspection;

export const defineSystem = <Port>(system: System<Port>): System => system;
