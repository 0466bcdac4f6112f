/** What is known of the groups between two turns. */
export type RefreshState = {
	/** Epoch milliseconds of the last read of each group; absent: never. */
	readonly readAt: ReadonlyMap<string, number>;
	/** Groups that are not well, or far behind: they are read in every turn. */
	readonly priority: ReadonlySet<string>;
};

/**
 * The groups to read in this turn, in the order in which they are read: those that press, then those that were never read, then the ones
 * whose last read is the longest ago. Never read ones do not count against `most`: the first turn may read them all, as far as its time
 * goes.
 */
export function selectGroupsToRefresh(
	groups: readonly string[],
	{readAt, priority: pressing}: RefreshState,
	most: number,
): readonly string[] {
	const age = (group: string) => readAt.get(group) ?? Number.NEGATIVE_INFINITY;
	const byAge = groups.toSorted((a, b) => age(a) - age(b) || (a < b ? -1 : 1));
	const first = byAge.filter(group => pressing.has(group));
	const fresh = byAge.filter(group => !pressing.has(group) && !readAt.has(group));
	const rest = byAge.filter(group => !pressing.has(group) && readAt.has(group));
	// However many press, the others have their turn too.
	const pressed = first.slice(0, Math.ceil(most / 2));
	const seldom = rest.slice(0, Math.max(0, most - pressed.length));
	return [...pressed, ...fresh, ...seldom];
}
