import type {JobRun, JobRuns} from '../../../src/model/kubernetes/job-runs.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import {parseTimestamp} from '../../../src/model/kubernetes/pod-status.ts';
import {type RunKind, summarizePods, type WorkloadFacts} from '../../../src/model/kubernetes/workload.ts';
import type {CronJobObject, JobObject, Metadata} from '../../../src/port/kubernetes-objects.ts';
import {byNewest, controllerOf, findTerminalCondition} from './owner-index.ts';

export function jobRun(job: JobObject): JobRun {
	const {metadata, spec, status} = job;
	const ended = findTerminalCondition(job);
	const isFailed = ended?.type === 'Failed';
	return {
		name: metadata.name,
		// `completions` unset: one successful pod completes the job.
		wanted: spec?.completions ?? 1,
		succeeded: status?.succeeded ?? 0,
		active: status?.active ?? 0,
		failed: status?.failed ?? 0,
		end: ended === undefined ? undefined : isFailed ? 'failed' : 'complete',
		failureReason: isFailed ? [ended.reason, ended.message].filter(Boolean).join(': ') : undefined,
		startedAt: parseTimestamp(status?.startTime),
		endedAt: ended && parseTimestamp(status?.completionTime ?? ended.lastTransitionTime),
	};
}

function factsOf(workloadKind: RunKind, metadata: Metadata, runs: JobRuns, pods: readonly PodRow[]): WorkloadFacts {
	const {uid, name, namespace} = metadata;
	const {last} = runs;
	return {
		uid,
		namespace,
		name,
		owner: name,
		workloadKind,
		workload: {kind: workloadKind, name, uid, paused: false, replicas: undefined},
		desired: last?.wanted ?? 0,
		ready: last?.succeeded ?? 0,
		updated: 0,
		revision: undefined,
		rollout: undefined,
		rolling: false,
		state: {state: 'untracked', detail: 'it has no rollouts'},
		refused: undefined,
		autoscaler: undefined,
		budgets: [],
		pods: summarizePods(pods, undefined),
		runs,
		createdAt: parseTimestamp(metadata.creationTimestamp) ?? 0,
	};
}

/** Facts of each CronJob together with its Jobs, and of each Job that no CronJob owns. */
export function runFacts(
	jobs: ReadonlyMap<string, JobObject>,
	cronJobs: ReadonlyMap<string, CronJobObject>,
	podsOf: (uid: string) => readonly PodRow[],
): readonly WorkloadFacts[] {
	const byOwner = Map.groupBy(jobs.values(), ({metadata}) => controllerOf(metadata)?.uid);
	const standalone = [...byOwner].flatMap(([uid, own]) => (uid === undefined || !cronJobs.has(uid) ? own : []));
	return [
		...[...cronJobs.values()].map(({metadata, spec, status}) => {
			const [last] = (byOwner.get(metadata.uid) ?? []).toSorted(byNewest);
			const runs: JobRuns = {
				last: last && jobRun(last),
				suspended: spec?.suspend === true,
				schedule: [spec?.schedule ?? '?', ...(spec?.timeZone === undefined ? [] : [spec.timeZone])].join(' '),
				scheduledAt: parseTimestamp(status?.lastScheduleTime),
				succeededAt: parseTimestamp(status?.lastSuccessfulTime),
			};
			return factsOf('CronJob', metadata, runs, podsOf(metadata.uid));
		}),
		...standalone.map(job => {
			const last = jobRun(job);
			const suspended = job.spec?.suspend === true;
			const runs: JobRuns = {last, suspended, schedule: undefined, scheduledAt: undefined, succeededAt: undefined};
			return factsOf('Job', job.metadata, runs, podsOf(job.metadata.uid));
		}),
	];
}
