import type {Row, Severity} from '../../contract/row.ts';
import type {KafkaGroupType} from '../../port/kafka.ts';
import {formatDuration, formatThousands} from '../../text/format.ts';
import {type Evaluation, type LagVerdict, worseEvaluation} from './commit-window.ts';
import type {TimeLag} from './offset-table.ts';
import {isRebalancing, rebalanceLimit} from './rebalance-history.ts';

/** So far behind, measured by what comes in, it is an outage and not a delay. */
const farBehindSeconds = 600;

/** One group on one partition at one moment. */
export type PartitionLag = {
	readonly partition: number;
	/** Undefined: none was ever committed. */
	readonly committed: number | undefined;
	/** Undefined: it could not be read. */
	readonly end: number | undefined;
	/** Messages that wait. Undefined when it cannot be told: never everything. */
	readonly lag: number | undefined;
	readonly timeLag: TimeLag | undefined;
	/** How long it takes for so many messages to come in, at the pace of now. */
	readonly worthSeconds?: number | undefined;
	/** Messages that were deleted before they were read. */
	readonly deleted: number;
	/** Whether a member reads it; undefined when that cannot be told. */
	readonly assigned: boolean | undefined;
	readonly verdict: LagVerdict | undefined;
};

export type LagFacts = {
	readonly group: string;
	/** Empty for a group of which no offset can be told at all. */
	readonly topic: string;
	readonly type: KafkaGroupType;
	/** Stable, Empty, PreparingRebalance … as the broker says it; empty when it does not. */
	readonly state: string;
	/** Undefined when they cannot be told. */
	readonly members: number | undefined;
	readonly epoch: number | undefined;
	/** Rebalances that were seen in the last five minutes. */
	readonly rebalances: number;
	/** Members were seen, or commits, since we look: it has not been like this for long. */
	readonly wasActive: boolean;
	/** Why nothing at all can be told of it. */
	readonly unreadable?: string | undefined;
	/** Epoch milliseconds: 1,000 groups are not all read in one turn. */
	readonly readAt: number;
};

/** Messages a second, undefined until it was read twice. */
export type LagRates = {readonly produced: number | undefined; readonly consumed: number | undefined};

/** Why it cannot be told how far a group is, in two words. */
export type UnknownLagReason = 'no commit' | 'offline' | 'share' | 'unread';

export type LagRow = Row &
	LagFacts &
	LagRates & {
		readonly partitions: number;
		/** Partitions with messages and without an offset. */
		readonly uncommitted: number;
		/** Partitions that no member reads, although there are members. */
		readonly unassigned: number;
		readonly deleted: number;
		/** Messages that wait, where that can be told. */
		readonly lag: number | undefined;
		readonly timeLag: TimeLag | undefined;
		/** Messages a second by which the lag grows. */
		readonly growth: number | undefined;
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
	const {produced, consumed} = rates;
	const growth = produced === undefined || consumed === undefined ? undefined : produced - consumed;
	const figures = {
		partitions: parts.length,
		uncommitted: parts.filter(part => part.lag === undefined && part.end !== undefined).length,
		unassigned: parts.filter(part => part.assigned === false).length,
		deleted: parts.reduce((sum, part) => sum + part.deleted, 0),
		lag,
		timeLag: longest(parts),
		growth,
		drainSeconds: drainSeconds(lag, growth),
		worst,
	};
	const row = {...facts, ...rates, ...figures, evaluation: evaluated(facts, parts, worst), lagHistory};
	const {severity, why} = weighSeverity(row);
	return {id: lagRowId(facts), target, severity, ...(why === undefined ? {} : {why}), ...row};
}

/**
 * The one that is judged worst; among equals the one that stands still the longest, as far as what comes in tells that: where a group dies
 * of a message, its partition was left first.
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

/** Whether its members are there and read something else. */
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
	// The marker of a transaction is a message that nobody reads: one a partition is none.
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

function growing({lag, produced, growth, worst, partitions}: Omit<LagRow, keyof Row>): WeighedSeverity {
	const behind = lag === undefined || produced === undefined || produced <= 0 ? undefined : lag / produced;
	const severity = behind !== undefined && behind >= farBehindSeconds ? 'crit' : 'warn';
	const far = behind === undefined ? '' : `${formatDuration(behind)} of messages behind and `;
	// The group as a whole may keep up while one partition does not.
	if (growth !== undefined && growth <= 0 && partitions > 1) {
		return {severity: 'warn', why: `falls back on partition ${worst?.partition}`};
	}
	return {severity, why: `${far}falling back`};
}

/** A group that is between two assignments has members of which nobody knows what they read. */
export const canBeAssigned = (state: string): boolean => state !== '' && !isRebalancing(state);
