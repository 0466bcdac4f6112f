import type * as z from 'zod';
import type {Action} from './action.ts';
import type {Inspection} from './inspection.ts';
import type {Row} from './row.ts';
import type {Source} from './source.ts';
import type {System} from './system.ts';
import type {TargetConfig, TargetEntry} from './target-config.ts';

/*
 * Each function checks a declaration against the row, port, plan and settings of its own system, and returns it without the types of row
 * and plan. The contract's members are methods, whose parameters TypeScript compares in both directions: `System<PostgresPort,
 * PostgresSettings>` is a `System` without a cast. The core holds `WatchedTarget`, which pairs a target with the system of its kind, and
 * passes back only values that this system produced.
 */

/** Whether an action or inspection is for rows of this kind. */
export const appliesToKind = (of: {readonly kind: string; readonly also?: readonly string[]}, kind: string): boolean =>
	of.kind === kind || of.also?.includes(kind) === true;

export const defineSource =
	<R extends Row, Port, Settings = unknown>() =>
	<const GaugeId extends string = never>(source: Source<R, Port, Settings, GaugeId>): Source<Row, Port, Settings> =>
		source;

export const defineAction =
	<R extends Row, Port, Settings = unknown>() =>
	<Plan>(action: Action<R, Port, Plan, Settings>): Action<Row, Port, unknown, Settings> =>
		action;

export const defineInspection =
	<R extends Row, Port, Settings = unknown>() =>
	(inspection: Inspection<R, Port, Settings>): Inspection<Row, Port, Settings> =>
		inspection;

/** Checks the configuration of a system against the schema of its keys, and returns it without the types of entry and section. */
export const defineTargetConfig =
	<Settings>() =>
	<const Keys extends z.core.$ZodLooseShape, Section extends z.ZodType>(
		config: TargetConfig<Settings, TargetEntry<Keys>, z.output<Section>> & {
			readonly keys: Keys;
			readonly section?: Section;
		},
	): TargetConfig<Settings> =>
		config;

export const defineSystem = <Port, Settings>(system: System<Port, Settings>): System<Port, Settings> => system;
