import type {Context} from '../../../src/contract/context.ts';
import {type PodRow, podRow} from '../../../src/model/kubernetes/pod.ts';
import type {ApiObject, KubernetesPort} from '../../../src/port/kubernetes.ts';
import {readOptionalObjects} from '../api/cached-reads.ts';
import {createOwnerIndex} from '../objects/owner-index.ts';
import {toPodFacts, warningsByUid} from '../objects/pod-facts.ts';
import {childObject} from '../objects/pod-template.ts';
import type {WorkloadRef} from '../objects/workload-ref.ts';

export type WorkloadPod = PodRow & {readonly labels: Readonly<Record<string, string>>};

/** The pods of a workload as they are known now, each judged as in its row. */
export async function readWorkloadPods(
	port: KubernetesPort,
	ref: WorkloadRef,
	target: string,
	context: Context,
): Promise<readonly WorkloadPod[]> {
	const [watched, sets, deployments, statefulSets, revisions, jobs, events] = await Promise.all([
		port.readWatched('pods', context),
		readOptionalObjects(port, 'replicasets', '', context),
		readOptionalObjects(port, 'deployments', '', context),
		readOptionalObjects(port, 'statefulsets', '', context),
		readOptionalObjects(port, 'controllerrevisions', '', context),
		readOptionalObjects(port, 'jobs', '', context),
		readOptionalObjects(port, 'events', '', context),
	]);
	const above = createOwnerIndex({
		replicaSets: sets.objects,
		deployments: deployments.objects,
		statefulSets: statefulSets.objects,
		revisions: revisions.objects,
		jobs: jobs.objects,
	});
	const warnings = warningsByUid(events.objects.values());
	return [...watched.objects.values()].flatMap(pod => {
		if (pod.metadata.namespace !== ref.namespace) return [];
		const facts = toPodFacts(pod, above, warnings.get(pod.metadata.uid) ?? []);
		if (facts.workload?.uid !== ref.uid) return [];
		return [{...podRow(target, facts, context.now()), labels: pod.metadata.labels ?? {}}];
	});
}

const isReady = ({ready, containers, deleteBy}: PodRow): boolean => deleteBy === undefined && ready === containers;

/** Without those that were deleted: they are on their way out, whatever is done to the others. */
export const withoutTerminating = <Pod extends PodRow>(pods: readonly Pod[]): readonly Pod[] =>
	pods.filter(({deleteBy}) => deleteBy === undefined);

/** How many pods the workload is to have: as its object says, a daemon set in its status, else as is known of its pods. */
function desiredReplicas(pods: readonly PodRow[], object: ApiObject | undefined): number | undefined {
	const told = childObject(object, 'spec')['replicas'] ?? childObject(object, 'status')['desiredNumberScheduled'];
	return typeof told === 'number'
		? told
		: pods.find(({workload}) => workload?.replicas !== undefined)?.workload?.replicas;
}

/** `3 of 6`: how many serve now of those that are wanted, or where that is not known of those that are not ending. */
export const formatServing = (pods: readonly PodRow[], object?: ApiObject): string =>
	`${pods.filter(isReady).length} of ${desiredReplicas(pods, object) ?? withoutTerminating(pods).length}`;

/** Why new pods from the same template would end as these do; undefined when they might not. */
export function sameTemplateFailureReason(pods: readonly PodRow[]): string | undefined {
	const failing = pods.filter(pod => pod.severity === 'crit');
	const [first] = failing;
	if (first === undefined) {
		const waiting = pods.filter(pod => pod.node === undefined && pod.severity !== 'ok');
		return waiting.length > 0 && pods.every(pod => isReady(pod) || pod.node === undefined)
			? `what waits is not scheduled (${waiting[0]?.cause ?? 'no reason told'}): new pods wait for the same`
			: undefined;
	}
	if (failing.every(pod => pod.lastTermination?.reason === 'OOMKilled')) {
		const limit = first.memoryLimit === undefined ? '' : ` at limit ${first.memoryLimit}`;
		return `all failing pods end OOMKilled ${first.lastTermination?.exitCode ?? 137}${limit}: new ones get the same limit`;
	}
	const stuck = /Image|Config/;
	return failing.every(pod => stuck.test(pod.status))
		? `all failing pods are ${first.status}${first.cause === undefined ? '' : ` (${first.cause})`}: new ones meet the same`
		: undefined;
}
