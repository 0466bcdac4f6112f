/** A system that comes back is seen within one interval for so long; only one that stays away is asked less often. */
const patienceMs = 3 * 60_000;
const slowestRetryMs = 15_000;
/** A login that was refused so often is wrong, not late: asked at the usual pace it would lock the account behind it. */
const refusalsAtOnce = 3;
const slowestRefusedMs = 60_000;
const widestStretch = 4;
/** Below this a doubled latency is noise, not load. */
const leastLatencyMs = 100;

/** How long to wait between two reads of one source. */
export type PollBackoff = {
	/** The interval in force now, before jitter. */
	readonly intervalMs: number;
	/** The same but for failures: what was read longer ago than this is late, however seldom it is tried now. */
	readonly successIntervalMs: number;
	succeeded(tookMs: number): void;
	/** `now`: a monotonic reading. `refused`: the system answered, and does not let us in. */
	failed(now: number, refused: boolean): void;
};

/**
 * The interval stretches, up to four times, while the system needs more than twice its usual time to answer: a system in trouble is not
 * helped by being asked more. After failures it stays as it is for three minutes, then doubles up to 15 s; after three refusals it grows fourfold at each
 * up to a minute.
 */
export function createPollBackoff(baseMs: number): PollBackoff {
	let usualMs: number | undefined;
	let recentMs = 0;
	let stretch = 1;
	let failingSince: number | undefined;
	let retryMs = baseMs;
	let refusals = 0;
	return {
		get intervalMs() {
			return failingSince === undefined ? this.successIntervalMs : retryMs;
		},
		get successIntervalMs() {
			return baseMs * stretch;
		},
		succeeded(tookMs) {
			failingSince = undefined;
			refusals = 0;
			retryMs = baseMs;
			recentMs = usualMs === undefined ? tookMs : (recentMs + tookMs) / 2;
			usualMs = nextUsualLatency(usualMs, tookMs, stretch > 1);
			const times = recentMs / Math.max(usualMs, leastLatencyMs);
			stretch = times > 2 ? Math.min(widestStretch, times) : 1;
		},
		failed(now, refused) {
			failingSince ??= now;
			refusals = refused ? refusals + 1 : 0;
			if (refusals >= refusalsAtOnce) {
				retryMs = Math.min(Math.max(baseMs, slowestRefusedMs), retryMs * 4);
				return;
			}
			if (now - failingSince >= patienceMs) retryMs = Math.min(Math.max(baseMs, slowestRetryMs), retryMs * 2);
		},
	};
}

/** Falls fast (the first read pays for the connection), rises slowly, and while stretched hardly at all: a bad hour is not the new usual. */
function nextUsualLatency(usualMs: number | undefined, tookMs: number, stretched: boolean): number {
	if (usualMs === undefined) return tookMs;
	if (tookMs < usualMs) return (usualMs + tookMs) / 2;
	return usualMs + (tookMs - usualMs) * (stretched ? 0.01 : 0.05);
}
