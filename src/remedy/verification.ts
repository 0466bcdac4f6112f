import type {Outcome} from '../contract.ts';
import {messageOf} from '../errors.ts';
import type {Clock} from '../poll/clock.ts';

const lookEveryMs = 1000;

/**
 * Looks until the outcome is no longer pending, or until `settleMs` have passed. A look that fails is tried again as long; it says nothing
 * about what was done.
 *
 * What is still pending at the end did not help in the time it was given. What could not be seen at all is unknown.
 */
export async function awaitOutcome(options: {
	readonly clock: Clock;
	readonly settleMs: number;
	look(): Promise<Outcome>;
	/** Told of each look that was pending. */
	pending(outcome: Outcome): void;
	/** Resolves after so many milliseconds, or as soon as nobody waits any longer; then it gives false. */
	pause(ms: number): Promise<boolean>;
}): Promise<Outcome> {
	const {clock, settleMs, look, pending, pause} = options;
	const until = clock.now() + settleMs;
	for (;;) {
		let seen: Outcome;
		try {
			seen = await look();
		} catch (error) {
			seen = {result: 'unknown', detail: `it was sent, and what came of it could not be read: ${messageOf(error)}`};
			if (clock.now() >= until) return seen;
			if (!(await pause(lookEveryMs))) return seen;
			continue;
		}
		if (seen.result !== 'pending') return seen;
		pending(seen);
		if (clock.now() >= until) return {result: 'ineffective', detail: `not within ${settleMs / 1000} s: ${seen.detail}`};
		if (!(await pause(lookEveryMs))) {
			return {result: 'unknown', detail: `the console was closed before it showed: ${seen.detail}`};
		}
	}
}
