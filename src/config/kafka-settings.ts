import type {KafkaSasl, KafkaSettings} from '../port/kafka.ts';
import type {ConfigEnvironment} from './config-environment.ts';
import type {KafkaEntry} from './config-schema.ts';
import {checkCertificate, type ReportMistake, readSecretReference} from './entry-fields.ts';
import {parseHost} from './server-url.ts';
import {SettingsError} from './settings-error.ts';

const standardPort = 9092;

/** Reads the settings of one Kafka cluster. Every mistake goes to `report`; the result is then incomplete and must not be used. */
export function readKafkaSettings(
	entry: KafkaEntry,
	report: ReportMistake,
	environment: ConfigEnvironment,
): KafkaSettings {
	const {tls, sasl, groups, connectTimeoutMs, requestTimeoutMs} = entry;
	checkCertificate(tls, report);
	if (groups !== undefined && !isPattern(groups))
		report('groups', 'groups must be a regular expression of RE2, which has no lookaround and no back-reference');
	return {
		brokers: entry.brokers.flatMap(text => {
			const address = parseHost(text);
			if (address === undefined) report('brokers', 'brokers must be host:port, or a list of them');
			return address === undefined ? [] : {host: address.host, port: address.port ?? standardPort};
		}),
		tls,
		sasl: sasl && readSasl(sasl, text => report('sasl', text), environment),
		groups,
		connectTimeoutMs,
		requestTimeoutMs,
	};
}

/** Reads the login: `oauthbearer` takes a token, all other mechanisms a user name and a password. */
function readSasl(
	{mechanism, username, ...secrets}: NonNullable<KafkaEntry['sasl']>,
	reportMistake: (text: string) => void,
	environment: ConfigEnvironment,
): KafkaSasl | undefined {
	const secretOf = (key: 'password' | 'token') =>
		readSecretReference(secrets[key], (_, text) => reportMistake(text), environment, key);
	const password = secretOf('password');
	const token = secretOf('token');
	if (mechanism === 'oauthbearer') {
		if (token !== undefined && username === undefined && password === undefined) return {mechanism, token};
		reportMistake('sasl with oauthbearer needs a token, and neither username nor password');
		return undefined;
	}
	if (username !== undefined && password !== undefined && token === undefined) return {mechanism, username, password};
	reportMistake(`sasl with ${mechanism} needs username and password, and no token`);
	return undefined;
}

/**
 * Parses `KAFKA_BROKERS`: `host:port,host:port`, the format of --bootstrap-server in Kafka's own tools.
 * @throws SettingsError when it is not such a list.
 */
export function parseKafkaBrokers(text: string): KafkaSettings {
	const brokers = text
		.split(',')
		.map(address => address.trim())
		.filter(address => address !== '')
		.map(parseHost);
	if (brokers.length === 0 || !brokers.every(broker => broker !== undefined))
		throw new SettingsError('this is not a list of the form host:9092,host:9092');
	return {
		brokers: brokers.map(({host, port}) => ({host, port: port ?? standardPort})),
		connectTimeoutMs: 3000,
		requestTimeoutMs: 5000,
	};
}

const unlikeRe2 = /\(\?<?[=!]|\\(?:[1-9]|k<)/;

/** Whether the pattern is valid in JavaScript and in RE2. Only the linear-time engine runs it (src/text/pattern.ts). */
function isPattern(text: string): boolean {
	try {
		new RegExp(text);
		return !unlikeRe2.test(text);
	} catch {
		return false;
	}
}
