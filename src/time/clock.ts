import {uptime} from 'node:os';

/** The only source of time in the core; tests pass their own. */
export type Clock = {
	/** Milliseconds since the epoch: for what people read and what servers say. It can be set forward and back at any moment. */
	now(): number;
	/**
	 * Milliseconds of a clock that cannot be set: for every duration of our own. Counted from the start of the machine, so that two processes of one
	 * boot agree but for the time that the machine slept after the earlier one began.
	 */
	monotonic(): number;
	/** Calls once, after at least `ms`. Returns the way to call it off. Never keeps the process alive by itself. */
	after(ms: number, call: () => void): () => void;
};

/** Milliseconds from the start of the machine to that of this process; 0 where the system does not tell. */
function bootOffset(): number {
	try {
		return uptime() * 1000 - performance.now();
	} catch {
		return 0;
	}
}

const offset = bootOffset();

export const systemClock: Clock = {
	now: () => Date.now(),
	monotonic: () => performance.now() + offset,
	after(ms, call) {
		const timer = setTimeout(call, ms);
		timer.unref();
		return () => clearTimeout(timer);
	},
};

/**
 * The most milliseconds that may have passed since this call, by either clock: the wall clock can be set back, and the monotonic one may
 * stop while the machine sleeps.
 */
export function createElapsedTimer(clock: Clock): () => number {
	const wall = clock.now();
	const reading = clock.monotonic();
	return () => Math.max(clock.now() - wall, clock.monotonic() - reading);
}

/** A clock whose calls come but whose time does not pass: for the demo's `still`, in which nothing may change, ages included. */
export function stoppedClock(clock: Clock): Clock {
	const moment = clock.now();
	const reading = clock.monotonic();
	return {now: () => moment, monotonic: () => reading, after: clock.after};
}
