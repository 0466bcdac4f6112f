import type {KafkaGroup} from '../../port/kafka.ts';

/** Rebalances are counted over this long. */
export const rebalanceWindowMs = 300_000;
/** A rolling restart of three members brings six; this many again and again is a group that does not come to rest. */
export const rebalanceLimit = 7;

/** When a group was seen to have rebalanced. Brokers tell of no past, so a rebalance between two reads that changed nothing is not seen. */
export type RebalanceHistory = {
	readonly rebalanceTimes: readonly number[];
	readonly epoch: number | undefined;
	readonly rebalancing: boolean;
	/** Who was in it when it was last at rest. */
	readonly stableMembers: string;
};

const rebalancingStates: ReadonlySet<string> = new Set([
	'PreparingRebalance',
	'CompletingRebalance',
	'Assigning',
	'Reconciling',
	'NotReady',
]);

/** Whether a group is between two assignments: who reads what cannot be told. */
export const isRebalancing = (state: string): boolean => rebalancingStates.has(state);

export function recordGroupState(
	before: RebalanceHistory | undefined,
	group: KafkaGroup,
	at: number,
): RebalanceHistory {
	const isMoving = isRebalancing(group.state);
	const members = group.members
		.map(member => member.id)
		.toSorted()
		.join('\n');
	const now = {
		epoch: group.epoch,
		rebalancing: isMoving,
		stableMembers: isMoving ? (before?.stableMembers ?? members) : members,
	};
	if (before === undefined) return {...now, rebalanceTimes: []};
	const recent = before.rebalanceTimes.filter(one => at - one < rebalanceWindowMs);
	return {...now, rebalanceTimes: [...recent, ...Array<number>(countRebalances(before, now)).fill(at)].slice(-50)};
}

function countRebalances(before: RebalanceHistory, now: Omit<RebalanceHistory, 'rebalanceTimes'>): number {
	if (before.epoch !== undefined && now.epoch !== undefined) return Math.max(0, now.epoch - before.epoch);
	if (now.rebalancing) return before.rebalancing ? 0 : 1;
	// One that was seen moving was counted then.
	return !before.rebalancing && now.stableMembers !== before.stableMembers ? 1 : 0;
}
