import type {
	CommittedOffset,
	KafkaGroup,
	KafkaGroupName,
	KafkaTopic,
	PartitionOffset,
	TopicPartition,
} from '../../port/kafka.ts';
import {type SmoothedRate, updateSmoothedRate} from '../smoothed-rate.ts';
import {type CommitWindow, createCommitWindow, evaluateLag, lagOf, recordCommit} from './commit-window.ts';
import {canBeAssigned, type LagFacts, type LagRow, lagRow, type PartitionLag} from './consumer-lag.ts';
import {createOffsetTable, inflowPerSecond, type OffsetTable, recordLogEnd, timeLagOf} from './offset-table.ts';
import {type RebalanceHistory, recordGroupState} from './rebalance-history.ts';

const historyLength = 30;

/** What one turn told of a group. */
export type GroupRead = {
	readonly name: KafkaGroupName;
	/** Undefined when it could not be described; `problem` says why. */
	readonly described: KafkaGroup | undefined;
	readonly offsets: readonly CommittedOffset[] | undefined;
	readonly problem?: string | undefined;
};

/**
 * What was read of groups and logs over time, and what it comes to. Bounded: of each partition of a topic at most 22 points, of each
 * partition of a group at most 10 commits, and nothing of topics and groups that are gone.
 */
export type LagTracker = {
	/** Log ends, read at `at`. To be told before the groups that were read with them. */
	recordEnds(ends: readonly PartitionOffset[], at: number): void;
	recordStarts(starts: readonly PartitionOffset[]): void;
	/** A topic whose id changed was made anew: nothing known of it counts. */
	recordTopics(topics: readonly KafkaTopic[]): void;
	/** The rows of one group, at the moment of the ends. Reads that are not newer than those before change nothing. */
	evaluateGroup(reading: GroupRead, at: number): readonly LagRow[];
	/** Every partition that must be read for this group, by topic. */
	partitionsOf(reading: GroupRead): ReadonlyMap<string, ReadonlySet<number>>;
	/** Forgets all other groups, and topics that none of these reads. */
	retainOnly(groups: ReadonlySet<string>): void;
	hasTopic(topic: string): boolean;
};

type TopicHistory = {
	id: string | undefined;
	partitions: readonly number[];
	readonly tables: Map<number, OffsetTable>;
	readonly starts: Map<number, number>;
};

type PairHistory = {
	readonly windows: Map<number, CommitWindow>;
	produced: SmoothedRate | undefined;
	consumed: SmoothedRate | undefined;
	history: readonly number[];
	at: number;
	row: LagRow | undefined;
};

type GroupHistory = {
	readonly pairs: Map<string, PairHistory>;
	unrest: RebalanceHistory | undefined;
	seenAlive: boolean;
};

export function createLagTracker(target: string): LagTracker {
	const topics = new Map<string, TopicHistory>();
	const groups = new Map<string, GroupHistory>();

	const topicBook = (topic: string): TopicHistory => {
		const known = topics.get(topic);
		if (known !== undefined) return known;
		const made: TopicHistory = {id: undefined, partitions: [], tables: new Map(), starts: new Map()};
		topics.set(topic, made);
		return made;
	};

	/** What groups were seen to commit on the topic that was there before says nothing of this one. */
	function forgetWindows(topic: string, partition?: number): void {
		for (const {pairs} of groups.values()) {
			if (partition === undefined) pairs.delete(topic);
			else pairs.get(topic)?.windows.delete(partition);
		}
	}

	function namesOf({described, offsets}: GroupRead): ReadonlyMap<string, ReadonlySet<number>> {
		const names = new Map<string, Set<number>>();
		const add = ({topic, partition}: TopicPartition) => {
			const known = names.get(topic);
			if (known === undefined) names.set(topic, new Set([partition]));
			else known.add(partition);
		};
		for (const one of offsets ?? []) add(one);
		for (const member of described?.members ?? []) for (const one of member.assignment ?? []) add(one);
		for (const [topic, partitions] of names) for (const one of topics.get(topic)?.partitions ?? []) partitions.add(one);
		return names;
	}

	/** Who reads what. Undefined when that cannot be told. */
	function assignedOf(described: KafkaGroup | undefined): ReadonlySet<string> | undefined {
		if (described === undefined || !canBeAssigned(described.state)) return undefined;
		if (described.members.length === 0) return undefined;
		if (described.members.some(member => member.assignment === undefined)) return undefined;
		const all = described.members.flatMap(member => member.assignment ?? []);
		return new Set(all.map(({topic, partition}) => `${topic}\n${partition}`));
	}

	function group(reading: GroupRead, at: number): readonly LagRow[] {
		const {name, described, offsets, problem} = reading;
		const book = groups.get(name.group) ?? {pairs: new Map(), unrest: undefined, seenAlive: false};
		groups.set(name.group, book);
		if (described !== undefined) book.unrest = recordGroupState(book.unrest, described, at);
		if ((described?.members.length ?? 0) > 0) book.seenAlive = true;
		const facts = {
			group: name.group,
			type: described?.type ?? name.type,
			state: described?.state ?? name.state ?? '',
			members: described?.members.length,
			epoch: described?.epoch,
			rebalances: book.unrest?.rebalanceTimes.length ?? 0,
			readAt: at,
		};
		if (offsets === undefined) {
			const unreadable = problem ?? 'its offsets cannot be read';
			const nothing = {produced: undefined, consumed: undefined};
			return [lagRow(target, {...facts, topic: '', wasActive: book.seenAlive, unreadable}, [], nothing, [])];
		}
		const committed = new Map(offsets.map(one => [`${one.topic}\n${one.partition}`, one.offset]));
		const assigned = assignedOf(described);
		const rows: LagRow[] = [];
		for (const [topic, partitions] of namesOf(reading)) {
			rows.push(pairRow(book, {...facts, topic}, [...partitions], committed, assigned, at));
		}
		for (const topic of book.pairs.keys()) if (!rows.some(row => row.topic === topic)) book.pairs.delete(topic);
		return rows;
	}

	function pairRow(
		book: GroupHistory,
		facts: Omit<LagFacts, 'wasActive'>,
		partitions: readonly number[],
		committed: ReadonlyMap<string, number>,
		assigned: ReadonlySet<string> | undefined,
		at: number,
	): LagRow {
		const {topic} = facts;
		const pair: PairHistory = book.pairs.get(topic) ?? {
			windows: new Map(),
			produced: undefined,
			consumed: undefined,
			history: [],
			at: Number.NEGATIVE_INFINITY,
			row: undefined,
		};
		book.pairs.set(topic, pair);
		if (at <= pair.at && pair.row !== undefined) return pair.row;
		const log = topicBook(topic);
		let produced = 0;
		let consumed = 0;
		let since: number | undefined;
		const parts = partitions.map((partition): PartitionLag => {
			const key = `${topic}\n${partition}`;
			const offset = committed.get(key);
			const table = log.tables.get(partition);
			const end = table?.times.at(-1) === at ? table.logEnds.at(-1) : undefined;
			const start = log.starts.get(partition) ?? 0;
			const isAssigned = assigned?.has(key);
			const part = {partition, committed: offset, end, deleted: 0, assigned: isAssigned};
			if (end === undefined || table === undefined) {
				return {...part, lag: undefined, timeLag: undefined, verdict: undefined};
			}
			// Where there is nothing to read there is nothing to commit.
			if (offset === undefined && end <= start) {
				return {
					...part,
					lag: 0,
					timeLag: {ms: 0, atLeast: false},
					verdict: {evaluation: 'ok', idleMs: 0, rewoundMessages: 0},
				};
			}
			if (offset === undefined) return {...part, lag: undefined, timeLag: undefined, verdict: undefined};
			const commit = {at, committed: offset, end, logStart: start};
			const window = pair.windows.get(partition);
			if (window === undefined) {
				pair.windows.set(partition, createCommitWindow(commit));
			} else if (at > window.at) {
				produced += Math.max(0, end - window.end);
				consumed += Math.max(0, offset - (window.offsets.at(-1) ?? offset));
				since = since === undefined ? window.at : Math.min(since, window.at);
				recordCommit(window, commit);
			}
			const seen = pair.windows.get(partition);
			if (seen?.gapMs !== undefined) book.seenAlive = true;
			const lag = lagOf(commit);
			const members = isAssigned === false ? 0 : facts.members;
			const perSecond = inflowPerSecond(table) ?? 0;
			return {
				...part,
				deleted: Math.max(0, start - offset),
				lag,
				timeLag: timeLagOf(table, Math.max(offset, start)),
				worthSeconds: perSecond > 0 ? lag / perSecond : undefined,
				verdict: seen && evaluateLag(seen, {lag, inflow: perSecond, members, foundEmpty: !book.seenAlive}),
			};
		});
		if (since !== undefined) {
			pair.produced = updateSmoothedRate(pair.produced, produced, at - since, at);
			pair.consumed = updateSmoothedRate(pair.consumed, consumed, at - since, at);
		}
		const rates = {produced: pair.produced?.perSecond, consumed: pair.consumed?.perSecond};
		const row = lagRow(target, {...facts, wasActive: book.seenAlive}, parts, rates, pair.history);
		if (row.lag !== undefined) pair.history = [...pair.history, row.lag].slice(-historyLength);
		pair.at = at;
		pair.row = {...row, lagHistory: pair.history};
		return pair.row;
	}

	return {
		recordEnds(ends, at) {
			for (const {topic, partition, offset} of ends) {
				const log = topicBook(topic);
				const table = log.tables.get(partition);
				if (table === undefined) {
					const made = createOffsetTable();
					recordLogEnd(made, at, offset);
					log.tables.set(partition, made);
				} else if (recordLogEnd(table, at, offset)) {
					log.starts.delete(partition);
					forgetWindows(topic, partition);
				}
			}
		},
		recordStarts(starts) {
			for (const {topic, partition, offset} of starts) topicBook(topic).starts.set(partition, offset);
		},
		recordTopics(read) {
			for (const {topic, id, partitions} of read) {
				const log = topicBook(topic);
				if (log.id !== undefined && id !== undefined && log.id !== id) {
					log.tables.clear();
					log.starts.clear();
					forgetWindows(topic);
				}
				log.id = id ?? log.id;
				log.partitions = partitions.map(one => one.partition);
			}
		},
		evaluateGroup: group,
		partitionsOf: namesOf,
		retainOnly(names) {
			const read = new Set<string>();
			for (const [name, book] of groups) {
				if (names.has(name)) for (const topic of book.pairs.keys()) read.add(topic);
				else groups.delete(name);
			}
			for (const topic of topics.keys()) if (!read.has(topic)) topics.delete(topic);
		},
		hasTopic: topic => topics.has(topic),
	};
}
