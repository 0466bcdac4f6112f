import {type Clock, repeat} from './clock.ts';

/** A smaller step is the work of a time service; no user has to know of it. */
const minJumpMs = 5000;
const checkIntervalMs = 1000;

/**
 * Calls `onJump` with the milliseconds by which the wall clock was set forward (or the machine slept); negative when it was set back.
 * Returns a function that stops it.
 */
export function watchClockJumps(clock: Clock, onJump: (byMs: number) => void): () => void {
	const offset = () => clock.now() - clock.monotonic();
	let before = offset();
	return repeat(clock, checkIntervalMs, () => {
		const byMs = offset() - before;
		before += byMs;
		if (Math.abs(byMs) >= minJumpMs) onJump(byMs);
	});
}
