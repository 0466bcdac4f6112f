/** The workloads of the demo's cluster: 412 pods on twelve nodes when nothing is wrong. */
export type WorkloadPlan = {
	readonly namespace: string;
	readonly name: string;
	readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
	readonly replicas: number;
	/** Memory limit of each pod, MiB. */
	readonly limit: number;
	/** Cores that each pod requests. */
	readonly cpu: number;
	/** Cores that its first container may use; as many as there are when absent. */
	readonly cpuLimit?: number;
	/** Cores that its program needs on average; about half of its request when absent. */
	readonly busy?: number;
	/** The tag of its image. */
	readonly version: string;
	/** The number of rollouts of a deployment so far. */
	readonly revision: number;
	/** The name of a second container beside the first. */
	readonly sidecar?: string;
	/** The tool that manages it. */
	readonly managedBy?: 'Helm' | 'Argo CD';
	readonly paused?: boolean;
	readonly onDelete?: boolean;
	/** It has no Service. */
	readonly unserved?: boolean;
};

export const nodeNames = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'b3', 'b4', 'c1', 'c2', 'c3', 'c4'].map(
	name => `node-${name}`,
);

type Special = Partial<Omit<WorkloadPlan, 'namespace' | 'name' | 'kind'>>;

const special: Readonly<Record<string, Special>> = {
	'checkout/api': {version: '2.40.3', revision: 40},
	'search/indexer': {cpu: 2},
	'media/thumb': {sidecar: 'resizer', version: '1.18.0', revision: 12},
	'media/transcode': {cpuLimit: 1, busy: 0.5},
	'payments/reconciler': {cpuLimit: 0.6, busy: 0.28},
	'catalog/import': {cpuLimit: 0.2, busy: 0.1},
	'payments/fraud-scoring': {cpuLimit: 0.5, busy: 0.2},
	'gateway/rate-limit': {version: '0.9.4', revision: 7},
	'notify/sms': {version: '3.2.0', revision: 5},
	'catalog/api': {managedBy: 'Argo CD'},
	'monitoring/grafana': {managedBy: 'Helm'},
	'orders/exporter': {paused: true},
	'monitoring/alertmanager': {onDelete: true},
};

function plans(
	kind: WorkloadPlan['kind'],
	namespace: string,
	limit: number,
	replicas: Readonly<Record<string, number>>,
): readonly WorkloadPlan[] {
	return Object.entries(replicas).map(([name, count]) => ({
		namespace,
		name,
		kind,
		replicas: count,
		limit,
		cpu: 0.1,
		version: '1.4.2',
		revision: 3,
		...special[`${namespace}/${name}`],
	}));
}

const everyNode = nodeNames.length;

export const workloadPlans: readonly WorkloadPlan[] = [
	...plans('Deployment', 'checkout', 512, {api: 6, web: 12, cart: 8, pricing: 6, promotions: 4, worker: 10}),
	...plans('Deployment', 'orders', 1024, {api: 8, worker: 24, exporter: 2, scheduler: 2}),
	...plans('Deployment', 'payments', 768, {api: 8, ledger: 6, webhooks: 6, reconciler: 3, 'fraud-scoring': 8}),
	...plans('Deployment', 'search', 2048, {api: 10, suggest: 6, ranking: 8}),
	...plans('StatefulSet', 'search', 4096, {indexer: 4}),
	...plans('Deployment', 'media', 1024, {api: 6, thumb: 14, transcode: 10, 'signed-urls': 4}),
	...plans('Deployment', 'identity', 512, {api: 8, sessions: 6, 'token-exchange': 4}),
	...plans('Deployment', 'notify', 384, {mailer: 6, push: 8, sms: 3, templates: 3}),
	...plans('Deployment', 'catalog', 1024, {api: 10, import: 4, images: 6, feeds: 4}),
	...plans('Deployment', 'gateway', 512, {edge: 30, 'rate-limit': 6, auth: 6}),
	...plans('Deployment', 'inventory', 512, {api: 8, sync: 4, stock: 6}),
	...plans('Deployment', 'shipping', 512, {api: 6, labels: 4, tracking: 8}),
	...plans('Deployment', 'reporting', 2048, {api: 4, builder: 6}),
	...plans('StatefulSet', 'reporting', 4096, {warehouse: 3}),
	...plans('Deployment', 'monitoring', 1024, {
		grafana: 2,
		'kube-state-metrics': 1,
		pushgateway: 1,
		'blackbox-exporter': 2,
	}),
	...plans('StatefulSet', 'monitoring', 8192, {prometheus: 2}),
	...plans('StatefulSet', 'monitoring', 512, {alertmanager: 3}),
	...plans('Deployment', 'kube-system', 256, {
		coredns: 4,
		'metrics-server': 2,
		'cluster-autoscaler': 1,
		'ingress-nginx': 6,
	}),
	...plans('DaemonSet', 'kube-system', 192, {'kube-proxy': everyNode, 'cni-node': everyNode, 'csi-node': everyNode}),
	...plans('DaemonSet', 'monitoring', 256, {'node-exporter': everyNode, 'log-shipper': everyNode}),
];

/** Plans for this number of pods, in deployments of 20 and ten namespaces. */
export const manyWorkloadPlans = (pods: number): readonly WorkloadPlan[] =>
	Array.from({length: Math.ceil(pods / 20)}, (_, index) => ({
		namespace: `load-${index % 10}`,
		name: `app-${String(index).padStart(4, '0')}`,
		kind: 'Deployment',
		replicas: Math.min(20, pods - index * 20),
		limit: 256,
		cpu: 0.05,
		version: '1.0.0',
		revision: 2,
		unserved: true,
	}));
