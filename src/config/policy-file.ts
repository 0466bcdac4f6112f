import {z} from 'zod';
import type {PolicyFileState} from '../policy/policy.ts';
import type {PolicyFile, Rule} from '../policy/rules.ts';
import {cleanLine} from '../text/clean.ts';
import {closestWord} from '../text/closest.ts';
import {type AuditSection, auditSchema} from './audit-schema.ts';
import {type ConfigDocument, formatPath, type Path, readDocument, schemaMistakes} from './config-document.ts';
import type {ConfigEnvironment} from './config-environment.ts';
import {ConfigError, type Mistake} from './config-error.ts';
import {supportedKinds} from './config-schema.ts';
import {readRootFile} from './safe-file.ts';
import {programListSchema, strictSchema} from './schema-parts.ts';

const oneOrMoreWords = (must: string) => z.array(z.string({error: must}).min(1, {error: must}), {error: must});
const oneOrMore = <S extends z.ZodType>(member: S, must: string) =>
	z.preprocess(
		value => (Array.isArray(value) || value === undefined ? value : [value]),
		z.array(member, {error: must}).min(1, {error: must}),
	);
const texts = (must: string) => oneOrMore(z.string({error: must}).min(1, {error: must}), must);
const count = z.int({error: 'must be a whole number, 0 or more'}).min(0, {error: 'must be a whole number, 0 or more'});

const forbid = oneOrMoreWords('must be a list of actions, such as [postgres.terminate, redis.*], or ["*"]')
	.optional()
	.describe('Actions that cannot be done: `postgres.terminate`, `redis.*` for all of a system, `"*"` for all.');
const leastDemand = z
	.enum(['type', 'type-count-reason'], {error: 'must be one of type, type-count-reason'})
	.optional()
	.describe('The least that is asked before any action.');
const maxObjects = count.optional().describe('An action that touches more objects is refused.');

const kindWords = `must be one of ${supportedKinds.join(', ')}, or a list of them`;
const hostWords = 'must be a host or a list of them, in which * matches any text: db1.internal, "*.prod.example"';
const portWords = 'must be a port from 1 to 65535, or a list of them';
const clusterWords = 'must be the name of a context or a list of them, in which * matches any text';

const matchSchema = strictSchema({
	kind: oneOrMore(z.enum(supportedKinds, {error: kindWords}), kindWords)
		.optional()
		.describe('The system: `postgres`, or a list.'),
	host: texts(hostWords)
		.optional()
		.describe(
			'Where the settings of the target lead: each host of PostgreSQL, the server and replica of Redis, each broker of Kafka, the host in the URL of Prometheus and Alertmanager, and of the API server of Kubernetes. `*` matches any text.',
		),
	port: oneOrMore(z.int({error: portWords}).min(1, {error: portWords}).max(65_535, {error: portWords}), portWords)
		.optional()
		.describe('The port there.'),
	database: texts('must be the name of a database or a list of them, in which * matches any text')
		.optional()
		.describe(
			'The database of PostgreSQL that the target connects to. Sessions of the other databases of that server can be seen, and ended, from there too: where that matters, name the host.',
		),
	cluster: texts(clusterWords)
		.optional()
		.describe('The context of the kubeconfig. Its user can rename it: where that matters, name the host.'),
});

export const ruleSchema = strictSchema({
	match: matchSchema.describe('What the rule is about: targets for which all of this holds.'),
	readOnly: z.literal(true, {error: 'must be true'}).optional().describe('`true`: these targets cannot be armed.'),
	forbid,
	leastDemand,
	maxObjects,
});

/** Each key can only tighten. */
export const policySchema = strictSchema({
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
			'Targets that cannot be armed, by the names that their users give them, in any case of the letters. A user who gives another name is free: where that matters, use `rules`.',
		),
	armMinutes: count.optional().describe('Minutes until an idle target is no longer armed; counts only below 10.'),
	leastDemand,
	maxObjects,
	execPlugins: programListSchema
		.optional()
		.describe(
			'Absolute paths of the only programs that a kubeconfig may run to log in; `[]`: none. Each user still approves them.',
		),
	audit: auditSchema.optional().describe('Copies of the record that no configuration can take away.'),
	rules: z
		.array(ruleSchema, {error: 'must be a list of rules, each with match and what it does'})
		.optional()
		.describe('What holds for some targets, by what they are: see below.'),
});

/**
 * Reads the policy of this machine's administrator, at each call. A policy that cannot be trusted or understood is none that allows
 * anything: it was written to be obeyed. What was read is the same value while the text of the file is the same; owner and mode are looked
 * at each time. `actions`: the ids of all actions there are. The reader gives undefined when there is no policy.
 * @throws ConfigError from the reader.
 */
export function createPolicyReader(
	{policyFile: file, policyOwner}: Pick<ConfigEnvironment, 'policyFile' | 'policyOwner'>,
	actions: readonly string[],
	sinkMistakes?: SinkMistakes,
): () => Promise<PolicyFileState | undefined> {
	let last: {readonly text: string; readonly read: PolicyFileState} | undefined;
	return async () => {
		const text = await readRootFile(file, policyOwner);
		if (text === undefined) return undefined;
		if (last?.text !== text) last = {text, read: {state: 'read', file: readPolicy(file, text, actions, sinkMistakes)}};
		return last.read;
	};
}

/** What is wrong with the sinks of the audit, which may refer to the environment. */
type SinkMistakes = (entries: AuditSection['sinks'], document: ConfigDocument) => readonly Mistake[];

/** @throws ConfigError with one line a mistake. */
export function readPolicy(
	file: string,
	text: string,
	actions: readonly string[],
	sinkMistakes: SinkMistakes = () => [],
): PolicyFile {
	const document = readDocument(file, text);
	// A file that was emptied by accident, or by a full disk, must not allow everything.
	if (document.isEmpty) throw new ConfigError(file, [{text: 'it says nothing; write {} to forbid nothing'}]);
	const parsed = policySchema.safeParse(document.value);
	if (!parsed.success) throw new ConfigError(file, schemaMistakes(document, parsed.error.issues));
	const {rules = [], ...rest} = parsed.data;
	const mistakes = [
		...forbidMistakes(document, ['forbid'], rest.forbid, actions),
		...sinkMistakes(rest.audit?.sinks ?? [], document),
		...rules.flatMap((rule, index) => ruleMistakes(document, ['rules', index], rule, actions)),
	];
	if (mistakes.length > 0) throw new ConfigError(file, mistakes);
	const lines = Object.keys(parsed.data).map(key => [key, document.mistakeAtKey([key], '').line ?? 0] as const);
	return {
		...rest,
		rules: rules.map((rule, index) => ({...rule, line: document.mistake(['rules', index], '').line})),
		lines: Object.fromEntries(lines),
	};
}

/** Words of `forbid` that forbid nothing there is. */
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
		const own = known.filter(one => one.startsWith(`${system.toLowerCase()}.`));
		const near = systems.includes(word.toLowerCase()) ? `${word.toLowerCase()}.*` : closestWord(word, known);
		const meant = near === undefined ? '. ' : `; did you mean "${near}"? `;
		const rest = own.length > 0 ? own : [...systems.map(one => `${one}.*`), 'and the actions of docs/actions.md'];
		const what = `${formatPath(path)}: "${cleanLine(word)}" is no action${meant}Allowed: "*", ${rest.join(', ')}`;
		return [document.mistake([...path, index], what)];
	});
}

/** A rule that could never do anything is not what its writer meant. */
function ruleMistakes(
	document: ConfigDocument,
	path: Path,
	rule: Rule,
	actions: readonly string[],
): readonly Mistake[] {
	const {match, readOnly, forbid: forbidden, leastDemand: least, maxObjects: most} = rule;
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
	if (readOnly === undefined && forbidden === undefined && least === undefined && most === undefined)
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
	if (match.database !== undefined && kind !== undefined && !kind.includes('postgres'))
		mistakes.push(at('database', 'database is known of postgres only'));
	if (match.database !== undefined && match.cluster !== undefined)
		mistakes.push(at('cluster', 'nothing has both a database and a cluster'));
	const ofClusters = ['kubernetes', 'prometheus', 'alertmanager'] as const;
	if (match.cluster !== undefined && kind !== undefined && !ofClusters.some(one => kind.includes(one)))
		mistakes.push(at('cluster', 'cluster is known only of kubernetes, and of what is reached via it'));
	return mistakes;
}

/** What no host of a target can look like. */
function hostProblem(host: string): string | undefined {
	if (/\s/.test(host)) return 'holds white space';
	if (host.includes('://') || (host.includes('/') && !host.startsWith('/'))) return 'is a URL: write its host alone';
	if (/^[^:]*:\d*$/.test(host) || /\]:\d*$/.test(host)) return 'holds a port: write it under port';
	if (/[?[\]{}()|^$\\,]/.test(host.replace(/^\[(.*)\]$/, '$1')))
		return 'holds a character that no host has; only * has a meaning of its own';
	return undefined;
}
