import type {FakeCluster} from '../cluster.ts';
import type {Node, Pod} from '../objects/kinds.ts';
import {controllerOf} from '../objects/kube-object.ts';
import {withCondition} from './build-pod.ts';
import {deletePodAsController} from './replica-sets.ts';

/** How long pods tolerate an unreachable node, unless they have a toleration of their own. */
const tolerationMs = 300_000;

const unreachable = [
	{key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule'},
	{key: 'node.kubernetes.io/unreachable', effect: 'NoExecute'},
];

/**
 * Loses the kubelet of a node, or finds it again (pkg/controller/nodelifecycle): its pods are no longer ready, after five minutes they are
 * deleted, and stay in Terminating, because no kubelet stops them.
 */
export function setNodeReady(cluster: FakeCluster, name: string, ready: boolean): void {
	const {store} = cluster;
	const node = store.get<Node>('nodes', undefined, name);
	if (node === undefined) throw new Error(`there is no node ${name}`);
	const time = cluster.time();
	const update = ready
		? {status: 'True' as const, reason: 'KubeletReady', message: 'kubelet is posting ready status'}
		: {status: 'Unknown' as const, reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.'};
	const conditions = node.status.conditions.map(condition =>
		condition.type === 'Ready' || !ready
			? {...condition, ...update, ...(condition.type !== 'Ready' && ready ? {} : {}), lastTransitionTime: time}
			: condition.status === 'Unknown'
				? {...condition, status: 'False' as const, lastTransitionTime: time}
				: condition,
	);
	const {taints: _, ...spec} = node.spec;
	store.put<Node>('nodes', {
		...node,
		spec: ready ? spec : {...spec, taints: unreachable},
		status: {...node.status, conditions},
	});
	const word = ready ? 'NodeReady' : 'NodeNotReady';
	const message = `Node ${name} status is now: ${word}`;
	cluster.recordEvent(node, {reason: word, message, component: 'node-controller'});
	const here = () => store.list<Pod>('pods').filter(pod => pod.spec.nodeName === name);
	for (const pod of here()) {
		const settled = {type: 'Ready', status: ready ? ('True' as const) : ('False' as const)};
		store.put<Pod>('pods', {
			...pod,
			status: {...pod.status, conditions: withCondition(pod.status.conditions, settled, time)},
		});
	}
	if (ready) return;
	cluster.clock.after(tolerationMs, () => {
		const present = store.get<Node>('nodes', undefined, name);
		if (present?.spec.taints === undefined) return;
		for (const pod of here()) {
			if (controllerOf(pod)?.kind === 'DaemonSet' || pod.metadata.deletionTimestamp !== undefined) continue;
			cluster.recordEvent(pod, {
				reason: 'TaintManagerEviction',
				message: `Marking for deletion Pod ${pod.metadata.namespace}/${pod.metadata.name}`,
				component: 'taint-eviction-controller',
			});
			deletePodAsController(cluster, pod);
		}
	});
}
