/** A part of the targets that a worker has parsed. `end`: it is the last one. */
export type TargetSlice = {readonly rows: readonly unknown[]; readonly end: boolean};

/**
 * Parses a response of /api/v1/targets and returns the active targets without their discovered labels. Undefined when it is another body.
 *
 * A worker runs the text of this function: it may use nothing from outside and contain no named function.
 */
export function projectTargets(json: string): unknown[] | undefined {
	let body: unknown;
	try {
		body = JSON.parse(json);
	} catch {
		return undefined;
	}
	const {data} = (body ?? {}) as {readonly data?: {readonly activeTargets?: unknown}};
	const active = data?.activeTargets;
	if (!Array.isArray(active)) return undefined;
	return active.map(target => {
		const {discoveredLabels: _, globalUrl: __, ...rest} = (target ?? {}) as Record<string, unknown>;
		return rest;
	});
}
