import type {Context} from '../../../src/contract/context.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {CommittedOffset, KafkaGroup, KafkaMember, KafkaPort, TopicPartition} from '../../../src/port/kafka.ts';

export type PartitionState = TopicPartition & {
	readonly committed: CommittedOffset | undefined;
	readonly start: number | undefined;
	readonly end: number | undefined;
	readonly lag: number | undefined;
	readonly member: KafkaMember | undefined;
};

export type GroupLags = {
	/** Undefined when the brokers do not describe it. */
	readonly group: KafkaGroup | undefined;
	/** The first reason why the group or its committed offsets could not be read. */
	readonly problem: string | undefined;
	readonly partitions: readonly PartitionState[];
};

const keyOf = ({topic, partition}: TopicPartition): string => `${topic}\n${partition}`;

/**
 * Reads one group, and for every partition of its topics, or of `topic` alone, the committed offset, the log start and end, and the member
 * that reads it.
 * @throws AdapterError `conflict` when the group does not exist.
 */
export async function readGroupLags(
	port: KafkaPort,
	{group, topic}: {readonly group: string; readonly topic?: string},
	context: Context,
): Promise<GroupLags> {
	const name = (await port.groups(context)).read.find(one => one.group === group);
	if (name === undefined) {
		throw new AdapterError('conflict', `the group ${group} is not there any more`, 'Its row goes with the next read.');
	}
	const [described, committed] = await Promise.all([port.describe([name], context), port.committed([group], context)]);
	const [description] = described.read;
	const problems = [...described.failed, ...committed.failed].map(({problem}) => problem);
	const offsets = new Map((committed.read[0]?.offsets ?? []).map(one => [keyOf(one), one]));
	const readers = new Map(
		(description?.members ?? []).flatMap(member => (member.assignment ?? []).map(one => [keyOf(one), member] as const)),
	);
	const topics = new Set([...offsets.values()].map(one => one.topic));
	for (const member of description?.members ?? []) for (const one of member.assignment ?? []) topics.add(one.topic);
	const wanted = topic === undefined ? [...topics] : [topic];
	const known = wanted.length === 0 ? {read: []} : await port.topics(wanted, context);
	const pairs = known.read.flatMap(({partitions}) =>
		partitions.map(({topic: of, partition}) => ({topic: of, partition})),
	);
	// Only a leader can answer for its offsets.
	const withLeader = known.read.flatMap(({partitions}) => partitions.filter(({leader}) => leader !== undefined));
	const [starts, ends] = await Promise.all([
		port.offsets(withLeader, 'earliest', context),
		port.offsets(withLeader, 'latest', context),
	]);
	const startOf = new Map(starts.read.map(one => [keyOf(one), one.offset]));
	const endOf = new Map(ends.read.map(one => [keyOf(one), one.offset]));
	return {
		group: description,
		problem: problems[0],
		partitions: pairs.map(pair => {
			const key = keyOf(pair);
			const offset = offsets.get(key);
			const start = startOf.get(key);
			const end = endOf.get(key);
			const lag =
				end === undefined || offset === undefined ? undefined : Math.max(0, end - Math.max(offset.offset, start ?? 0));
			return {...pair, committed: offset, start, end, lag, member: readers.get(key)};
		}),
	};
}
