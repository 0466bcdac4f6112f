import type {ShownFact} from '../../../src/contract/action.ts';
import {kubectlPodColumns} from '../../../src/model/kubernetes/pod-status.ts';
import type {Metadata, OwnerReference, PodObject} from '../../../src/port/kubernetes-objects.ts';
import {controllerOf} from './owner-index.ts';

/** What the confirmation shows of one pod. When any of it has changed, nothing is sent to that pod. */
export type ShownPod = {
	readonly readiness: 'serves' | 'not ready' | 'finished';
	/** Uid of the controller that recreates the pod; null when there is none. */
	readonly controller: string | null;
	readonly deleting: boolean;
	/** Finalizers that block its deletion; empty while it is not being deleted. */
	readonly finalizers: readonly string[];
};

/** Facts that every confirmation of a pod removal shows. */
export const podShownFacts: readonly ShownFact[] = [
	{
		fact: 'name and namespace',
		changeDetectedBy: 'preconditions.uid, which the server compares: a uid is never reused',
	},
	{
		fact: 'whether it serves, is not ready or has finished',
		changeDetectedBy: 'its containers and its phase, read again just before the request is sent',
	},
	{
		fact: 'the word of its status',
		changeAllowedBecause:
			'a container that fails goes from Error to CrashLoopBackOff to Running and back by itself within seconds; whether the pod serves is bound',
	},
	{
		fact: 'the workload that creates a new pod',
		changeDetectedBy:
			'the uid of its controller in metadata.ownerReferences, read again just before the request is sent',
	},
	{
		fact: 'whether it is being deleted',
		changeDetectedBy: 'metadata.deletionTimestamp, read again just before the request is sent',
	},
];

/** The controller that recreates a pod. A static pod has none: its controller reference is its node. */
export function replacingController(metadata: Metadata): OwnerReference | undefined {
	const owner = controllerOf(metadata);
	return owner?.kind === 'Node' ? undefined : owner;
}

export function toShownPod(object: PodObject): ShownPod {
	const {metadata} = object;
	const {ready, containers, status} = kubectlPodColumns(object);
	const finished = status === 'Completed' || status === 'Evicted';
	const deleting = metadata.deletionTimestamp !== undefined;
	return {
		readiness: finished ? 'finished' : ready === containers ? 'serves' : 'not ready',
		controller: replacingController(metadata)?.uid ?? null,
		deleting,
		finalizers: deleting ? (metadata.finalizers ?? []).toSorted() : [],
	};
}

const readinessText: Readonly<Record<ShownPod['readiness'], string>> = {
	serves: 'ready and serves',
	'not ready': 'not ready',
	finished: 'finished',
};

/** Describes how a pod differs from what was shown; undefined when it does not. */
export function describePodConflict(shown: ShownPod, object: PodObject): string | undefined {
	const now = toShownPod(object);
	if (now.readiness !== shown.readiness) {
		return `it is ${readinessText[now.readiness]} now (${kubectlPodColumns(object).status}), it was ${readinessText[shown.readiness]}`;
	}
	if (now.controller !== shown.controller) {
		const controller = replacingController(object.metadata);
		return controller === undefined
			? 'no controller recreates it any more: its owner reference was removed'
			: `its controller is ${controller.kind} ${controller.name} now, which it was not`;
	}
	if (now.deleting !== shown.deleting) return 'it is already being deleted';
	if (now.finalizers.join() !== shown.finalizers.join()) {
		const blocking = now.finalizers.length === 0 ? 'no finalizer' : `finalizer ${now.finalizers.join(', ')}`;
		return `its deletion waits for ${blocking} now, it waited for ${shown.finalizers.join(', ') || 'none'}`;
	}
	return undefined;
}
