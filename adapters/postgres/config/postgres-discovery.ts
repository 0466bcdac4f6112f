import {access} from 'node:fs/promises';
import {join} from 'node:path';
import {secretFromReader, secretFromReference} from '../../../src/config/secrets.ts';
import {SettingsError} from '../../../src/config/settings-error.ts';
import type {Discovery, FoundTarget, SettingsEnvironment} from '../../../src/contract/target-config.ts';
import type {PostgresSettings} from '../../../src/port/postgres.ts';
import {findPgService} from './pg-service.ts';
import {
	findSocketFolder,
	parseHostLists,
	parsePostgresUrl,
	type RawPostgresSettings,
	resolvePostgresSettings,
} from './postgres-settings.ts';

type FoundServer = FoundTarget<PostgresSettings>;

/** The variables that start a discovery. The others only add settings: PGPASSWORD alone is no reason to connect. */
const pgServerVariables: readonly string[] = ['PGSERVICE', 'PGHOST', 'PGPORT', 'PGDATABASE', 'PGUSER'];

async function fromPgVariables(environment: SettingsEnvironment): Promise<FoundServer> {
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
			settingOf('host', 'PGHOST') ?? settingOf('hostaddr', 'PGHOSTADDR') ?? findSocketFolder(environment),
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
	return found(service ?? settings.database, settings, origin);
}

/** Returns the path of libpq's default CA file; undefined when there is none. */
async function rootCertificate({home}: SettingsEnvironment): Promise<string | undefined> {
	const file = join(home, '.postgresql', 'root.crt');
	return (await exists(file)) ? file : undefined;
}

async function fromDatabaseUrl(url: string, environment: SettingsEnvironment): Promise<FoundServer> {
	if (!/^postgres(?:ql)?:/i.test(url)) {
		throw new SettingsError('it names no PostgreSQL database, and only those are read from it');
	}
	const raw = parsePostgresUrl(url, '${env:DATABASE_URL}');
	const ca = raw.ca ?? (await rootCertificate(environment));
	const settings = resolvePostgresSettings({...raw, ca}, environment);
	return found(settings.database, settings, 'found in DATABASE_URL');
}

/** The variables may lead twice to one database of one server. */
const found = (name: string, settings: PostgresSettings, origin: string): FoundServer => ({
	name,
	origin,
	settings,
	serverKey: JSON.stringify([settings.hosts, settings.database]),
});

const exists = (file: string) =>
	access(file).then(
		() => true,
		() => false,
	);

export const postgresDiscoveries: readonly Discovery<PostgresSettings>[] = [
	{
		label: 'PG*',
		description: 'PGSERVICE, PGHOST and the other PG* variables',
		find: environment =>
			pgServerVariables.some(name => environment.env[name]) ? fromPgVariables(environment) : undefined,
	},
	{
		label: 'DATABASE_URL',
		find(environment) {
			const url = environment.env['DATABASE_URL'];
			return url === undefined || url === '' ? undefined : fromDatabaseUrl(url, environment);
		},
	},
];
