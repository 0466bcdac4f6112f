import type {Context, Target} from '../../src/contract.ts';
import {defineSystem} from '../../src/define.ts';
import {channelTo} from '../../src/model/channel.ts';
import type {KafkaPort} from '../../src/port/kafka.ts';
import {settingsOf} from './by-hand.ts';
import {inspectGroup} from './inspect-group.ts';
import {inspectMessages} from './inspect-messages.ts';
import {inspectPartitions} from './inspect-partitions.ts';
import {inspectTopic} from './inspect-topic.ts';
import {lag} from './lag.ts';
import {leastGrants} from './least-grants.ts';
import {resetOffsets} from './reset-offsets.ts';
import {topics} from './topics.ts';

async function connect(target: Target, options: {readonly readOnly: boolean}) {
	const {createKafkaClient} = await import('./client.ts');
	const settings = settingsOf(target);
	const client = createKafkaClient(settings, options);
	return {
		port: client.port,
		async identify(context: Context) {
			// The first read also connects; latency is that of the second.
			const {version, id} = await client.port.cluster(context);
			const began = performance.now();
			await client.ping(context);
			const latencyMs = performance.now() - began;
			const hosts = settings.brokers.map(({host}) => host);
			const channel = channelTo(hosts, settings.tls === undefined ? 'none' : 'verified');
			const [broker] = settings.brokers;
			const server = broker && {host: broker.host, port: broker.port, ...(id === '' ? {} : {id})};
			return {version: `Kafka ${version}`, who: client.who, latencyMs, channel, ...(server && {server})};
		},
		permissions: (context: Context) => client.port.permissions(context),
		close: async () => client.close(),
	};
}

/** Kafka 2.4 and newer: lag of consumer groups, topics and brokers. */
export const kafka = defineSystem<KafkaPort>({
	kind: 'kafka',
	title: 'Kafka',
	sources: [lag, topics],
	actions: [resetOffsets],
	inspections: [inspectGroup, inspectPartitions, inspectTopic, inspectMessages],
	grants: leastGrants,
	connect,
});
