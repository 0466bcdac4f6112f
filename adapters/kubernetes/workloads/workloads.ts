import {defineSource} from '../../../src/contract/define.ts';
import type {Rollout} from '../../../src/model/kubernetes/pod.ts';
import {type WorkloadRow, workloadRow} from '../../../src/model/kubernetes/workload.ts';
import {workloadFindings} from '../../../src/model/kubernetes/workload-findings.ts';
import type {KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {mapInSlices} from '../../../src/time/yield.ts';
import {readOptionalObjects, readRequiredObjects} from '../api/cached-reads.ts';
import {kubectlCommandPerNamespace} from '../api/cli-equivalent.ts';
import {runFacts} from '../objects/job-facts.ts';
import {jobsUnknownText, readRecentPodRows} from '../objects/pod-rows.ts';
import {
	countDaemonSet,
	countDeployment,
	countStatefulSet,
	currentRevisionUids,
	workloadFacts,
} from './workload-facts.ts';
import {indexWorkloadPolicies} from './workload-policies.ts';

/** Remembers when each workload changed to its current revision: after a rollback the API only has the original date of that revision. */
function createRevisionSightings(now: () => number) {
	const known = new Map<string, Rollout>();
	return (uid: string, rollout: Rollout | undefined): Rollout | undefined => {
		if (rollout === undefined) return undefined;
		const before = known.get(uid);
		if (before?.revision === rollout.revision) return rollout.at === undefined ? before : rollout;
		const dated = before === undefined || rollout.at !== undefined ? rollout : {...rollout, at: now()};
		known.set(uid, dated);
		return dated;
	};
}

/** Deployments, StatefulSets and DaemonSets with their rollouts, Jobs and CronJobs with their results, and a summary of their pods. Read from the watch cache. */
export const workloadsSource = defineSource<WorkloadRow, KubernetesPort, KubernetesSettings>()({
	kind: 'kubernetes.workload',
	title: 'Workloads',
	intervalMs: 2000,
	timeoutMs: 20_000,
	cost: 'cheap',
	cliEquivalent: target => [
		...kubectlCommandPerNamespace(target, 'get', 'deployments,statefulsets,daemonsets,cronjobs,jobs', '-o', 'wide'),
		...kubectlCommandPerNamespace(target, 'get', 'horizontalpodautoscalers,poddisruptionbudgets'),
	],
	open(port, target) {
		let now = 0;
		const dateRollout = createRevisionSightings(() => now);
		return async context => {
			const [pods, deployments, statefulSets, daemonSets, cronJobs, jobs, autoscalers, budgets] = await Promise.all([
				readRecentPodRows(port, target.name, context),
				readRequiredObjects(port, 'deployments', 'deployments are not listed', context),
				readRequiredObjects(port, 'statefulsets', 'stateful sets are not listed', context),
				readRequiredObjects(port, 'daemonsets', 'daemon sets are not listed', context),
				readRequiredObjects(port, 'cronjobs', 'cron jobs are not listed', context),
				readOptionalObjects(port, 'jobs', jobsUnknownText, context),
				readOptionalObjects(port, 'horizontalpodautoscalers', 'autoscalers are not known', context),
				readOptionalObjects(port, 'poddisruptionbudgets', 'disruption budgets are not known', context),
			]);
			now = context.now();
			const {owners, warnings} = pods;
			const current = currentRevisionUids(owners);
			const policies = indexWorkloadPolicies(autoscalers.objects.values(), budgets.objects.values());
			const byWorkload = Map.groupBy(pods.rows, row => row.workload?.uid ?? '');
			const counted = [
				...[...deployments.objects.values()].map(object => countDeployment(object, current)),
				...[...statefulSets.objects.values()].map(object => countStatefulSet(object, owners)),
				...[...daemonSets.objects.values()].map(object => countDaemonSet(object, current)),
			];
			// Before the first yield: these maps are changed in place.
			const runs = runFacts(jobs.objects, cronJobs.objects, uid => byWorkload.get(uid) ?? []);
			const rows = await mapInSlices(
				counted,
				each => {
					const {uid} = each.metadata;
					const refusal = warnings.get(uid)?.find(message => /forbidden|exceeded quota|denied/i.test(message));
					return workloadRow(
						target.name,
						workloadFacts(each, owners, byWorkload.get(uid) ?? [], policies, refusal, dateRollout),
					);
				},
				{signal: context.signal},
			);
			const otherReads = [deployments, statefulSets, daemonSets, cronJobs, jobs, autoscalers, budgets];
			for (const facts of runs) rows.push(workloadRow(target.name, facts));
			const notes = [...pods.notes, ...otherReads.flatMap(each => each.notes)];
			return {rows, gauges: [], omitted: 0, notes};
		};
	},
	findings: ({rows}, _previous, {target}) => workloadFindings(rows, target),
});
