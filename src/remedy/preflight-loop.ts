import {demandFor} from '../policy/demand.ts';
import type {Clock} from '../time/clock.ts';
import type {Arming} from './arming.ts';
import type {CurrentRemedy} from './current-remedy.ts';
import {toRemedyFailure} from './remedy-failure.ts';
import {readCurrentState} from './replan.ts';
import type {RunContext} from './run-context.ts';
import type {TimedCalls} from './timed-calls.ts';

const preflightTimeoutMs = 5000;
const preflightIntervalMs = 2000;

/** Runs the preflight of the current remedy: when the confirmation opens, while it waits for an answer, and once after the answer. */
export type PreflightLoop = {
	/** Runs the preflight once, if the remedy is in state `from`. The result is dropped when the remedy has left that state meanwhile. */
	checkOnce(run: RunContext, from: 'checking' | 'ready' | 'rechecking'): Promise<void>;
	/** Runs the preflight every 2 s until the remedy no longer waits for an answer. */
	repeat(run: RunContext): void;
	stop(): void;
};

export function createPreflightLoop(options: {
	readonly clock: Clock;
	readonly current: CurrentRemedy;
	readonly calls: TimedCalls;
	readonly arming: Pick<Arming, 'current'>;
}): PreflightLoop {
	const {clock, current, calls, arming} = options;
	let cancel = () => {};

	async function checkOnce(run: RunContext, from: 'checking' | 'ready' | 'rechecking'): Promise<void> {
		const remedy = current.inState(run, from);
		if (!remedy) return;
		const {preview, hash} = remedy;
		try {
			const checks = await calls.read(run, {timeoutMs: preflightTimeoutMs, what: 'checking'}, context =>
				run.action.preflight(preview.plan, context),
			);
			const conflict = checks.find(check => check.result === 'block' && check.conflict);
			const now = conflict ? await readCurrentState(calls, run, {shown: preview, conflict}) : undefined;
			const planned = {action: run.action.id, hash, preview};
			const demand = demandFor(await arming.current(), planned, clock.monotonic());
			current.step(run, {type: 'checked', checks, demand, ...now}, from);
		} catch (error) {
			current.step(run, {type: 'check-failed', failure: toRemedyFailure(error)}, from);
		}
	}

	function repeat(run: RunContext): void {
		if (!current.inState(run, 'ready')) return;
		cancel = clock.after(preflightIntervalMs, () => {
			void current.track(checkOnce(run, 'ready').then(() => repeat(run)));
		});
	}

	return {checkOnce, repeat, stop: () => cancel()};
}
