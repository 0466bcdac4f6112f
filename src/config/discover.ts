import {access} from 'node:fs/promises';
import {join} from 'node:path';
import type {Target} from '../contract/target.ts';
import {isAdapterError, messageOf} from '../errors.ts';
import type {HttpSettings} from '../port/http.ts';
import type {KafkaSettings} from '../port/kafka.ts';
import type {KubernetesSettings} from '../port/kubernetes.ts';
import type {PostgresSettings} from '../port/postgres.ts';
import type {RedisSettings} from '../port/redis.ts';
import {cleanLine} from '../text/clean.ts';
import type {ConfigEnvironment} from './config-environment.ts';
import {ConfigError} from './config-error.ts';
import {parseHttpUrl} from './http-settings.ts';
import {parseKafkaBrokers} from './kafka-settings.ts';
import {kubeconfigFiles} from './kubernetes/kubeconfig.ts';
import {createKubernetesSettings} from './kubernetes/kubernetes-settings.ts';
import {findPgService} from './pg-service.ts';
import {
	parseHostLists,
	parsePostgresUrl,
	type RawPostgresSettings,
	resolvePostgresSettings,
} from './postgres-settings.ts';
import {parseRedisUrl} from './redis-settings.ts';
import {secretFromReader, secretFromReference} from './secrets.ts';
import {SettingsError} from './settings-error.ts';

export type Discovered = {
	readonly targets: readonly Target[];
	/** By name: which variables or file a target was found in. */
	readonly origins: Readonly<Record<string, string>>;
	/** What was found and could not be used. */
	readonly notes: readonly string[];
};

type Found = {readonly target: Target; readonly origin: string};

/** The variables that say where a server is. The others only add to it: PGPASSWORD alone is no reason to connect anywhere. */
const pgServerVariables = ['PGSERVICE', 'PGHOST', 'PGPORT', 'PGDATABASE', 'PGUSER'];

/**
 * Looks where each system's own tools look. Whatever is found is guarded: nobody said that it is not production.
 * A thing that cannot be used becomes a note and does not hide the others.
 */
export async function discoverTargets(environment: ConfigEnvironment): Promise<Discovered> {
	const {env} = environment;
	const notes: string[] = [];
	const found: Found[] = [];
	const attempt = async (what: string, look: () => Promise<Found> | Found) => {
		try {
			add(found, await look());
		} catch (error) {
			if (!(error instanceof SettingsError) && !(error instanceof ConfigError) && !isAdapterError(error)) throw error;
			notes.push(`${what}: ${messageOf(error)}`);
		}
	};
	const set = (name: string) => env[name] !== undefined && env[name] !== '';
	if (await hasKubernetesConfig(environment)) await attempt('kubeconfig', () => fromKubeconfig(environment));
	if (pgServerVariables.some(set)) await attempt('PG*', () => fromPgVariables(environment));
	if (set('DATABASE_URL')) await attempt('DATABASE_URL', () => fromDatabaseUrl(env['DATABASE_URL'] ?? '', environment));
	if (set('KAFKA_BROKERS')) await attempt('KAFKA_BROKERS', () => fromKafkaBrokers(env['KAFKA_BROKERS'] ?? ''));
	for (const kind of ['prometheus', 'alertmanager'] as const) {
		const variable = `${kind.toUpperCase()}_URL`;
		if (set(variable)) await attempt(variable, () => fromHttpUrl(kind, variable, environment));
	}
	if (set('REDIS_URL')) await attempt('REDIS_URL', () => fromRedisUrl(env['REDIS_URL'] ?? ''));
	return {
		targets: found.map(({target}) => target),
		origins: Object.fromEntries(found.map(({target, origin}) => [target.name, origin])),
		notes,
	};
}

/** The same server found twice is one target; another one of the same name gets a number. */
function add(found: Found[], next: Found): void {
	const place = connectionKey(next.target);
	if (found.some(({target}) => connectionKey(target) === place)) return;
	const names = new Set(found.map(({target}) => target.name));
	let name = next.target.name;
	for (let number = 2; names.has(name); number++) name = `${next.target.name}-${number}`;
	found.push({...next, target: {...next.target, name}});
}

function connectionKey({kind, settings}: Target): string {
	const {hosts, brokers, url, database, host, port, db, context} = settings as Partial<
		PostgresSettings & RedisSettings & KubernetesSettings & KafkaSettings & HttpSettings
	>;
	return JSON.stringify([kind, hosts ?? brokers ?? url, database, host, port, db, context]);
}

const hasKubernetesConfig = async ({env, home}: ConfigEnvironment): Promise<boolean> => {
	if (env['KUBERNETES_SERVICE_HOST']) return true;
	const there = await Promise.all(kubeconfigFiles(env, home).map(exists));
	return there.includes(true);
};

/**
 * The current context, by its name: kubectl in another terminal may change the current one, and that must not move what is watched and
 * acted on here. @throws AdapterError when there is none, or it cannot be used.
 */
async function fromKubeconfig(environment: ConfigEnvironment): Promise<Found> {
	const {context} = await createKubernetesSettings({}, environment).access();
	const isInside = context === 'in-cluster';
	const settings = createKubernetesSettings(isInside ? {inCluster: true} : {context}, environment);
	const origin = isInside ? 'found in the service account of this pod' : `current context ${context} of the kubeconfig`;
	return {target: guarded(context, 'kubernetes', settings), origin};
}

async function fromPgVariables(environment: ConfigEnvironment): Promise<Found> {
	const {env} = environment;
	const given = (name: string) => env[name] || undefined;
	const service = given('PGSERVICE');
	const said = service === undefined ? undefined : await findPgService(service, environment);
	// As libpq: what the service file says goes before the variables.
	const word = (key: string, variable: string) => said?.values.get(key) ?? given(variable);
	const filePassword = said?.values.get('password');
	const seconds = Number(word('connect_timeout', 'PGCONNECT_TIMEOUT'));
	const words: RawPostgresSettings = {
		hosts: parseHostLists(
			word('host', 'PGHOST') ?? word('hostaddr', 'PGHOSTADDR') ?? environment.socketFolder,
			word('port', 'PGPORT'),
		),
		database: word('dbname', 'PGDATABASE'),
		user: word('user', 'PGUSER'),
		password:
			filePassword !== undefined
				? secretFromReader(`${said?.file} [${service}]`, async () => filePassword)
				: given('PGPASSWORD') === undefined
					? undefined
					: secretFromReference({kind: 'env', name: 'PGPASSWORD'}, environment),
		tlsMode: word('sslmode', 'PGSSLMODE'),
		ca: word('sslrootcert', 'PGSSLROOTCERT') ?? (await rootCertificate(environment)),
		cert: word('sslcert', 'PGSSLCERT'),
		key: word('sslkey', 'PGSSLKEY'),
		connectTimeoutMs: seconds > 0 ? seconds * 1000 : undefined,
	};
	const settings = resolvePostgresSettings(words, environment);
	const names = pgServerVariables.filter(name => given(name) !== undefined).join(', ');
	const origin = said === undefined ? `found in ${names}` : `found in ${said.file}, service ${service}`;
	return {target: guarded(service ?? settings.database, 'postgres', settings), origin};
}

/** The CA that libpq takes when none is named. */
async function rootCertificate({home}: ConfigEnvironment): Promise<string | undefined> {
	const file = join(home, '.postgresql', 'root.crt');
	return (await exists(file)) ? file : undefined;
}

async function fromDatabaseUrl(url: string, environment: ConfigEnvironment): Promise<Found> {
	if (!/^postgres(?:ql)?:/i.test(url)) {
		throw new SettingsError('it names no PostgreSQL database, and only those are read from it');
	}
	const words = parsePostgresUrl(url, '${env:DATABASE_URL}');
	const ca = words.ca ?? (await rootCertificate(environment));
	const settings = resolvePostgresSettings({...words, ca}, environment);
	return {target: guarded(settings.database, 'postgres', settings), origin: 'found in DATABASE_URL'};
}

function fromRedisUrl(url: string): Found {
	return {target: guarded('redis', 'redis', parseRedisUrl(url, '${env:REDIS_URL}')), origin: 'found in REDIS_URL'};
}

function fromKafkaBrokers(brokers: string): Found {
	return {target: guarded('kafka', 'kafka', parseKafkaBrokers(brokers)), origin: 'found in KAFKA_BROKERS'};
}

function fromHttpUrl(kind: 'prometheus' | 'alertmanager', variable: string, {env}: ConfigEnvironment): Found {
	const settings = parseHttpUrl(env[variable] ?? '', `\${env:${variable}}`, env);
	return {target: guarded(kind, kind, settings), origin: `found in ${variable}`};
}

/** A target's name is typed to confirm an action: only characters that are easy to type. */
const guarded = (name: string, kind: Target['kind'], settings: Target['settings']): Target => ({
	name:
		cleanLine(name)
			.replace(/[^A-Za-z0-9._-]+/g, '-')
			.replace(/^[^A-Za-z0-9]+/, '')
			.slice(0, 63) || kind,
	kind,
	production: true,
	settings,
});

const exists = (file: string) =>
	access(file).then(
		() => true,
		() => false,
	);
