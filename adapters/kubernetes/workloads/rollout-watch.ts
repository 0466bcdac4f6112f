import type {ActionContext, Outcome} from '../../../src/contract/action.ts';
import {
	daemonSetRollout,
	deploymentRollout,
	type RolloutState,
	statefulSetRollout,
} from '../../../src/model/kubernetes/rollout.ts';
import type {ApiObject, KubernetesPort} from '../../../src/port/kubernetes.ts';
import type {DaemonSetObject, DeploymentObject, StatefulSetObject} from '../../../src/port/kubernetes-objects.ts';
import {revisionOf} from '../objects/owner-index.ts';
import {childObject} from '../objects/pod-template.ts';
import {readWorkload, type WorkloadRef} from '../objects/workload-ref.ts';
import {readWorkloadPods, type WorkloadPod} from './workload-pods.ts';

export function assessRollout({kind}: Pick<WorkloadRef, 'kind'>, object: ApiObject): RolloutState {
	switch (kind) {
		case 'Deployment':
			return deploymentRollout(object as DeploymentObject);
		case 'StatefulSet':
			return statefulSetRollout(object as StatefulSetObject);
		case 'DaemonSet':
			return daemonSetRollout(object as DaemonSetObject);
		default:
			return {state: 'untracked', detail: 'a ReplicaSet does not replace its existing pods'};
	}
}

/** The revision number or hash that marks the pods of the newest rollout; undefined when the server does not report it. */
export function currentRevisionMark({kind}: Pick<WorkloadRef, 'kind'>, object: ApiObject): string | undefined {
	if (kind === 'Deployment') return String(revisionOf(object.metadata));
	const mark = childObject(object, 'status')['updateRevision'];
	return typeof mark === 'string' ? mark : undefined;
}

const isNew = (pod: WorkloadPod, kind: WorkloadRef['kind'], mark: string): boolean =>
	kind === 'Deployment' ? String(pod.rollout?.revision) === mark : pod.labels['controller-revision-hash'] === mark;

/** Whether a pod fails for good: one restart may only mean that a dependency was not ready yet. */
const hasFailed = (pod: WorkloadPod): boolean =>
	pod.severity === 'crit' && (pod.restarts >= 2 || /Image|Config|InvalidImageName/.test(pod.status));

/**
 * Reports the state of a rollout by the rules of `kubectl rollout status`, and detects earlier that it cannot succeed: when pods of the
 * new revision fail. `markBefore` is the mark of the previous rollout.
 */
export async function followRollout(
	ref: WorkloadRef,
	markBefore: string,
	context: ActionContext<KubernetesPort>,
): Promise<Outcome> {
	const object = await readWorkload(context.port, ref, context);
	const {state, detail} = assessRollout(ref, object);
	if (state === 'done') return {result: 'done', detail};
	if (state === 'failed') return {result: 'ineffective', detail};
	if (state === 'untracked') return {result: 'done', detail: `the change is stored; ${detail}`};
	const mark = currentRevisionMark(ref, object);
	if (mark !== undefined && mark !== markBefore) {
		const pods = await readWorkloadPods(context.port, ref, context.target.name, context);
		const failing = pods.filter(pod => isNew(pod, ref.kind, mark) && hasFailed(pod));
		const [first] = failing;
		if (first !== undefined) {
			return {
				result: 'ineffective',
				detail: `${failing.length} of the new pods fail: ${first.name} ${first.why ?? first.status}`,
			};
		}
	}
	const stuck = ref.kind === 'StatefulSet' ? await stuckPod(ref, mark, context) : undefined;
	return {result: 'pending', detail: stuck === undefined ? detail : `${detail}; ${stuck}`};
}

/**
 * An ordered StatefulSet does not replace a pod that is not ready, so that a rollback alone does not repair it.
 * https://github.com/kubernetes/kubernetes/issues/67250
 */
async function stuckPod(
	ref: WorkloadRef,
	mark: string | undefined,
	context: ActionContext<KubernetesPort>,
): Promise<string | undefined> {
	const pods = await readWorkloadPods(context.port, ref, context.target.name, context);
	const old = pods.find(pod => pod.severity === 'crit' && mark !== undefined && !isNew(pod, ref.kind, mark));
	return old === undefined ? undefined : `the set waits for ${old.name}, which does not become ready: delete that pod`;
}
