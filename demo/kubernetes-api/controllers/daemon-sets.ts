import type {FakeCluster} from '../cluster.ts';
import {type DaemonSet, isActive, isReady, type Node, type Pod} from '../objects/kinds.ts';
import {equalJson} from '../objects/kube-object.ts';
import {buildPod} from './build-pod.ts';
import {deletePodAsController} from './replica-sets.ts';
import {ensureCurrentRevision, revisionLabel} from './revisions.ts';

const component = 'daemonset-controller';

/** A pod on each node, cordoned or not; when the template changes, one node after the other. */
export function reconcileDaemonSet(cluster: FakeCluster, set: DaemonSet, suffix: () => string): void {
	const {store} = cluster;
	const {metadata, spec} = set;
	if (metadata.deletionTimestamp !== undefined) return;
	const revision = ensureCurrentRevision(cluster, set);
	const hash = revision.metadata.labels?.[revisionLabel] ?? '';
	const selector = Object.entries(spec.template.spec.nodeSelector ?? {});
	const nodes = store
		.list<Node>('nodes')
		.filter(node => selector.every(([key, value]) => node.metadata.labels?.[key] === value));
	const pods = store.ownedBy<Pod>('pods', metadata.uid);
	const on = (node: Node) => pods.filter(pod => pod.spec.nodeName === node.metadata.name);
	for (const node of nodes) {
		if (on(node).length > 0) continue;
		const labels = {[revisionLabel]: hash};
		const nodeName = node.metadata.name;
		const pod = store.put(
			'pods',
			buildPod(cluster, set, spec.template, `${metadata.name}-${suffix()}`, {labels, nodeName}),
		);
		cluster.recordEvent(set, {reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}`, component});
	}
	const isUpdated = (pod: Pod) => pod.metadata.labels?.[revisionLabel] === hash;
	const present = () => store.ownedBy<Pod>('pods', metadata.uid).filter(isActive);
	const unavailable = nodes.length - present().filter(isReady).length;
	if (spec.updateStrategy?.type !== 'OnDelete') {
		const old = present().filter(pod => !isUpdated(pod));
		const [next] = [...old.filter(pod => !isReady(pod)), ...(unavailable === 0 ? old : [])];
		if (next !== undefined) {
			deletePodAsController(cluster, next);
			cluster.recordEvent(set, {reason: 'SuccessfulDelete', message: `Deleted pod: ${next.metadata.name}`, component});
		}
	}
	const left = present();
	const ready = left.filter(isReady).length;
	const status = {
		observedGeneration: metadata.generation ?? 1,
		currentNumberScheduled: left.length,
		desiredNumberScheduled: nodes.length,
		numberMisscheduled: 0,
		numberReady: ready,
		numberAvailable: ready,
		numberUnavailable: nodes.length - ready,
		updatedNumberScheduled: left.filter(isUpdated).length,
	};
	if (!equalJson(status, set.status)) store.put('daemonsets.apps', {...set, status});
}
