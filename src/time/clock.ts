import {uptime} from 'node:os';

/** The only source of time; tests pass their own. */
export type Clock = {
	/** Milliseconds since the epoch: for times that people read and servers report. The wall clock can be set forward and back at any moment. */
	now(): number;
	/**
	 * Milliseconds of a clock that cannot be set: for durations. Counted from the start of the machine, so that two processes of one boot
	 * agree, except for the time that the machine slept after the earlier one started.
	 */
	monotonic(): number;
	/** Calls once, after at least `ms`. Returns a function that cancels the call. Does not keep the process alive, except for `keepAliveClock`. */
	after(ms: number, call: () => void): () => void;
};

/** Milliseconds from the start of the machine to that of this process; 0 where the system does not report it. */
function bootOffset(): number {
	try {
		return uptime() * 1000 - performance.now();
	} catch {
		return 0;
	}
}

const offset = bootOffset();

const createSystemClock = (keepsAlive: boolean): Clock => ({
	now: () => Date.now(),
	monotonic: () => performance.now() + offset,
	after(ms, call) {
		const timer = setTimeout(call, ms);
		if (!keepsAlive) timer.unref();
		return () => clearTimeout(timer);
	},
});

export const systemClock: Clock = createSystemClock(false);

/** The system clock with timers that keep the process alive: for a wait during which nothing else may be left to do. */
export const keepAliveClock: Clock = createSystemClock(true);

/** Resolves after `ms`, or at once, without an error, when the signal aborts. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
	return new Promise(resolve => {
		const end = () => {
			cancelTimer();
			signal?.removeEventListener('abort', end);
			resolve();
		};
		const cancelTimer = clock.after(ms, end);
		if (signal?.aborted) end();
		else signal?.addEventListener('abort', end, {once: true});
	});
}

/** Calls every `ms`, first after `ms`. Returns a function that stops it. */
export function repeat(clock: Pick<Clock, 'after'>, ms: number, call: () => void): () => void {
	let cancelTimer = () => {};
	const schedule = () => {
		cancelTimer = clock.after(ms, () => {
			schedule();
			call();
		});
	};
	schedule();
	return () => cancelTimer();
}

/**
 * Returns a function that reports the milliseconds since this call, by the clock that shows more of them: the wall clock can be set back,
 * and the monotonic one may stop while the machine sleeps.
 */
export function createElapsedTimer(clock: Clock): () => number {
	const wallStart = clock.now();
	const monotonicStart = clock.monotonic();
	return () => Math.max(clock.now() - wallStart, clock.monotonic() - monotonicStart);
}

/** A clock whose timers fire but whose time does not pass: for the demo scenario `still`, in which nothing may change, ages included. */
export function stoppedClock(clock: Clock): Clock {
	const now = clock.now();
	const monotonic = clock.monotonic();
	return {now: () => now, monotonic: () => monotonic, after: clock.after};
}
