import {
	checkCertificate,
	readSecretReference,
	rejectKeysGivenByUrl,
	resolveUrl,
} from '../../../src/config/entry-fields.ts';
import {
	clientTlsSchema,
	hostSchema,
	integerSchema,
	passwordSchema,
	portSchema,
	strictSchema,
	textSchema,
} from '../../../src/config/schema-parts.ts';
import {secretFromReader} from '../../../src/config/secrets.ts';
import {parseServerUrl} from '../../../src/config/server-url.ts';
import {SettingsError} from '../../../src/config/settings-error.ts';
import {discoverVariable} from '../../../src/config/variable-discovery.ts';
import {defineTargetConfig} from '../../../src/contract/define.ts';
import {defaultSamplerBudget, type RedisSettings} from '../../../src/port/redis.ts';

const keys = {
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
};

/**
 * Parses `redis://user:password@host:6379/0`; `rediss` means TLS. `source` names the origin of the URL; it becomes the source of the password.
 * `hasPassword`: the password is configured separately.
 * @throws SettingsError when it is not such a URL.
 */
function parseRedisUrl(text: string, source: string, hasPassword = false): RedisSettings {
	const url = parseServerUrl(text);
	const [endpoint, ...others] = url?.hosts ?? [];
	const db = Number(url?.path ?? 0);
	if (
		url === undefined ||
		!/^(?:redis|rediss|valkey|valkeys)$/.test(url.scheme) ||
		endpoint === undefined ||
		others.length > 0
	) {
		throw new SettingsError('this is not a URL of the form redis://host:6379/0 (rediss:// for TLS)');
	}
	if (!Number.isInteger(db) || db < 0)
		throw new SettingsError('what follows the last slash of a Redis URL is the number of its database');
	const password = url.password;
	// No user name is sent without a password. The user name of such a URL is usually the password, and user names are shown on the screen.
	if (url.user !== undefined && password === undefined && !hasPassword)
		throw new SettingsError('it has a user name and no password; a password alone is written redis://:PASSWORD@host');
	return {
		host: endpoint.host,
		port: endpoint.port ?? 6379,
		db,
		username: url.user,
		password: password === undefined ? undefined : secretFromReader(source, async () => password),
		tls: url.scheme.endsWith('ss') || url.scheme === 'valkeys' ? {} : undefined,
		replica: undefined,
		sampler: defaultSamplerBudget,
	};
}

export const redisConfig = defineTargetConfig<RedisSettings>()({
	keys,
	hostMeaning: 'the server and replica',
	readSettings(entry, report, environment) {
		const password = readSecretReference(entry.password, report, environment);
		const extra = {replica: entry.replica, sampler: entry.sampler ?? defaultSamplerBudget};
		checkCertificate(entry.tls, report);
		const plain: RedisSettings = {
			host: entry.host ?? 'localhost',
			port: entry.port ?? 6379,
			db: entry.db ?? 0,
			username: entry.username,
			password,
			tls: entry.tls,
			...extra,
		};
		if (entry.url === undefined) {
			if (entry.host === undefined) report('name', `${entry.name} needs host or url: where the server is`);
			return plain;
		}
		rejectKeysGivenByUrl(entry, ['host', 'port', 'db', 'username'], report);
		const url = resolveUrl(entry.url, report, environment);
		if (url === undefined) return plain;
		try {
			const parsed = parseRedisUrl(url.text, url.source, password !== undefined);
			return {...parsed, ...extra, password: password ?? parsed.password, tls: entry.tls ?? parsed.tls};
		} catch (error) {
			if (!(error instanceof SettingsError)) throw error;
			report('url', error.message);
			return plain;
		}
	},
	discoveries: [discoverVariable('REDIS_URL', 'redis', (text, source) => parseRedisUrl(text, source))],
});
