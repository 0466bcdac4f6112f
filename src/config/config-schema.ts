import * as z from 'zod';
import {defaultSamplerBudget} from '../port/redis.ts';
import {auditSchema} from './audit-schema.ts';
import {serverKeys} from './http-schema.ts';
import {
	booleanSchema,
	clientTlsSchema,
	enumSchema,
	hostSchema,
	integerSchema,
	nameSchema,
	oneOrManySchema,
	passwordSchema,
	pemFileKeys,
	portSchema,
	productionSchema,
	programListSchema,
	secretReferenceMessage,
	strictSchema,
	textSchema,
} from './schema-parts.ts';

/* The schema of the configuration file. Unknown keys are mistakes. Keys in milliseconds end in Ms. */

/** A scalar is short for the mapping with only `mode`. */
const postgresTls = z.preprocess(
	value => (typeof value === 'string' ? {mode: value} : value),
	strictSchema({
		mode: enumSchema(['disable', 'prefer', 'require', 'verify-ca', 'verify-full'])
			.default('verify-full')
			.describe('As libpq means it: only `verify-full` checks that the server is the one you named.'),
		allowCleartext: booleanSchema
			.default(false)
			.describe(
				'Sends the password to another machine even where the connection is not encrypted or the server not verified (`disable`, `prefer`, `require` without `ca`). Without it, no password goes there.',
			),
		...pemFileKeys,
	}),
);

/** The systems that this version can watch. */
export const supportedKinds = ['kubernetes', 'postgres', 'redis', 'kafka', 'prometheus', 'alertmanager'] as const;

const kindWords = `One of ${supportedKinds.map(kind => `\`${kind}\``).join(', ')}.`;

const postgres = strictSchema({
	name: nameSchema,
	kind: z.literal('postgres').describe(kindWords),
	production: productionSchema,
	url: textSchema('must be a postgres:// URL without a password, or ${env:NAME}')
		.optional()
		.describe(
			'`postgres://user@host:5432/database?sslmode=verify-full`, without a password; or `${env:NAME}`, whose URL may hold one.',
		),
	host: hostSchema.optional().describe('Name, address, or the folder of a Unix socket.'),
	port: portSchema.optional().describe('5432 when absent.'),
	hosts: z
		.array(hostSchema, {error: 'must be a list of host or host:port'})
		.min(1, {error: 'must be a list of host or host:port'})
		.optional()
		.describe('Several `host:port`, instead of `host`: tried in order, and the first that answers is read.'),
	database: textSchema('must be the name of a database').optional().describe('The name of the user when absent.'),
	user: textSchema('must be the name of a role').optional().describe('The role to log in with.'),
	password: passwordSchema
		.optional()
		.describe(
			'A reference: `${env:NAME}`, `${file:/path}` or `${exec:[command, argument]}`. Without one, it is read from `.pgpass` or `PGPASSFILE`.',
		),
	tls: postgresTls
		.optional()
		.describe(
			'One word (the mode) or its keys. When absent: `prefer` for this machine (loopback, Unix socket), `verify-full` for any other host.',
		),
	connectTimeoutMs: integerSchema(100, 60_000).default(5000).describe('For connecting and logging in to one host.'),
	statementTimeoutMs: integerSchema(100, 60_000)
		.default(3000)
		.describe('The server ends a statement of midwatch after this.'),
});

const redis = strictSchema({
	name: nameSchema,
	kind: z.literal('redis').describe(kindWords),
	production: productionSchema,
	url: textSchema('must be a redis:// or rediss:// URL without a password, or ${env:NAME}')
		.optional()
		.describe('`rediss://user@host:6379/0`, without a password; or `${env:NAME}`, whose URL may hold one.'),
	host: hostSchema.optional().describe('Name or address.'),
	port: portSchema.optional().describe('6379 when absent.'),
	db: integerSchema(0, 1_000_000).optional().describe('The database whose keys are sampled; 0 when absent.'),
	username: textSchema('must be the name of an ACL user')
		.optional()
		.describe('The ACL user; the server’s `default` when absent.'),
	password: passwordSchema.optional(),
	tls: clientTlsSchema.describe('`true`, or its keys. No TLS when absent.'),
	replica: strictSchema({host: hostSchema.describe('Name or address.'), port: portSchema.default(6379)})
		.optional()
		.describe('A replica that the key sampler reads instead of the primary.'),
	sampler: strictSchema({
		timeMs: integerSchema(100, 60_000)
			.default(defaultSamplerBudget.timeMs)
			.describe('The maximum duration of one pass.'),
		keys: integerSchema(100, 10_000_000)
			.default(defaultSamplerBudget.keys)
			.describe('The maximum number of keys in one pass.'),
		pauseMs: integerSchema(0, 1000).default(defaultSamplerBudget.pauseMs).describe('Between two batches.'),
		slowPingMs: integerSchema(1, 10_000)
			.default(defaultSamplerBudget.slowPingMs)
			.describe('A pass ends when a PING takes longer.'),
	})
		.optional()
		.describe('Limits for the key sampler.'),
});

const absolute = textSchema('must be the absolute path of a kubeconfig').refine(path => path.startsWith('/'), {
	error: 'must be the absolute path of a kubeconfig',
});
const namespace = z
	.string({error: 'must be the name of a namespace'})
	.regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, {error: 'must be the name of a namespace'});
/** https://prometheus.io/docs/prometheus/latest/querying/basics/#instant-vector-selectors */
const matcher = '[a-zA-Z_][a-zA-Z0-9_]*\\s*(?:=|!=|=~|!~)\\s*"(?:[^"\\\\\\n]|\\\\.)*"';
const mustMatch = 'must be matchers of PromQL without braces, such as cluster="prod-eu"';
const matchers = z
	.string({error: mustMatch})
	.regex(new RegExp(`^\\s*${matcher}\\s*(?:,\\s*${matcher}\\s*)*$`), {error: mustMatch});

const kubernetes = strictSchema({
	name: nameSchema,
	kind: z.literal('kubernetes').describe(kindWords),
	production: productionSchema,
	kubeconfig: oneOrManySchema(absolute, 'must be the absolute path of a kubeconfig, or a list of them')
		.optional()
		.describe('A kubeconfig, or several, which are merged as kubectl does. Those of kubectl when absent.'),
	context: textSchema('must be the name of a context')
		.optional()
		.describe('The context of the kubeconfig; its current one when absent.'),
	namespaces: oneOrManySchema(namespace, 'must be the name of a namespace, or a list of them')
		.optional()
		.describe('Only these namespaces; all of them when absent.'),
	inCluster: booleanSchema
		.optional()
		.describe(
			'`true`: the cluster that midwatch runs in, by the service account of its pod, whatever kubeconfig there is.',
		),
	metrics: z
		.preprocess(
			value => (typeof value === 'string' ? {prometheus: value} : value),
			strictSchema({
				prometheus: nameSchema.describe(
					'The name of a target of kind `prometheus` that scrapes the kubelets of this cluster.',
				),
				match: matchers
					.default('')
					.describe('Matchers that its series have, when it scrapes more than this cluster: `cluster="prod-eu"`.'),
			}),
		)
		.optional()
		.describe(
			'The Prometheus target for the throttling of containers, and for their usage when the cluster has no metrics API: a name, or its keys.',
		),
	impersonate: strictSchema({
		user: textSchema('must be the name of a user').describe('As `kubectl --as`.'),
		groups: oneOrManySchema(textSchema('must be the name of a group'), 'must be the name of a group, or a list of them')
			.default([])
			.describe('As `kubectl --as-group`.'),
	})
		.optional()
		.describe('The user to impersonate.'),
});

const brokerAddress = textSchema('must be a host or host:port');

const kafka = strictSchema({
	name: nameSchema,
	kind: z.literal('kafka').describe(kindWords),
	production: productionSchema,
	brokers: oneOrManySchema(brokerAddress, 'must be host:port, or a list of them').describe(
		'`host:port`, one or several: tried in order; the first that answers returns the addresses of all brokers. 9092 without a port.',
	),
	tls: clientTlsSchema.describe('`true`, or its keys. No TLS when absent.'),
	sasl: strictSchema({
		mechanism: enumSchema(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer']).describe(
			'How to log in. `plain` sends the password itself and `oauthbearer` the token: take them only with TLS. Kerberos (GSSAPI) and Amazon’s IAM are not spoken: name a listener that takes one of these, or a certificate by `tls.cert`.',
		),
		username: textSchema('must be the name of a user')
			.optional()
			.describe('The user to log in as. Not with `oauthbearer`, whose token says who we are.'),
		password: passwordSchema.optional(),
		token: textSchema(secretReferenceMessage)
			.optional()
			.describe('The token of `oauthbearer`: a reference, read again for each connection.'),
	})
		.optional()
		.describe('The login. None when absent.'),
	groups: textSchema('must be a regular expression')
		.optional()
		.describe('A regular expression of RE2: only groups whose name it matches are watched; all when absent.'),
	connectTimeoutMs: integerSchema(100, 60_000).default(3000).describe('For connecting and logging in to one broker.'),
	requestTimeoutMs: integerSchema(100, 60_000).default(5000).describe('For one request.'),
});

const httpKeys = {
	...serverKeys,
	via: strictSchema({
		kubernetes: nameSchema.describe('The name of a target of kind `kubernetes`.'),
		namespace: namespace.describe('Where the service is.'),
		service: textSchema('must be the name of a service').describe('Its name.'),
		port: z
			.union([portSchema, textSchema('must be the number or the name of a port')], {
				error: 'must be the number or the name of a port',
			})
			.transform(String)
			.describe('The number of its port, or the name.'),
		scheme: enumSchema(['http', 'https']).default('http').describe('The protocol of the service inside the cluster.'),
	})
		.optional()
		.describe(
			'A service in a cluster, reached through the API server of that cluster: nothing has to be exposed or forwarded.',
		),
};

const prometheus = strictSchema({
	name: nameSchema,
	kind: z.literal('prometheus').describe(kindWords),
	production: productionSchema,
	...httpKeys,
});
const alertmanager = strictSchema({
	name: nameSchema,
	kind: z.literal('alertmanager').describe(kindWords),
	production: productionSchema,
	...httpKeys,
});

/** Known systems that this version cannot watch yet. */
export const plannedKinds = ['probe'] as const;

const target = z.discriminatedUnion('kind', [kubernetes, postgres, redis, kafka, prometheus, alertmanager], {
	error: issue =>
		issue.code === 'invalid_union' ? `must be one of ${supportedKinds.join(', ')}` : 'must be a list of `key: value`',
});

const key = textSchema('must be a key or a list of keys, such as X, f5 or ctrl+r');

export const configSchema = strictSchema({
	targets: z
		.array(target, {error: 'must be a list of targets'})
		.min(1, {error: 'must list a target, or be left out: then targets are found in the environment'})
		.optional()
		.describe('The systems to watch. Without it, they are discovered in the environment.'),
	kubernetes: strictSchema({
		allowExec: programListSchema
			.default([])
			.describe(
				'Absolute paths of programs that a kubeconfig may run to log in, with any arguments, without approval at the terminal: for a machine without a person.',
			),
	})
		.optional()
		.describe('Settings for all targets of kind `kubernetes`, including discovered ones.'),
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

/** The validated file: defaults are filled in, references to secrets are still text. */
export type ConfigFile = z.infer<typeof configSchema>;
export type TargetEntry = NonNullable<ConfigFile['targets']>[number];
export type PostgresEntry = Extract<TargetEntry, {kind: 'postgres'}>;
export type KubernetesEntry = Extract<TargetEntry, {kind: 'kubernetes'}>;
export type KafkaEntry = Extract<TargetEntry, {kind: 'kafka'}>;
export type HttpEntry = Extract<TargetEntry, {kind: 'prometheus' | 'alertmanager'}>;
export type RedisEntry = Extract<TargetEntry, {kind: 'redis'}>;
export type ThemeSetting = ConfigFile['theme'];
