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

/** Decides the delay between two reads of one source. A value: `afterSuccess` and `afterFailure` return the next one. */
export type PollBackoff = {
	readonly baseMs: number;
	/** Latency of this server in good times, and of the last reads; undefined before the first success. */
	readonly usualMs: number | undefined;
	readonly recentMs: number;
	readonly stretch: number;
	/** Monotonic milliseconds of the first failure since the last success. */
	readonly failingSince: number | undefined;
	readonly retryMs: number;
	readonly refusals: number;
};

export const createPollBackoff = (baseMs: number): PollBackoff => ({
	baseMs,
	usualMs: undefined,
	recentMs: 0,
	stretch: 1,
	failingSince: undefined,
	retryMs: baseMs,
	refusals: 0,
});

/** Returns the interval without the effect of failures: a snapshot is judged stale by this one, however rare the retries are. */
export const successIntervalMs = ({baseMs, stretch}: PollBackoff): number => baseMs * stretch;

/** Returns the interval in force now, before jitter. */
export const pollIntervalMs = (backoff: PollBackoff): number =>
	backoff.failingSince === undefined ? successIntervalMs(backoff) : backoff.retryMs;

/** Stretches the interval up to four times while the server needs more than twice its usual time to respond: more load does not help it. */
export function afterSuccess(
	{baseMs, usualMs: before, recentMs: recent, stretch}: PollBackoff,
	tookMs: number,
): PollBackoff {
	const recentMs = before === undefined ? tookMs : (recent + tookMs) / 2;
	const usualMs = nextUsualLatency(before, tookMs, stretch > 1);
	const times = recentMs / Math.max(usualMs, minLatencyMs);
	return {...createPollBackoff(baseMs), usualMs, recentMs, stretch: times > 2 ? Math.min(maxStretch, times) : 1};
}

/**
 * Keeps the interval for three minutes, then doubles it up to 15 s; after three refusals it grows fourfold with each one up to a minute.
 * `now`: monotonic milliseconds. `refused`: the server answered and denied access.
 */
export function afterFailure(backoff: PollBackoff, now: number, refused: boolean): PollBackoff {
	const {baseMs, failingSince = now, retryMs} = backoff;
	const refusals = refused ? backoff.refusals + 1 : 0;
	const failing = {...backoff, failingSince, refusals};
	if (refusals >= maxFastRefusals)
		return {...failing, retryMs: Math.min(Math.max(baseMs, maxRefusedRetryMs), retryMs * 4)};
	if (now - failingSince >= graceMs) return {...failing, retryMs: Math.min(Math.max(baseMs, maxRetryMs), retryMs * 2)};
	return failing;
}

/** Falls fast (the first read includes the connection set-up), rises slowly, and while stretched hardly at all: a bad hour is not the new usual. */
function nextUsualLatency(usualMs: number | undefined, tookMs: number, isStretched: boolean): number {
	if (usualMs === undefined) return tookMs;
	if (tookMs < usualMs) return (usualMs + tookMs) / 2;
	return usualMs + (tookMs - usualMs) * (isStretched ? 0.01 : 0.05);
}
