import type {KafkaSettings} from '../port/kafka.ts';
import {type Complain, secretIn} from './entry.ts';
import type {KafkaEntry} from './schema.ts';
import {readHost} from './server-url.ts';
import {SettingsError} from './settings-error.ts';
import type {Surroundings} from './surroundings.ts';

const standardPort = 9092;

/** What the configuration says of one cluster. Every mistake is told; what comes back then is of no use. */
export function readKafka(entry: KafkaEntry, complain: Complain, surroundings: Surroundings): KafkaSettings {
	const {tls, sasl, groups, connectTimeoutMs, requestTimeoutMs} = entry;
	if ((tls?.cert === undefined) !== (tls?.key === undefined)) complain('tls', 'tls needs cert and key, or neither');
	if (groups !== undefined && !isPattern(groups)) complain('groups', 'groups must be a regular expression');
	const said = (text: string | undefined) => secretIn(text, (_, words) => complain('sasl', words), surroundings);
	const password = said(sasl?.password);
	return {
		brokers: entry.brokers.flatMap(text => {
			const found = readHost(text);
			if (found === undefined) complain('brokers', 'brokers must be host:port, or a list of them');
			return found === undefined ? [] : {host: found.host, port: found.port ?? standardPort};
		}),
		tls,
		sasl: sasl === undefined || password === undefined ? undefined : {...sasl, password},
		groups,
		connectTimeoutMs,
		requestTimeoutMs,
	};
}

/**
 * `KAFKA_BROKERS`: `host:port,host:port`, as Kafka's own tools take it after --bootstrap-server.
 * @throws SettingsError when it is not such a list.
 */
export function kafkaBrokers(text: string): KafkaSettings {
	const brokers = text
		.split(',')
		.map(one => one.trim())
		.filter(one => one !== '')
		.map(readHost);
	if (brokers.length === 0 || !brokers.every(one => one !== undefined))
		throw new SettingsError('this is not a list of the form host:9092,host:9092');
	return {
		brokers: brokers.map(({host, port}) => ({host, port: port ?? standardPort})),
		connectTimeoutMs: 3000,
		requestTimeoutMs: 5000,
	};
}

function isPattern(text: string): boolean {
	try {
		new RegExp(text);
		return true;
	} catch {
		return false;
	}
}
