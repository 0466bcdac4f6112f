import type {Outcome} from '../contract.ts';
import {messageOf} from '../errors.ts';
import type {Clock} from '../poll/clock.ts';

const lookEveryMs = 1000;

/** Why nobody looks any longer, and what is made of what was seen last. */
export type Over = {readonly result: Exclude<Outcome['result'], 'pending'>; readonly why: string};

/** The looks at what one remedy came to. */
export type Looks = {
	/** Ends them: at once while they pause, else after the look that is under way. */
	stop(over: Over): void;
	readonly outcome: Promise<Outcome>;
};

/**
 * Looks until the outcome is no longer pending, until `settleMs` have passed, or until nobody looks any longer. A look that fails is tried
 * again as long; it says nothing about what was done.
 *
 * What is still pending at the end did not help in the time it was given. What could not be seen at all is unknown.
 */
export function lookForOutcome(options: {
	readonly clock: Clock;
	readonly settleMs: number;
	look(): Promise<Outcome>;
	/** Told of each look that was pending. */
	pending(outcome: Outcome): void;
}): Looks {
	const {clock, settleMs, look, pending} = options;
	const until = clock.now() + settleMs;
	let over: Over | undefined;
	let wake = () => {};

	const pause = (): Promise<void> =>
		new Promise(done => {
			const callOff = clock.after(lookEveryMs, done);
			wake = () => {
				callOff();
				done();
			};
		});

	const overAfter = ({detail}: Outcome): Outcome | undefined =>
		over && {result: over.result, detail: `${over.why}: ${detail}`};

	/** What was led back did not help, whatever a look saw of it on the way. */
	const stands = ({result}: Outcome): boolean => over?.result !== 'ineffective' || result === 'done';

	async function lookOnce(): Promise<{readonly seen: Outcome; readonly again: boolean}> {
		try {
			const seen = await look();
			return {seen, again: seen.result === 'pending'};
		} catch (error) {
			const detail = `it was sent, and what came of it could not be read: ${messageOf(error)}`;
			return {seen: {result: 'unknown', detail}, again: true};
		}
	}

	async function lookOn(): Promise<Outcome> {
		for (;;) {
			const {seen, again} = await lookOnce();
			if (!again && stands(seen)) return seen;
			const ended = overAfter(seen);
			if (ended) return ended;
			if (seen.result === 'pending') pending(seen);
			if (clock.now() >= until) {
				if (seen.result !== 'pending') return seen;
				return {result: 'ineffective', detail: `not within ${settleMs / 1000} s: ${seen.detail}`};
			}
			await pause();
			const endedMeanwhile = overAfter(seen);
			if (endedMeanwhile) return endedMeanwhile;
		}
	}

	return {
		stop(why) {
			over = why;
			wake();
		},
		outcome: lookOn(),
	};
}
