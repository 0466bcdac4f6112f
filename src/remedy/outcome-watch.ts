import type {Outcome} from '../contract/action.ts';
import {messageOf} from '../errors.ts';
import type {Clock} from '../time/clock.ts';
import type {RemedyOutcome} from './remedy-state.ts';

const verifyIntervalMs = 1000;

/** The verification of one sent remedy. */
export type OutcomeWatch = {
	/** Another action on the same object is being sent: what is read until `resume` may be its effect and does not count. */
	pause(): void;
	/** The other action did nothing: verification continues. */
	resume(): void;
	/** The other action was sent, or may have been: `end` resolves with `superseded`. */
	supersede(why: string): void;
	/** `end` resolves after the read in flight. */
	close(): void;
	readonly end: Promise<RemedyOutcome>;
};

/**
 * Reads the outcome every second until it is no longer pending or `settleMs` have passed, or until it is superseded or closed. A read that
 * fails is retried as long; it says nothing about what was done.
 *
 * An outcome that is still pending at the end is `ineffective`; one that could not be read is `unknown`.
 */
export function watchOutcome(options: {
	readonly clock: Clock;
	readonly settleMs: number;
	read(): Promise<Outcome>;
	onPending(outcome: Outcome): void;
}): OutcomeWatch {
	const {clock, settleMs, read, onPending} = options;
	const deadline = clock.monotonic() + settleMs;
	let superseded: string | undefined;
	let closed = false;
	/** Counts calls of `pause`: a read that one of them overlaps does not count. */
	let pauses = 0;
	let paused = Promise.withResolvers<void>();
	paused.resolve();
	let wake = () => {};
	/** Detail of the last outcome that was not final. */
	let lastDetail = '';

	const untilNextRead = (): Promise<void> =>
		new Promise(resolve => {
			const cancel = clock.after(verifyIntervalMs, resolve);
			wake = () => {
				cancel();
				resolve();
			};
		});

	const withLastDetail = (why: string) => (lastDetail === '' ? why : `${why}: ${lastDetail}`);

	async function readUntilFinal(): Promise<RemedyOutcome> {
		for (;;) {
			const pausesBefore = pauses;
			const {outcome, isFinal} = await readOnce(read);
			await paused.promise;
			if (superseded !== undefined) return {result: 'superseded', detail: withLastDetail(superseded)};
			if (pauses === pausesBefore) {
				if (isFinal) return outcome;
				lastDetail = outcome.detail;
				if (outcome.result === 'pending') onPending(outcome);
				if (!closed && clock.monotonic() >= deadline) {
					if (outcome.result !== 'pending') return outcome;
					return {result: 'ineffective', detail: `not within ${settleMs / 1000} s: ${lastDetail}`};
				}
			}
			if (!closed) await untilNextRead();
			await paused.promise;
			if (superseded !== undefined) return {result: 'superseded', detail: withLastDetail(superseded)};
			if (closed) {
				return {result: 'unknown', detail: withLastDetail('the console was closed before the outcome was known')};
			}
		}
	}

	return {
		pause() {
			pauses += 1;
			paused = Promise.withResolvers();
		},
		resume: () => paused.resolve(),
		supersede(why) {
			superseded ??= why;
			paused.resolve();
			wake();
		},
		close() {
			closed = true;
			wake();
		},
		end: readUntilFinal(),
	};
}

async function readOnce(read: () => Promise<Outcome>): Promise<{readonly outcome: Outcome; readonly isFinal: boolean}> {
	try {
		const outcome = await read();
		return {outcome, isFinal: outcome.result !== 'pending'};
	} catch (error) {
		const detail = `it was sent, but its outcome could not be read: ${messageOf(error)}`;
		return {outcome: {result: 'unknown', detail}, isFinal: false};
	}
}
