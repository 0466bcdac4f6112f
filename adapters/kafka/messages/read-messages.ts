import type {Context} from '../../../src/contract/context.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {KafkaMessage, TopicPartition} from '../../../src/port/kafka.ts';
import {isStaleMetadataCode, protocolError} from '../errors.ts';
import type {BrokerPool} from '../protocol/cluster.ts';
import {readRecords} from '../protocol/records.ts';
import {fetchRequest} from '../protocol/request-fetch.ts';
import {leaderlessPartitionError, readOffsets} from '../topics/read-topics.ts';

/**
 * Reads messages from an offset on, by plain fetches from the leader: no group, no session, no state at the brokers. Stops at `limit`, at the
 * end of the log, and before a message that alone is larger than `limit.bytes`.
 * @throws AdapterError `conflict` when the log does not hold the offset, `unreachable` when the partition has no leader.
 */
export async function readMessages(
	cluster: BrokerPool,
	from: TopicPartition & {readonly offset: number},
	limit: {readonly messages: number; readonly bytes: number},
	context: Context,
): Promise<readonly KafkaMessage[]> {
	const {topic, partition} = from;
	const messages: KafkaMessage[] = [];
	let next = from.offset;
	let bytes = 0;
	let retriedWithFreshLeaders = false;
	while (messages.length < limit.messages && bytes < limit.bytes) {
		const leaders = await cluster.leaders(new Set([topic]), context);
		const leader = leaders.get(topic)?.get(partition);
		if (leader === undefined) throw cluster.topicLookupError(topic, fetchRequest.name);
		if (leader < 0) throw leaderlessPartitionError(from);
		const range = {topic, partition, offset: next, bytes: limit.bytes - bytes};
		const [answer] = await cluster.request(leader, fetchRequest, range, context);
		if (answer === undefined) break;
		if (isStaleMetadataCode(answer.error) && !retriedWithFreshLeaders) {
			// The leader has moved: look it up again, once.
			retriedWithFreshLeaders = true;
			cluster.forgetLeaders([topic]);
			continue;
		}
		if (answer.error !== 0) {
			const outOfRange = 1;
			if (answer.error === outOfRange) throw await offsetOutOfRangeError(cluster, from, context);
			throw protocolError(answer.error, cluster.requestContext(leader, fetchRequest.name, {topic}));
		}
		const {read, after} = readRecords({topic, partition}, answer.records, next, limit.messages - messages.length);
		messages.push(...read);
		bytes += answer.records.length;
		// No complete message came: this is the end of the log, or the message is larger than the limit.
		if (after <= next) break;
		next = after;
	}
	return messages;
}

async function offsetOutOfRangeError(
	cluster: BrokerPool,
	from: TopicPartition & {readonly offset: number},
	context: Context,
) {
	const [start, end] = await Promise.all([
		readOffsets(cluster, [from], 'earliest', context),
		readOffsets(cluster, [from], 'latest', context),
	]);
	return new AdapterError(
		'conflict',
		`offset ${from.offset} is not in partition ${from.partition} of ${from.topic}: it holds ${start.read[0]?.offset} to ${end.read[0]?.offset}`,
		'Choose an offset between the two.',
	);
}
