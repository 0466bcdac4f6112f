import type {FakeCluster} from './cluster.ts';
import type {ClusterScenario} from './cluster-scenario.ts';
import {parseQuantity} from './objects/defaults.ts';
import type {Container, Node, Pod} from './objects/kinds.ts';
import {parseTimestamp} from './objects/kube-object.ts';
import type {ContainerPrograms} from './objects/programs.ts';

/** Cores and bytes. */
export type UsedResources = {readonly cpu: number; readonly memory: number};

export type UsageModel = {
	containers(pod: Pod, at: number): readonly (UsedResources & {readonly name: string})[];
	/** `mean`: cores on average. `heldBack`: the share of the time in which the CPU limit throttles the container; undefined without a limit. */
	containerCpu(pod: Pod, container: string): {readonly mean: number; readonly heldBack: number | undefined};
	/** The pods on it and what the node needs for itself; undefined while its kubelet is unreachable. */
	node(node: Node, at: number): UsedResources | undefined;
	/** Adds memory, in bytes, that a process outside of the pods uses on this node. */
	addNodeLoad(node: string, bytes: number): void;
};

const mebi = 1024 ** 2;
const minute = 60_000;

/** A program that is about to be killed grows to its limit within this time. */
const growthMs = 20_000;

export function createUsageModel(
	{store}: FakeCluster,
	scenario: ClusterScenario,
	programs: ContainerPrograms,
): UsageModel {
	const burdens = new Map<string, number>();

	function container(pod: Pod, {name, image, resources}: Container, at: number) {
		const state = pod.status.containerStatuses?.find(status => status.name === name)?.state;
		const startedAt = parseTimestamp(state?.running?.startedAt);
		if (startedAt === undefined || startedAt > at) return [];
		const program = programs.get(image);
		const key = `${pod.metadata.namespace}/${pod.metadata.name}/${name}`;
		const limit = parseQuantity(resources?.limits?.['memory']) || 512 * mebi;
		const usual = limit * (0.25 + 0.45 * scenario.stableRandom(`${key} memory`));
		const needed = program.memory ?? usual;
		const grown = Math.min(1, (at - startedAt) / growthMs);
		const memory =
			Math.min(limit, needed * (needed > limit ? grown : 1)) *
			(0.97 + 0.03 * scenario.smoothRandom(`${key} memory`, 5 * minute));
		const cpu = wanted(image, resources) * (0.4 + scenario.smoothRandom(`${key} cpu`, minute));
		return [{name, cpu: Math.min(cpu, coresAtMost(resources)), memory}];
	}

	/** The cores that it would use on average without a limit. */
	const wanted = (image: string, resources: Container['resources']): number =>
		programs.get(image).cpu ?? (parseQuantity(resources?.requests?.['cpu']) || 0.1) * 0.6;
	const coresAtMost = (resources: Container['resources']): number =>
		parseQuantity(resources?.limits?.['cpu']) || Number.POSITIVE_INFINITY;

	/** The throttled share. Demand comes in bursts: a container is throttled long before its average demand reaches its limit. */
	function share(pod: Pod, name: string) {
		const own = pod.spec.containers.find(each => each.name === name);
		if (own === undefined) return {mean: 0, heldBack: undefined};
		const {image, resources} = own;
		const most = coresAtMost(resources);
		const mean = Math.min(0.9 * wanted(image, resources), most);
		if (most === Number.POSITIVE_INFINITY) return {mean, heldBack: undefined};
		const bursts = 0.1 * scenario.stableRandom(`${pod.metadata.namespace}/${pod.metadata.name}/${name} bursts`);
		return {mean, heldBack: Math.min(0.97, Math.max(0, wanted(image, resources) / most - 0.35 + bursts))};
	}

	const containers = (pod: Pod, at: number) => pod.spec.containers.flatMap(each => container(pod, each, at));

	return {
		containers,
		containerCpu: share,
		addNodeLoad: (node, bytes) => void burdens.set(node, bytes),
		node(node, at) {
			const {name} = node.metadata;
			if (!node.status.conditions.some(({type, status}) => type === 'Ready' && status === 'True')) return undefined;
			const own = {
				cpu: 0.1 + 0.1 * scenario.stableRandom(`${name} cpu`),
				memory: 900 * mebi + (burdens.get(name) ?? 0),
			};
			return store
				.list<Pod>('pods')
				.filter(pod => pod.spec.nodeName === name)
				.flatMap(pod => containers(pod, at))
				.reduce((sum, used) => ({cpu: sum.cpu + used.cpu, memory: sum.memory + used.memory}), own);
		},
	};
}
