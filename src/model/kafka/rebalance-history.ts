import type {KafkaGroup} from '../../port/kafka.ts';

/** Rebalances are counted over this long. */
export const unrestWindowMs = 300_000;
/** A rolling restart of three members brings six; this many again and again is a group that does not come to rest. */
export const unrestLimit = 7;

/** When a group was seen to have rebalanced. Brokers tell of no past, so a rebalance between two reads that changed nothing is not seen. */
export type GroupUnrest = {
	readonly ats: readonly number[];
	readonly epoch: number | undefined;
	readonly moving: boolean;
	/** Who was in it when it was last at rest. */
	readonly members: string;
};

const moving: ReadonlySet<string> = new Set([
	'PreparingRebalance',
	'CompletingRebalance',
	'Assigning',
	'Reconciling',
	'NotReady',
]);

/** Whether a group is between two assignments: who reads what cannot be told. */
export const isRebalancing = (state: string): boolean => moving.has(state);

export function noteGroup(before: GroupUnrest | undefined, group: KafkaGroup, at: number): GroupUnrest {
	const isMoving = isRebalancing(group.state);
	const members = group.members
		.map(member => member.id)
		.toSorted()
		.join('\n');
	const now = {epoch: group.epoch, moving: isMoving, members: isMoving ? (before?.members ?? members) : members};
	if (before === undefined) return {...now, ats: []};
	const recent = before.ats.filter(one => at - one < unrestWindowMs);
	return {...now, ats: [...recent, ...Array<number>(rebalances(before, now)).fill(at)].slice(-50)};
}

function rebalances(before: GroupUnrest, now: Omit<GroupUnrest, 'ats'>): number {
	if (before.epoch !== undefined && now.epoch !== undefined) return Math.max(0, now.epoch - before.epoch);
	if (now.moving) return before.moving ? 0 : 1;
	// One that was seen moving was counted then.
	return !before.moving && now.members !== before.members ? 1 : 0;
}
