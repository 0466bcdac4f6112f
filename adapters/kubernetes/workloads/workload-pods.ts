import type {Context} from '../../../src/contract/context.ts';
import {type PodRow, podRow} from '../../../src/model/kubernetes/pod.ts';
import type {ApiObject, KubernetesPort} from '../../../src/port/kubernetes.ts';
import {readOptionalObjects} from '../api/cached-reads.ts';
import {createOwnerIndex} from '../objects/owner-index.ts';
import {toPodFacts, warningsByUid} from '../objects/pod-facts.ts';
import {childObject} from '../objects/pod-template.ts';
import type {WorkloadRef} from '../objects/workload-ref.ts';

export type WorkloadPod = PodRow & {readonly labels: Readonly<Record<string, string>>};

/** The watched pods of a workload, as rows with labels. */
export async function readWorkloadPods(
	port: KubernetesPort,
	workload: Pick<WorkloadRef, 'namespace' | 'uid'>,
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
	const owners = createOwnerIndex({
		replicaSets: sets.objects,
		deployments: deployments.objects,
		statefulSets: statefulSets.objects,
		revisions: revisions.objects,
		jobs: jobs.objects,
	});
	const warnings = warningsByUid(events.objects.values());
	return [...watched.objects.values()].flatMap(pod => {
		if (pod.metadata.namespace !== workload.namespace) return [];
		const facts = toPodFacts(pod, owners, warnings.get(pod.metadata.uid) ?? []);
		if (facts.workload?.uid !== workload.uid) return [];
		return [{...podRow(target, facts, context.now()), labels: pod.metadata.labels ?? {}}];
	});
}

const isReady = ({ready, containers, deletionDueAt}: PodRow): boolean =>
	deletionDueAt === undefined && ready === containers;

/** Pods without those that are being deleted, which go whatever is done to the others. */
export const withoutTerminating = <Pod extends PodRow>(pods: readonly Pod[]): readonly Pod[] =>
	pods.filter(({deletionDueAt}) => deletionDueAt === undefined);

/** Desired number of pods: from the object (a DaemonSet has it in its status), else from the rows of the pods. */
function desiredReplicas(pods: readonly PodRow[], object: ApiObject | undefined): number | undefined {
	const desired = childObject(object, 'spec')['replicas'] ?? childObject(object, 'status')['desiredNumberScheduled'];
	return typeof desired === 'number'
		? desired
		: pods.find(({workload}) => workload?.replicas !== undefined)?.workload?.replicas;
}

/** `3 of 6`: ready pods of the desired number, or of the pods that are not terminating where that number is not known. */
export const formatServing = (pods: readonly PodRow[], object?: ApiObject): string =>
	`${pods.filter(isReady).length} of ${desiredReplicas(pods, object) ?? withoutTerminating(pods).length}`;

/** Why new pods from the same template would fail like the current ones; undefined when they might not. */
export function sameTemplateFailureReason(pods: readonly PodRow[]): string | undefined {
	const failing = pods.filter(pod => pod.severity === 'crit');
	const [first] = failing;
	if (first === undefined) {
		const waiting = pods.filter(pod => pod.node === undefined && pod.severity !== 'ok');
		return waiting.length > 0 && pods.every(pod => isReady(pod) || pod.node === undefined)
			? `pending pods cannot be scheduled (${waiting[0]?.cause ?? 'no reason given'}): new pods would wait for the same`
			: undefined;
	}
	if (failing.every(pod => pod.lastTermination?.reason === 'OOMKilled')) {
		const limit = first.memoryLimit === undefined ? '' : ` at limit ${first.memoryLimit}`;
		return `all failing pods end OOMKilled ${first.lastTermination?.exitCode ?? 137}${limit}: new pods get the same limit`;
	}
	const stuck = /Image|Config/;
	return failing.every(pod => stuck.test(pod.status))
		? `all failing pods are ${first.status}${first.cause === undefined ? '' : ` (${first.cause})`}: new pods would fail the same way`
		: undefined;
}
