import type {Target} from '../../src/contract/target.ts';
import type {KafkaSettings} from '../../src/port/kafka.ts';
import {shellLine} from '../../src/text/quote.ts';

/** The properties file from which Kafka's own tools read TLS and the login. The user has to write it. */
const clientPropertiesFile = 'client.properties';

/** The shell line of one of Kafka's own tools for this target. Adds the properties file when the target uses TLS or a login. */
export function kafkaToolCommand(
	tool: 'kafka-consumer-groups.sh' | 'kafka-topics.sh' | 'kafka-console-consumer.sh',
	target: Target<KafkaSettings>,
	args: readonly string[],
): string {
	const {brokers, tls, sasl} = target.settings;
	const propertiesOption = tool === 'kafka-console-consumer.sh' ? '--consumer.config' : '--command-config';
	return shellLine([
		tool,
		'--bootstrap-server',
		brokers.map(({host, port}) => `${host}:${port}`).join(','),
		...(tls === undefined && sasl === undefined ? [] : [propertiesOption, clientPropertiesFile]),
		...args,
	]);
}
