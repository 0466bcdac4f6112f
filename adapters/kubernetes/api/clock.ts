/** Time, given from outside so that tests own it. */
export type Clock = {
	/** Milliseconds since the epoch. */
	now(): number;
	/** Calls once, after at least `ms`. Returns the way to call it off. */
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

/** Settles after `ms`, or at once, without an error, when the signal fires. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
	return new Promise(resolve => {
		const end = () => {
			callOff();
			signal.removeEventListener('abort', end);
			resolve();
		};
		const callOff = clock.after(ms, end);
		if (signal.aborted) end();
		else signal.addEventListener('abort', end, {once: true});
	});
}
