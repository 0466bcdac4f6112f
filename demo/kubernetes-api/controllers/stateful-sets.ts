import type {FakeCluster} from '../cluster.ts';
import {isActive, isReady, type Pod, type StatefulSet} from '../objects/kinds.ts';
import {equalJson} from '../objects/kube-object.ts';
import {buildPod} from './build-pod.ts';
import {deletePodAsController} from './replica-sets.ts';
import {ensureCurrentRevision, revisionLabel} from './revisions.ts';

const component = 'statefulset-controller';
const podNameLabel = 'statefulset.kubernetes.io/pod-name';

/**
 * One step, by the rules of pkg/controller/statefulset. With OrderedReady nothing proceeds while a pod is not ready, not even to a better
 * revision: a broken pod has to be deleted manually (kubernetes issue 67250); the same holds here.
 */
export function reconcileStatefulSet(cluster: FakeCluster, set: StatefulSet): void {
	if (set.metadata.deletionTimestamp !== undefined) return;
	const update = ensureCurrentRevision(cluster, set).metadata.name;
	const current = set.status.currentRevision ?? update;
	reconcilePods(cluster, set, current, update);
	updateStatus(cluster, set, current, update);
}

const ordinal = (pod: Pod) => Number(pod.metadata.name.slice(pod.metadata.name.lastIndexOf('-') + 1));

const podsOf = (cluster: FakeCluster, set: StatefulSet) =>
	cluster.store.ownedBy<Pod>('pods', set.metadata.uid).toSorted((a, b) => ordinal(a) - ordinal(b));

function reconcilePods(cluster: FakeCluster, set: StatefulSet, current: string, update: string) {
	const {spec, metadata} = set;
	const ordered = (spec.podManagementPolicy ?? 'OrderedReady') === 'OrderedReady';
	const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0;
	const pods = podsOf(cluster, set);
	const at = (index: number) => pods.find(pod => ordinal(pod) === index);
	for (let index = 0; index < spec.replicas; index += 1) {
		const pod = at(index);
		if (pod === undefined) {
			const name = `${metadata.name}-${index}`;
			const revision = index < partition ? current : update;
			const labels = {[revisionLabel]: revision, [podNameLabel]: name, 'apps.kubernetes.io/pod-index': String(index)};
			cluster.store.put('pods', buildPod(cluster, set, spec.template, name, {labels}));
			const message = `create Pod ${name} in StatefulSet ${metadata.name} successful`;
			cluster.recordEvent(set, {reason: 'SuccessfulCreate', message, component});
			if (ordered) return;
		} else if (ordered && (!isActive(pod) || !isReady(pod))) return;
	}
	const excess = pods.filter(pod => ordinal(pod) >= spec.replicas).toReversed();
	for (const pod of excess) {
		if (isActive(pod)) removePod(cluster, set, pod);
		if (ordered) return;
	}
	if (spec.updateStrategy?.type === 'OnDelete') return;
	for (const pod of pods.toReversed()) {
		if (ordinal(pod) < partition || ordinal(pod) >= spec.replicas) continue;
		if (isActive(pod) && pod.metadata.labels?.[revisionLabel] !== update) return removePod(cluster, set, pod);
		if (!isActive(pod) || !isReady(pod)) return;
	}
}

function removePod(cluster: FakeCluster, set: StatefulSet, pod: Pod): void {
	deletePodAsController(cluster, pod);
	const message = `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
	cluster.recordEvent(set, {reason: 'SuccessfulDelete', message, component});
}

function updateStatus(cluster: FakeCluster, set: StatefulSet, current: string, update: string) {
	const pods = podsOf(cluster, set).filter(isActive);
	const ready = pods.filter(isReady).length;
	const of = (revision: string) => pods.filter(pod => pod.metadata.labels?.[revisionLabel] === revision).length;
	const updated = of(update);
	const done = updated === set.spec.replicas && ready === set.spec.replicas && pods.length === set.spec.replicas;
	const status = {
		observedGeneration: set.metadata.generation ?? 1,
		replicas: pods.length,
		readyReplicas: ready,
		availableReplicas: ready,
		currentReplicas: done ? updated : of(current),
		updatedReplicas: updated,
		currentRevision: done ? update : current,
		updateRevision: update,
		collisionCount: 0,
	};
	const present = cluster.store.get<StatefulSet>('statefulsets.apps', set.metadata.namespace, set.metadata.name) ?? set;
	if (!equalJson(status, present.status)) cluster.store.put('statefulsets.apps', {...present, status});
}
