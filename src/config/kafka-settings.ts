import type {KafkaSasl, KafkaSettings} from '../port/kafka.ts';
import {compilePattern} from '../text/pattern.ts';
import type {ConfigEnvironment} from './config-environment.ts';
import type {KafkaEntry} from './config-schema.ts';
import {checkCertificate, type ReportMistake, readSecretReference} from './entry-fields.ts';
import {parseHost} from './server-url.ts';
import {SettingsError} from './settings-error.ts';

/** The port of a broker that is written without one. */
const defaultPort = 9092;

/**
 * Turns one Kafka entry of the configuration into settings. When it reports a mistake, the settings are incomplete and must not be used. The caller
 * has called `loadPatterns` when the entry has `groups`.
 */
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
			return address === undefined ? [] : {host: address.host, port: address.port ?? defaultPort};
		}),
		tls,
		sasl: sasl && readSasl(sasl, text => report('sasl', text), environment),
		groups,
		connectTimeoutMs,
		requestTimeoutMs,
	};
}

/**
 * Resolves the login to its secrets: `oauthbearer` takes a token, all other mechanisms a user name and a password.
 * @returns undefined when it reported a mistake.
 */
function readSasl(
	{mechanism, username, ...secrets}: NonNullable<KafkaEntry['sasl']>,
	reportSasl: (text: string) => void,
	environment: ConfigEnvironment,
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
export function parseKafkaBrokers(text: string): KafkaSettings {
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
