import type {FakeCluster} from '../cluster.ts';
import {withDefaults} from '../objects/defaults.ts';
import {type CronJob, type Job, jobVerdict} from '../objects/kinds.ts';
import {equalJson, ownerReference, parseTimestamp, timestamp} from '../objects/kube-object.ts';
import {nextScheduledTime} from '../objects/schedule.ts';
import {backgroundDeletion, deleteObject} from '../serving/deletion.ts';

const component = 'cronjob-controller';

/** One step, by the rules of pkg/controller/cronjob: creates due Jobs and deletes old ones. Returns when the next is due, in epoch milliseconds. */
export function reconcileCronJob(cluster: FakeCluster, cron: CronJob): number | undefined {
	const {store, clock} = cluster;
	const {metadata, spec, status} = cron;
	if (metadata.deletionTimestamp !== undefined) return undefined;
	const before = parseTimestamp(status.lastScheduleTime) ?? parseTimestamp(metadata.creationTimestamp) ?? clock.now();
	let lastScheduleTime = status.lastScheduleTime;
	const due = nextScheduledTime(spec.schedule, before);
	if (due !== undefined && due <= clock.now() && spec.suspend !== true) {
		lastScheduleTime = timestamp(due);
		const busy = store.ownedBy<Job>('jobs.batch', metadata.uid).filter(job => jobVerdict(job) === undefined);
		if (spec.concurrencyPolicy === 'Replace')
			for (const job of busy) deleteObject(cluster, 'jobs.batch', job, backgroundDeletion);
		if (spec.concurrencyPolicy !== 'Forbid' || busy.length === 0) make(cluster, cron, due);
	}
	const jobs = store
		.ownedBy<Job>('jobs.batch', metadata.uid)
		.toSorted((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1));
	const complete = jobs.filter(job => jobVerdict(job) === 'Complete');
	const failed = jobs.filter(job => jobVerdict(job) === 'Failed');
	const old = [...complete.slice(spec.successfulJobsHistoryLimit), ...failed.slice(spec.failedJobsHistoryLimit)];
	for (const job of old) deleteObject(cluster, 'jobs.batch', job, backgroundDeletion);
	const active = jobs.filter(job => jobVerdict(job) === undefined);
	const lastSuccessfulTime = complete[0]?.status.completionTime ?? status.lastSuccessfulTime;
	const next = {
		...(active.length === 0
			? {}
			: {active: active.map(({metadata: {name, namespace, uid}}) => ({kind: 'Job', namespace, name, uid}))}),
		...(lastScheduleTime === undefined ? {} : {lastScheduleTime}),
		...(lastSuccessfulTime === undefined ? {} : {lastSuccessfulTime}),
	};
	if (!equalJson(next, status)) store.put('cronjobs.batch', {...cron, status: next});
	return spec.suspend === true ? undefined : nextScheduledTime(spec.schedule, clock.now());
}

function make(cluster: FakeCluster, cron: CronJob, due: number): void {
	const {metadata, spec} = cron;
	const name = `${metadata.name}-${Math.floor(due / 60_000)}`;
	const {namespace} = metadata;
	if (cluster.store.get('jobs.batch', namespace, name) !== undefined) return;
	const job = {
		apiVersion: 'batch/v1',
		kind: 'Job',
		metadata: cluster.newMetadata(name, {
			...(namespace === undefined ? {} : {namespace}),
			generation: 1,
			ownerReferences: [ownerReference(cron)],
		}),
		spec: spec.jobTemplate.spec,
	};
	cluster.store.put('jobs.batch', withDefaults('jobs.batch', job));
	cluster.recordEvent(cron, {reason: 'SuccessfulCreate', message: `Created job ${name}`, component});
}
