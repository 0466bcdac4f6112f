/** Injected, so that tests own time and cancellation. `signal` fires on timeout, quit and a source nobody looks at. */
export type Context = {
	readonly signal: AbortSignal;
	/** Milliseconds since the epoch. */
	readonly now: () => number;
};
