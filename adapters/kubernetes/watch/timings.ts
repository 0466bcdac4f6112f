/** Timeouts and intervals of the watches, in milliseconds. Tests use shorter ones. */
export type Timings = {
	/** A watch without a byte for this long is dead: the server sends a bookmark about every minute. */
	readonly silenceTimeoutMs: number;
	/** Backoff after the first failure; it doubles up to `maxRetryMs`. */
	readonly retryMs: number;
	readonly maxRetryMs: number;
	/** A watch that lasted this long resets the backoff. */
	readonly healthyMs: number;
	/** Backoff for a kind that we may not read or that the server does not have. */
	readonly refusedRetryMs: number;
	/** Interval of lists where list is allowed and watch is not. */
	readonly pollMs: number;
	/** How long stale objects are still returned while the informer reconnects; later a read fails. */
	readonly staleGraceMs: number;
	/** The time between two heartbeats. */
	readonly heartbeatIntervalMs: number;
	/** A heartbeat without an answer for this long has failed. */
	readonly heartbeatTimeoutMs: number;
};

export const defaultTimings: Timings = {
	silenceTimeoutMs: 90_000,
	retryMs: 800,
	maxRetryMs: 30_000,
	healthyMs: 30_000,
	refusedRetryMs: 60_000,
	pollMs: 15_000,
	staleGraceMs: 30_000,
	heartbeatIntervalMs: 10_000,
	heartbeatTimeoutMs: 5_000,
};
