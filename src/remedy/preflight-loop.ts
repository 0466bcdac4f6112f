import {demandFor} from '../policy/demand.ts';
import type {Clock} from '../time/clock.ts';
import type {Arming} from './arming.ts';
import type {Hand} from './current-remedy.ts';
import {troubleOf} from './remedy-failure.ts';
import {presentOf} from './replan.ts';
import type {Job} from './run-context.ts';
import type {Asking} from './timed-calls.ts';

const checkMs = 5000;
const everyMs = 2000;

/** Looks at the target before anything is sent: when the confirmation opens, while it waits, and once more after it was given. */
export type Checking = {
	/** One look, for a remedy in that state. What it brings is dropped when the remedy has gone on meanwhile. */
	look(job: Job, from: 'checking' | 'ready' | 'rechecking'): Promise<void>;
	/** Looks again and again until the remedy no longer waits. */
	keepLooking(job: Job): void;
	stop(): void;
};

export function createChecking(options: {
	readonly clock: Clock;
	readonly hand: Hand;
	readonly asking: Asking;
	readonly arming: Pick<Arming, 'current'>;
}): Checking {
	const {clock, hand, asking, arming} = options;
	let callOff = () => {};

	async function look(job: Job, from: 'checking' | 'ready' | 'rechecking'): Promise<void> {
		const remedy = hand.in(job, from);
		if (!remedy) return;
		const {preview, hash} = remedy;
		try {
			const checks = await asking.ask(job, {ms: checkMs, what: 'checking'}, context =>
				job.action.preflight(preview.plan, context),
			);
			const moved = checks.find(check => check.result === 'block' && check.moved);
			const present = moved ? await presentOf(asking, job, preview, moved) : undefined;
			const deed = {action: job.action.id, hash, preview};
			const demand = demandFor(await arming.current(), deed, clock.monotonic());
			hand.step(job, {type: 'checked', checks, demand, ...present}, from);
		} catch (error) {
			hand.step(job, {type: 'check-failed', trouble: troubleOf(error)}, from);
		}
	}

	function keepLooking(job: Job): void {
		if (!hand.in(job, 'ready')) return;
		callOff = clock.after(everyMs, () => {
			void hand.track(look(job, 'ready').then(() => keepLooking(job)));
		});
	}

	return {look, keepLooking, stop: () => callOff()};
}
