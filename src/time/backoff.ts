/** Returns the delay before retry number `attempt` (from 0): `initialMs`, doubled by each further one up to `maxMs`. */
export const exponentialDelay = (
	attempt: number,
	{initialMs, maxMs}: {readonly initialMs: number; readonly maxMs: number},
) => Math.min(maxMs, initialMs * 2 ** Math.min(attempt, 30));

/** A system that recovers this soon is seen within one interval; only one that fails for longer is read less often. */
const graceMs = 3 * 60_000;
const maxRetryMs = 15_000;
/** A login that was refused this often is wrong, not late: further tries at the usual interval would lock the account. */
const maxFastRefusals = 3;
const maxRefusedRetryMs = 60_000;
const maxStretch = 4;
/** Below this a doubled latency is noise, not load. */
const minLatencyMs = 100;

/** The delay between two reads of one source. */
export type PollBackoff = {
	/** The interval in force now, before jitter. */
	readonly intervalMs: number;
	/** The interval without the effect of failures: a snapshot is judged stale by this one, however rare the retries are. */
	readonly successIntervalMs: number;
	succeeded(tookMs: number): void;
	/** `now`: monotonic milliseconds. `refused`: the server answered and denied access. */
	failed(now: number, refused: boolean): void;
};

/**
 * Stretches the interval up to four times while the server needs more than twice its usual time to respond: more load does not help it.
 * After failures the interval stays the same for three minutes, then doubles up to 15 s; after three refusals it grows fourfold with each
 * one up to a minute.
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
			const times = recentMs / Math.max(usualMs, minLatencyMs);
			stretch = times > 2 ? Math.min(maxStretch, times) : 1;
		},
		failed(now, refused) {
			failingSince ??= now;
			refusals = refused ? refusals + 1 : 0;
			if (refusals >= maxFastRefusals) {
				retryMs = Math.min(Math.max(baseMs, maxRefusedRetryMs), retryMs * 4);
				return;
			}
			if (now - failingSince >= graceMs) retryMs = Math.min(Math.max(baseMs, maxRetryMs), retryMs * 2);
		},
	};
}

/** Falls fast (the first read includes the connection set-up), rises slowly, and while stretched hardly at all: a bad hour is not the new usual. */
function nextUsualLatency(usualMs: number | undefined, tookMs: number, isStretched: boolean): number {
	if (usualMs === undefined) return tookMs;
	if (tookMs < usualMs) return (usualMs + tookMs) / 2;
	return usualMs + (tookMs - usualMs) * (isStretched ? 0.01 : 0.05);
}
