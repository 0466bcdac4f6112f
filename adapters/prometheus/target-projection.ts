/** A slice of what a worker has read. `end`: there is no further one. */
export type TargetSlice = {readonly rows: readonly unknown[]; readonly end: boolean};

/**
 * The active targets in an answer of /api/v1/targets without what discovery told of them. Undefined when it is no such answer.
 *
 * Its own text is what a worker is given to run: it may use nothing but what stands in it, and hold no named function.
 */
export function projectTargets(json: string): unknown[] | undefined {
	let answer: unknown;
	try {
		answer = JSON.parse(json);
	} catch {
		return undefined;
	}
	const {data} = (answer ?? {}) as {readonly data?: {readonly activeTargets?: unknown}};
	const active = data?.activeTargets;
	if (!Array.isArray(active)) return undefined;
	return active.map(target => {
		const {discoveredLabels: _, globalUrl: __, ...bare} = (target ?? {}) as Record<string, unknown>;
		return bare;
	});
}
