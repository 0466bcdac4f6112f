import {type SmoothedRate, updateSmoothedRate} from '../smoothed-rate.ts';
import {type CommitWindow, createCommitWindow, evaluateLag, lagOf, recordCommit} from './commit-window.ts';
import {type LagFacts, type LagRow, lagRow, type PartitionLag} from './consumer-lag.ts';
import {inflowPerSecond, timeLagOf} from './offset-table.ts';
import type {TopicLogs} from './topic-logs.ts';

const historyLength = 30;

/** What a group has consumed of one topic over time. */
export type TopicConsumption = {
	readonly windows: Map<number, CommitWindow>;
	produced: SmoothedRate | undefined;
	consumed: SmoothedRate | undefined;
	lagHistory: readonly number[];
	evaluatedAt: number;
	row: LagRow | undefined;
};

export const createTopicConsumption = (): TopicConsumption => ({
	windows: new Map(),
	produced: undefined,
	consumed: undefined,
	lagHistory: [],
	evaluatedAt: Number.NEGATIVE_INFINITY,
	row: undefined,
});

/** One read of a group, for one of its topics. */
export type TopicRead = {
	readonly facts: Omit<LagFacts, 'wasActive'>;
	readonly partitions: readonly number[];
	/** Committed offsets, by `partitionKey`. */
	readonly committed: ReadonlyMap<string, number>;
	/** Keys of the assigned partitions; undefined when the assignment is not known. */
	readonly assigned: ReadonlySet<string> | undefined;
	readonly logs: TopicLogs;
	/** Whether the group had members or committed since it is watched. */
	readonly wasActive: boolean;
	/** When the log ends were read, in epoch milliseconds. */
	readonly at: number;
};

export const partitionKey = (topic: string, partition: number): string => `${topic}\n${partition}`;

/** The row of a group on a topic, and whether the group turned out to be active. A read that is not newer than the last changes nothing. */
export function evaluateTopic(
	target: string,
	consumption: TopicConsumption,
	read: TopicRead,
): {readonly row: LagRow; readonly isActive: boolean} {
	if (read.at <= consumption.evaluatedAt && consumption.row !== undefined)
		return {row: consumption.row, isActive: read.wasActive};
	const progress: Progress = {produced: 0, consumed: 0, since: undefined, isActive: read.wasActive};
	const parts = read.partitions.map(partition => evaluatePartition(partition, consumption, read, progress));
	const {since, isActive} = progress;
	if (since !== undefined) {
		consumption.produced = updateSmoothedRate(consumption.produced, progress.produced, read.at - since, read.at);
		consumption.consumed = updateSmoothedRate(consumption.consumed, progress.consumed, read.at - since, read.at);
	}
	const rates = {
		producedPerSecond: consumption.produced?.perSecond,
		consumedPerSecond: consumption.consumed?.perSecond,
	};
	const row = lagRow(target, {...read.facts, wasActive: isActive}, parts, rates, consumption.lagHistory);
	if (row.lag !== undefined) consumption.lagHistory = [...consumption.lagHistory, row.lag].slice(-historyLength);
	consumption.evaluatedAt = read.at;
	consumption.row = {...row, lagHistory: consumption.lagHistory};
	return {row: consumption.row, isActive};
}

/** Sums over the partitions of a topic since their last commits. */
type Progress = {produced: number; consumed: number; since: number | undefined; isActive: boolean};

function evaluatePartition(
	partition: number,
	{windows}: TopicConsumption,
	{facts, committed, assigned, logs, at}: TopicRead,
	progress: Progress,
): PartitionLag {
	const key = partitionKey(facts.topic, partition);
	const offset = committed.get(key);
	const table = logs.tables.get(partition);
	const end = table?.times.at(-1) === at ? table.logEnds.at(-1) : undefined;
	const start = logs.starts.get(partition) ?? 0;
	const isAssigned = assigned?.has(key);
	const part = {partition, committed: offset, end, deleted: 0, assigned: isAssigned};
	const unknown = {...part, lag: undefined, timeLag: undefined, verdict: undefined};
	if (end === undefined || table === undefined) return unknown;
	if (offset === undefined) {
		// An empty log needs no commit.
		if (end > start) return unknown;
		const verdict = {evaluation: 'ok', idleMs: 0, rewoundMessages: 0} as const;
		return {...part, lag: 0, timeLag: {ms: 0, atLeast: false}, verdict};
	}
	const commit = {at, committed: offset, end, logStart: start};
	const window = recordInWindow(windows, partition, commit, progress);
	if (window.gapMs !== undefined) progress.isActive = true;
	const lag = lagOf(commit);
	const members = isAssigned === false ? 0 : facts.members;
	const perSecond = inflowPerSecond(table) ?? 0;
	return {
		...part,
		deleted: Math.max(0, start - offset),
		lag,
		timeLag: timeLagOf(table, Math.max(offset, start)),
		worthSeconds: perSecond > 0 ? lag / perSecond : undefined,
		verdict: evaluateLag(window, {lag, inflow: perSecond, members, foundEmpty: !progress.isActive}),
	};
}

function recordInWindow(
	windows: Map<number, CommitWindow>,
	partition: number,
	commit: Parameters<typeof createCommitWindow>[0],
	progress: Progress,
): CommitWindow {
	const window = windows.get(partition);
	if (window === undefined) {
		const created = createCommitWindow(commit);
		windows.set(partition, created);
		return created;
	}
	if (commit.at > window.at) {
		progress.produced += Math.max(0, commit.end - window.end);
		progress.consumed += Math.max(0, commit.committed - (window.offsets.at(-1) ?? commit.committed));
		progress.since = progress.since === undefined ? window.at : Math.min(progress.since, window.at);
		recordCommit(window, commit);
	}
	return window;
}
