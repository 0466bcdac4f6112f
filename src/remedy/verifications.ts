import type {Audit} from '../audit/audit-log.ts';
import type {Clock} from '../time/clock.ts';
import type {Arming} from './arming.ts';
import type {CurrentRemedy} from './current-remedy.ts';
import {type OutcomeWatch, watchOutcome} from './outcome-watch.ts';
import {recordResult} from './record-result.ts';
import type {Remedy} from './remedy-state.ts';
import type {RunContext} from './run-context.ts';
import type {TimedCalls} from './timed-calls.ts';

const verifyTimeoutMs = 5000;

/** Verifies each remedy that was sent, several at the same time. */
export type Verifications = {
	/** Verifies until the outcome is known, records it, and ends the remedy. */
	verify(run: RunContext): Promise<void>;
	/** Pauses the verification of the remedies on the same object that were sent before, while this one is being sent. */
	pauseEarlier(remedy: Remedy): PausedVerifications;
	/** Ends every verification with the read in flight. Verifications that start later end the same way. */
	close(): void;
};

export type PausedVerifications = {
	/** Nothing was sent: verification continues. */
	resume(): void;
	/** The remedy was sent, or may have been: an earlier one can no longer be verified. */
	supersede(how: 'was' | 'may have been'): void;
};

export function createVerifications(options: {
	readonly clock: Clock;
	readonly audit: Pick<Audit, 'append'>;
	readonly arming: Pick<Arming, 'touch'>;
	readonly current: CurrentRemedy;
	readonly calls: TimedCalls;
}): Verifications {
	const {clock, audit, arming, current, calls} = options;
	/** The verifications in progress, by the id of their remedy. */
	const watches = new Map<string, OutcomeWatch>();
	let closed = false;

	const earlierWatches = ({target, preview, undoOf}: Remedy) =>
		current.settling.get().flatMap(earlier => {
			const watch = watches.get(earlier.id);
			const sharesLock = earlier.preview?.lockNames.some(name => preview?.lockNames.includes(name)) === true;
			const isEarlier = earlier.id === undoOf || (earlier.target === target && sharesLock);
			return watch !== undefined && isEarlier ? [{id: earlier.id, watch}] : [];
		});

	return {
		async verify(run) {
			const remedy = current.inState(run, 'verifying');
			if (!remedy) return;
			arming.touch(run.target);
			const {preview, receipt} = remedy;
			const watch = watchOutcome({
				clock,
				settleMs: run.action.settleMs,
				read: () =>
					calls.read(run, {timeoutMs: verifyTimeoutMs, what: 'verification'}, context =>
						run.action.verify(preview.plan, receipt, context),
					),
				onPending: outcome => void current.step(run, {type: 'verified', outcome}, 'verifying'),
			});
			watches.set(run.id, watch);
			if (closed) watch.close();
			const outcome = await watch.end;
			watches.delete(run.id);
			const result = outcome.result === 'pending' ? 'unknown' : outcome.result;
			// Recorded before the remedy ends, so that a failed record is shown with its end.
			const entry = {kind: 'verify', result, locks: preview.lockNames, note: outcome.detail} as const;
			await recordResult({audit, current}, {run, remedy, entry});
			current.step(run, {type: 'verified', outcome}, 'verifying');
		},
		pauseEarlier(remedy) {
			const earlier = earlierWatches(remedy);
			for (const {watch} of earlier) watch.pause();
			return {
				resume() {
					for (const {watch} of earlier) watch.resume();
				},
				supersede(how) {
					for (const {id, watch} of earlier) {
						const sentTitle = id === remedy.undoOf ? 'its undo' : remedy.action.title;
						watch.supersede(`${sentTitle} ${how} sent before the outcome was known`);
					}
				},
			};
		},
		close() {
			closed = true;
			for (const watch of watches.values()) watch.close();
		},
	};
}
