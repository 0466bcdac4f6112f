import type {Row, Severity} from '../../contract/row.ts';
import {formatDuration} from '../../text/format.ts';
import type {LastTermination} from './pod-cause.ts';

/** Pending is normal while an image is pulled; longer than this someone waits. */
const pendingPatienceMs = 2 * 60_000;
/** A pod that restarted so lately is not well yet, whatever it says. */
const restartMemoryMs = 10 * 60_000;

/** The workload behind a pod: what a remedy acts on. `uid` is its own. */
export type Workload = {
	/** `Deployment`, `StatefulSet`, `DaemonSet`, `ReplicaSet`, `Job`, or a kind of an extension. */
	readonly kind: string;
	readonly name: string;
	readonly uid: string;
	/** A Deployment whose rollouts wait until it is resumed. */
	readonly paused: boolean;
	/** How many pods it is to have, where that is known. */
	readonly replicas: number | undefined;
};

/** The rollout that a pod came with. */
export type Rollout = {
	readonly revision: number;
	/** Epoch milliseconds when it began; undefined of an earlier revision that came back: nothing dates that. */
	readonly at: number | undefined;
	/** Nothing came before it. */
	readonly first: boolean;
};

/** What is known of one pod. Moments are epoch milliseconds. */
export type PodFacts = {
	readonly uid: string;
	readonly namespace: string;
	readonly name: string;
	/** The workload that a person knows it by: `api` for `api-7f9c6d-x2k4p`. */
	readonly owner: string;
	/** Undefined when nothing brings the pod back. */
	readonly workload: Workload | undefined;
	readonly rollout: Rollout | undefined;
	/** Undefined until it is scheduled. */
	readonly node: string | undefined;
	readonly ready: number;
	readonly containers: number;
	/** The word of `kubectl get pods`, STATUS. */
	readonly status: string;
	readonly lastTermination: LastTermination | undefined;
	/** What the status hides, in a few words: `OOMKilled 137`, `0/3 nodes: insufficient cpu`. See podCause. */
	readonly cause: string | undefined;
	/** Least memory limit of its containers, as it is written: `512Mi`. */
	readonly memoryLimit: string | undefined;
	readonly restarts: number;
	readonly restartedAt: number | undefined;
	readonly createdAt: number;
	/** When it last stopped being ready. */
	readonly unreadySince: number | undefined;
	/** It failed, and what it was made for was done since: its Job made another, or a later run of the CronJob did it. */
	readonly settled?: true;
	/** When it has to be gone at the latest: the deletion's own moment with its grace. */
	readonly deleteBy: number | undefined;
};

export type PodRow = Row & PodFacts;

/** Statuses of a container that cannot start or does not stay up; `Init:` in front does not matter. */
const broken = new Set([
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

/** `before`, a row of the very same facts, is the row itself as long as it is judged alike. */
export function podRow(target: string, facts: PodFacts, now: number, before?: PodRow): PodRow {
	const {severity, why} = judgePod(facts, now);
	if (before?.severity === severity && before.why === why) return before;
	return {id: facts.uid, target, severity, ...(why === undefined ? {} : {why}), ...facts};
}

function judgePod(facts: PodFacts, now: number): {readonly severity: Severity; readonly why?: string} {
	const {status, ready, containers} = facts;
	if (facts.settled === true) return {severity: 'ok'};
	if (isBroken(facts) || isCrashing(facts, now)) return {severity: 'crit', why: podProblemWithCounts(facts)};
	if (status === 'Completed' || status === 'Succeeded') return {severity: 'ok'};
	if (facts.deleteBy !== undefined) {
		if (now <= facts.deleteBy) return {severity: 'ok'};
		const held = facts.cause === undefined ? '' : `, held by ${facts.cause}`;
		return {severity: 'warn', why: `should be gone since ${formatDuration((now - facts.deleteBy) / 1000)}${held}`};
	}
	if (status === 'Evicted') return {severity: 'warn', why: podProblemWithCounts(facts)};
	if (facts.node === undefined || status === 'Pending') {
		const waited = now - facts.createdAt;
		return waited < pendingPatienceMs ? {severity: 'ok'} : {severity: 'warn', why: podProblemWithCounts(facts)};
	}
	if (ready < containers) {
		const since = facts.unreadySince ?? facts.createdAt;
		if (now - since < pendingPatienceMs) return {severity: 'ok'};
		const why = facts.cause === undefined ? '' : ` <- ${facts.cause}`;
		return {severity: 'warn', why: `not ready, ${ready} of ${containers} containers${why}`};
	}
	const {restartedAt, lastTermination: lastEnd} = facts;
	if (restartedAt === undefined) return {severity: 'ok'};
	const died = lastEnd === undefined || lastEnd.exitCode === 0 ? '' : ` <- ${lastEnd.reason} ${lastEnd.exitCode}`;
	const every = meanRestartIntervalMs(facts);
	if (every !== undefined && now - restartedAt < 2 * every)
		return {severity: 'warn', why: `restarting on and on${died}`};
	if (now - restartedAt < restartMemoryMs) return {severity: 'warn', why: `restarted in the last 10 minutes${died}`};
	return {severity: 'ok'};
}

/** So many are no accident, when hours at most lie between them. */
const manyRestarts = 5;
const rareRestartMs = 6 * 60 * 60_000;

/**
 * Milliseconds between two restarts of a pod that goes on restarting, on the average of its life: too seldom for the kubelet to call it a
 * crash loop, so that its status is well most of the time. Undefined for all others.
 */
export function meanRestartIntervalMs({
	restarts,
	restartedAt,
	createdAt,
}: Pick<PodFacts, 'restarts' | 'restartedAt' | 'createdAt'>): number | undefined {
	if (restarts < manyRestarts || restartedAt === undefined) return undefined;
	const every = (restartedAt - createdAt) / restarts;
	return every > restartMemoryMs / 2 && every <= rareRestartMs ? every : undefined;
}

function isBroken({status}: PodFacts): boolean {
	const bare = status.replace(/^Init:/, '');
	return broken.has(bare) || /^(ExitCode|Signal):/.test(bare);
}

/** Up for a moment between two crashes: its status says Running, and it is no better than a minute ago. */
function isCrashing(
	{status, ready, containers, restarts, restartedAt, lastTermination: lastEnd}: PodFacts,
	now: number,
): boolean {
	if (restarts < 2 || lastEnd === undefined || lastEnd.exitCode === 0 || ready === containers) return false;
	return status === 'Running' && restartedAt !== undefined && now - restartedAt < restartMemoryMs;
}

/** Two words for one trouble take turns: the kubelet tries, fails, waits, and tries again. */
function stableStatus({status, restarts, lastTermination: lastEnd}: PodFacts): string {
	const init = status.startsWith('Init:') ? 'Init:' : '';
	const bare = status.slice(init.length);
	if (bare === 'ErrImagePull') return `${init}ImagePullBackOff`;
	const crashes = bare === 'Running' || bare === 'Error' || bare === 'OOMKilled' || /^(ExitCode|Signal):/.test(bare);
	return crashes && restarts >= 2 && lastEnd !== undefined ? `${init}CrashLoopBackOff` : status;
}

/**
 * `CrashLoopBackOff <- OOMKilled 137 at limit 512Mi`: what a status alone hides. Without figures that grow and words that take turns, so
 * that it names one trouble while it lasts.
 */
export function podProblem(facts: PodFacts): string {
	const {lastTermination: lastEnd, memoryLimit} = facts;
	const word = stableStatus(facts);
	const isCrash = word.endsWith('CrashLoopBackOff');
	const cause = isCrash && lastEnd !== undefined ? `${lastEnd.reason} ${lastEnd.exitCode}` : facts.cause;
	if (cause === undefined) return word;
	const limit = lastEnd?.reason === 'OOMKilled' && memoryLimit !== undefined ? ` at limit ${memoryLimit}` : '';
	return /^\d+$/.test(cause) ? `${word} ${cause}${limit}` : `${word} <- ${cause}${limit}`;
}

/** The same with how often it happened: `CrashLoopBackOff <- OOMKilled 137 x14`. */
function podProblemWithCounts(facts: PodFacts): string {
	const text = podProblem(facts);
	return text.includes('CrashLoopBackOff') && facts.restarts >= 2 ? `${text} x${facts.restarts}` : text;
}
