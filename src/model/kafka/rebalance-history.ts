import type {KafkaGroup} from '../../port/kafka.ts';

/** Rebalances are counted over this long. */
export const rebalanceWindowMs = 300_000;
/** A rolling restart of three members brings six; this many mean a group that does not settle. */
export const rebalanceLimit = 7;

/** The rebalances of a group that were seen. Brokers report no history, so a rebalance between two reads that changed nothing is not seen. */
export type RebalanceHistory = {
	readonly rebalanceTimes: readonly number[];
	readonly epoch: number | undefined;
	readonly rebalancing: boolean;
	/** The ids of its members when it last did not rebalance, one a line. */
	readonly stableMembers: string;
};

const rebalancingStates: ReadonlySet<string> = new Set([
	'PreparingRebalance',
	'CompletingRebalance',
	'Assigning',
	'Reconciling',
	'NotReady',
]);

/** Whether a group is rebalancing: its assignments are unknown then. */
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
