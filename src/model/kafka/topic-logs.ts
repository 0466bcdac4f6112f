import type {KafkaTopic, PartitionOffset} from '../../port/kafka.ts';
import {createOffsetTable, type OffsetTable, recordLogEnd} from './offset-table.ts';

/** What was read of the logs of one topic. */
export type TopicLogs = {
	readonly id: string | undefined;
	readonly partitions: readonly number[];
	/** The history of log ends, by partition. */
	readonly tables: ReadonlyMap<number, OffsetTable>;
	/** The first offsets, by partition. */
	readonly starts: ReadonlyMap<number, number>;
};

/** The logs of all topics. A topic or partition that was created again starts without a history. */
export type TopicLogStore = {
	get(topic: string): TopicLogs | undefined;
	/** The logs of a topic; empty ones when nothing was recorded yet. */
	getOrCreate(topic: string): TopicLogs;
	recordTopics(topics: readonly KafkaTopic[]): void;
	/** Log ends, read at `at`, in epoch milliseconds. */
	recordEnds(ends: readonly PartitionOffset[], at: number): void;
	recordStarts(starts: readonly PartitionOffset[]): void;
	/** Forgets all other topics. */
	retainOnly(topics: ReadonlySet<string>): void;
};

type MutableTopicLogs = {
	id: string | undefined;
	partitions: readonly number[];
	readonly tables: Map<number, OffsetTable>;
	readonly starts: Map<number, number>;
};

/** `recreated` is called when a topic (without a partition: all of them) was created again. */
export function createTopicLogStore(recreated: (topic: string, partition?: number) => void): TopicLogStore {
	const topics = new Map<string, MutableTopicLogs>();

	function logsOf(topic: string): MutableTopicLogs {
		const known = topics.get(topic);
		if (known !== undefined) return known;
		const logs: MutableTopicLogs = {id: undefined, partitions: [], tables: new Map(), starts: new Map()};
		topics.set(topic, logs);
		return logs;
	}

	return {
		get: topic => topics.get(topic),
		getOrCreate: logsOf,
		recordTopics(read) {
			for (const {topic, id, partitions} of read) {
				const logs = logsOf(topic);
				if (logs.id !== undefined && id !== undefined && logs.id !== id) {
					logs.tables.clear();
					logs.starts.clear();
					recreated(topic);
				}
				logs.id = id ?? logs.id;
				logs.partitions = partitions.map(({partition}) => partition);
			}
		},
		recordEnds(ends, at) {
			for (const {topic, partition, offset} of ends) {
				const logs = logsOf(topic);
				const table = logs.tables.get(partition);
				if (table === undefined) {
					const created = createOffsetTable();
					recordLogEnd(created, at, offset);
					logs.tables.set(partition, created);
				} else if (recordLogEnd(table, at, offset)) {
					logs.starts.delete(partition);
					recreated(topic, partition);
				}
			}
		},
		recordStarts(starts) {
			for (const {topic, partition, offset} of starts) logsOf(topic).starts.set(partition, offset);
		},
		retainOnly(names) {
			for (const topic of topics.keys()) if (!names.has(topic)) topics.delete(topic);
		},
	};
}
