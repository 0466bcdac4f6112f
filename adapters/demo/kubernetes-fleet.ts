import type {NodeUsageFacts} from '../../src/model/node-usage.ts';
import type {LastEnd, PodFacts} from '../../src/model/pod.ts';
import type {PodUsageFacts} from '../../src/model/pod-usage.ts';
import {hasTrouble, type Scenario} from './scenario.ts';

/** What a cluster of the demo tells, at the moment it is asked. */
export type Fleet = {
	pods(): readonly PodFacts[];
	podUsage(): readonly PodUsageFacts[];
	nodes(): readonly NodeUsageFacts[];
};

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const mebi = 1024 ** 2;
const gibi = 1024 ** 3;

const nodeNames = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'b3', 'b4', 'c1', 'c2', 'c3', 'c4'].map(name => `node-${name}`);

type Workload = {
	readonly namespace: string;
	readonly name: string;
	readonly kind: 'deployment' | 'statefulset' | 'daemonset';
	readonly replicas: number;
	/** MiB each. */
	readonly limit: number;
};

const deployments = (
	namespace: string,
	limit: number,
	replicas: Readonly<Record<string, number>>,
): readonly Workload[] =>
	Object.entries(replicas).map(([name, count]) => ({namespace, name, kind: 'deployment', replicas: count, limit}));

const statefulsets = (
	namespace: string,
	limit: number,
	replicas: Readonly<Record<string, number>>,
): readonly Workload[] =>
	Object.entries(replicas).map(([name, count]) => ({namespace, name, kind: 'statefulset', replicas: count, limit}));

const daemonsets = (namespace: string, limit: number, names: readonly string[]): readonly Workload[] =>
	names.map(name => ({namespace, name, kind: 'daemonset', replicas: nodeNames.length, limit}));

/** 412 pods in all. */
const workloads: readonly Workload[] = [
	...deployments('checkout', 512, {api: 6, web: 12, cart: 8, pricing: 6, promotions: 4, worker: 10}),
	...deployments('orders', 1024, {api: 8, worker: 24, exporter: 2, scheduler: 2}),
	...deployments('payments', 768, {api: 8, ledger: 6, webhooks: 6, reconciler: 3, 'fraud-scoring': 8}),
	...deployments('search', 2048, {api: 10, suggest: 6, ranking: 8}),
	...statefulsets('search', 4096, {indexer: 4}),
	...deployments('media', 1024, {api: 6, thumb: 14, transcode: 10, 'signed-urls': 4}),
	...deployments('identity', 512, {api: 8, sessions: 6, 'token-exchange': 4}),
	...deployments('notify', 384, {mailer: 6, push: 8, sms: 3, templates: 3}),
	...deployments('catalog', 1024, {api: 10, import: 4, images: 6, feeds: 4}),
	...deployments('gateway', 512, {edge: 30, 'rate-limit': 6, auth: 6}),
	...deployments('inventory', 512, {api: 8, sync: 4, stock: 6}),
	...deployments('shipping', 512, {api: 6, labels: 4, tracking: 8}),
	...deployments('reporting', 2048, {api: 4, builder: 6}),
	...statefulsets('reporting', 4096, {warehouse: 3}),
	...deployments('monitoring', 1024, {grafana: 2, 'kube-state-metrics': 1, pushgateway: 1, 'blackbox-exporter': 2}),
	...statefulsets('monitoring', 8192, {prometheus: 2}),
	...statefulsets('monitoring', 512, {alertmanager: 3}),
	...deployments('kube-system', 256, {coredns: 4, 'metrics-server': 2, 'cluster-autoscaler': 1, 'ingress-nginx': 6}),
	...daemonsets('kube-system', 192, ['kube-proxy', 'cni-node', 'csi-node']),
	...daemonsets('monitoring', 256, ['node-exporter', 'log-shipper']),
];

type Pod = Workload & {
	readonly uid: string;
	readonly pod: string;
	readonly index: number;
	readonly node: string;
	readonly createdAt: number;
};

/** The letters of names that Kubernetes makes: no vowels, so that no word comes out. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

function letters(scenario: Scenario, key: string, length: number): string {
	return Array.from(
		{length},
		(_, index) => alphabet[Math.floor(scenario.fixed(`${key} ${index}`) * alphabet.length)],
	).join('');
}

function uid(scenario: Scenario, key: string): string {
	const hex = Array.from({length: 4}, (_, index) =>
		Math.floor(scenario.fixed(`${key} uid ${index}`) * 2 ** 32)
			.toString(16)
			.padStart(8, '0'),
	).join('');
	return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20)].join('-');
}

function buildPod(scenario: Scenario, workload: Workload, index: number): Pod {
	const key = `${workload.namespace}/${workload.name}/${index}`;
	const set = letters(scenario, `${workload.namespace}/${workload.name}`, 9);
	const pod =
		workload.kind === 'statefulset'
			? `${workload.name}-${index}`
			: workload.kind === 'daemonset'
				? `${workload.name}-${letters(scenario, key, 5)}`
				: `${workload.name}-${set}-${letters(scenario, key, 5)}`;
	const place = workload.kind === 'daemonset' ? index : Math.floor(scenario.fixed(`${key} node`) * nodeNames.length);
	return {
		...workload,
		uid: uid(scenario, key),
		pod,
		index,
		node: nodeNames[place] ?? 'node-a1',
		createdAt: scenario.startedAt - 2 * hour - Math.floor(scenario.fixed(`${key} age`) * 40 * day),
	};
}

/** A loop of crashes: the kubelet waits up to five minutes before it starts the container again. */
const backOffMs = 5 * minute;
const oom: LastEnd = {reason: 'OOMKilled', exitCode: 137};

function healthy(scenario: Scenario, {uid: id, namespace, pod, name, node, createdAt}: Pod): PodFacts {
	// Some restarted once, long ago: that is what a healthy cluster looks like.
	const restarted = scenario.fixed(`${id} restarts`) > 0.9;
	return {
		uid: id,
		namespace,
		name: pod,
		owner: name,
		node,
		ready: 1,
		containers: 1,
		status: 'Running',
		lastEnd: undefined,
		message: undefined,
		restarts: restarted ? 1 : 0,
		restartedAt: restarted ? createdAt + hour : undefined,
		createdAt,
		unreadySince: undefined,
		deleteBy: undefined,
	};
}

/** Since the rollout seven minutes before the demo began. */
function crashing(scenario: Scenario, facts: PodFacts, index: number): PodFacts {
	const {startedAt} = scenario;
	const lastCrash = startedAt - (8 + index * 13) * 1000;
	const more = Math.floor((scenario.now() - lastCrash) / backOffMs);
	return {
		...facts,
		ready: 0,
		status: 'CrashLoopBackOff',
		lastEnd: oom,
		restarts: (index === 0 ? 14 : 13) + more,
		restartedAt: lastCrash + more * backOffMs,
		createdAt: startedAt - 7 * minute,
		unreadySince: startedAt - 7 * minute + 4000,
	};
}

const unscheduled = (scenario: Scenario, facts: PodFacts): PodFacts => ({
	...facts,
	node: undefined,
	ready: 0,
	status: 'Pending',
	message: '0/12 nodes are available: 12 Insufficient cpu',
	restarts: 0,
	restartedAt: undefined,
	createdAt: scenario.startedAt - 3 * minute,
});

const unready = (scenario: Scenario, facts: PodFacts): PodFacts => ({
	...facts,
	ready: 1,
	containers: 2,
	restarts: 2,
	restartedAt: scenario.startedAt - 20 * minute,
	unreadySince: scenario.startedAt - 9 * minute,
});

const imageGone = (scenario: Scenario, facts: PodFacts): PodFacts => ({
	...facts,
	ready: 0,
	status: 'ImagePullBackOff',
	message: 'manifest unknown',
	createdAt: scenario.startedAt - 6 * minute,
	unreadySince: scenario.startedAt - 6 * minute,
	restarts: 0,
	restartedAt: undefined,
});

type Change = (scenario: Scenario, facts: PodFacts, index: number) => PodFacts;

/** Which pods are not well in this scenario, by workload: the first few of it, and what becomes of them. */
function sickness(scenario: Scenario): ReadonlyMap<string, {readonly pods: number; readonly change: Change}> {
	const sick = new Map<string, {readonly pods: number; readonly change: Change}>();
	if (!hasTrouble(scenario, 'crashloop')) return sick;
	sick.set('checkout/api', {pods: 3, change: crashing});
	if (scenario.name === 'crashloop') return sick;
	sick.set('search/indexer', {pods: 1, change: unscheduled});
	sick.set('media/thumb', {pods: 1, change: unready});
	if (scenario.name === 'storm') {
		sick.set('gateway/rate-limit', {pods: 6, change: imageGone});
		sick.set('search/ranking', {pods: 3, change: unscheduled});
	}
	return sick;
}

export function createFleet(scenario: Scenario): Fleet {
	const pods = workloads.flatMap(workload =>
		Array.from({length: workload.replicas}, (_, index) => buildPod(scenario, workload, index)),
	);
	const sick = sickness(scenario);
	const sickIndex = ({namespace, name, index}: Pod) => index < (sick.get(`${namespace}/${name}`)?.pods ?? 0);
	const crashes = (pod: Pod) => sickIndex(pod) && sick.get(`${pod.namespace}/${pod.name}`)?.change === crashing;

	function facts(pod: Pod): PodFacts {
		const well = healthy(scenario, pod);
		const change = sick.get(`${pod.namespace}/${pod.name}`)?.change;
		return change === undefined || !sickIndex(pod) ? well : change(scenario, well, pod.index);
	}

	/** Healthy pods keep between 25 and 73 % of their limit; those that the kernel kills are caught just below it. */
	function memoryShare(pod: Pod): number {
		if (crashes(pod)) return 0.972 + 0.02 * scenario.wave(`${pod.uid} memory`, minute);
		const usual = 0.25 + 0.45 * scenario.fixed(`${pod.uid} memory`);
		return usual + 0.03 * scenario.wave(`${pod.uid} memory`, 5 * minute);
	}

	return {
		pods: () => pods.map(facts),
		podUsage: () =>
			pods
				.filter(pod => facts(pod).node !== undefined && facts(pod).status !== 'ImagePullBackOff')
				.map(pod => {
					const memoryLimit = pod.limit * mebi;
					const cpuRequest = 0.1 + Math.floor(scenario.fixed(`${pod.uid} cpu`) * 8) / 20;
					return {
						uid: pod.uid,
						namespace: pod.namespace,
						name: pod.pod,
						owner: pod.name,
						memory: Math.round(memoryLimit * memoryShare(pod)),
						memoryLimit,
						cpu: cpuRequest * (0.1 + 0.8 * scenario.wave(`${pod.uid} cpu`, minute)),
						cpuRequest,
						measuredAt: scenario.now(),
					};
				}),
		nodes: () => nodeNames.map(name => node(scenario, name)),
	};
}

function node(scenario: Scenario, name: string): NodeUsageFacts {
	const full = name === 'node-a3' && (scenario.name === 'default' || scenario.name === 'storm');
	const usual = full ? 0.87 : 0.4 + 0.25 * scenario.fixed(`${name} memory`);
	const memoryCapacity = 15.8 * gibi;
	return {
		uid: uid(scenario, name),
		name,
		status: scenario.name === 'storm' && name === 'node-c2' ? 'NotReady' : 'Ready',
		memory: Math.round(memoryCapacity * (usual + 0.02 * scenario.wave(`${name} memory`, 3 * minute))),
		memoryCapacity,
		cpu: 4 * (0.2 + 0.4 * scenario.wave(`${name} cpu`, minute)),
		cpuCapacity: 4,
		measuredAt: scenario.now(),
	};
}
