/** The only source of time in the core; tests pass their own. */
export type Clock = {
	/** Milliseconds since the epoch. */
	now(): number;
	/** Calls once, after at least `ms`. Returns the way to call it off. Never keeps the process alive by itself. */
	after(ms: number, call: () => void): () => void;
};

export const systemClock: Clock = {
	now: () => Date.now(),
	after(ms, call) {
		const timer = setTimeout(call, ms);
		timer.unref();
		return () => clearTimeout(timer);
	},
};

/** A clock whose calls come but whose time does not pass: for the demo's `still`, in which nothing may change, ages included. */
export function stoppedClock(clock: Clock): Clock {
	const moment = clock.now();
	return {now: () => moment, after: clock.after};
}
