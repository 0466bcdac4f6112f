import type {Severity} from '../../contract/row.ts';
import {formatDuration} from '../../text/format.ts';

/** Progress and result of one Job. Times are epoch milliseconds. */
export type JobRun = {
	readonly name: string;
	/** `spec.completions`: how many of its pods must succeed. */
	readonly wanted: number;
	readonly succeeded: number;
	readonly active: number;
	/** Failed pods, including those that were replaced. */
	readonly failed: number;
	readonly end: 'complete' | 'failed' | undefined;
	/** Reason and message of its Failed condition: `BackoffLimitExceeded: Job has reached the specified backoff limit`. */
	readonly failureReason: string | undefined;
	readonly startedAt: number | undefined;
	readonly endedAt: number | undefined;
};

/** A Job, or a CronJob with its latest Job. */
export type JobRuns = {
	/** Undefined for a CronJob without Jobs. */
	readonly last: JobRun | undefined;
	/** `spec.suspend`: nothing is started until it is resumed. */
	readonly suspended: boolean;
	/** `0 3 * * *`, with its time zone; undefined for a Job. */
	readonly schedule: string | undefined;
	readonly scheduledAt: number | undefined;
	readonly succeededAt: number | undefined;
};

export type RunStatus = 'complete' | 'running' | 'failed' | 'suspended' | 'waiting';

export function runStatus({last, suspended}: JobRuns): RunStatus {
	if (last?.end === 'failed') return 'failed';
	if (suspended) return 'suspended';
	if (last?.end === 'complete') return 'complete';
	return last === undefined || last.active + last.succeeded + last.failed === 0 ? 'waiting' : 'running';
}

/** `0 of 1 done, 3 pods failed`. */
export function runCounts({succeeded, wanted, failed, active}: JobRun): string {
	return [
		`${succeeded} of ${wanted} done`,
		...(active === 0 ? [] : [`${active} running`]),
		...(failed === 0 ? [] : [`${failed} ${failed === 1 ? 'pod' : 'pods'} failed`]),
	].join(', ');
}

/** Why the last run failed; undefined when it did not (yet). */
export function runProblem({last, schedule}: JobRuns): {readonly severity: Severity; readonly why: string} | undefined {
	if (last?.end !== 'failed') return undefined;
	const what = schedule === undefined ? 'the job failed' : `its last run ${last.name} failed`;
	return {severity: 'crit', why: `${what}${last.failureReason === undefined ? '' : `: ${last.failureReason}`}`};
}

/** How long the run took, or has been running. */
export function runDuration({startedAt, endedAt}: JobRun, now: number): string | undefined {
	return startedAt === undefined ? undefined : formatDuration(((endedAt ?? now) - startedAt) / 1000);
}
