import type {Row, Severity} from '../../contract/row.ts';
import {worstSeverity} from '../../contract/severity.ts';
import {type JobRuns, type RunStatus, runProblem, runStatus} from './job-runs.ts';
import {type PodRow, podProblem, type Rollout, type Workload} from './pod.ts';
import type {RolloutState} from './rollout.ts';

/** The workload kinds that have rows of their own. Those that run to an end have no rollouts. */
export type RolledOutKind = 'Deployment' | 'StatefulSet' | 'DaemonSet';
export type RunKind = 'Job' | 'CronJob';

/** What sets the number of pods by itself, between two limits. */
export type WorkloadAutoscaler = {
	readonly name: string;
	readonly min: number;
	readonly max: number;
	/** How many pods there are by its own count. */
	readonly current: number;
	/** It would have more than `max`, if it might. */
	readonly limited: boolean;
	/** Why it does nothing: `FailedGetResourceMetric: unable to get metrics for resource cpu`. */
	readonly failing: string | undefined;
	/** Epoch milliseconds since when it is limited or failing, as its condition tells. */
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
	/** Epoch milliseconds since when it allows no eviction, as its condition says. */
	readonly since?: number;
};

/** What its pods are, by their own rows. */
export type WorkloadPods = {
	readonly total: number;
	/** Of the worst of them. */
	readonly severity: Severity;
	/** How many are as bad as that, and what is wrong with the first. */
	readonly unhealthy: number;
	readonly why: string | undefined;
	/** The worst of those that came with the present revision; `ok` where that is not known. */
	readonly currentRevisionSeverity: Severity;
};

/**
 * `progressing`: a rollout is under way · `stalled`: it is, and cannot go on as things are · `failed`: it made no progress within its
 * deadline · `degraded`: none is under way, and pods are missing. Of what runs to an end, see RunStatus.
 */
export type WorkloadStatus = 'ok' | 'progressing' | 'stalled' | 'failed' | 'paused' | 'degraded' | RunStatus;

/** What is known of one workload. */
export type WorkloadFacts = {
	readonly uid: string;
	readonly namespace: string;
	readonly name: string;
	/** The same as `name`: what its pods call it. */
	readonly owner: string;
	readonly kind: RolledOutKind | RunKind;
	readonly workload: Workload;
	/** Of a Job: how many pods are to end well, and how many have. */
	readonly desired: number;
	readonly ready: number;
	/** Pods of the present revision. */
	readonly updated: number;
	/** The present one; undefined where nothing tells its number. */
	readonly revision: number | undefined;
	/** When its rollout began; undefined where nothing tells. */
	readonly rollout: Rollout | undefined;
	/** Whether a rollout is under way, by the rules of `kubectl rollout status`. */
	readonly rolling: boolean;
	readonly state: RolloutState;
	/** What keeps pods from being made at all, in the server's words. */
	readonly refused: string | undefined;
	readonly autoscaler: WorkloadAutoscaler | undefined;
	readonly budgets: readonly WorkloadBudget[];
	readonly pods: WorkloadPods;
	/** Of a Job or CronJob. */
	readonly runs?: JobRuns;
	/** Epoch milliseconds. */
	readonly createdAt: number;
};

export type WorkloadRow = Row & WorkloadFacts & {readonly status: WorkloadStatus};

/** Words as kubectl shortens them: `deploy/api`. */
const shortKinds: Readonly<Record<WorkloadFacts['kind'], string>> = {
	Deployment: 'deploy',
	StatefulSet: 'sts',
	DaemonSet: 'ds',
	Job: 'job',
	CronJob: 'cj',
};
export const shortWorkloadName = ({kind, name}: Pick<WorkloadFacts, 'kind' | 'name'>): string =>
	`${shortKinds[kind]}/${name}`;

/** Sums up the pods of one workload. `revision` is the one that is to be there. */
export function summarizePods(pods: readonly PodRow[], revision: number | undefined): WorkloadPods {
	const severity = worstSeverity(pods.map(pod => pod.severity));
	const sick = severity === 'ok' ? [] : pods.filter(pod => pod.severity === severity);
	const fresh = pods.filter(pod => revision !== undefined && pod.rollout?.revision === revision);
	const [first] = sick;
	return {
		total: pods.length,
		severity,
		unhealthy: sick.length,
		why: first === undefined ? undefined : severity === 'crit' ? podProblem(first) : (first.why ?? first.status),
		currentRevisionSeverity: worstSeverity(fresh.map(pod => pod.severity)),
	};
}

/** No pod may be evicted: fewer are healthy than are needed, or all are and none can be spared. */
export const blocksEvictions = ({allowed, healthy, needed, expected}: WorkloadBudget): boolean =>
	expected > 0 && allowed === 0 && (healthy < needed || healthy >= expected);

function statusOf(facts: WorkloadFacts): WorkloadStatus {
	const {workload, state, rolling, desired, ready, refused, pods, kind, runs} = facts;
	if (runs !== undefined) return runStatus(runs);
	if (state.state === 'failed') return 'failed';
	if (workload.paused) return 'paused';
	if (refused !== undefined) return 'stalled';
	if (rolling) {
		// A set replaces one pod after the other: any that is not well holds up the rest, a new one or an old one.
		const held = kind === 'Deployment' ? pods.currentRevisionSeverity : pods.severity;
		return held === 'ok' ? 'progressing' : 'stalled';
	}
	return ready < desired ? 'degraded' : 'ok';
}

export function workloadRow(target: string, facts: WorkloadFacts): WorkloadRow {
	const status = statusOf(facts);
	const {pods, autoscaler, budgets} = facts;
	const found: {readonly severity: Severity; readonly why: string}[] = [];
	const ran = facts.runs === undefined ? undefined : runProblem(facts.runs);
	if (ran !== undefined) found.push(ran);
	else if (status === 'failed') found.push({severity: 'crit', why: `its rollout failed: ${facts.state.detail}`});
	if (facts.refused !== undefined) found.push({severity: 'crit', why: `no pod can be made: ${facts.refused}`});
	if (pods.severity !== 'ok') {
		found.push({severity: pods.severity, why: `${pods.unhealthy} of ${pods.total} pods ${pods.why ?? 'are not well'}`});
	}
	if (status === 'stalled' && pods.severity === 'ok') found.push({severity: 'warn', why: 'its rollout stands still'});
	if (autoscaler?.limited) found.push({severity: 'warn', why: `autoscaler at its limit of ${autoscaler.max}`});
	if (autoscaler?.failing !== undefined) {
		found.push({severity: 'warn', why: `its autoscaler does nothing: ${autoscaler.failing}`});
	}
	for (const budget of budgets.filter(blocksEvictions))
		found.push({severity: 'warn', why: `budget ${budget.name} allows no eviction`});
	const severity = worstSeverity(found.map(each => each.severity));
	const why = found.map(each => each.why).join('; ');
	return {id: facts.uid, target, severity, ...(why === '' ? {} : {why}), ...facts, status};
}
