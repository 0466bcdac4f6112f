import * as z from 'zod';
import {auditSchema} from './audit-schema.ts';
import type {ConfigurableSystem} from './configurable-system.ts';
import {
	booleanSchema,
	enumSchema,
	integerSchema,
	nameSchema,
	productionSchema,
	strictSchema,
	textSchema,
} from './schema-parts.ts';

/* The schema of the configuration file. Unknown keys are mistakes. Keys in milliseconds end in Ms. */

/** Known systems that this version cannot watch yet. */
export const plannedKinds = ['probe'] as const;

export const kindsOf = (systems: readonly ConfigurableSystem[]): readonly string[] =>
	systems.map(({system}) => system.kind);

/** The schema of one entry of `targets`: its keys are those of the system of its kind. */
function targetSchema(systems: readonly ConfigurableSystem[]) {
	const kinds = kindsOf(systems);
	const kindWords = `One of ${kinds.map(kind => `\`${kind}\``).join(', ')}.`;
	const schemaOf = ({system: {kind}, config}: ConfigurableSystem) =>
		strictSchema({
			name: nameSchema,
			kind: z.literal(kind).describe(kindWords),
			production: productionSchema,
			...config.keys,
		});
	const [first, ...others] = systems;
	if (first === undefined) throw new Error('no system is declared');
	return z.discriminatedUnion('kind', [schemaOf(first), ...others.map(schemaOf)], {
		error: issue =>
			issue.code === 'invalid_union' ? `must be one of ${kinds.join(', ')}` : 'must be a list of `key: value`',
	});
}

const key = textSchema('must be a key or a list of keys, such as X, f5 or ctrl+r');

/** Creates the schema of the configuration file from the declared systems. */
export function createConfigSchema(systems: readonly ConfigurableSystem[]) {
	const sections: object = Object.fromEntries(
		systems.flatMap(({system, config}) => (config.section === undefined ? [] : [[system.kind, config.section]])),
	);
	return strictSchema({
		targets: z
			.array(targetSchema(systems), {error: 'must be a list of targets'})
			.min(1, {error: 'must list a target, or be left out: then targets are found in the environment'})
			.optional()
			.describe('The systems to watch. Without it, they are discovered in the environment.'),
		...sections,
		keys: z
			.record(
				z.string(),
				z.preprocess(
					value => (typeof value === 'string' ? [value] : value),
					z.array(key, {error: 'must be a key or a list of keys'}),
				),
				{error: 'must be a list of `action: key`'},
			)
			.default({})
			.describe(
				'Other keys, by the name of the intent or action (see keys.md): `postgres.cancel: X`, `row.down: [j, down]`.',
			),
		theme: enumSchema(['auto', 'basic', 'none'])
			.default('auto')
			.describe(
				'Colours: `auto` takes what the terminal has, `basic` the terminal’s own 16, `none` none. NO_COLOR applies.',
			),
		mouse: booleanSchema
			.default(false)
			.describe('`true`: midwatch takes clicks and the wheel. Otherwise the terminal selects text as usual.'),
		audit: auditSchema.optional().describe('Sinks for copies of audit records outside this machine.'),
		refresh: integerSchema(1, 60).default(1).describe('Multiplies the poll interval of every source.'),
	});
}

/** The validated file: defaults are filled in, references to secrets are still text. */
export type ConfigFile = z.output<ReturnType<typeof createConfigSchema>>;
export type TargetEntries = NonNullable<ConfigFile['targets']>;
export type ThemeSetting = ConfigFile['theme'];
