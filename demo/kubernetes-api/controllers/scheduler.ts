import type {FakeCluster} from '../cluster.ts';
import {parseQuantity} from '../objects/defaults.ts';
import {conditionOf, type Node, type Pod} from '../objects/kinds.ts';
import {withCondition} from './build-pod.ts';

type Load = {cpu: number; memory: number; pods: number};

export type Scheduler = {
	/** Assigns the pod to a node, or records in its conditions why no node fits. */
	schedule(pod: Pod): Pod;
};

function requested({spec}: Pod): Load {
	const sum = (name: string) =>
		spec.containers.reduce(
			(all, {resources}) => all + parseQuantity(resources?.requests?.[name] ?? resources?.limits?.[name]),
			0,
		);
	return {cpu: sum('cpu'), memory: sum('memory'), pods: 1};
}

const isEnded = ({status}: Pod) => status.phase === 'Succeeded' || status.phase === 'Failed';

/** Chooses the node with the most unallocated memory. Follows the pods, to know what they have requested. */
export function createScheduler(cluster: FakeCluster): Scheduler {
	const {store} = cluster;
	const taken = new Map<string, Load>();
	const counted = new Map<string, {readonly node: string; readonly load: Load}>();

	function add(node: string, load: Load, times: 1 | -1) {
		const sum = taken.get(node) ?? {cpu: 0, memory: 0, pods: 0};
		taken.set(node, {
			cpu: sum.cpu + times * load.cpu,
			memory: sum.memory + times * load.memory,
			pods: sum.pods + times,
		});
	}

	function follow(pod: Pod, isDeleted: boolean) {
		const {uid} = pod.metadata;
		const before = counted.get(uid);
		const node = isDeleted || isEnded(pod) ? undefined : pod.spec.nodeName;
		if (before?.node === node) return;
		if (before !== undefined) add(before.node, before.load, -1);
		counted.delete(uid);
		if (node === undefined) return;
		const load = requested(pod);
		counted.set(uid, {node, load});
		add(node, load, 1);
	}

	for (const pod of store.list<Pod>('pods')) follow(pod, false);
	store.onChange(({resource, object, type}) => {
		if (resource === 'pods') follow(object as Pod, type === 'DELETED');
	});

	/** Why a node does not fit a pod, in the scheduler's words; undefined when it does. */
	function refusal(node: Node, pod: Pod, wants: Load): string | undefined {
		const {allocatable} = node.status;
		const load = taken.get(node.metadata.name) ?? {cpu: 0, memory: 0, pods: 0};
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

	return {
		schedule(pod) {
			const wants = requested(pod);
			const nodes = store.list<Node>('nodes');
			const reasons = new Map<string, number>();
			const fitting = nodes.filter(node => {
				const why = refusal(node, pod, wants);
				if (why !== undefined) reasons.set(why, (reasons.get(why) ?? 0) + 1);
				return why === undefined;
			});
			const left = ({metadata, status}: Node) =>
				parseQuantity(status.allocatable['memory']) - (taken.get(metadata.name)?.memory ?? 0);
			const [best] = fitting.toSorted((a, b) => left(b) - left(a));
			const {namespace, name} = pod.metadata;
			const source = {component: 'default-scheduler'};
			const time = cluster.time();
			if (best !== undefined) {
				const conditions = withCondition(pod.status.conditions, {type: 'PodScheduled', status: 'True'}, time);
				const placed = store.put<Pod>('pods', {
					...pod,
					spec: {...pod.spec, nodeName: best.metadata.name},
					status: {...pod.status, conditions},
				});
				const message = `Successfully assigned ${namespace}/${name} to ${best.metadata.name}`;
				cluster.recordEvent(placed, {...source, reason: 'Scheduled', message});
				return placed;
			}
			const counts = [...reasons].map(([why, count]) => `${count} ${why}`).sort();
			const message = `0/${nodes.length} nodes are available: ${counts.join(', ')}.`;
			cluster.recordEvent(pod, {...source, reason: 'FailedScheduling', type: 'Warning', message});
			const condition = {type: 'PodScheduled', status: 'False' as const, reason: 'Unschedulable', message};
			if (conditionOf(pod.status.conditions, 'PodScheduled')?.message === message) return pod;
			const conditions = withCondition(pod.status.conditions, condition, time);
			return store.put<Pod>('pods', {...pod, status: {...pod.status, conditions}});
		},
	};
}
