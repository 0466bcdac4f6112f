import type {Outcome} from '../contract/action.ts';
import {messageOf} from '../errors.ts';
import type {Clock} from '../time/clock.ts';
import type {RemedyOutcome} from './remedy-state.ts';

const verifyIntervalMs = 1000;

/** The looks at what one remedy came to. */
export type OutcomeWatch = {
	/** While another act on the same object is out: what is seen meanwhile may be of that one, and does not count. */
	pause(): void;
	/** It did nothing: they go on. */
	resume(): void;
	/** It was sent, or may have been: what is seen from now on is of that one. */
	supersede(why: string): void;
	/** Nobody waits any longer: they end with the one that is under way. */
	close(): void;
	readonly end: Promise<RemedyOutcome>;
};

/**
 * Looks until the outcome is no longer pending, until `settleMs` have passed, or until it is told that nothing more can be seen. A look
 * that fails is tried again as long; it says nothing about what was done.
 *
 * What is still pending at the end did not help in the time it was given. What could not be seen at all is unknown.
 */
export function watchOutcome(options: {
	readonly clock: Clock;
	readonly settleMs: number;
	look(): Promise<Outcome>;
	/** Told of each look that was pending. */
	pending(outcome: Outcome): void;
}): OutcomeWatch {
	const {clock, settleMs, look, pending} = options;
	const until = clock.monotonic() + settleMs;
	let superseded: string | undefined;
	let closed = false;
	/** How many other acts were begun. */
	let acts = 0;
	let out = Promise.withResolvers<void>();
	out.resolve();
	let wake = () => {};
	/** What was seen last while it was still pending. */
	let last = '';

	const pause = (): Promise<void> =>
		new Promise(done => {
			const callOff = clock.after(verifyIntervalMs, done);
			wake = () => {
				callOff();
				done();
			};
		});

	async function lookOnce(): Promise<{readonly seen: Outcome; readonly again: boolean}> {
		try {
			const seen = await look();
			return {seen, again: seen.result === 'pending'};
		} catch (error) {
			const detail = `it was sent, and what came of it could not be read: ${messageOf(error)}`;
			return {seen: {result: 'unknown', detail}, again: true};
		}
	}

	const lastly = (why: string) => (last === '' ? why : `${why}: ${last}`);

	async function lookOn(): Promise<RemedyOutcome> {
		for (;;) {
			const before = acts;
			const {seen, again} = await lookOnce();
			await out.promise;
			if (superseded !== undefined) return {result: 'superseded', detail: lastly(superseded)};
			if (acts === before) {
				if (!again) return seen;
				last = seen.detail;
				if (seen.result === 'pending') pending(seen);
				if (!closed && clock.monotonic() >= until) {
					if (seen.result !== 'pending') return seen;
					return {result: 'ineffective', detail: `not within ${settleMs / 1000} s: ${last}`};
				}
			}
			if (!closed) await pause();
			await out.promise;
			if (superseded !== undefined) return {result: 'superseded', detail: lastly(superseded)};
			if (closed) return {result: 'unknown', detail: lastly('the console was closed before it showed')};
		}
	}

	return {
		pause() {
			acts += 1;
			out = Promise.withResolvers();
		},
		resume: () => out.resolve(),
		supersede(why) {
			superseded ??= why;
			out.resolve();
			wake();
		},
		close() {
			closed = true;
			wake();
		},
		end: lookOn(),
	};
}
