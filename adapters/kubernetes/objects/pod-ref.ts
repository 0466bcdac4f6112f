import type {ActionContext, Check, Outcome} from '../../../src/contract/action.ts';
import {conflictError, isAdapterError} from '../../../src/errors.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import {kubectlPodColumns} from '../../../src/model/kubernetes/pod-status.ts';
import type {ApiObject, KubernetesPort, ObjectRef} from '../../../src/port/kubernetes.ts';
import type {PodObject} from '../../../src/port/kubernetes-objects.ts';
import {watchedResources} from '../api/resources.ts';
import {describePodConflict, type ShownPod} from './shown-pod.ts';

/** Identifies one pod in a plan. A uid is never reused. */
export type PodRef = {readonly namespace: string; readonly name: string; readonly uid: string};

export const podRef = ({namespace, name, uid}: PodRef): PodRef => ({namespace, name, uid});

export const podObjectRef = ({namespace, name}: PodRef): ObjectRef => ({
	type: watchedResources.pods.type,
	namespace,
	name,
});

/** Reads the pod. @throws AdapterError `conflict` when it was deleted or recreated under the same name. */
export async function readPod(pod: PodRef, {port, ...context}: ActionContext<KubernetesPort>): Promise<ApiObject> {
	const object = await port.get(podObjectRef(pod), context);
	if (object.metadata.uid !== pod.uid) throw conflictError(`${pod.name} is another pod of the same name now`);
	return object;
}

/** Checks that the pod exists and, where `shown` is given, that it is as it was shown. `object` is present when the check passes. */
export async function podUnchangedCheck(
	{pod, shown}: {readonly pod: PodRef; readonly shown?: ShownPod},
	context: ActionContext<KubernetesPort>,
): Promise<{readonly check: Check; readonly object: PodObject | undefined}> {
	const label = 'the pod';
	try {
		const object = (await readPod(pod, context)) as unknown as PodObject;
		const conflict = shown && describePodConflict(shown, object);
		if (conflict !== undefined)
			return {check: {label, result: 'block', detail: conflict, conflict: true}, object: undefined};
		const {status, ready, containers} = kubectlPodColumns(object);
		return {check: {label, result: 'pass', detail: `${status}, ${ready} of ${containers} containers ready`}, object};
	} catch (error) {
		if (!isAdapterError(error) || error.kind !== 'conflict') throw error;
		return {check: {label, result: 'block', detail: error.message, conflict: true}, object: undefined};
	}
}

/** Warns when no workload will replace the pod. */
export function replacementCheck({workload}: Pick<PodRow, 'workload'>): Check {
	const label = 'its replacement';
	if (workload === undefined) return {label, result: 'warn', detail: 'none: no workload owns this pod'};
	return {label, result: 'pass', detail: `${workload.kind} ${workload.name} creates a new pod`};
}

/** Verifies that the pod was deleted, and reports what replaces it. */
export async function verifyPodRemoval(
	pod: PodRef,
	workload: PodRow['workload'],
	context: ActionContext<KubernetesPort>,
): Promise<Outcome> {
	try {
		const {metadata} = await readPod(pod, context);
		if (metadata.deletionTimestamp === undefined)
			return {result: 'ineffective', detail: 'it still exists and is not being deleted'};
		const finalizers = metadata.finalizers ?? [];
		const blockedBy = finalizers.length === 0 ? '' : `; blocked by finalizer ${finalizers.join(', ')}`;
		return {result: 'pending', detail: `it terminates by ${metadata.deletionTimestamp} at the latest${blockedBy}`};
	} catch (error) {
		if (!isAdapterError(error) || error.kind !== 'conflict') throw error;
		const next = workload === undefined ? 'nothing replaces it' : `${workload.kind} ${workload.name} creates a new pod`;
		return {result: 'done', detail: `it is deleted; ${next}`};
	}
}
