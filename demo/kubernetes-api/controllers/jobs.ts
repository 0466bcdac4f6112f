import type {FakeCluster} from '../cluster.ts';
import {conditionOf, isActive, isReady, type Job, jobVerdict, type Pod} from '../objects/kinds.ts';
import {equalJson, parseTimestamp} from '../objects/kube-object.ts';
import {buildPod, withCondition} from './build-pod.ts';
import {restartBackoffMs} from './container-lifecycle.ts';
import {deletePodAsController} from './replica-sets.ts';

const component = 'job-controller';

type Verdict = {readonly type: 'Complete' | 'Failed'; readonly reason: string; readonly message: string};

/**
 * One step, by the rules of pkg/controller/job: as many pods at once as `parallelism`, another for each that failed, with backoff, until
 * `completions` have succeeded or `backoffLimit` is exceeded. Returns when something may be due by time alone, in epoch milliseconds.
 */
export function reconcileJob(cluster: FakeCluster, job: Job, suffix: () => string): number | undefined {
	const {store, clock} = cluster;
	const {metadata, spec} = job;
	if (metadata.deletionTimestamp !== undefined || jobVerdict(job) !== undefined) return undefined;
	const pods = store.ownedBy<Pod>('pods', metadata.uid);
	const failed = pods.filter(({status}) => status.phase === 'Failed');
	const succeeded = pods.filter(({status}) => status.phase === 'Succeeded').length;
	const active = pods.filter(isActive);
	const startedAt = parseTimestamp(job.status.startTime);
	const overdue = deadline(job);
	const verdict = decideVerdict(cluster, job, {failed, succeeded, active});
	if (verdict !== undefined || spec.suspend === true) for (const pod of active) deletePodAsController(cluster, pod);
	const missing =
		verdict !== undefined || spec.suspend === true
			? 0
			: Math.min(spec.parallelism - active.length, spec.completions - succeeded - active.length);
	const lastFailure = Math.max(0, ...failed.map(endOf));
	const againAt = failed.length === 0 ? 0 : lastFailure + restartBackoffMs(failed.length);
	const made = missing > 0 && clock.now() >= againAt ? missing : 0;
	for (let index = 0; index < made; index += 1) {
		const pod = store.put('pods', buildPod(cluster, job, spec.template, `${metadata.name}-${suffix()}`));
		cluster.recordEvent(job, {reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}`, component});
	}
	const present = store.ownedBy<Pod>('pods', metadata.uid).filter(isActive);
	updateJobStatus(cluster, job, {
		active: present.length,
		ready: present.filter(isReady).length,
		succeeded,
		failed: failed.length,
		verdict,
		startTime: startedAt === undefined && spec.suspend !== true ? cluster.time() : job.status.startTime,
	});
	const times = [overdue, missing > made ? againAt : undefined].filter(at => at !== undefined && at > clock.now());
	return times.length === 0 ? undefined : Math.min(...times.flatMap(at => at ?? []));
}

const endOf = ({status}: Pod): number =>
	Math.max(0, ...(status.containerStatuses ?? []).map(({state}) => parseTimestamp(state.terminated?.finishedAt) ?? 0));

function deadline({spec, status}: Job): number | undefined {
	const from = parseTimestamp(status.startTime);
	return from === undefined || spec.activeDeadlineSeconds === undefined
		? undefined
		: from + spec.activeDeadlineSeconds * 1000;
}

function decideVerdict(
	{clock}: FakeCluster,
	job: Job,
	{
		failed,
		succeeded,
		active,
	}: {readonly failed: readonly Pod[]; readonly succeeded: number; readonly active: readonly Pod[]},
): Verdict | undefined {
	const {spec} = job;
	// With OnFailure the kubelet starts the container again: each time counts like a pod that failed.
	const restarts = active.flatMap(({status}) => status.containerStatuses ?? []);
	const tries = failed.length + restarts.reduce((sum, {restartCount}) => sum + restartCount, 0);
	if (tries > spec.backoffLimit) {
		const message = 'Job has reached the specified backoff limit';
		return {type: 'Failed', reason: 'BackoffLimitExceeded', message};
	}
	if (clock.now() >= (deadline(job) ?? Number.POSITIVE_INFINITY)) {
		const message = 'Job was active longer than specified deadline';
		return {type: 'Failed', reason: 'DeadlineExceeded', message};
	}
	if (succeeded < spec.completions) return undefined;
	return {type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods'};
}

type JobProgress = {
	readonly active: number;
	readonly ready: number;
	readonly succeeded: number;
	readonly failed: number;
	readonly verdict: Verdict | undefined;
	readonly startTime: string | undefined;
};

function updateJobStatus(
	cluster: FakeCluster,
	job: Job,
	{verdict, startTime, succeeded, failed, ...counts}: JobProgress,
): void {
	const time = cluster.time();
	let conditions = job.status.conditions ?? [];
	const isSuspended = job.spec.suspend === true;
	if (isSuspended || conditionOf(conditions, 'Suspended') !== undefined) {
		const why = isSuspended
			? {status: 'True' as const, reason: 'JobSuspended', message: 'Job suspended'}
			: {status: 'False' as const, reason: 'JobResumed', message: 'Job resumed'};
		conditions = withCondition(conditions, {type: 'Suspended', ...why}, time);
	}
	if (verdict !== undefined) {
		conditions = withCondition(conditions, {...verdict, status: 'True'}, time);
		const {reason, message} = verdict;
		if (verdict.type === 'Failed') cluster.recordEvent(job, {reason, message, type: 'Warning', component});
		else cluster.recordEvent(job, {reason: 'Completed', message: 'Job completed', component});
	}
	const status = {
		...(startTime === undefined ? {} : {startTime}),
		...counts,
		...(succeeded === 0 ? {} : {succeeded}),
		...(failed === 0 ? {} : {failed}),
		...(verdict?.type === 'Complete' ? {completionTime: time} : {}),
		...(conditions.length === 0 ? {} : {conditions}),
	};
	if (!equalJson(status, job.status)) cluster.store.put('jobs.batch', {...job, status});
}
