import type {FakeCluster} from '../cluster.ts';
import {parseQuantity} from '../objects/defaults.ts';
import {conditionOf, type Node, type Pod} from '../objects/kinds.ts';
import {withCondition} from './build-pod.ts';
import {createNodeLoads, type Load, requestedLoad} from './node-loads.ts';

export type Scheduler = {
	/** Assigns the pod to a node, or records in its conditions why no node fits. Returns the same pod when nothing changed. */
	schedule(pod: Pod): Pod;
};

/** Chooses the node with the most unallocated memory. */
export function createScheduler(cluster: FakeCluster): Scheduler {
	const {store} = cluster;
	const loadOf = createNodeLoads(store);
	const freeMemory = ({metadata, status}: Node) =>
		parseQuantity(status.allocatable['memory']) - loadOf(metadata.name).memory;

	return {
		schedule(pod) {
			const wants = requestedLoad(pod);
			const nodes = store.list<Node>('nodes');
			const reasons = new Map<string, number>();
			const fitting = nodes.filter(node => {
				const why = refusal(node, loadOf(node.metadata.name), pod, wants);
				if (why !== undefined) reasons.set(why, (reasons.get(why) ?? 0) + 1);
				return why === undefined;
			});
			const [best] = fitting.toSorted((a, b) => freeMemory(b) - freeMemory(a));
			if (best !== undefined) return assign(cluster, pod, best.metadata.name);
			const counts = [...reasons].map(([why, count]) => `${count} ${why}`).sort();
			return recordUnschedulable(cluster, pod, `0/${nodes.length} nodes are available: ${counts.join(', ')}.`);
		},
	};
}

/** Why a node with this load does not fit a pod, in the scheduler's words; undefined when it does. */
function refusal(node: Node, load: Load, pod: Pod, wants: Load): string | undefined {
	const {allocatable} = node.status;
	const selector = Object.entries(pod.spec.nodeSelector ?? {});
	if (node.spec.unschedulable === true) return 'node(s) were unschedulable';
	if (conditionOf(node.status.conditions, 'Ready')?.status !== 'True') {
		return 'node(s) had untolerated taint {node.kubernetes.io/unreachable: }';
	}
	if (!selector.every(([key, value]) => node.metadata.labels?.[key] === value)) {
		return "node(s) didn't match Pod's node affinity/selector";
	}
	if (load.cpu + wants.cpu > parseQuantity(allocatable['cpu'])) return 'Insufficient cpu';
	if (load.memory + wants.memory > parseQuantity(allocatable['memory'])) return 'Insufficient memory';
	return load.pods >= parseQuantity(allocatable['pods']) ? 'Too many pods' : undefined;
}

const component = 'default-scheduler';

function assign(cluster: FakeCluster, pod: Pod, nodeName: string): Pod {
	const scheduled = {type: 'PodScheduled', status: 'True'} as const;
	const conditions = withCondition(pod.status.conditions, scheduled, cluster.time());
	const placed = cluster.store.put<Pod>('pods', {
		...pod,
		spec: {...pod.spec, nodeName},
		status: {...pod.status, conditions},
	});
	const message = `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${nodeName}`;
	cluster.recordEvent(placed, {component, reason: 'Scheduled', message});
	return placed;
}

function recordUnschedulable(cluster: FakeCluster, pod: Pod, message: string): Pod {
	cluster.recordEvent(pod, {component, reason: 'FailedScheduling', type: 'Warning', message});
	if (conditionOf(pod.status.conditions, 'PodScheduled')?.message === message) return pod;
	const unschedulable = {type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message} as const;
	const conditions = withCondition(pod.status.conditions, unschedulable, cluster.time());
	return cluster.store.put<Pod>('pods', {...pod, status: {...pod.status, conditions}});
}
