import * as z from 'zod';
import type {TargetConfig} from '../contract/target-config.ts';
import type {PolicyFileState} from '../policy/policy.ts';
import type {PolicyFile, Rule} from '../policy/rules.ts';
import {cleanLine} from '../text/clean.ts';
import {closestWord} from '../text/closest.ts';
import {type AuditSection, auditSchema} from './audit-schema.ts';
import {type ConfigDocument, formatPath, type Path, readDocument, schemaMistakes} from './config-document.ts';
import type {ConfigEnvironment} from './config-environment.ts';
import {ConfigError, type Mistake} from './config-error.ts';
import {kindsOf} from './config-schema.ts';
import type {ConfigurableSystem} from './configurable-system.ts';
import {readRootFile} from './safe-file.ts';
import {programListSchema, strictSchema} from './schema-parts.ts';

const oneOrMoreWords = (must: string) => z.array(z.string({error: must}).min(1, {error: must}), {error: must});
const oneOrMore = <S extends z.ZodType>(member: S, must: string) =>
	z.preprocess(
		value => (Array.isArray(value) || value === undefined ? value : [value]),
		z.array(member, {error: must}).min(1, {error: must}),
	);
const texts = (must: string) => oneOrMore(z.string({error: must}).min(1, {error: must}), must);
const count = z.int({error: 'must be an integer, 0 or more'}).min(0, {error: 'must be an integer, 0 or more'});

const forbid = oneOrMoreWords('must be a list of actions, such as [postgres.terminate, redis.*], or ["*"]')
	.optional()
	.describe('Actions that cannot be done: `postgres.terminate`, `redis.*` for all of a system, `"*"` for all.');
const leastDemand = z
	.enum(['type', 'type-count-reason'], {error: 'must be one of type, type-count-reason'})
	.optional()
	.describe('The minimum demand before any action.');
const maxObjects = count.optional().describe('An action that touches more objects is refused.');

const hostWords = 'must be a host or a list of them, in which * matches any text: db1.internal, "*.prod.example"';
const portWords = 'must be a port from 1 to 65535, or a list of them';
const clusterWords = 'must be the name of a context or a list of them, in which * matches any text';

type RuleAttribute = keyof NonNullable<TargetConfig['ruleAttributes']>;

/** What `host` means for each system, in one sentence. */
function hostMeanings(systems: readonly ConfigurableSystem[]): string {
	const titles = new Map<string, string[]>();
	for (const {system, config} of systems)
		titles.set(config.hostMeaning, [...(titles.get(config.hostMeaning) ?? []), system.title]);
	const parts = [...titles].map(([meaning, names]) => `${meaning} of ${names.join(' and ')}`);
	return parts.join(', ').replace(/, ([^,]*)$/, ' and $1');
}

/** The titles of the systems with this attribute. */
const titlesWith = (systems: readonly ConfigurableSystem[], attribute: RuleAttribute): string =>
	systems.flatMap(({system, config}) => (config.ruleAttributes?.[attribute] ? [system.title] : [])).join(', ');

function createMatchSchema(systems: readonly ConfigurableSystem[]) {
	const kinds = kindsOf(systems);
	const kindWords = `must be one of ${kinds.join(', ')}, or a list of them`;
	return strictSchema({
		kind: oneOrMore(z.enum(kinds, {error: kindWords}), kindWords)
			.optional()
			.describe('The system: `postgres`, or a list.'),
		host: texts(hostWords)
			.optional()
			.describe(`Where the settings of the target lead: ${hostMeanings(systems)}. \`*\` matches any text.`),
		port: oneOrMore(z.int({error: portWords}).min(1, {error: portWords}).max(65_535, {error: portWords}), portWords)
			.optional()
			.describe('The port there.'),
		database: texts('must be the name of a database or a list of them, in which * matches any text')
			.optional()
			.describe(
				`The database of ${titlesWith(systems, 'database')} that the target connects to. Sessions of the other databases of that server can be seen, and ended, from there too: where that matters, name the host.`,
			),
		cluster: texts(clusterWords)
			.optional()
			.describe('The context of the kubeconfig. Its user can rename it: where that matters, name the host.'),
	});
}

/** The schema of one rule of the machine policy. */
export const createRuleSchema = (systems: readonly ConfigurableSystem[]) =>
	strictSchema({
		match: createMatchSchema(systems).describe('The targets of the rule: every given key must match.'),
		readOnly: z.literal(true, {error: 'must be true'}).optional().describe('`true`: these targets cannot be armed.'),
		forbid,
		leastDemand,
		maxObjects,
	});

/** The schema of the machine policy. Each key can only restrict. */
export const createPolicySchema = (systems: readonly ConfigurableSystem[]) =>
	strictSchema({
		readOnly: z
			.boolean({error: 'must be true or false'})
			.optional()
			.describe('`true`: nothing can be changed from this machine.'),
		guard: z
			.literal('all', {error: 'must be all'})
			.optional()
			.describe('`all`: targets declared `production: false` must be armed too.'),
		forbid,
		readOnlyTargets: oneOrMoreWords('must be a list of names of targets')
			.optional()
			.describe(
				'Targets that cannot be armed, by the names that their users give them, in any case of the letters. A user can choose another name: where that matters, use `rules`.',
			),
		armMinutes: count.optional().describe('Minutes until an idle target is no longer armed; counts only below 10.'),
		leastDemand,
		maxObjects,
		execPlugins: programListSchema
			.optional()
			.describe(
				'Absolute paths of the only programs that a kubeconfig may run to log in; `[]`: none. Each user still approves them.',
			),
		audit: auditSchema.optional().describe('Sinks that no configuration can remove.'),
		rules: z
			.array(createRuleSchema(systems), {error: 'must be a list of rules, each with match and what it does'})
			.optional()
			.describe('Rules for some targets, selected by their attributes: see below.'),
	});

/**
 * Returns a function that reads the machine policy. A policy that cannot be trusted or understood allows nothing. The function returns the
 * same value while the text of the file is the same, and checks owner and mode at each call; it returns undefined when there is no policy.
 * The function throws ConfigError.
 */
export function createPolicyReader(
	{policyFile: file, policyOwner}: Pick<ConfigEnvironment, 'policyFile' | 'policyOwner'>,
	systems: readonly ConfigurableSystem[],
	sinkMistakes?: SinkMistakes,
): () => Promise<PolicyFileState | undefined> {
	let last: {readonly text: string; readonly read: PolicyFileState} | undefined;
	return async () => {
		const text = await readRootFile(file, policyOwner);
		if (text === undefined) return undefined;
		if (last?.text !== text) last = {text, read: {state: 'read', file: readPolicy(file, text, systems, sinkMistakes)}};
		return last.read;
	};
}

/** Returns the mistakes in the audit sinks, which may refer to the environment. */
type SinkMistakes = (entries: AuditSection['sinks'], document: ConfigDocument) => readonly Mistake[];

/** Parses and validates a machine policy. @throws ConfigError with one line per mistake. */
export function readPolicy(
	file: string,
	text: string,
	systems: readonly ConfigurableSystem[],
	sinkMistakes: SinkMistakes = () => [],
): PolicyFile {
	const actions = systems.flatMap(({system}) => system.actions.map(({id}) => id));
	const document = readDocument(file, text);
	// A file that was emptied by accident or by a full disk must not allow everything.
	if (document.isEmpty) throw new ConfigError(file, [{text: 'it says nothing; write {} to forbid nothing'}]);
	const parsed = createPolicySchema(systems).safeParse(document.value);
	if (!parsed.success) throw new ConfigError(file, schemaMistakes(document, parsed.error.issues));
	const {rules = [], ...rest} = parsed.data;
	const mistakes = [
		...forbidMistakes(document, ['forbid'], rest.forbid, actions),
		...sinkMistakes(rest.audit?.sinks ?? [], document),
		...rules.flatMap((rule, index) => ruleMistakes(document, ['rules', index], rule, {systems, actions})),
	];
	if (mistakes.length > 0) throw new ConfigError(file, mistakes);
	const lines = Object.keys(parsed.data).map(key => [key, document.mistakeAtKey([key], '').line ?? 0] as const);
	return {
		...rest,
		rules: rules.map((rule, index) => ({...rule, line: document.mistake(['rules', index], '').line})),
		lines: Object.fromEntries(lines),
	};
}

/** Returns a mistake for each entry of `forbid` that matches no action. */
function forbidMistakes(
	document: ConfigDocument,
	path: Path,
	forbidden: readonly string[] = [],
	actions: readonly string[],
): readonly Mistake[] {
	const systems = [...new Set(actions.map(action => action.split('.')[0] ?? ''))];
	const known = ['*', ...systems.map(system => `${system}.*`), ...actions];
	return forbidden.flatMap((word, index) => {
		if (known.includes(word)) return [];
		const [system = ''] = word.split('.');
		const own = known.filter(id => id.startsWith(`${system.toLowerCase()}.`));
		const near = systems.includes(word.toLowerCase()) ? `${word.toLowerCase()}.*` : closestWord(word, known);
		const meant = near === undefined ? '. ' : `; did you mean "${near}"? `;
		const rest = own.length > 0 ? own : [...systems.map(name => `${name}.*`), 'and the actions of docs/actions.md'];
		const what = `${formatPath(path)}: "${cleanLine(word)}" is no action${meant}Allowed: "*", ${rest.join(', ')}`;
		return [document.mistake([...path, index], what)];
	});
}

/** Returns the mistakes of a rule, also when it could never have an effect. */
function ruleMistakes(
	document: ConfigDocument,
	path: Path,
	rule: Rule,
	{systems, actions}: {readonly systems: readonly ConfigurableSystem[]; readonly actions: readonly string[]},
): readonly Mistake[] {
	const {match, readOnly, forbid: forbidden, leastDemand, maxObjects} = rule;
	const at = (key: string, text: string) =>
		document.mistake([...path, 'match', key], `${formatPath(path)}.match: ${text}`);
	const mistakes = [...forbidMistakes(document, [...path, 'forbid'], forbidden, actions)];
	if (Object.values(match).every(value => value === undefined))
		mistakes.push(
			at(
				'',
				'it needs at least one of kind, host, port, database, cluster; for all targets leave the rule out, and write its keys at the top',
			),
		);
	if (readOnly === undefined && forbidden === undefined && leastDemand === undefined && maxObjects === undefined)
		mistakes.push(
			document.mistake(
				path,
				`${formatPath(path)} does nothing; it needs one of readOnly, forbid, leastDemand, maxObjects`,
			),
		);
	for (const host of match.host ?? []) {
		const problem = hostProblem(host);
		if (problem !== undefined) mistakes.push(at('host', `"${cleanLine(host)}" ${problem}`));
	}
	const {kind} = match;
	/** The kinds of systems that have an attribute; with `of` only those of which it is the own one. */
	const kindsWith = (attribute: RuleAttribute, of?: 'own') =>
		systems.flatMap(({system, config}) => {
			const whose = config.ruleAttributes?.[attribute];
			return whose === undefined || (of ?? whose) !== whose ? [] : system.kind;
		});
	const isOfNone = (kinds: readonly string[]) => kind !== undefined && !kinds.some(system => kind.includes(system));
	if (match.database !== undefined && isOfNone(kindsWith('database')))
		mistakes.push(at('database', `database is known of ${kindsWith('database').join(', ')} only`));
	if (match.database !== undefined && match.cluster !== undefined)
		mistakes.push(at('cluster', 'nothing has both a database and a cluster'));
	if (match.cluster !== undefined && isOfNone(kindsWith('cluster'))) {
		const owners = kindsWith('cluster', 'own').join(', ');
		mistakes.push(at('cluster', `cluster is known only of ${owners}, and of what is reached via it`));
	}
	return mistakes;
}

/** Says why a text cannot be the host of a target; undefined when it can. */
function hostProblem(host: string): string | undefined {
	if (/\s/.test(host)) return 'holds white space';
	if (host.includes('://') || (host.includes('/') && !host.startsWith('/'))) return 'is a URL: write its host alone';
	if (/^[^:]*:\d*$/.test(host) || /\]:\d*$/.test(host)) return 'holds a port: write it under port';
	if (/[?[\]{}()|^$\\,]/.test(host.replace(/^\[(.*)\]$/, '$1')))
		return 'holds a character that no host has; only * has a meaning of its own';
	return undefined;
}
