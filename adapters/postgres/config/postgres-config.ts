import * as z from 'zod';
import {
	checkCertificate,
	readSecretReference,
	rejectKeysGivenByUrl,
	resolveUrl,
} from '../../../src/config/entry-fields.ts';
import {
	booleanSchema,
	enumSchema,
	hostSchema,
	integerSchema,
	passwordSchema,
	pemFileKeys,
	portSchema,
	strictSchema,
	textSchema,
} from '../../../src/config/schema-parts.ts';
import {parseHost} from '../../../src/config/server-url.ts';
import {SettingsError} from '../../../src/config/settings-error.ts';
import {defineTargetConfig} from '../../../src/contract/define.ts';
import type {ReportMistake, SettingsEnvironment, TargetEntry} from '../../../src/contract/target-config.ts';
import type {PostgresSettings} from '../../../src/port/postgres.ts';
import {postgresDiscoveries} from './postgres-discovery.ts';
import {parsePostgresUrl, type RawPostgresSettings, resolvePostgresSettings} from './postgres-settings.ts';

/** A scalar is short for the mapping with only `mode`. */
const tlsSchema = z.preprocess(
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

const keys = {
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
	tls: tlsSchema
		.optional()
		.describe(
			'One word (the mode) or its keys. When absent: `prefer` for this machine (loopback, Unix socket), `verify-full` for any other host.',
		),
	connectTimeoutMs: integerSchema(100, 60_000).default(5000).describe('For connecting and logging in to one host.'),
	statementTimeoutMs: integerSchema(100, 60_000)
		.default(3000)
		.describe('The server ends a statement of midwatch after this.'),
};

type PostgresEntry = TargetEntry<typeof keys>;

function readPostgres(entry: PostgresEntry, report: ReportMistake, environment: SettingsEnvironment): PostgresSettings {
	const own: RawPostgresSettings = {
		database: entry.database,
		user: entry.user,
		password: readSecretReference(entry.password, report, environment),
		connectTimeoutMs: entry.connectTimeoutMs,
		statementTimeoutMs: entry.statementTimeoutMs,
		...(entry.tls && {
			tlsMode: entry.tls.mode,
			allowCleartext: entry.tls.allowCleartext,
			ca: entry.tls.ca,
			cert: entry.tls.cert,
			key: entry.tls.key,
		}),
	};
	checkCertificate(entry.tls, report);
	if (entry.tls?.allowCleartext === true && /^verify/.test(entry.tls.mode))
		report(
			'tls',
			`allowCleartext says that the server need not be verified, and mode ${entry.tls.mode} that it must: use prefer, require or disable with it`,
		);
	let raw: RawPostgresSettings = own;
	if (entry.url === undefined) raw = {...own, hosts: hostsOf(entry, report)};
	else {
		rejectKeysGivenByUrl(entry, ['host', 'port', 'hosts', 'database', 'user'], report);
		const url = resolveUrl(entry.url, report, environment);
		try {
			const fromUrl = url === undefined ? {} : parsePostgresUrl(url.text, url.source);
			if (fromUrl.tlsMode !== undefined || fromUrl.ca !== undefined || fromUrl.cert !== undefined)
				rejectKeysGivenByUrl(entry, ['tls'], report);
			raw = {
				...fromUrl,
				...withoutUndefined(own),
				connectTimeoutMs: fromUrl.connectTimeoutMs ?? entry.connectTimeoutMs,
			};
		} catch (error) {
			if (!(error instanceof SettingsError)) throw error;
			report('url', error.message);
		}
	}
	try {
		return resolvePostgresSettings(raw, environment);
	} catch (error) {
		if (!(error instanceof SettingsError)) throw error;
		report('url', error.message);
		return resolvePostgresSettings({...raw, tlsMode: undefined}, environment);
	}
}

const withoutUndefined = (settings: RawPostgresSettings): RawPostgresSettings =>
	Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));

function hostsOf(entry: PostgresEntry, report: ReportMistake): RawPostgresSettings['hosts'] {
	if (entry.hosts !== undefined) {
		for (const key of ['host', 'port'] as const) {
			if (entry[key] !== undefined) report(key, `hosts says the ${key} already: leave out one of them`);
		}
		return entry.hosts.flatMap(text => {
			const host = parseHost(text);
			if (host === undefined) report('hosts', 'hosts must be a list of host or host:port');
			return host ?? [];
		});
	}
	if (entry.host === undefined) report('name', `${entry.name} needs host, hosts or url: where the server is`);
	return [{host: entry.host ?? 'localhost', port: entry.port}];
}

export const postgresConfig = defineTargetConfig<PostgresSettings>()({
	keys,
	hostMeaning: 'each host',
	ruleAttributes: {database: 'own'},
	readSettings: readPostgres,
	discoveries: postgresDiscoveries,
});
