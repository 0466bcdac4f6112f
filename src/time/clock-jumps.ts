import type {Clock} from './clock.ts';

/** A smaller step is the work of a time service, which no user has to know of. */
const leastJumpMs = 5000;
const everyMs = 1000;

/**
 * Calls back with the milliseconds by which the wall clock was set forward (or the machine slept), or back when negative. Returns the way
 * to stop.
 */
export function watchClockJumps(clock: Clock, jumped: (byMs: number) => void): () => void {
	const offset = () => clock.now() - clock.monotonic();
	let before = offset();
	let callOff = () => {};
	const look = () => {
		const byMs = offset() - before;
		before += byMs;
		callOff = clock.after(everyMs, look);
		if (Math.abs(byMs) >= leastJumpMs) jumped(byMs);
	};
	callOff = clock.after(everyMs, look);
	return () => callOff();
}
