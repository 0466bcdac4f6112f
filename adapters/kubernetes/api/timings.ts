/** How long the watch waits for what. Milliseconds. Tests have less patience. */
export type Timings = {
	/** A bookmark comes about every minute, so that a watch that is silent for longer is dead. */
	readonly silenceTimeoutMs: number;
	/** The first wait after a failure; it doubles up to `slowestMs`. */
	readonly retryMs: number;
	readonly maxRetryMs: number;
	/** After a watch went well for so long, the next failure is the first. */
	readonly healthyMs: number;
	/** A kind that may not be read, or that the server does not have, is asked for again so seldom. */
	readonly refusedRetryMs: number;
	/** Where listing is allowed and watching is not. */
	readonly pollMs: number;
	/** What is shown while it is listed anew, or connected anew, is good for so long. */
	readonly staleGraceMs: number;
	/** Between two signs of life asked of the server. */
	readonly heartbeatIntervalMs: number;
	/** A sign of life that takes longer did not come. */
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
