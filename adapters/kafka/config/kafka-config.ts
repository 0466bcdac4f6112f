import {checkCertificate, readSecretReference} from '../../../src/config/entry-fields.ts';
import {
	clientTlsSchema,
	enumSchema,
	integerSchema,
	oneOrManySchema,
	passwordSchema,
	secretReferenceMessage,
	strictSchema,
	textSchema,
} from '../../../src/config/schema-parts.ts';
import {parseHost} from '../../../src/config/server-url.ts';
import {SettingsError} from '../../../src/config/settings-error.ts';
import {discoverVariable} from '../../../src/config/variable-discovery.ts';
import {defineTargetConfig} from '../../../src/contract/define.ts';
import type {SettingsEnvironment, TargetEntry} from '../../../src/contract/target-config.ts';
import type {KafkaSasl, KafkaSettings} from '../../../src/port/kafka.ts';
import {compilePattern, loadPatterns} from '../../../src/text/pattern.ts';

/** The port of a broker that is written without one. */
const defaultPort = 9092;

const brokerAddress = textSchema('must be a host or host:port');

const keys = {
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
};

type KafkaEntry = TargetEntry<typeof keys>;

/**
 * Resolves the login to its secrets: `oauthbearer` takes a token, all other mechanisms a user name and a password.
 * @returns undefined when it reported a mistake.
 */
function readSasl(
	{mechanism, username, ...secrets}: NonNullable<KafkaEntry['sasl']>,
	reportSasl: (text: string) => void,
	environment: SettingsEnvironment,
): KafkaSasl | undefined {
	const readSecret = (key: 'password' | 'token') =>
		readSecretReference(secrets[key], (_, text) => reportSasl(text), environment, key);
	const password = readSecret('password');
	const token = readSecret('token');
	if (mechanism === 'oauthbearer') {
		if (token !== undefined && username === undefined && password === undefined) return {mechanism, token};
		reportSasl('sasl with oauthbearer needs a token, and neither username nor password');
		return undefined;
	}
	if (username !== undefined && password !== undefined && token === undefined) return {mechanism, username, password};
	reportSasl(`sasl with ${mechanism} needs username and password, and no token`);
	return undefined;
}

/**
 * Parses `KAFKA_BROKERS`: `host:port,host:port`, the format of --bootstrap-server in Kafka's own tools.
 * @throws SettingsError when it is not such a list.
 */
function parseKafkaBrokers(text: string): KafkaSettings {
	const brokers = text
		.split(',')
		.map(address => address.trim())
		.filter(address => address !== '')
		.map(parseHost);
	if (brokers.length === 0 || !brokers.every(broker => broker !== undefined))
		throw new SettingsError('this is not a list of the form host:9092,host:9092');
	return {
		brokers: brokers.map(({host, port}) => ({host, port: port ?? defaultPort})),
		connectTimeoutMs: 3000,
		requestTimeoutMs: 5000,
	};
}

/** Whether the engine that runs the pattern accepts it. Load it before, with `loadPatterns`. */
function isPattern(text: string): boolean {
	try {
		return compilePattern(text) !== undefined;
	} catch {
		return false;
	}
}

export const kafkaConfig = defineTargetConfig<KafkaSettings>()({
	keys,
	hostMeaning: 'each broker',
	async readSettings(entry, report, environment) {
		const {tls, sasl, groups, connectTimeoutMs, requestTimeoutMs} = entry;
		checkCertificate(tls, report);
		// Not loaded for others: the first frame does not wait for it.
		if (groups !== undefined) await loadPatterns();
		if (groups !== undefined && !isPattern(groups))
			report('groups', 'groups must be a regular expression of RE2, which has no lookaround and no back-reference');
		return {
			brokers: entry.brokers.flatMap(text => {
				const address = parseHost(text);
				if (address === undefined) report('brokers', 'brokers must be host:port, or a list of them');
				return address === undefined ? [] : {host: address.host, port: address.port ?? defaultPort};
			}),
			tls,
			sasl: sasl && readSasl(sasl, text => report('sasl', text), environment),
			groups,
			connectTimeoutMs,
			requestTimeoutMs,
		};
	},
	discoveries: [discoverVariable('KAFKA_BROKERS', 'kafka', parseKafkaBrokers)],
});
