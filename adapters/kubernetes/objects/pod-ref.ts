import type {ActionContext, Check, Outcome} from '../../../src/contract/action.ts';
import {isAdapterError} from '../../../src/errors.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import {kubectlPodColumns} from '../../../src/model/kubernetes/pod-status.ts';
import type {ApiObject, KubernetesPort, ObjectRef} from '../../../src/port/kubernetes.ts';
import type {PodObject} from '../../../src/port/kubernetes-objects.ts';
import {watchedResources} from '../api/resources.ts';
import {describePodConflict, type ShownPod} from './shown-pod.ts';
import {conflictError} from './workload-ref.ts';

/** One pod exactly, as plans carry it. A pod never comes back under its uid. */
export type PodRef = {readonly namespace: string; readonly name: string; readonly uid: string};

export const podRef = ({namespace, name, uid}: PodRef): PodRef => ({namespace, name, uid});

export const podObjectRef = ({namespace, name}: PodRef): ObjectRef => ({
	type: watchedResources.pods.type,
	namespace,
	name,
});

/** @throws AdapterError `conflict` when it is gone, or another one has its name. */
export async function readPod(pod: PodRef, {port, ...context}: ActionContext<KubernetesPort>): Promise<ApiObject> {
	const object = await port.get(podObjectRef(pod), context);
	if (object.metadata.uid !== pod.uid) throw conflictError(`${pod.name} is another pod of the same name now`);
	return object;
}

/** Whether the pod is there, and as it was shown where that is given. `object` is present when it is. */
export async function podUnchangedCheck(
	{pod, shown}: {readonly pod: PodRef; readonly shown?: ShownPod},
	context: ActionContext<KubernetesPort>,
): Promise<{readonly check: Check; readonly object: PodObject | undefined}> {
	const label = 'the pod';
	try {
		const object = (await readPod(pod, context)) as unknown as PodObject;
		const moved = shown && describePodConflict(shown, object);
		if (moved !== undefined) return {check: {label, result: 'block', detail: moved, conflict: true}, object: undefined};
		const {status, ready, containers} = kubectlPodColumns(object);
		return {check: {label, result: 'pass', detail: `${status}, ${ready} of ${containers} containers ready`}, object};
	} catch (error) {
		if (!isAdapterError(error) || error.kind !== 'conflict') throw error;
		return {check: {label, result: 'block', detail: error.message, conflict: true}, object: undefined};
	}
}

/** Nothing brings a pod back that stands alone. */
export function replacementCheck({workload}: Pick<PodRow, 'workload'>): Check {
	const label = 'its replacement';
	if (workload === undefined) return {label, result: 'warn', detail: 'none: nothing stands behind this pod'};
	return {label, result: 'pass', detail: `${workload.kind} ${workload.name} makes a new one`};
}

/** Waits until the pod itself is gone, and says what became of its place. */
export async function verifyPodRemoval(
	pod: PodRef,
	workload: PodRow['workload'],
	context: ActionContext<KubernetesPort>,
): Promise<Outcome> {
	try {
		const {metadata} = await readPod(pod, context);
		if (metadata.deletionTimestamp === undefined)
			return {result: 'ineffective', detail: 'it is still there, and nobody ends it'};
		const held = metadata.finalizers ?? [];
		const why = held.length === 0 ? '' : `; held by finalizer ${held.join(', ')}`;
		return {result: 'pending', detail: `it ends until ${metadata.deletionTimestamp} at the latest${why}`};
	} catch (error) {
		if (!isAdapterError(error) || error.kind !== 'conflict') throw error;
		const next =
			workload === undefined ? 'nothing takes its place' : `${workload.kind} ${workload.name} makes a new one`;
		return {result: 'done', detail: `it is gone; ${next}`};
	}
}
