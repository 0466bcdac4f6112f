import type {Row, Severity} from '../../contract/row.ts';
import {worstSeverity} from '../../contract/severity.ts';
import {type JobRuns, type RunStatus, runProblem, runStatus} from './job-runs.ts';
import {type PodRow, podProblem, type Rollout, type Workload} from './pod.ts';
import type {RolloutState} from './rollout.ts';

/** The workload kinds with rows of their own. Jobs and CronJobs run to completion and have no rollouts. */
export type RolledOutKind = 'Deployment' | 'StatefulSet' | 'DaemonSet';
export type RunKind = 'Job' | 'CronJob';

/** A HorizontalPodAutoscaler of a workload. */
export type WorkloadAutoscaler = {
	readonly name: string;
	readonly min: number;
	readonly max: number;
	/** Current number of pods by its status. */
	readonly current: number;
	/** It would scale beyond `max`. */
	readonly limited: boolean;
	/** Why it cannot scale: `FailedGetResourceMetric: unable to get metrics for resource cpu`. */
	readonly failing: string | undefined;
	/** Epoch milliseconds since when it is limited or failing, by its condition. */
	readonly since?: number;
};

/** A disruption budget that covers the pods. */
export type WorkloadBudget = {
	readonly uid: string;
	readonly name: string;
	/** How many pods may be evicted now. */
	readonly allowed: number;
	readonly healthy: number;
	readonly needed: number;
	readonly expected: number;
	/** Epoch milliseconds since when it allows no eviction, by its condition. */
	readonly since?: number;
};

/** Summary of the pod rows of a workload. */
export type WorkloadPods = {
	readonly total: number;
	/** The worst severity of all pods. */
	readonly severity: Severity;
	/** How many pods have that severity, and the reason of the first one. */
	readonly unhealthy: number;
	readonly why: string | undefined;
	/** The worst severity of the pods of the current revision; `ok` where that is not known. */
	readonly currentRevisionSeverity: Severity;
};

/**
 * `progressing`: a rollout is in progress · `stalled`: a rollout is in progress and cannot proceed · `failed`: it made no progress within
 * its deadline · `degraded`: no rollout is in progress, and pods are missing. For Jobs and CronJobs see RunStatus.
 */
export type WorkloadStatus = 'ok' | 'progressing' | 'stalled' | 'failed' | 'paused' | 'degraded' | RunStatus;

/** Facts about one workload. */
export type WorkloadFacts = {
	readonly uid: string;
	readonly namespace: string;
	readonly name: string;
	/** The same as `name`; matches `owner` of its pods. */
	readonly owner: string;
	readonly workloadKind: RolledOutKind | RunKind;
	readonly workload: Workload;
	/** For a Job: how many pods must succeed (`desired`), and how many have (`ready`). */
	readonly desired: number;
	readonly ready: number;
	/** Pods of the current revision. */
	readonly updated: number;
	/** The current revision; undefined where its number is not known. */
	readonly revision: number | undefined;
	/** The rollout of the current revision; undefined where it is not known. */
	readonly rollout: Rollout | undefined;
	/** Whether a rollout is in progress, by the rules of `kubectl rollout status`. */
	readonly rolling: boolean;
	readonly state: RolloutState;
	/** Why no pod can be created, as the server's message. */
	readonly refused: string | undefined;
	readonly autoscaler: WorkloadAutoscaler | undefined;
	readonly budgets: readonly WorkloadBudget[];
	readonly pods: WorkloadPods;
	/** Present for a Job or CronJob. */
	readonly runs?: JobRuns;
	/** Epoch milliseconds. */
	readonly createdAt: number;
};

export type WorkloadRow = Row<'kubernetes.workload'> & WorkloadFacts & {readonly status: WorkloadStatus};

/** The short names of kubectl: `deploy/api`. */
const shortKinds: Readonly<Record<WorkloadFacts['workloadKind'], string>> = {
	Deployment: 'deploy',
	StatefulSet: 'sts',
	DaemonSet: 'ds',
	Job: 'job',
	CronJob: 'cj',
};
export const shortWorkloadName = ({workloadKind, name}: Pick<WorkloadFacts, 'workloadKind' | 'name'>): string =>
	`${shortKinds[workloadKind]}/${name}`;

/** Summarizes the pods of one workload. `revision` is the current one. */
export function summarizePods(pods: readonly PodRow[], revision: number | undefined): WorkloadPods {
	const severity = worstSeverity(pods.map(pod => pod.severity));
	const unhealthy = severity === 'ok' ? [] : pods.filter(pod => pod.severity === severity);
	const ofRevision = pods.filter(pod => revision !== undefined && pod.rollout?.revision === revision);
	const [first] = unhealthy;
	return {
		total: pods.length,
		severity,
		unhealthy: unhealthy.length,
		why: first === undefined ? undefined : severity === 'crit' ? podProblem(first) : (first.why ?? first.status),
		currentRevisionSeverity: worstSeverity(ofRevision.map(pod => pod.severity)),
	};
}

/** Whether no pod may be evicted: fewer pods are healthy than needed, or all pods are needed. */
export const blocksEvictions = ({allowed, healthy, needed, expected}: WorkloadBudget): boolean =>
	expected > 0 && allowed === 0 && (healthy < needed || healthy >= expected);

function statusOf(facts: WorkloadFacts): WorkloadStatus {
	const {workload, state, rolling, desired, ready, refused, pods, workloadKind, runs} = facts;
	if (runs !== undefined) return runStatus(runs);
	if (state.state === 'failed') return 'failed';
	if (workload.paused) return 'paused';
	if (refused !== undefined) return 'stalled';
	if (rolling) {
		// A StatefulSet or DaemonSet replaces pods one by one: an unhealthy pod blocks the rollout, whether new or old.
		const blocking = workloadKind === 'Deployment' ? pods.currentRevisionSeverity : pods.severity;
		return blocking === 'ok' ? 'progressing' : 'stalled';
	}
	return ready < desired ? 'degraded' : 'ok';
}

export function workloadRow(target: string, facts: WorkloadFacts): WorkloadRow {
	const status = statusOf(facts);
	const {pods, autoscaler, budgets} = facts;
	const problems: {readonly severity: Severity; readonly why: string}[] = [];
	const runResult = facts.runs === undefined ? undefined : runProblem(facts.runs);
	if (runResult !== undefined) problems.push(runResult);
	else if (status === 'failed') problems.push({severity: 'crit', why: `its rollout failed: ${facts.state.detail}`});
	if (facts.refused !== undefined) problems.push({severity: 'crit', why: `no pod can be created: ${facts.refused}`});
	if (pods.severity !== 'ok') {
		problems.push({
			severity: pods.severity,
			why: `${pods.unhealthy} of ${pods.total} pods ${pods.why ?? 'are unhealthy'}`,
		});
	}
	if (status === 'stalled' && pods.severity === 'ok') problems.push({severity: 'warn', why: 'its rollout is stalled'});
	if (autoscaler?.limited) problems.push({severity: 'warn', why: `autoscaler at its limit of ${autoscaler.max}`});
	if (autoscaler?.failing !== undefined) {
		problems.push({severity: 'warn', why: `its autoscaler fails: ${autoscaler.failing}`});
	}
	for (const budget of budgets.filter(blocksEvictions))
		problems.push({severity: 'warn', why: `budget ${budget.name} allows no eviction`});
	const severity = worstSeverity(problems.map(each => each.severity));
	const why = problems.map(each => each.why).join('; ');
	return {id: facts.uid, kind: 'kubernetes.workload', target, severity, ...(why === '' ? {} : {why}), ...facts, status};
}
