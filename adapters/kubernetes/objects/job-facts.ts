import type {JobRun, Runs} from '../../../src/model/kubernetes/job-runs.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import {moment} from '../../../src/model/kubernetes/pod-status.ts';
import {type RunKind, type WorkloadFacts, workloadPods} from '../../../src/model/kubernetes/workload.ts';
import type {CronJobObject, JobObject, Metadata} from '../../../src/port/kubernetes-objects.ts';
import {controllerOf, jobEnd, youngestFirst} from './owner-index.ts';

export function jobRun(job: JobObject): JobRun {
	const {metadata, spec, status} = job;
	const ended = jobEnd(job);
	const isFailed = ended?.type === 'Failed';
	return {
		name: metadata.name,
		// Without a number one pod that ends well is enough.
		wanted: spec?.completions ?? 1,
		succeeded: status?.succeeded ?? 0,
		active: status?.active ?? 0,
		failed: status?.failed ?? 0,
		end: ended === undefined ? undefined : isFailed ? 'failed' : 'complete',
		because: isFailed ? [ended.reason, ended.message].filter(Boolean).join(': ') : undefined,
		startedAt: moment(status?.startTime),
		endedAt: ended && moment(status?.completionTime ?? ended.lastTransitionTime),
	};
}

function factsOf(kind: RunKind, metadata: Metadata, runs: Runs, pods: readonly PodRow[]): WorkloadFacts {
	const {uid, name, namespace} = metadata;
	const {last} = runs;
	return {
		uid,
		namespace,
		name,
		owner: name,
		kind,
		workload: {kind, name, uid, paused: false, replicas: undefined},
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
		pods: workloadPods(pods, undefined),
		runs,
		createdAt: moment(metadata.creationTimestamp) ?? 0,
	};
}

/** Of each CronJob with its Jobs as one, and of each Job that nothing made by a schedule. */
export function runFacts(
	jobs: ReadonlyMap<string, JobObject>,
	cronJobs: ReadonlyMap<string, CronJobObject>,
	podsOf: (uid: string) => readonly PodRow[],
): readonly WorkloadFacts[] {
	const made = Map.groupBy(jobs.values(), ({metadata}) => controllerOf(metadata)?.uid);
	const alone = [...made].flatMap(([uid, own]) => (uid === undefined || !cronJobs.has(uid) ? own : []));
	return [
		...[...cronJobs.values()].map(({metadata, spec, status}) => {
			const [last] = (made.get(metadata.uid) ?? []).toSorted(youngestFirst);
			const runs: Runs = {
				last: last && jobRun(last),
				suspended: spec?.suspend === true,
				schedule: [spec?.schedule ?? '?', ...(spec?.timeZone === undefined ? [] : [spec.timeZone])].join(' '),
				scheduledAt: moment(status?.lastScheduleTime),
				succeededAt: moment(status?.lastSuccessfulTime),
			};
			return factsOf('CronJob', metadata, runs, podsOf(metadata.uid));
		}),
		...alone.map(job => {
			const last = jobRun(job);
			const suspended = job.spec?.suspend === true;
			const runs: Runs = {last, suspended, schedule: undefined, scheduledAt: undefined, succeededAt: undefined};
			return factsOf('Job', job.metadata, runs, podsOf(job.metadata.uid));
		}),
	];
}
