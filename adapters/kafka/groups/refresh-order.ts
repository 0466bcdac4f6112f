/** The state of the groups between two turns. */
export type RefreshState = {
	/** Epoch milliseconds of the last read of each group; absent: never. */
	readonly readAt: ReadonlyMap<string, number>;
	/** Groups that are not ok, or far behind: they are read in every turn. */
	readonly priority: ReadonlySet<string>;
};

/**
 * The groups to read in this turn, in the order in which they are read: those with priority, then those that were never read, then
 * those whose last read is the longest ago. Groups that were never read do not count against `max`: the first turn reads as many of them as
 * its time budget allows.
 */
export function selectGroupsToRefresh(
	groups: readonly string[],
	{readAt, priority}: RefreshState,
	max: number,
): readonly string[] {
	const age = (group: string) => readAt.get(group) ?? Number.NEGATIVE_INFINITY;
	const byAge = groups.toSorted((a, b) => age(a) - age(b) || (a < b ? -1 : 1));
	const first = byAge.filter(group => priority.has(group));
	const fresh = byAge.filter(group => !priority.has(group) && !readAt.has(group));
	const rest = byAge.filter(group => !priority.has(group) && readAt.has(group));
	// At most half of a turn has priority, so that the others are read too.
	const urgent = first.slice(0, Math.ceil(max / 2));
	const oldest = rest.slice(0, Math.max(0, max - urgent.length));
	return [...urgent, ...fresh, ...oldest];
}
