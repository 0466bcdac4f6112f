import type {Target} from '../../src/contract/target.ts';
import type {KafkaSettings} from '../../src/port/kafka.ts';
import {shellLine} from '../../src/text/quote.ts';

/** The one place where a target's settings become ours again: configuration made them for a target of this kind. */

/** Kafka's own tools take TLS and logins from a file of properties that only its owner can write. */
const loginFile = 'client.properties';

/** One of Kafka's own tools with everything that leads to the target. `config` names its option for a file of properties. */
export function kafkaToolCommand(
	tool: 'kafka-consumer-groups.sh' | 'kafka-topics.sh' | 'kafka-console-consumer.sh',
	target: Target<KafkaSettings>,
	words: readonly string[],
): string {
	const {brokers, tls, sasl} = target.settings;
	const config = tool === 'kafka-console-consumer.sh' ? '--consumer.config' : '--command-config';
	return shellLine([
		tool,
		'--bootstrap-server',
		brokers.map(({host, port}) => `${host}:${port}`).join(','),
		...(tls === undefined && sasl === undefined ? [] : [config, loginFile]),
		...words,
	]);
}
