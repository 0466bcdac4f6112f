import type {FakeCluster} from '../cluster.ts';
import {isActive, isReady, type Pod, type ReplicaSet} from '../objects/kinds.ts';
import {equalJson} from '../objects/kube-object.ts';
import {backgroundDeletion, deleteObject} from '../serving/deletion.ts';
import {buildPod} from './build-pod.ts';

const component = 'replicaset-controller';

/** Deletes a pod as a controller does: like a client, without preconditions. */
export const deletePodAsController = (cluster: FakeCluster, pod: Pod): void =>
	void deleteObject(cluster, 'pods', pod, backgroundDeletion);

/** The order in which pods are deleted: unscheduled before not ready before ready, then the newest first (pkg/controller, ActivePods). */
export function sortByDeletionOrder(pods: readonly Pod[]): readonly Pod[] {
	const rank = (pod: Pod) => (pod.spec.nodeName === undefined ? 0 : isReady(pod) ? 2 : 1);
	return pods.toSorted(
		(a, b) => rank(a) - rank(b) || (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1),
	);
}

/** Creates or deletes pods until their number is the desired one, and writes the status. */
export function reconcileReplicaSet(cluster: FakeCluster, set: ReplicaSet, suffix: () => string): void {
	const {store} = cluster;
	if (set.metadata.deletionTimestamp !== undefined) return;
	const pods = store.ownedBy<Pod>('pods', set.metadata.uid).filter(isActive);
	const missing = set.spec.replicas - pods.length;
	for (let made = 0; made < missing; made += 1) {
		const pod = store.put('pods', buildPod(cluster, set, set.spec.template, `${set.metadata.name}-${suffix()}`));
		cluster.recordEvent(set, {reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}`, component});
	}
	for (const pod of sortByDeletionOrder(pods).slice(0, Math.max(0, -missing))) {
		deletePodAsController(cluster, pod);
		cluster.recordEvent(set, {reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}`, component});
	}
	const present = store.ownedBy<Pod>('pods', set.metadata.uid).filter(isActive);
	const ready = present.filter(isReady).length;
	const status = {
		replicas: present.length,
		fullyLabeledReplicas: present.length,
		readyReplicas: ready,
		availableReplicas: ready,
		observedGeneration: set.metadata.generation ?? 1,
	};
	if (!equalJson(status, set.status)) store.put('replicasets.apps', {...set, status});
}
