/** The longest time lag that the table can measure. */
export const tableWindowMs = 600_000;
/** Points closer together than this are merged: interpolation is exact enough, and 100,000 partitions have to fit. */
const spacingMs = 30_000;

/**
 * The log ends of one partition by time, oldest first: at most 22 points. The last one is the newest read. After kafka-lag-exporter's
 * LookupTable (github.com/seglo/kafka-lag-exporter), which extrapolates and so reported years of lag (#496); this one never does.
 */
export type OffsetTable = {readonly times: number[]; readonly logEnds: number[]};

/** `atLeast`: the message is older than the table, so that this is all that can be said. */
export type TimeLag = {readonly ms: number; readonly atLeast: boolean};

export const createOffsetTable = (): OffsetTable => ({times: [], logEnds: []});

/**
 * Adds a read. One that is not newer than the last is dropped. An end that went back means that the topic was created again: the earlier
 * points are dropped.
 * @returns whether the log was created again.
 */
export function recordLogEnd(table: OffsetTable, at: number, end: number): boolean {
	const {times: ats, logEnds: ends} = table;
	const last = ats.length - 1;
	const lastAt = ats[last];
	const lastEnd = ends[last];
	if (lastAt === undefined || lastEnd === undefined) {
		ats.push(at);
		ends.push(end);
		return false;
	}
	if (at <= lastAt) return false;
	if (end < lastEnd) {
		ats.splice(0, ats.length, at);
		ends.splice(0, ends.length, end);
		return true;
	}
	const before = ats[last - 1];
	const flat = end === lastEnd && ends[last - 1] === lastEnd;
	if (before !== undefined && (flat || lastAt - before < spacingMs)) {
		ats[last] = at;
		ends[last] = end;
	} else {
		ats.push(at);
		ends.push(end);
	}
	// The second point stays while it is at the window's edge, so that the table covers the full window.
	while (ats.length > 2 && at - (ats[1] ?? at) >= tableWindowMs) {
		ats.shift();
		ends.shift();
	}
	return false;
}

/**
 * How long before the newest read the message at `offset` came in, interpolated between the two reads around it. Undefined when the table
 * has one point only.
 */
export function timeLagOf({times: ats, logEnds: ends}: OffsetTable, offset: number): TimeLag | undefined {
	const now = ats.at(-1);
	const end = ends.at(-1);
	if (now === undefined || end === undefined) return undefined;
	if (offset >= end) return {ms: 0, atLeast: false};
	if (ats.length < 2) return undefined;
	for (let right = ends.length - 1; right > 0; right -= 1) {
		const from = ends[right - 1] ?? 0;
		const to = ends[right] ?? 0;
		if (offset < from || offset >= to) continue;
		const began = ats[right - 1] ?? now;
		const at = began + ((offset - from) * ((ats[right] ?? now) - began)) / (to - from);
		return {ms: Math.min(tableWindowMs, Math.max(0, now - at)), atLeast: false};
	}
	// The newest moment at which the log is known to have ended beyond it.
	return {ms: Math.min(tableWindowMs, now - (ats[0] ?? now)), atLeast: true};
}

/** Messages a second that came in over the last minute or so; undefined until it was read twice. */
export function inflowPerSecond({times: ats, logEnds: ends}: OffsetTable): number | undefined {
	const last = ats.length - 1;
	const now = ats[last];
	const end = ends[last];
	if (now === undefined || end === undefined || last === 0) return undefined;
	let from = last - 1;
	while (from > 0 && now - (ats[from] ?? now) < 2 * spacingMs) from -= 1;
	const began = ats[from];
	return began === undefined || began >= now ? undefined : ((end - (ends[from] ?? end)) * 1000) / (now - began);
}
