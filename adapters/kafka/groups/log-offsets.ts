import type {Context} from '../../../src/contract/context.ts';
import type {GroupRead, LagTracker} from '../../../src/model/kafka/lag-tracker.ts';
import type {KafkaPort, OffsetSpec, PartitionOffset, TopicPartition} from '../../../src/port/kafka.ts';
import {isOverBudget, yieldToLoop} from '../../../src/time/yield.ts';
import {chunks} from '../chunks.ts';

const topicsIntervalMs = 30_000;
const startsIntervalMs = 60_000;
/** Partitions in one request: a response with 100,000 of them takes longer to parse than a frame. */
const partitionsPerRequest = 4000;
/** Topics in one request: some have hundreds of partitions. */
const topicsPerRequest = 100;

const keyOf = ({topic, partition}: TopicPartition): string => `${topic}\n${partition}`;

function* flattenPartitions(topics: ReadonlyMap<string, ReadonlySet<number>>): Iterable<TopicPartition> {
	for (const [topic, partitions] of topics) for (const partition of partitions) yield {topic, partition};
}

/**
 * Returns a function that reads the topics, log starts and log ends of groups into the tracker, in slices with a yield after each. It
 * resolves with the time of the log ends.
 */
export function createLogOffsetsReader(
	port: KafkaPort,
	tracker: LagTracker,
): (groups: readonly GroupRead[], context: Context) => Promise<number> {
	const topicsReadAt = new Map<string, number>();
	const startsReadAt = new Map<string, number>();

	/** Reads the topics of these groups that are unknown or were read long ago. */
	async function readTopics(groups: readonly GroupRead[], context: Context): Promise<void> {
		const now = context.now();
		const due = new Set<string>();
		const check = (topic: string) => {
			if (!tracker.hasTopic(topic) || now - (topicsReadAt.get(topic) ?? 0) >= topicsIntervalMs) due.add(topic);
		};
		for (const {offsets, described} of groups) {
			for (const {topic} of offsets ?? []) check(topic);
			for (const {assignment} of described?.members ?? []) for (const {topic} of assignment ?? []) check(topic);
			if (isOverBudget()) await yieldToLoop();
		}
		for (const [index, topics] of chunks([...due], topicsPerRequest).entries()) {
			if (index > 0) await yieldToLoop();
			tracker.recordTopics((await port.topics(topics, context)).read);
			for (const topic of topics) topicsReadAt.set(topic, now);
		}
	}

	/** The partitions of all these groups, by topic. */
	async function partitionsOf(groups: readonly GroupRead[]): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
		const union = new Map<string, Set<number>>();
		for (const group of groups) {
			for (const [topic, partitions] of tracker.partitionsOf(group)) {
				const known = union.get(topic);
				if (known === undefined) union.set(topic, new Set(partitions));
				else for (const partition of partitions) known.add(partition);
			}
			if (isOverBudget()) await yieldToLoop();
		}
		return union;
	}

	return async (groups, context) => {
		await readTopics(groups, context);
		const partitions = await partitionsOf(groups);
		const now = context.now();
		const due = new Map([...partitions].filter(([topic]) => now - (startsReadAt.get(topic) ?? 0) >= startsIntervalMs));
		await readOffsets(port, flattenPartitions(due), {spec: 'earliest', context, record: tracker.recordStarts});
		for (const topic of due.keys()) startsReadAt.set(topic, now);
		// The ends last: commits were read before, and therefore cannot be ahead of them.
		const readAt = context.now();
		await readOffsets(port, flattenPartitions(partitions), {
			...{spec: 'latest', context},
			record: ends => tracker.recordEnds(ends, readAt),
		});
		return readAt;
	};
}

type OffsetRead = {
	readonly spec: OffsetSpec;
	readonly context: Context;
	/** Called with each slice: all offsets together are too many for one turn of the event loop. */
	readonly record: (offsets: readonly PartitionOffset[]) => void;
};

async function readOffsets(
	port: KafkaPort,
	partitions: Iterable<TopicPartition>,
	{spec, context, record}: OffsetRead,
): Promise<void> {
	let slice: TopicPartition[] = [];
	for (const partition of partitions) {
		if (slice.length >= partitionsPerRequest) {
			record(await readSlice(port, slice, spec, context));
			slice = [];
			await yieldToLoop();
		}
		slice.push(partition);
	}
	if (slice.length > 0) record(await readSlice(port, slice, spec, context));
}

/** Reads offsets of some partitions. A failure is ignored when none of them has a leader: their rows say so. */
async function readSlice(
	port: KafkaPort,
	slice: readonly TopicPartition[],
	spec: OffsetSpec,
	context: Context,
): Promise<readonly PartitionOffset[]> {
	try {
		return (await port.offsets(slice, spec, context)).read;
	} catch (error) {
		const {read} = await port.topics([...new Set(slice.map(({topic}) => topic))], context);
		const withLeader = new Set(
			read.flatMap(({partitions}) => partitions.filter(({leader}) => leader !== undefined).map(keyOf)),
		);
		if (slice.some(partition => withLeader.has(keyOf(partition)))) throw error;
		return [];
	}
}
