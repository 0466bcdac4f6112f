import {kafkaRequiredPermissions} from '../../adapters/kafka/permissions.ts';
import type {Context} from '../../src/contract/context.ts';
import {AdapterError, readOnlyRefusal} from '../../src/errors.ts';
import type {KafkaBroker, KafkaPartition, KafkaPort, KafkaTopic, TopicPartition} from '../../src/port/kafka.ts';
import type {Scenario} from '../scenario.ts';
import {createDemoGroups, type DemoGroups, poisonOffset} from './kafka-groups.ts';
import {createDemoLogs, type DemoLog, type DemoLogs} from './kafka-logs.ts';

const brokers: readonly KafkaBroker[] = [1, 2, 3].map(id => ({
	id,
	host: `kafka-${id}.example.test`,
	port: 9092,
	rack: `eu-1${'abc'.charAt(id - 1)}`,
}));

const unknownTopic = 'This server does not host this topic-partition.';

/** The state that all connections share: the brokers. */
export type DemoKafkaCluster = {readonly logs: DemoLogs; readonly groups: DemoGroups; readonly scenario: Scenario};

export function createDemoKafkaCluster(scenario: Scenario): DemoKafkaCluster {
	const logs = createDemoLogs(scenario, (log, offset) => poisonOffset(scenario, log) === offset);
	return {logs, groups: createDemoGroups(scenario, logs), scenario};
}

/** The brokers that are up. In `storm` one of the three is down: others lead its partitions, with one replica less in sync. */
const aliveBrokers = (scenario: Scenario): readonly KafkaBroker[] =>
	scenario.name === 'storm' ? brokers.slice(0, 2) : brokers;

function partitionOf({topic, partition}: TopicPartition, alive: readonly KafkaBroker[]): KafkaPartition {
	const replicas = brokers.map((_, at) => 1 + ((partition + at) % brokers.length));
	const inSync = replicas.filter(id => alive.some(broker => broker.id === id));
	return {topic, partition, leader: inSync[0], replicas, inSync, offline: replicas.filter(id => !inSync.includes(id))};
}

/** Brokers refuse every change of a group with members. */
function assertWritable({groups}: DemoKafkaCluster, group: string, readOnly: boolean, {signal}: Context): void {
	signal.throwIfAborted();
	if (readOnly) throw readOnlyRefusal();
	const described = groups.describe(group);
	if (described !== undefined && described.members.length > 0) {
		throw new AdapterError(
			'conflict',
			`the group ${group} has ${described.members.length} members`,
			'Nothing was committed. Stop its members, wait until it is Empty, and try again.',
		);
	}
}

/** The brokers of the demo: three of them, 38 groups. */
export function demoKafkaPort(cluster: DemoKafkaCluster, readOnly: boolean): KafkaPort {
	const {logs, groups, scenario} = cluster;
	const alive = aliveBrokers(scenario);
	const topicOf = ({topic, id, partitions}: DemoLogs['topics'][number]): KafkaTopic => ({
		topic,
		id,
		internal: false,
		partitions: partitions.map(log => partitionOf(log, alive)),
	});
	const endOf = (log: DemoLog) => Math.floor(log.endAt(scenario.now()));
	return {
		async cluster({signal}) {
			signal.throwIfAborted();
			return {id: 'demo-7bQk2fA9RZ', version: '4.1 or newer', brokers: alive, controller: 1};
		},
		async groups({signal}) {
			signal.throwIfAborted();
			const read = groups.names.map(group => ({
				group,
				type: groups.typeOf(group),
				protocolType: 'consumer',
				state: groups.describe(group)?.state,
			}));
			return {read, failed: []};
		},
		async describe(names, {signal}) {
			signal.throwIfAborted();
			return {read: names.flatMap(({group}) => groups.describe(group) ?? []), failed: []};
		},
		async committed(names, {signal}) {
			signal.throwIfAborted();
			return {read: names.map(group => ({group, offsets: groups.committed(group)})), failed: []};
		},
		async topics(names, {signal}) {
			signal.throwIfAborted();
			const found = logs.topics.filter(({topic}) => names?.includes(topic) ?? true);
			const missing = (names ?? []).filter(name => !found.some(({topic}) => topic === name));
			return {read: found.map(topicOf), failed: missing.map(of => ({of, problem: unknownTopic}))};
		},
		async offsets(pairs, spec, {signal}) {
			signal.throwIfAborted();
			const at = (log: DemoLog): number => {
				if (spec === 'latest') return endOf(log);
				if (spec === 'earliest') return log.start;
				const offset = log.start + Math.ceil(((spec.atOrAfter - log.timeOf(log.start)) / 1000) * log.perSecond);
				return Math.min(Math.max(offset, log.start), endOf(log));
			};
			const known = pairs.map(pair => ({pair, log: logs.find(pair)}));
			return {
				read: known.flatMap(({pair: {topic, partition}, log}) =>
					log === undefined ? [] : [{topic, partition, offset: at(log)}],
				),
				failed: known.flatMap(({pair, log}) => (log === undefined ? [{of: pair, problem: unknownTopic}] : [])),
			};
		},
		async peek({offset, ...pair}, {messages}, {signal}) {
			signal.throwIfAborted();
			const log = logs.find(pair);
			if (log === undefined || offset < log.start) {
				const what = log === undefined ? unknownTopic : 'The requested offset is not within the range of offsets.';
				throw new AdapterError('unsupported', what, 'Look at the topic: what it holds may have been deleted.');
			}
			const count = Math.max(0, Math.min(messages, endOf(log) - offset));
			return Array.from({length: count}, (_, at) => log.message(offset + at));
		},
		permissions: async () => kafkaRequiredPermissions.map(({needs, name}) => ({needs, name, state: 'have', grant: ''})),
		async commitOffsets({group, offsets}, context) {
			assertWritable(cluster, group, readOnly, context);
			for (const {topic, partition, offset, metadata} of offsets) {
				groups.setOffset(group, {topic, partition}, {offset, metadata});
			}
		},
		async deleteOffsets({group, partitions}, context) {
			assertWritable(cluster, group, readOnly, context);
			for (const pair of partitions) groups.setOffset(group, pair, undefined);
		},
	};
}
