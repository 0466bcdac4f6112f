import type {
	CommittedOffset,
	KafkaGroup,
	KafkaGroupName,
	KafkaTopic,
	PartitionOffset,
	TopicPartition,
} from '../../port/kafka.ts';
import {canBeAssigned, type LagFacts, type LagRow, lagRow} from './consumer-lag.ts';
import {type RebalanceHistory, recordGroupState} from './rebalance-history.ts';
import {createTopicConsumption, evaluateTopic, partitionKey, type TopicConsumption} from './topic-consumption.ts';
import {createTopicLogStore} from './topic-logs.ts';

/** One read of a group. */
export type GroupRead = {
	readonly name: KafkaGroupName;
	/** Undefined when it could not be described; `problem` says why. */
	readonly described: KafkaGroup | undefined;
	readonly offsets: readonly CommittedOffset[] | undefined;
	readonly problem?: string | undefined;
};

/**
 * The history of groups and logs, and the lag that follows from it. Bounded: at most 22 points for each partition of a topic, at most 10
 * commits for each partition of a group, and nothing of deleted topics and groups.
 */
export type LagTracker = {
	/** Log ends, read at `at`. Call it before `evaluateGroup` for the groups that were read with them. */
	recordEnds(ends: readonly PartitionOffset[], at: number): void;
	recordStarts(starts: readonly PartitionOffset[]): void;
	/** A topic with another id was created again: its history is dropped. */
	recordTopics(topics: readonly KafkaTopic[]): void;
	/** The rows of one group, at the time of the ends. A read that is not newer than the last changes nothing. */
	evaluateGroup(read: GroupRead, at: number): readonly LagRow[];
	/** Every partition that must be read for this group, by topic. */
	partitionsOf(read: GroupRead): ReadonlyMap<string, ReadonlySet<number>>;
	/** Forgets all other groups, and the topics that only they consume. */
	retainOnly(groups: ReadonlySet<string>): void;
	hasTopic(topic: string): boolean;
};

type GroupHistory = {
	readonly topics: Map<string, TopicConsumption>;
	rebalances: RebalanceHistory | undefined;
	/** It had members, or committed, since it is watched. */
	wasActive: boolean;
};

export function createLagTracker(target: string): LagTracker {
	const groups = new Map<string, GroupHistory>();
	// Commits on the topic that was there before say nothing about the new one.
	const logs = createTopicLogStore((topic, partition) => {
		for (const {topics} of groups.values()) {
			if (partition === undefined) topics.delete(topic);
			else topics.get(topic)?.windows.delete(partition);
		}
	});

	function partitionsOf({described, offsets}: GroupRead): ReadonlyMap<string, ReadonlySet<number>> {
		const partitions = new Map<string, Set<number>>();
		const add = ({topic, partition}: TopicPartition) => {
			const known = partitions.get(topic);
			if (known === undefined) partitions.set(topic, new Set([partition]));
			else known.add(partition);
		};
		for (const offset of offsets ?? []) add(offset);
		for (const member of described?.members ?? []) for (const assigned of member.assignment ?? []) add(assigned);
		for (const [topic, own] of partitions)
			for (const partition of logs.get(topic)?.partitions ?? []) own.add(partition);
		return partitions;
	}

	function recordGroup({name, described}: GroupRead, at: number): GroupHistory {
		const group = groups.get(name.group) ?? {topics: new Map(), rebalances: undefined, wasActive: false};
		groups.set(name.group, group);
		if (described !== undefined) group.rebalances = recordGroupState(group.rebalances, described, at);
		if ((described?.members.length ?? 0) > 0) group.wasActive = true;
		return group;
	}

	function evaluateGroup(read: GroupRead, at: number): readonly LagRow[] {
		const {described, offsets, problem} = read;
		const group = recordGroup(read, at);
		const facts = factsOf(read, group, at);
		if (offsets === undefined) {
			const unreadable = problem ?? 'its offsets cannot be read';
			const rates = {producedPerSecond: undefined, consumedPerSecond: undefined};
			return [lagRow(target, {...facts, topic: '', wasActive: group.wasActive, unreadable}, [], rates, [])];
		}
		const committed = new Map(offsets.map(({topic, partition, offset}) => [partitionKey(topic, partition), offset]));
		const assigned = assignedPartitions(described);
		const rows: LagRow[] = [];
		for (const [topic, partitions] of partitionsOf(read)) {
			const consumption = group.topics.get(topic) ?? createTopicConsumption();
			group.topics.set(topic, consumption);
			const {row, isActive} = evaluateTopic(target, consumption, {
				facts: {...facts, topic},
				partitions: [...partitions],
				...{committed, assigned, logs: logs.getOrCreate(topic), wasActive: group.wasActive, at},
			});
			group.wasActive = isActive;
			rows.push(row);
		}
		for (const topic of group.topics.keys()) if (!rows.some(row => row.topic === topic)) group.topics.delete(topic);
		return rows;
	}

	return {
		recordEnds: logs.recordEnds,
		recordStarts: logs.recordStarts,
		recordTopics: logs.recordTopics,
		evaluateGroup,
		partitionsOf,
		retainOnly(names) {
			const consumed = new Set<string>();
			for (const [name, group] of groups) {
				if (names.has(name)) for (const topic of group.topics.keys()) consumed.add(topic);
				else groups.delete(name);
			}
			logs.retainOnly(consumed);
		},
		hasTopic: topic => logs.get(topic) !== undefined,
	};
}

const factsOf = (
	{name, described}: GroupRead,
	{rebalances}: GroupHistory,
	at: number,
): Omit<LagFacts, 'topic' | 'wasActive'> => ({
	group: name.group,
	type: described?.type ?? name.type,
	state: described?.state ?? name.state ?? '',
	members: described?.members.length,
	epoch: described?.epoch,
	rebalances: rebalances?.rebalanceTimes.length ?? 0,
	readAt: at,
});

/** The keys of the assigned partitions; undefined when the assignment is not known. */
function assignedPartitions(described: KafkaGroup | undefined): ReadonlySet<string> | undefined {
	if (described === undefined || !canBeAssigned(described.state)) return undefined;
	if (described.members.length === 0) return undefined;
	if (described.members.some(member => member.assignment === undefined)) return undefined;
	const assigned = described.members.flatMap(member => member.assignment ?? []);
	return new Set(assigned.map(({topic, partition}) => partitionKey(topic, partition)));
}
