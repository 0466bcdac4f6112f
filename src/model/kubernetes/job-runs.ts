import type {Severity} from '../../contract/row.ts';
import {formatDuration} from '../../text/format.ts';

/** What one Job came to. Moments are epoch milliseconds. */
export type JobRun = {
	readonly name: string;
	/** How many of its pods are to end well. */
	readonly wanted: number;
	readonly succeeded: number;
	readonly active: number;
	/** Pods that failed, also those that others took the place of. */
	readonly failed: number;
	readonly end: 'complete' | 'failed' | undefined;
	/** Why it failed, in the server's words: `BackoffLimitExceeded: Job has reached the specified backoff limit`. */
	readonly failureReason: string | undefined;
	readonly startedAt: number | undefined;
	readonly endedAt: number | undefined;
};

/** A Job, or a CronJob with the Job that it made last. */
export type JobRuns = {
	/** Undefined of a CronJob none of whose Jobs is there. */
	readonly last: JobRun | undefined;
	/** Nothing is started until somebody lets it. */
	readonly suspended: boolean;
	/** `0 3 * * *`, with its time zone; undefined of a Job. */
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

/** Why the last run is no good; undefined when it is, or may still be. */
export function runProblem({last, schedule}: JobRuns): {readonly severity: Severity; readonly why: string} | undefined {
	if (last?.end !== 'failed') return undefined;
	const what = schedule === undefined ? 'the job failed' : `its last run ${last.name} failed`;
	return {severity: 'crit', why: `${what}${last.failureReason === undefined ? '' : `: ${last.failureReason}`}`};
}

/** How long it took, or has been at it. */
export function runDuration({startedAt, endedAt}: JobRun, now: number): string | undefined {
	return startedAt === undefined ? undefined : formatDuration(((endedAt ?? now) - startedAt) / 1000);
}
