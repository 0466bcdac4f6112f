import type {Context} from '../../../src/contract/context.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {
	KafkaCluster,
	KafkaTopic,
	OffsetSpec,
	PartialResult,
	PartitionOffset,
	TopicPartition,
} from '../../../src/port/kafka.ts';
import {isStaleMetadataCode, protocolError} from '../errors.ts';
import {collectPartial, toAdapterError} from '../partial-results.ts';
import {readBrokerVersion} from '../protocol/broker-version.ts';
import type {BrokerPool} from '../protocol/cluster.ts';
import {earliestTimestamp, latestTimestamp, listOffsets} from '../protocol/request-offsets.ts';

export async function readCluster(cluster: BrokerPool, context: Context): Promise<KafkaCluster> {
	const answer = await cluster.readMetadata([], context);
	return {
		id: answer.cluster,
		version: await readBrokerVersion(cluster, context),
		brokers: answer.brokers.map(({rack, ...broker}) => ({...broker, ...(rack === undefined ? {} : {rack})})),
		controller: answer.controller < 0 ? undefined : answer.controller,
	};
}

export async function readTopics(
	cluster: BrokerPool,
	names: readonly string[] | undefined,
	context: Context,
): Promise<PartialResult<string, KafkaTopic>> {
	const gathered = collectPartial<string, KafkaTopic>();
	if (names?.length === 0) return gathered.result();
	for (const {error, name, id, internal, partitions} of (await cluster.readMetadata(names ?? null, context)).topics) {
		if (error !== 0) {
			gathered.addFailure(name, protocolError(error, cluster.requestContext(-1, 'Metadata', {topic: name})));
			continue;
		}
		gathered.add({
			topic: name,
			id,
			internal,
			partitions: partitions.map(({partition, leader, replicas, inSync, offline}) => ({
				topic: name,
				partition,
				leader: leader < 0 ? undefined : leader,
				replicas,
				inSync,
				offline,
			})),
		});
	}
	return gathered.result();
}

/** The error for a partition that exists and has no leader. */
export const leaderlessPartitionError = ({topic, partition}: TopicPartition): AdapterError =>
	new AdapterError(
		'unreachable',
		`partition ${partition} of ${topic} has no leader: it is offline`,
		'Start the brokers that hold its replicas.',
	);

/** Requests the offset of each partition from its leader, and once more where the leader has changed since it was looked up. */
async function requestFromLeaders(
	cluster: BrokerPool,
	partitions: readonly TopicPartition[],
	time: number,
	context: Context,
	to: {take(at: TopicPartition, offset: number): void; fail(at: TopicPartition, problem: AdapterError): void},
	second = false,
): Promise<void> {
	if (partitions.length === 0) return;
	const leaders = await cluster.leaders(new Set(partitions.map(({topic}) => topic)), context);
	const byLeader = Map.groupBy(partitions, ({topic, partition}) => leaders.get(topic)?.get(partition));
	const again: {readonly at: TopicPartition; readonly problem: AdapterError}[] = [];
	await Promise.all(
		[...byLeader].map(async ([leader, some]) => {
			if (leader === undefined || leader < 0) {
				for (const at of some)
					again.push({
						at,
						problem:
							leader === undefined
								? cluster.topicLookupError(at.topic, listOffsets.name)
								: leaderlessPartitionError(at),
					});
				return;
			}
			try {
				for (const {error, offset, topic, partition} of await cluster.request(
					leader,
					listOffsets,
					{partitions: some, time},
					context,
				)) {
					const at = {topic, partition};
					if (error === 0) to.take(at, offset);
					else {
						const problem = protocolError(error, cluster.requestContext(leader, listOffsets.name, {topic}));
						if (isStaleMetadataCode(error)) again.push({at, problem});
						else to.fail(at, problem);
					}
				}
			} catch (error) {
				const problem = toAdapterError(error);
				for (const at of some) {
					if (problem.harmless) to.fail(at, problem);
					else again.push({at, problem});
				}
			}
		}),
	);
	if (again.length === 0) return;
	cluster.forgetLeaders(new Set(again.map(({at}) => at.topic)));
	if (second || context.signal.aborted) for (const {at, problem} of again) to.fail(at, problem);
	else {
		const retried = again.map(({at}) => at);
		const now = await cluster.leaders(new Set(retried.map(({topic}) => topic)), context);
		// A retry makes sense only where the leader changed.
		const moved = again.filter(
			({at}) => now.get(at.topic)?.get(at.partition) !== leaders.get(at.topic)?.get(at.partition),
		);
		for (const {at, problem} of again) if (!moved.some(one => one.at === at)) to.fail(at, problem);
		await requestFromLeaders(
			cluster,
			moved.map(({at}) => at),
			time,
			context,
			to,
			true,
		);
	}
}

export async function readOffsets(
	cluster: BrokerPool,
	partitions: readonly TopicPartition[],
	spec: OffsetSpec,
	context: Context,
): Promise<PartialResult<TopicPartition, PartitionOffset>> {
	const gathered = collectPartial<TopicPartition, PartitionOffset>();
	const none: TopicPartition[] = [];
	const time =
		spec === 'latest' ? latestTimestamp : spec === 'earliest' ? earliestTimestamp : Math.max(0, spec.atOrAfter);
	await requestFromLeaders(cluster, partitions, time, context, {
		take(at, offset) {
			if (offset >= 0) gathered.add({...at, offset});
			else none.push(at);
		},
		fail: gathered.addFailure,
	});
	// No message at or after that time: the end of the log.
	await requestFromLeaders(cluster, none, latestTimestamp, context, {
		take: (at, offset) => gathered.add({...at, offset}),
		fail: gathered.addFailure,
	});
	return gathered.result();
}
