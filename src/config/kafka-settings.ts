import type {KafkaSasl, KafkaSettings} from '../port/kafka.ts';
import type {ConfigEnvironment} from './config-environment.ts';
import type {KafkaEntry} from './config-schema.ts';
import {checkCertificate, type ReportMistake, readSecretReference} from './entry-fields.ts';
import {parseHost} from './server-url.ts';
import {SettingsError} from './settings-error.ts';

const standardPort = 9092;

/** What the configuration says of one cluster. Every mistake is told; what comes back then is of no use. */
export function readKafkaSettings(
	entry: KafkaEntry,
	complain: ReportMistake,
	environment: ConfigEnvironment,
): KafkaSettings {
	const {tls, sasl, groups, connectTimeoutMs, requestTimeoutMs} = entry;
	checkCertificate(tls, complain);
	if (groups !== undefined && !isPattern(groups))
		complain('groups', 'groups must be a regular expression of RE2, which has no lookaround and no back-reference');
	return {
		brokers: entry.brokers.flatMap(text => {
			const found = parseHost(text);
			if (found === undefined) complain('brokers', 'brokers must be host:port, or a list of them');
			return found === undefined ? [] : {host: found.host, port: found.port ?? standardPort};
		}),
		tls,
		sasl: sasl && readSasl(sasl, words => complain('sasl', words), environment),
		groups,
		connectTimeoutMs,
		requestTimeoutMs,
	};
}

/** A token is a login of its own; all others have a user and a password. */
function readSasl(
	{mechanism, username, ...secrets}: NonNullable<KafkaEntry['sasl']>,
	wrong: (words: string) => void,
	environment: ConfigEnvironment,
): KafkaSasl | undefined {
	const said = (key: 'password' | 'token') =>
		readSecretReference(secrets[key], (_, words) => wrong(words), environment, key);
	const password = said('password');
	const token = said('token');
	if (mechanism === 'oauthbearer') {
		if (token !== undefined && username === undefined && password === undefined) return {mechanism, token};
		wrong('sasl with oauthbearer needs a token, and neither username nor password');
		return undefined;
	}
	if (username !== undefined && password !== undefined && token === undefined) return {mechanism, username, password};
	wrong(`sasl with ${mechanism} needs username and password, and no token`);
	return undefined;
}

/**
 * `KAFKA_BROKERS`: `host:port,host:port`, as Kafka's own tools take it after --bootstrap-server.
 * @throws SettingsError when it is not such a list.
 */
export function parseKafkaBrokers(text: string): KafkaSettings {
	const brokers = text
		.split(',')
		.map(one => one.trim())
		.filter(one => one !== '')
		.map(parseHost);
	if (brokers.length === 0 || !brokers.every(one => one !== undefined))
		throw new SettingsError('this is not a list of the form host:9092,host:9092');
	return {
		brokers: brokers.map(({host, port}) => ({host, port: port ?? standardPort})),
		connectTimeoutMs: 3000,
		requestTimeoutMs: 5000,
	};
}

const unlikeRe2 = /\(\?<?[=!]|\\(?:[1-9]|k<)/;

/** Whether the syntax is that of both engines; it is only run by the one that takes linear time (src/text/pattern.ts). */
function isPattern(text: string): boolean {
	try {
		new RegExp(text);
		return !unlikeRe2.test(text);
	} catch {
		return false;
	}
}
