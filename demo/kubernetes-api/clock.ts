/** Where the cluster's time comes from: what the core calls a clock, which an adapter may not import. */
export type Clock = {
	/** Milliseconds since the epoch. */
	now(): number;
	/** Calls once, after at least `ms`. Returns the way to call it off. */
	after(ms: number, call: () => void): () => void;
};

/** Of this machine. Waiting calls do not keep the process alive. */
export const machineClock: Clock = {
	now: () => Date.now(),
	after(ms, call) {
		const timer = setTimeout(call, ms);
		timer.unref();
		return () => clearTimeout(timer);
	},
};
