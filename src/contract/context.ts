/** Cancellation and time of one call, passed in so that tests control both. `signal` aborts on timeout, on quit, and when a costly source is no longer visible. */
export type Context = {
	readonly signal: AbortSignal;
	/** Milliseconds since the epoch. */
	readonly now: () => number;
};
