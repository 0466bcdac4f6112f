import type {FakeCluster} from '../cluster.ts';
import type {ClusterScenario} from '../cluster-scenario.ts';
import type {ConfigMapOrSecret, HorizontalPodAutoscaler, PodDisruptionBudget} from '../objects/kinds.ts';
import type {KubeObject} from '../objects/kube-object.ts';
import type {WorkloadPlan} from './estate-workloads.ts';

/** The workload of which no pod may ever be evicted, in scenarios with other problems: its budget requires all of them. */
const strict = 'payments/ledger';

/** A budget for each deployment with enough pods to lose one. */
export function addBudget(
	cluster: FakeCluster,
	scenario: ClusterScenario,
	{namespace, name, kind, replicas}: WorkloadPlan,
): void {
	if (kind !== 'Deployment' || replicas < 4) return;
	const isStrict = scenario.name === 'default' && `${namespace}/${name}` === strict;
	const spec = isStrict ? {minAvailable: replicas} : {maxUnavailable: '25%'};
	const labels = {'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': namespace};
	cluster.store.put<PodDisruptionBudget>('poddisruptionbudgets.policy', {
		apiVersion: 'policy/v1',
		kind: 'PodDisruptionBudget',
		metadata: cluster.newMetadata(name, {namespace, generation: 1, labels}),
		spec: {...spec, selector: {matchLabels: labels}},
		status: {disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0},
	});
}

/** The minimum and maximum number of replicas of each autoscaled workload. */
const scaled: Readonly<Record<string, readonly [number, number]>> = {
	'gateway/edge': [10, 30],
	'checkout/web': [6, 16],
	'orders/worker': [8, 40],
};

export function addAutoscaler(cluster: FakeCluster, {namespace, name}: WorkloadPlan): void {
	const range = scaled[`${namespace}/${name}`];
	if (range === undefined) return;
	const [minReplicas, maxReplicas] = range;
	cluster.store.put<HorizontalPodAutoscaler>('horizontalpodautoscalers.autoscaling', {
		apiVersion: 'autoscaling/v2',
		kind: 'HorizontalPodAutoscaler',
		metadata: cluster.newMetadata(name, {namespace}),
		spec: {
			scaleTargetRef: {apiVersion: 'apps/v1', kind: 'Deployment', name},
			minReplicas,
			maxReplicas,
			metrics: [{type: 'Resource', resource: {name: 'cpu', target: {type: 'Utilization', averageUtilization: 70}}}],
		},
		status: {currentReplicas: 0, desiredReplicas: 0},
	});
}

/** What the workloads read, and the registration of the metrics API. */
export function addConfiguration(cluster: FakeCluster): void {
	const {store} = cluster;
	store.put<ConfigMapOrSecret>('secrets', {
		apiVersion: 'v1',
		kind: 'Secret',
		metadata: cluster.newMetadata('sms-provider', {namespace: 'notify'}),
		type: 'Opaque',
		data: {'api-key': Buffer.from('demo-key-of-no-use').toString('base64')},
	});
	store.put<ConfigMapOrSecret>('configmaps', {
		apiVersion: 'v1',
		kind: 'ConfigMap',
		metadata: cluster.newMetadata('checkout-settings', {namespace: 'checkout'}),
		data: {currency: 'EUR', 'cart.ttl': '30m'},
	});
	store.put('apiservices.apiregistration.k8s.io', {
		apiVersion: 'apiregistration.k8s.io/v1',
		kind: 'APIService',
		metadata: cluster.newMetadata('v1beta1.metrics.k8s.io'),
		spec: {
			group: 'metrics.k8s.io',
			version: 'v1beta1',
			groupPriorityMinimum: 100,
			versionPriority: 100,
			service: {namespace: 'kube-system', name: 'metrics-server', port: 443},
		},
		status: {
			conditions: [
				{
					type: 'Available',
					status: 'True',
					reason: 'Passed',
					message: 'all checks passed',
					lastTransitionTime: cluster.time(),
				},
			],
		},
	} as KubeObject);
}
