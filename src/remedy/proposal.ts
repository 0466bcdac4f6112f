import type {Audit} from '../audit/audit-log.ts';
import {messageOf} from '../errors.ts';
import {type Refusal, refusalFor} from '../policy/policy.ts';
import type {Clock} from '../time/clock.ts';
import type {Arming} from './arming.ts';
import type {CurrentRemedy} from './current-remedy.ts';
import {freezePreview, hashPlan} from './plan.ts';
import type {PreflightLoop} from './preflight-loop.ts';
import {futileReason} from './remedy-entries.ts';
import {errorHint, toRemedyFailure} from './remedy-failure.ts';
import type {Remedy} from './remedy-state.ts';
import {findUnchangedRows} from './replan.ts';
import type {RunContext} from './run-context.ts';
import type {TimedCalls} from './timed-calls.ts';

const previewTimeoutMs = 10_000;
/** How many of the last audit records are searched for attempts that did not help. */
const searchedRecords = 500;

/** The first stage of a remedy: from `proposed` to `ready`, or to its end. */
export type Proposal = {
	/** Checks the policy, previews and runs the preflight once; then repeats the preflight while the remedy waits for an answer. */
	open(run: RunContext, remedy: Remedy, refusal: Refusal | undefined): Promise<void>;
	close(): void;
};

export function createProposal(options: {
	readonly clock: Clock;
	readonly audit: Pick<Audit, 'recent' | 'ageOf'>;
	readonly arming: Pick<Arming, 'policy' | 'current' | 'touch'>;
	readonly current: CurrentRemedy;
	readonly calls: TimedCalls;
	readonly preflight: PreflightLoop;
}): Proposal {
	const {clock, audit, arming, current, calls, preflight} = options;

	/** A remedy that waits for an answer is refused as soon as the policy forbids it. */
	const unsubscribe = arming.policy.subscribe(() => {
		const run = current.run();
		if (!run || !current.inState(run, 'ready')) return;
		const refusal = refusalFor(arming.policy.get(), run.action.id, run.target, clock.monotonic());
		if (!refusal) return;
		preflight.stop();
		current.refuse(run, refusal.reason, refusal.hint);
	});

	/** Refuses an action that did not help on the same object, and one whose history cannot be read. @returns whether it was refused. */
	async function refuseFutile(run: RunContext, remedy: Remedy, locks: readonly string[]): Promise<boolean> {
		try {
			const reason = futileReason(await audit.recent(searchedRecords), remedy, locks, audit.ageOf);
			if (reason === undefined) return false;
			current.refuse(run, reason, 'look for another cause before you try it again');
		} catch (error) {
			current.refuse(run, messageOf(error), errorHint(error));
		}
		return true;
	}

	async function preview(run: RunContext, remedy: Remedy): Promise<'continue' | 'refused'> {
		try {
			const limit = {timeoutMs: previewTimeoutMs, what: 'the preview'};
			const created = freezePreview(await calls.read(run, limit, run.preview));
			if (created.target !== run.target) throw new Error(`the preview is of ${created.target}, not of ${run.target}`);
			if (created.lockNames.length === 0) throw new Error('the preview does not name what it changes');
			const hash = hashPlan(run.action.id, run.target, created.plan);
			current.step(run, {type: 'previewed', preview: created, hash});
			if (await refuseFutile(run, remedy, created.lockNames)) return 'refused';
		} catch (error) {
			const failure = toRemedyFailure(error);
			const replanOffer = failure.kind === 'conflict' ? await findUnchangedRows(calls, run, undefined) : undefined;
			current.step(run, {type: 'preview-failed', failure, replanOffer});
		}
		return 'continue';
	}

	return {
		async open(run, remedy, invalid) {
			const refusal = invalid ?? refusalFor(await arming.current(), run.action.id, run.target, clock.monotonic());
			if (refusal) {
				current.refuse(run, refusal.reason, refusal.hint);
				return;
			}
			arming.touch(run.target);
			current.step(run, {type: 'preview-started'});
			if ((await preview(run, remedy)) === 'refused') return;
			await preflight.checkOnce(run, 'checking');
			preflight.repeat(run);
		},
		close: unsubscribe,
	};
}
