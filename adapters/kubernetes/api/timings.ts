/** How long the watch waits for what. Milliseconds. Tests have less patience. */
export type Timings = {
	/** A bookmark comes about every minute, so that a watch that is silent for longer is dead. */
	readonly silentMs: number;
	/** The first wait after a failure; it doubles up to `slowestMs`. */
	readonly retryMs: number;
	readonly slowestMs: number;
	/** After a watch went well for so long, the next failure is the first. */
	readonly healthyMs: number;
	/** A kind that may not be read, or that the server does not have, is asked for again so seldom. */
	readonly refusedMs: number;
	/** Where listing is allowed and watching is not. */
	readonly pollMs: number;
	/** What is shown while it is listed anew, or connected anew, is good for so long. */
	readonly graceMs: number;
	/** Between two signs of life asked of the server. */
	readonly pulseMs: number;
	/** A sign of life that takes longer did not come. */
	readonly pulseLateMs: number;
};

export const usualTimings: Timings = {
	silentMs: 90_000,
	retryMs: 800,
	slowestMs: 30_000,
	healthyMs: 30_000,
	refusedMs: 60_000,
	pollMs: 15_000,
	graceMs: 30_000,
	pulseMs: 10_000,
	pulseLateMs: 5_000,
};
