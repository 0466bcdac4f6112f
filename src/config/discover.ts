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
	/** By target name: the variables or the file in which it was found. */
	readonly origins: Readonly<Record<string, string>>;
	/** One line for each configuration that was found and could not be used. */
	readonly notes: readonly string[];
};

type Found = {readonly target: Target; readonly origin: string};

/** The variables that start a discovery. The others only add settings: PGPASSWORD alone is no reason to connect. */
const pgServerVariables: readonly string[] = ['PGSERVICE', 'PGHOST', 'PGPORT', 'PGDATABASE', 'PGUSER'];

/**
 * Finds targets where the tools of each system look. Each of them is guarded, because nothing declares that it is not production.
 * What cannot be used becomes a note and does not hide the others.
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

/** Adds a target unless the same server was found already. A second target with the same name gets a number. */
function add(found: Found[], next: Found): void {
	const key = connectionKey(next.target);
	if (found.some(({target}) => connectionKey(target) === key)) return;
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
 * Returns the current context as a target. The target holds its name: `kubectl config use-context` in another terminal must not change which
 * cluster is watched here. @throws AdapterError when there is no current context, or it cannot be used.
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
	const variable = (name: string) => env[name] || undefined;
	const service = variable('PGSERVICE');
	const serviceFile = service === undefined ? undefined : await findPgService(service, environment);
	// As in libpq, the service file has precedence over the variables.
	const settingOf = (key: string, name: string) => serviceFile?.values.get(key) ?? variable(name);
	const filePassword = serviceFile?.values.get('password');
	const seconds = Number(settingOf('connect_timeout', 'PGCONNECT_TIMEOUT'));
	const raw: RawPostgresSettings = {
		hosts: parseHostLists(
			settingOf('host', 'PGHOST') ?? settingOf('hostaddr', 'PGHOSTADDR') ?? environment.socketFolder,
			settingOf('port', 'PGPORT'),
		),
		database: settingOf('dbname', 'PGDATABASE'),
		user: settingOf('user', 'PGUSER'),
		password:
			filePassword !== undefined
				? secretFromReader(`${serviceFile?.file} [${service}]`, async () => filePassword)
				: variable('PGPASSWORD') === undefined
					? undefined
					: secretFromReference({kind: 'env', name: 'PGPASSWORD'}, environment),
		tlsMode: settingOf('sslmode', 'PGSSLMODE'),
		ca: settingOf('sslrootcert', 'PGSSLROOTCERT') ?? (await rootCertificate(environment)),
		cert: settingOf('sslcert', 'PGSSLCERT'),
		key: settingOf('sslkey', 'PGSSLKEY'),
		connectTimeoutMs: seconds > 0 ? seconds * 1000 : undefined,
	};
	const settings = resolvePostgresSettings(raw, environment);
	const names = pgServerVariables.filter(name => variable(name) !== undefined).join(', ');
	const origin = serviceFile === undefined ? `found in ${names}` : `found in ${serviceFile.file}, service ${service}`;
	return {target: guarded(service ?? settings.database, 'postgres', settings), origin};
}

/** Returns the path of libpq's default CA file; undefined when there is none. */
async function rootCertificate({home}: ConfigEnvironment): Promise<string | undefined> {
	const file = join(home, '.postgresql', 'root.crt');
	return (await exists(file)) ? file : undefined;
}

async function fromDatabaseUrl(url: string, environment: ConfigEnvironment): Promise<Found> {
	if (!/^postgres(?:ql)?:/i.test(url)) {
		throw new SettingsError('it names no PostgreSQL database, and only those are read from it');
	}
	const raw = parsePostgresUrl(url, '${env:DATABASE_URL}');
	const ca = raw.ca ?? (await rootCertificate(environment));
	const settings = resolvePostgresSettings({...raw, ca}, environment);
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

/** Returns a guarded target. Its name has only characters that are easy to type, because confirming an action can require it. */
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
