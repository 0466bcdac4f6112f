import type {Context} from '../../src/contract/context.ts';
import {defineSystem} from '../../src/contract/define.ts';
import type {Target} from '../../src/contract/target.ts';
import {classifyChannel} from '../../src/model/channel-security.ts';
import {kafkaFindingTypes} from '../../src/model/kafka/kafka-finding-types.ts';
import type {KafkaPort, KafkaSettings} from '../../src/port/kafka.ts';
import {systemClock} from '../../src/time/clock.ts';
import {inspectGroup} from './groups/inspect-group.ts';
import {inspectPartitions} from './groups/inspect-partitions.ts';
import {lagSource} from './groups/lag.ts';
import {resetOffsets} from './groups/reset-offsets.ts';
import {kafkaLeastGrants} from './least-grants.ts';
import {inspectMessages} from './messages/inspect-messages.ts';
import {inspectTopic} from './topics/inspect-topic.ts';
import {topicsSource} from './topics/topics.ts';

async function connect(target: Target<KafkaSettings>, options: {readonly readOnly: boolean}) {
	const {createKafkaClient} = await import('./client.ts');
	const settings = target.settings;
	const client = createKafkaClient(settings, options);
	return {
		port: client.port,
		async identify(context: Context) {
			// The first read also connects; latency is that of the second.
			const {version, id} = await client.port.cluster(context);
			const began = systemClock.monotonic();
			await client.ping(context);
			const latencyMs = systemClock.monotonic() - began;
			const hosts = settings.brokers.map(({host}) => host);
			const channel = classifyChannel(hosts, settings.tls === undefined ? 'none' : 'verified');
			const [broker] = settings.brokers;
			const server = broker && {host: broker.host, port: broker.port, ...(id === '' ? {} : {id})};
			return {version: `Kafka ${version}`, who: client.principal, latencyMs, channel, ...(server && {server})};
		},
		permissions: (context: Context) => client.port.permissions(context),
		close: async () => client.close(),
	};
}

/** Kafka 2.4 and newer: lag of consumer groups, topics and brokers. */
export const kafkaSystem = defineSystem<KafkaPort, KafkaSettings>({
	kind: 'kafka',
	title: 'Kafka',
	sources: [lagSource, topicsSource],
	actions: [resetOffsets],
	inspections: [inspectGroup, inspectPartitions, inspectTopic, inspectMessages],
	findingTypes: kafkaFindingTypes,
	loadConfig: async () => (await import('./config/kafka-config.ts')).kafkaConfig,
	serverAddress: ({brokers}) => brokers,
	readAttributes: ({brokers}) => ({endpoints: brokers}),
	grants: kafkaLeastGrants,
	connect,
});
