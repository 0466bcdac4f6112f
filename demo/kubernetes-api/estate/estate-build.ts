import type {FakeCluster} from '../cluster.ts';
import type {ClusterScenario} from '../cluster-scenario.ts';
import {podAddress} from '../controllers/build-pod.ts';
import {deploymentRevisionAnnotation} from '../controllers/deployments.ts';
import {withDefaults} from '../objects/defaults.ts';
import {hashName} from '../objects/generated-names.ts';
import type {Container, Deployment, Namespace, Node, PodTemplate, ReplicaSet} from '../objects/kinds.ts';
import {type KubeObject, type Labels, ownerReference, timestamp} from '../objects/kube-object.ts';
import type {WorkloadPlan} from './estate-workloads.ts';

const day = 24 * 3_600_000;

export const imageOf = ({namespace, name}: Pick<WorkloadPlan, 'namespace' | 'name'>, version: string): string =>
	`registry.example.test/${namespace}/${name}:${version}`;

export function addNamespace(cluster: FakeCluster, name: string): void {
	if (cluster.store.get('namespaces', undefined, name) !== undefined) return;
	cluster.store.put<Namespace>('namespaces', {
		apiVersion: 'v1',
		kind: 'Namespace',
		metadata: cluster.newMetadata(name, {labels: {'kubernetes.io/metadata.name': name}}),
		spec: {finalizers: ['kubernetes']},
		status: {phase: 'Active'},
	});
}

const conditions = (time: string) =>
	(
		[
			['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
			['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
			['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
			['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
		] as const
	).map(([type, status, reason, message]) => ({
		type,
		status,
		reason,
		message,
		lastHeartbeatTime: time,
		lastTransitionTime: time,
	}));

export function addNode(cluster: FakeCluster, scenario: ClusterScenario, name: string): void {
	const zone = /([a-z])\d+$/.exec(name)?.[1] ?? 'a';
	cluster.store.put<Node>('nodes', {
		apiVersion: 'v1',
		kind: 'Node',
		metadata: cluster.newMetadata(name, {
			labels: {
				'kubernetes.io/hostname': name,
				'kubernetes.io/os': 'linux',
				'kubernetes.io/arch': 'amd64',
				'node-role.kubernetes.io/worker': '',
				'topology.kubernetes.io/zone': `eu-west-1${zone}`,
			},
		}),
		spec: {podCIDR: '10.0.0.0/24'},
		status: {
			capacity: {cpu: '16', memory: '33554432Ki', pods: '250', 'ephemeral-storage': '104857600Ki'},
			allocatable: {cpu: '15800m', memory: '32505856Ki', pods: '250', 'ephemeral-storage': '94371840Ki'},
			conditions: conditions(cluster.time()),
			addresses: [
				{type: 'InternalIP', address: podAddress(scenario.stableRandom(`${name} address`))},
				{type: 'Hostname', address: name},
			],
			nodeInfo: {
				kubeletVersion: 'v1.34.2',
				kubeProxyVersion: 'v1.34.2',
				osImage: 'Debian GNU/Linux 13 (trixie)',
				kernelVersion: '6.12.48-amd64',
				containerRuntimeVersion: 'containerd://2.1.4',
				operatingSystem: 'linux',
				architecture: 'amd64',
				machineID: hashName(name),
				systemUUID: hashName(`${name} system`),
				bootID: hashName(`${name} boot`),
			},
		},
	});
}

const labelsOf = ({name, namespace}: WorkloadPlan): Labels => ({
	'app.kubernetes.io/name': name,
	'app.kubernetes.io/part-of': namespace,
});

function containersOf(plan: WorkloadPlan, version: string): readonly Container[] {
	const {name, limit, cpu, cpuLimit, sidecar} = plan;
	const main: Container = {
		name,
		image: imageOf(plan, version),
		ports: [{name: 'http', containerPort: 8080, protocol: 'TCP'}],
		resources: {
			requests: {cpu: `${Math.round(cpu * 1000)}m`, memory: `${Math.round(limit / 2)}Mi`},
			limits: {...(cpuLimit === undefined ? {} : {cpu: `${cpuLimit * 1000}m`}), memory: `${limit}Mi`},
		},
		...(name === 'sms'
			? {env: [{name: 'PROVIDER_KEY', valueFrom: {secretKeyRef: {name: 'sms-provider', key: 'api-key'}}}]}
			: {env: [{name: 'LOG_LEVEL', value: 'info'}]}),
	};
	if (sidecar === undefined) return [main];
	return [
		main,
		{name: sidecar, image: imageOf({...plan, name: sidecar}, version), resources: {limits: {memory: '256Mi'}}},
	];
}

export const podTemplateOf = (plan: WorkloadPlan, version: string): PodTemplate => ({
	metadata: {labels: labelsOf(plan)},
	spec: {containers: containersOf(plan, version)},
});

const ownedAnnotations = (plan: WorkloadPlan): Labels =>
	plan.managedBy === 'Helm'
		? {'meta.helm.sh/release-name': plan.name, 'meta.helm.sh/release-namespace': plan.namespace}
		: {};

const ownedLabels = (plan: WorkloadPlan): Labels =>
	plan.managedBy === 'Helm'
		? {'app.kubernetes.io/managed-by': 'Helm'}
		: plan.managedBy === 'Argo CD'
			? {'argocd.argoproj.io/instance': plan.namespace}
			: {};

const causeAnnotation = 'kubernetes.io/change-cause';

/** Creates the workload; its controller creates the pods. A deployment also gets its earlier revisions, without pods. */
export function addWorkload(cluster: FakeCluster, plan: WorkloadPlan): void {
	const {namespace, name, kind, replicas, revision, version} = plan;
	addNamespace(cluster, namespace);
	const key = `${kind.toLowerCase()}s.apps`;
	const annotations: Labels = {
		...ownedAnnotations(plan),
		...(kind === 'Deployment'
			? {[deploymentRevisionAnnotation]: String(revision - 1), [causeAnnotation]: `image ${name}:${version}`}
			: {}),
	};
	const metadata = cluster.newMetadata(name, {
		namespace,
		generation: revision,
		labels: {...labelsOf(plan), ...ownedLabels(plan)},
		annotations,
	});
	const selector = {matchLabels: labelsOf(plan)};
	const spec = {
		...(kind === 'DaemonSet' ? {} : {replicas}),
		...(kind === 'StatefulSet' ? {serviceName: name} : {}),
		...(plan.onDelete === true ? {updateStrategy: {type: 'OnDelete'}} : {}),
		selector,
		template: podTemplateOf(plan, version),
	};
	const object = withDefaults(key, {apiVersion: 'apps/v1', kind, metadata, spec} as KubeObject);
	const put = cluster.store.put(key, object);
	if (kind === 'Deployment') addHistory(cluster, put as Deployment, plan);
	addService(cluster, plan);
}

/** Replica sets of the two previous revisions, to which a rollout can be undone. */
function addHistory(cluster: FakeCluster, deployment: Deployment, plan: WorkloadPlan): void {
	const {namespace, name, version, revision} = plan;
	for (const back of [2, 1]) {
		if (revision - back < 1) continue;
		const [major = '1', minor = '0', patch = '0'] = version.split('.');
		const older = `${major}.${Math.max(0, Number(minor) - back)}.${Number(patch) + back}`;
		const template = withTemplateDefaults(podTemplateOf(plan, older));
		const hash = hashName(template);
		const labels = {...labelsOf(plan), 'pod-template-hash': hash};
		cluster.store.put<ReplicaSet>('replicasets.apps', {
			apiVersion: 'apps/v1',
			kind: 'ReplicaSet',
			metadata: cluster.newMetadata(`${name}-${hash}`, {
				namespace,
				generation: 3,
				creationTimestamp: timestamp(cluster.clock.now() - back * 3 * day),
				labels,
				annotations: {
					[deploymentRevisionAnnotation]: String(revision - back),
					[causeAnnotation]: `image ${name}:${older}`,
					'deployment.kubernetes.io/desired-replicas': String(plan.replicas),
					'deployment.kubernetes.io/max-replicas': String(Math.ceil(plan.replicas * 1.25)),
				},
				ownerReferences: [ownerReference(deployment)],
			}),
			spec: {replicas: 0, selector: {matchLabels: labels}, template: {...template, metadata: {labels}}},
			status: {replicas: 0, observedGeneration: 3},
		});
	}
}

function withTemplateDefaults(template: PodTemplate): PodTemplate {
	const holder = {apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: template.spec} as unknown as KubeObject;
	return {...template, spec: (withDefaults('pods', holder) as unknown as PodTemplate).spec};
}

function addService(cluster: FakeCluster, plan: WorkloadPlan): void {
	const {namespace, name, kind} = plan;
	if (kind === 'DaemonSet' || plan.unserved === true) return;
	const random = Number.parseInt(Buffer.from(`${namespace}/${name}`).toString('hex').slice(-6), 16) / 0xffffff;
	cluster.store.put('services', {
		apiVersion: 'v1',
		kind: 'Service',
		metadata: cluster.newMetadata(name, {namespace, labels: labelsOf(plan)}),
		spec: {
			type: 'ClusterIP',
			clusterIP: podAddress(random).replace(/^10\.\d+/, '10.96'),
			selector: labelsOf(plan),
			ports: [{name: 'http', port: 80, protocol: 'TCP', targetPort: 8080}],
		},
		status: {loadBalancer: {}},
	} as KubeObject);
}
