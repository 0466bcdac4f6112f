import {demandFor} from '../policy/demand.ts';
import type {Clock} from '../time/clock.ts';
import type {Arming} from './arming.ts';
import type {CurrentRemedy} from './current-remedy.ts';
import {toRemedyFailure} from './remedy-failure.ts';
import {readCurrentState} from './replan.ts';
import type {RunContext} from './run-context.ts';
import type {TimedCalls} from './timed-calls.ts';

const checkMs = 5000;
const everyMs = 2000;

/** Looks at the target before anything is sent: when the confirmation opens, while it waits, and once more after it was given. */
export type PreflightLoop = {
	/** One look, for a remedy in that state. What it brings is dropped when the remedy has gone on meanwhile. */
	checkOnce(job: RunContext, from: 'checking' | 'ready' | 'rechecking'): Promise<void>;
	/** Looks again and again until the remedy no longer waits. */
	keepChecking(job: RunContext): void;
	stop(): void;
};

export function createPreflightLoop(options: {
	readonly clock: Clock;
	readonly hand: CurrentRemedy;
	readonly asking: TimedCalls;
	readonly arming: Pick<Arming, 'current'>;
}): PreflightLoop {
	const {clock, hand, asking, arming} = options;
	let callOff = () => {};

	async function look(job: RunContext, from: 'checking' | 'ready' | 'rechecking'): Promise<void> {
		const remedy = hand.inState(job, from);
		if (!remedy) return;
		const {preview, hash} = remedy;
		try {
			const checks = await asking.read(job, {ms: checkMs, what: 'checking'}, context =>
				job.action.preflight(preview.plan, context),
			);
			const moved = checks.find(check => check.result === 'block' && check.conflict);
			const present = moved ? await readCurrentState(asking, job, preview, moved) : undefined;
			const deed = {action: job.action.id, hash, preview};
			const demand = demandFor(await arming.current(), deed, clock.monotonic());
			hand.step(job, {type: 'checked', checks, demand, ...present}, from);
		} catch (error) {
			hand.step(job, {type: 'check-failed', failure: toRemedyFailure(error)}, from);
		}
	}

	function keepLooking(job: RunContext): void {
		if (!hand.inState(job, 'ready')) return;
		callOff = clock.after(everyMs, () => {
			void hand.track(look(job, 'ready').then(() => keepLooking(job)));
		});
	}

	return {checkOnce: look, keepChecking: keepLooking, stop: () => callOff()};
}
