/** Calls once, after at least `ms`. Returns the function that cancels it. */
export type Timer = {after(ms: number, call: () => void): () => void};

/** The timers of Node. They never keep the process alive by themselves. */
export const systemTimer: Timer = {
	after(ms, call) {
		const timer = setTimeout(call, ms).unref();
		return () => clearTimeout(timer);
	},
};
