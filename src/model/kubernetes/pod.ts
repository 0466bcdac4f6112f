import type {Row, Severity} from '../../contract/row.ts';
import {formatDuration} from '../../text/format.ts';
import type {LastTermination} from './pod-cause.ts';

/** Pending is normal while an image is pulled; longer than this it is a warning. */
const pendingTimeoutMs = 2 * 60_000;
/** A pod that restarted within this time is still a warning, whatever its status. */
const restartMemoryMs = 10 * 60_000;

/** The workload that owns a pod: what actions act on. */
export type Workload = {
	/** `Deployment`, `StatefulSet`, `DaemonSet`, `ReplicaSet`, `Job`, or the kind of a custom resource. */
	readonly kind: string;
	readonly name: string;
	readonly uid: string;
	/** A Deployment whose rollouts wait until it is resumed. */
	readonly paused: boolean;
	/** Desired number of pods, where that is known. */
	readonly replicas: number | undefined;
};

/** The rollout that created a pod. */
export type Rollout = {
	readonly revision: number;
	/** Epoch milliseconds when it began; undefined after a rollback to it, whose time the API does not record. */
	readonly at: number | undefined;
	/** Whether it is the first rollout of the workload. */
	readonly first: boolean;
};

/** Facts about one pod. Times are epoch milliseconds. */
export type PodFacts = {
	readonly uid: string;
	readonly namespace: string;
	readonly name: string;
	/** Name of the workload for display: `api` for `api-7f9c6d-x2k4p`. */
	readonly owner: string;
	/** Undefined when nothing recreates the pod. */
	readonly workload: Workload | undefined;
	readonly rollout: Rollout | undefined;
	/** Undefined until it is scheduled. */
	readonly node: string | undefined;
	readonly ready: number;
	readonly containers: number;
	/** STATUS of `kubectl get pods`. */
	readonly status: string;
	readonly lastTermination: LastTermination | undefined;
	/** The cause behind the status, in short: `OOMKilled 137`, `0/3 nodes: insufficient cpu`. See podCause. */
	readonly cause: string | undefined;
	/** Smallest memory limit of its containers, as a quantity: `512Mi`. */
	readonly memoryLimit: string | undefined;
	readonly restarts: number;
	readonly restartedAt: number | undefined;
	readonly createdAt: number;
	/** When it last stopped being ready. */
	readonly unreadySince: number | undefined;
	/** It failed, but its work was done since: by another pod of its Job, or by a later run of its CronJob. */
	readonly settled?: true;
	/** When the grace period of its deletion ends. */
	readonly deletionDueAt: number | undefined;
};

export type PodRow = Row<'kubernetes.pod'> & PodFacts;

/** Statuses of a container that cannot start or does not keep running, without the prefix `Init:`. */
const failedStatuses: ReadonlySet<string> = new Set([
	'CrashLoopBackOff',
	'OOMKilled',
	'Error',
	'ContainerCannotRun',
	'CreateContainerConfigError',
	'CreateContainerError',
	'RunContainerError',
	'ImagePullBackOff',
	'ErrImagePull',
	'InvalidImageName',
	'ErrImageNeverPull',
	'DeadlineExceeded',
	'NodeLost',
	'Unknown',
]);

/** Builds the row. Returns `before`, a row of the same facts object, while severity and reason have not changed. */
export function podRow(target: string, facts: PodFacts, now: number, before?: PodRow): PodRow {
	const {severity, why} = judgePod(facts, now);
	if (before?.severity === severity && before.why === why) return before;
	return {id: facts.uid, kind: 'kubernetes.pod', target, severity, ...(why === undefined ? {} : {why}), ...facts};
}

function judgePod(facts: PodFacts, now: number): {readonly severity: Severity; readonly why?: string} {
	const {status, ready, containers} = facts;
	if (facts.settled === true) return {severity: 'ok'};
	if (isBroken(facts) || isCrashing(facts, now)) return {severity: 'crit', why: podProblemWithCounts(facts)};
	if (status === 'Completed' || status === 'Succeeded') return {severity: 'ok'};
	if (facts.deletionDueAt !== undefined) {
		if (now <= facts.deletionDueAt) return {severity: 'ok'};
		const blockedBy = facts.cause === undefined ? '' : `, blocked by ${facts.cause}`;
		return {
			severity: 'warn',
			why: `not terminated, overdue by ${formatDuration((now - facts.deletionDueAt) / 1000)}${blockedBy}`,
		};
	}
	if (status === 'Evicted') return {severity: 'warn', why: podProblemWithCounts(facts)};
	if (facts.node === undefined || status === 'Pending') {
		const waited = now - facts.createdAt;
		return waited < pendingTimeoutMs ? {severity: 'ok'} : {severity: 'warn', why: podProblemWithCounts(facts)};
	}
	if (ready < containers) {
		const since = facts.unreadySince ?? facts.createdAt;
		if (now - since < pendingTimeoutMs) return {severity: 'ok'};
		const causeText = facts.cause === undefined ? '' : ` <- ${facts.cause}`;
		return {severity: 'warn', why: `not ready, ${ready} of ${containers} containers${causeText}`};
	}
	const {restartedAt, lastTermination: termination} = facts;
	if (restartedAt === undefined) return {severity: 'ok'};
	const lastExit =
		termination === undefined || termination.exitCode === 0 ? '' : ` <- ${termination.reason} ${termination.exitCode}`;
	const interval = meanRestartIntervalMs(facts);
	if (interval !== undefined && now - restartedAt < 2 * interval)
		return {severity: 'warn', why: `restarting repeatedly${lastExit}`};
	if (now - restartedAt < restartMemoryMs)
		return {severity: 'warn', why: `restarted in the last 10 minutes${lastExit}`};
	return {severity: 'ok'};
}

/** From this number on, restarts at most six hours apart are a pattern. */
const manyRestarts = 5;
const rareRestartMs = 6 * 60 * 60_000;

/**
 * Mean interval in milliseconds between the restarts of a pod that restarts regularly, but too rarely for the kubelet to call it a crash
 * loop, so that its status is fine most of the time. Undefined for all others.
 */
export function meanRestartIntervalMs({
	restarts,
	restartedAt,
	createdAt,
}: Pick<PodFacts, 'restarts' | 'restartedAt' | 'createdAt'>): number | undefined {
	if (restarts < manyRestarts || restartedAt === undefined) return undefined;
	const interval = (restartedAt - createdAt) / restarts;
	return interval > restartMemoryMs / 2 && interval <= rareRestartMs ? interval : undefined;
}

function isBroken({status}: PodFacts): boolean {
	const bare = status.replace(/^Init:/, '');
	return failedStatuses.has(bare) || /^(ExitCode|Signal):/.test(bare);
}

/** Whether it runs briefly between two crashes: its status is Running, but the problem persists. */
function isCrashing(
	{status, ready, containers, restarts, restartedAt, lastTermination: termination}: PodFacts,
	now: number,
): boolean {
	if (restarts < 2 || termination === undefined || termination.exitCode === 0 || ready === containers) return false;
	return status === 'Running' && restartedAt !== undefined && now - restartedAt < restartMemoryMs;
}

/** One status for a problem whose status alternates while the kubelet fails, backs off and retries. */
function stableStatus({status, restarts, lastTermination: termination}: PodFacts): string {
	const init = status.startsWith('Init:') ? 'Init:' : '';
	const bare = status.slice(init.length);
	if (bare === 'ErrImagePull') return `${init}ImagePullBackOff`;
	const crashes = bare === 'Running' || bare === 'Error' || bare === 'OOMKilled' || /^(ExitCode|Signal):/.test(bare);
	return crashes && restarts >= 2 && termination !== undefined ? `${init}CrashLoopBackOff` : status;
}

/**
 * Status and cause: `CrashLoopBackOff <- OOMKilled 137 at limit 512Mi`. Contains no counter and no alternating status, so that the text
 * is stable while the problem lasts.
 */
export function podProblem(facts: PodFacts): string {
	const {lastTermination: termination, memoryLimit} = facts;
	const word = stableStatus(facts);
	const isCrash = word.endsWith('CrashLoopBackOff');
	const cause = isCrash && termination !== undefined ? `${termination.reason} ${termination.exitCode}` : facts.cause;
	if (cause === undefined) return word;
	const limit = termination?.reason === 'OOMKilled' && memoryLimit !== undefined ? ` at limit ${memoryLimit}` : '';
	return /^\d+$/.test(cause) ? `${word} ${cause}${limit}` : `${word} <- ${cause}${limit}`;
}

/** The same with the number of restarts: `CrashLoopBackOff <- OOMKilled 137 x14`. */
function podProblemWithCounts(facts: PodFacts): string {
	const text = podProblem(facts);
	return text.includes('CrashLoopBackOff') && facts.restarts >= 2 ? `${text} x${facts.restarts}` : text;
}
