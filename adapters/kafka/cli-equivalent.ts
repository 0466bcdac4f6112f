import type {Target} from '../../src/contract/target.ts';
import type {KafkaSettings} from '../../src/port/kafka.ts';
import {shellLine} from '../../src/text/quote.ts';

/** The properties file from which Kafka's own tools read TLS and the login. The user has to write it. */
const loginFile = 'client.properties';

/** A command of one of Kafka's own tools with the address of the target. `config` names its option for a properties file. */
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
