import type {Row, Severity} from '../../contract/row.ts';
import type {KafkaGroupType} from '../../port/kafka.ts';
import {formatDuration, formatThousands} from '../../text/format.ts';
import {type Evaluation, type LagVerdict, worseEvaluation} from './commit-window.ts';
import type {TimeLag} from './offset-table.ts';
import {isRebalancing, rebalanceLimit} from './rebalance-history.ts';

/** A group this far behind, measured by what comes in, is an outage and not a delay. */
const farBehindSeconds = 600;

/** One group on one partition at one moment. */
export type PartitionLag = {
	readonly partition: number;
	/** Undefined: none was ever committed. */
	readonly committed: number | undefined;
	/** Undefined: it could not be read. */
	readonly end: number | undefined;
	/** Messages that wait. Undefined when it is unknown: then it is never the size of the log. */
	readonly lag: number | undefined;
	readonly timeLag: TimeLag | undefined;
	/** How long it takes for as many messages to come in, at the current rate. */
	readonly worthSeconds?: number | undefined;
	/** Messages that were deleted before they were read. */
	readonly deleted: number;
	/** Whether a member reads it; undefined when that is unknown. */
	readonly assigned: boolean | undefined;
	readonly verdict: LagVerdict | undefined;
};

export type LagFacts = {
	readonly group: string;
	/** Empty for a group whose offsets are all unknown. */
	readonly topic: string;
	readonly type: KafkaGroupType;
	/** Stable, Empty, PreparingRebalance … as the broker reports it; empty when it does not. */
	readonly state: string;
	/** Undefined when it is unknown. */
	readonly members: number | undefined;
	readonly epoch: number | undefined;
	/** Rebalances that were seen in the last five minutes. */
	readonly rebalances: number;
	/** Members or commits were seen since the first read: it has not been like this for long. */
	readonly wasActive: boolean;
	/** Why its offsets cannot be read. */
	readonly unreadable?: string | undefined;
	/** Epoch milliseconds: 1,000 groups are not all read in one turn. */
	readonly readAt: number;
};

/** Messages a second, undefined until it was read twice. */
export type LagRates = {readonly producedPerSecond: number | undefined; readonly consumedPerSecond: number | undefined};

/** Why the lag of a group is unknown, in one or two words. */
export type UnknownLagReason = 'no commit' | 'offline' | 'share' | 'unread';

export type LagRow = Row<'kafka.lag'> &
	LagFacts &
	LagRates & {
		readonly partitions: number;
		/** Partitions with messages and without an offset. */
		readonly uncommitted: number;
		/** Partitions that no member reads, although there are members. */
		readonly unassigned: number;
		readonly deleted: number;
		/** Messages that wait; undefined when it is unknown. */
		readonly lag: number | undefined;
		readonly timeLag: TimeLag | undefined;
		/** Messages a second by which the lag grows. */
		readonly growthPerSecond: number | undefined;
		/** Seconds until nothing is left at this pace; Infinity when that is never. */
		readonly drainSeconds: number | undefined;
		/** That of the worst partition. */
		readonly evaluation: Evaluation | UnknownLagReason;
		readonly worst: PartitionLag | undefined;
		readonly lagHistory: readonly number[];
	};

export const lagRowId = ({group, topic}: Pick<LagFacts, 'group' | 'topic'>): string => `${group}/${topic}`;

/** The status of a group on a topic is that of its worst partition. */
export function lagRow(
	target: string,
	facts: LagFacts,
	parts: readonly PartitionLag[],
	rates: LagRates,
	lagHistory: readonly number[],
): LagRow {
	const worst = worstOf(parts);
	const known = parts.filter(part => part.lag !== undefined);
	const lag = known.length === 0 ? undefined : known.reduce((sum, part) => sum + (part.lag ?? 0), 0);
	const {producedPerSecond: produced, consumedPerSecond: consumed} = rates;
	const growth = produced === undefined || consumed === undefined ? undefined : produced - consumed;
	const figures = {
		partitions: parts.length,
		uncommitted: parts.filter(part => part.lag === undefined && part.end !== undefined).length,
		unassigned: parts.filter(part => part.assigned === false).length,
		deleted: parts.reduce((sum, part) => sum + part.deleted, 0),
		lag,
		timeLag: longest(parts),
		growthPerSecond: growth,
		drainSeconds: drainSeconds(lag, growth),
		worst,
	};
	const row = {...facts, ...rates, ...figures, evaluation: evaluated(facts, parts, worst), lagHistory};
	const {severity, why} = weighSeverity(row);
	return {id: lagRowId(facts), kind: 'kafka.lag', target, severity, ...(why === undefined ? {} : {why}), ...row};
}

/**
 * The partition with the worst evaluation; among equals the one without progress for the longest time, measured by what comes in: a message
 * that crashes the group stops its partition first.
 */
function worstOf(parts: readonly PartitionLag[]): PartitionLag | undefined {
	return parts.reduce<PartitionLag | undefined>((worst, part) => {
		if (worst === undefined) return part;
		const a = worst.verdict?.evaluation ?? 'ok';
		const b = part.verdict?.evaluation ?? 'ok';
		if (a !== b) return worseEvaluation(a, b) === a ? worst : part;
		const longer = (part.worthSeconds ?? 0) - (worst.worthSeconds ?? 0);
		if (longer !== 0) return longer > 0 ? part : worst;
		return (part.lag ?? 0) > (worst.lag ?? 0) ? part : worst;
	}, undefined);
}

function longest(parts: readonly PartitionLag[]): TimeLag | undefined {
	return parts.reduce<TimeLag | undefined>((most, {timeLag}) => {
		if (most === undefined || timeLag === undefined) return most ?? timeLag;
		return timeLag.ms > most.ms || (timeLag.ms === most.ms && timeLag.atLeast) ? timeLag : most;
	}, undefined);
}

function drainSeconds(lag: number | undefined, growth: number | undefined): number | undefined {
	if (lag === 0) return 0;
	if (lag === undefined || growth === undefined) return undefined;
	return growth < 0 ? lag / -growth : Number.POSITIVE_INFINITY;
}

function evaluated(
	{type, unreadable}: LagFacts,
	parts: readonly PartitionLag[],
	worst: PartitionLag | undefined,
): LagRow['evaluation'] {
	if (unreadable !== undefined) return type === 'share' ? 'share' : 'unread';
	if (parts.every(part => part.verdict === undefined)) {
		return parts.some(part => part.end === undefined) ? 'offline' : 'no commit';
	}
	return worst?.verdict?.evaluation ?? 'ok';
}

/** Whether the group has members, and none of them reads this topic. */
export const isAbandoned = ({partitions, unassigned}: Pick<LagRow, 'partitions' | 'unassigned'>): boolean =>
	partitions > 0 && unassigned === partitions;

type WeighedSeverity = {readonly severity: Severity; readonly why?: string};

function weighSeverity(row: Omit<LagRow, keyof Row>): WeighedSeverity {
	const {evaluation, worst, uncommitted, partitions, deleted} = row;
	const offline = partitions - uncommitted;
	switch (evaluation) {
		case 'share':
		case 'unread':
			return {severity: 'unknown', why: row.unreadable ?? 'it cannot be read'};
		case 'no commit':
			return {severity: 'unknown', why: 'no offset was ever committed'};
		case 'offline':
			return {severity: 'unknown', why: `${offline} of ${partitions} partitions are offline or cannot be read`};
		case 'stall': {
			const where = partitions > 1 ? ` on partition ${worst?.partition}` : '';
			return {severity: 'crit', why: `its members commit nothing for ${formatDuration(idle(worst))}${where}`};
		}
		case 'stop':
			return {severity: row.wasActive && row.members === 0 ? 'crit' : 'warn', why: whyStopped(row)};
		case 'warn':
			return growing(row);
		case 'rewind': {
			const back = formatThousands(worst?.verdict?.rewoundMessages ?? 0);
			return {severity: 'warn', why: `went back ${back} messages on partition ${worst?.partition}`};
		}
		default:
			break;
	}
	if (row.rebalances >= rebalanceLimit) {
		return {severity: 'warn', why: `rebalanced ${row.rebalances} times in 5 minutes`};
	}
	// A transaction marker takes an offset and is no message: one for each partition is not a loss.
	if (deleted > partitions) {
		return {severity: 'warn', why: `${formatThousands(deleted)} messages were deleted before they were read`};
	}
	if (uncommitted > 0) {
		return {severity: 'unknown', why: `no offset committed on ${uncommitted} of ${partitions} partitions`};
	}
	return {severity: 'ok'};
}

const idle = (part: PartitionLag | undefined): number => (part?.verdict?.idleMs ?? 0) / 1000;

function whyStopped(row: Omit<LagRow, keyof Row>): string {
	const lost = row.deleted > row.partitions ? `, ${formatThousands(row.deleted)} were deleted unread` : '';
	if (row.members === 0) return `no members, messages wait${lost}`;
	if (isAbandoned(row)) return 'its members do not read this topic';
	return `no member reads ${row.unassigned} of ${row.partitions} partitions`;
}

function growing({
	lag,
	producedPerSecond: produced,
	growthPerSecond: growth,
	worst,
	partitions,
}: Omit<LagRow, keyof Row>): WeighedSeverity {
	const behind = lag === undefined || produced === undefined || produced <= 0 ? undefined : lag / produced;
	const severity = behind !== undefined && behind >= farBehindSeconds ? 'crit' : 'warn';
	const far = behind === undefined ? '' : `${formatDuration(behind)} of messages behind and `;
	// The group may keep up overall while one partition does not.
	if (growth !== undefined && growth <= 0 && partitions > 1) {
		return {severity: 'warn', why: `falls back on partition ${worst?.partition}`};
	}
	return {severity, why: `${far}falling back`};
}

/** Whether the assignments of a group in this state are known: they are not during a rebalance. */
export const canBeAssigned = (state: string): boolean => state !== '' && !isRebalancing(state);
