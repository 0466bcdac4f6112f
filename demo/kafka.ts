import {kafkaSystem} from '../adapters/kafka/system.ts';
import type {System} from '../src/contract/system.ts';
import type {KafkaPort, KafkaSettings} from '../src/port/kafka.ts';
import {demoConnection} from './connection.ts';
import type {DemoKafkaCluster} from './ports/kafka-port.ts';
import type {Scenario} from './scenario.ts';

/** Nothing connects to this address: it is only shown in CLI equivalents. */
export const demoKafkaSettings: KafkaSettings = {
	brokers: [1, 2, 3].map(id => ({host: `kafka-${id}.example.test`, port: 9092})),
	connectTimeoutMs: 3000,
	requestTimeoutMs: 5000,
};

/**
 * The real Kafka system on simulated brokers. `lag` and `default` heal when the offset of order-processing is set past the message that
 * crashes its members, and by nothing else.
 */
export function demoKafka(scenario: Scenario): System<KafkaPort, KafkaSettings> {
	let cluster: DemoKafkaCluster | undefined;
	return {
		...kafkaSystem,
		async connect(_target, {readOnly}) {
			const {createDemoKafkaCluster, demoKafkaPort} = await import('./ports/kafka-port.ts');
			cluster ??= createDemoKafkaCluster(scenario);
			const port = demoKafkaPort(cluster, readOnly);
			return {
				...demoConnection({port, version: '4.1 or newer', user: 'User:midwatch', permissions: []}),
				permissions: port.permissions,
			};
		},
	};
}
