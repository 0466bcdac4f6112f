import type {Param, Params} from './param.ts';
import type {Row} from './row.ts';

/** Returns the initial params of an action or an inspection. */
export const initialParams = (declared: readonly Param[] | undefined, rows: readonly Row[]): Params =>
	Object.fromEntries((declared ?? []).map(param => [param.name, param.initial(rows)]));
