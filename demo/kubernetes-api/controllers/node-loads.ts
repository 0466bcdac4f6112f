import {parseQuantity} from '../objects/defaults.ts';
import type {Pod} from '../objects/kinds.ts';
import type {ObjectStore} from '../objects/store.ts';

/** What pods request. `cpu` in cores, `memory` in bytes. */
export type Load = {readonly cpu: number; readonly memory: number; readonly pods: number};

const none: Load = {cpu: 0, memory: 0, pods: 0};

export function requestedLoad({spec}: Pod): Load {
	const sum = (name: string) =>
		spec.containers.reduce(
			(all, {resources}) => all + parseQuantity(resources?.requests?.[name] ?? resources?.limits?.[name]),
			0,
		);
	return {cpu: sum('cpu'), memory: sum('memory'), pods: 1};
}

const isEnded = ({status}: Pod) => status.phase === 'Succeeded' || status.phase === 'Failed';

/** Follows the pods, to know what they request of each node. Returns the load of a node. */
export function createNodeLoads(store: ObjectStore): (node: string) => Load {
	const loads = new Map<string, Load>();
	const counted = new Map<string, {readonly node: string; readonly load: Load}>();
	const loadOf = (node: string) => loads.get(node) ?? none;

	function add(node: string, {cpu, memory, pods}: Load, times: 1 | -1) {
		const sum = loadOf(node);
		loads.set(node, {
			cpu: sum.cpu + times * cpu,
			memory: sum.memory + times * memory,
			pods: sum.pods + times * pods,
		});
	}

	function count(pod: Pod, isDeleted: boolean) {
		const {uid} = pod.metadata;
		const before = counted.get(uid);
		const node = isDeleted || isEnded(pod) ? undefined : pod.spec.nodeName;
		if (before?.node === node) return;
		if (before !== undefined) add(before.node, before.load, -1);
		counted.delete(uid);
		if (node === undefined) return;
		const load = requestedLoad(pod);
		counted.set(uid, {node, load});
		add(node, load, 1);
	}

	for (const pod of store.list<Pod>('pods')) count(pod, false);
	store.onChange(({resource, object, type}) => {
		if (resource === 'pods') count(object as Pod, type === 'DELETED');
	});
	return loadOf;
}
