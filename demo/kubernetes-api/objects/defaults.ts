import {invalid} from './api-error.ts';
import {isObject, type JsonObject, type KubeObject, valueAt} from './kube-object.ts';
import {nextScheduledTime} from './schedule.ts';

/** Kinds that have a `generation`, which counts the changes of their spec. */
const generational = new Set([
	'deployments.apps',
	'replicasets.apps',
	'statefulsets.apps',
	'daemonsets.apps',
	'poddisruptionbudgets.policy',
	'jobs.batch',
	'cronjobs.batch',
]);

export const hasGeneration = (resource: string): boolean => generational.has(resource);

const podSpec: JsonObject = {
	restartPolicy: 'Always',
	terminationGracePeriodSeconds: 30,
	dnsPolicy: 'ClusterFirst',
	schedulerName: 'default-scheduler',
	securityContext: {},
};
const containerDefaults: JsonObject = {
	terminationMessagePath: '/dev/termination-log',
	terminationMessagePolicy: 'File',
	imagePullPolicy: 'IfNotPresent',
	resources: {},
};

const specDefaults: Readonly<Record<string, JsonObject>> = {
	'deployments.apps': {
		replicas: 1,
		strategy: {type: 'RollingUpdate', rollingUpdate: {maxUnavailable: '25%', maxSurge: '25%'}},
		revisionHistoryLimit: 10,
		progressDeadlineSeconds: 600,
	},
	'replicasets.apps': {replicas: 1},
	'statefulsets.apps': {
		replicas: 1,
		podManagementPolicy: 'OrderedReady',
		updateStrategy: {type: 'RollingUpdate', rollingUpdate: {partition: 0}},
		revisionHistoryLimit: 10,
	},
	'daemonsets.apps': {
		updateStrategy: {type: 'RollingUpdate', rollingUpdate: {maxUnavailable: 1, maxSurge: 0}},
		revisionHistoryLimit: 10,
	},
	'jobs.batch': {completions: 1, parallelism: 1, backoffLimit: 6, completionMode: 'NonIndexed', suspend: false},
	'cronjobs.batch': {
		concurrencyPolicy: 'Allow',
		suspend: false,
		successfulJobsHistoryLimit: 3,
		failedJobsHistoryLimit: 1,
	},
	'horizontalpodautoscalers.autoscaling': {minReplicas: 1},
	services: {type: 'ClusterIP', sessionAffinity: 'None', clusterIP: '10.96.100.1'},
};

const statusDefaults: Readonly<Record<string, JsonObject>> = {
	pods: {phase: 'Pending', conditions: []},
	nodes: {capacity: {}, allocatable: {}, conditions: [], addresses: [], nodeInfo: {}},
	namespaces: {phase: 'Active'},
	'deployments.apps': {},
	'replicasets.apps': {replicas: 0},
	'statefulsets.apps': {replicas: 0},
	'daemonsets.apps': {currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0},
	'poddisruptionbudgets.policy': {disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0},
	'jobs.batch': {},
	'cronjobs.batch': {},
	'horizontalpodautoscalers.autoscaling': {currentReplicas: 0, desiredReplicas: 0},
};

function withPodDefaults(spec: unknown): JsonObject {
	const given = isObject(spec) ? spec : {};
	const containers = (list: unknown) =>
		Array.isArray(list) ? list.map(container => ({...containerDefaults, ...container})) : list;
	return {
		...podSpec,
		...given,
		containers: containers(given['containers']),
		...(given['initContainers'] === undefined ? {} : {initContainers: containers(given['initContainers'])}),
	};
}

/** A Job finds its pods by its own uid. https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-labels */
function withJobLabels({metadata}: KubeObject, spec: JsonObject): JsonObject {
	const own = {'batch.kubernetes.io/controller-uid': metadata.uid};
	const labels = {
		...own,
		'batch.kubernetes.io/job-name': metadata.name,
		'controller-uid': metadata.uid,
		'job-name': metadata.name,
	};
	const template = isObject(spec['template']) ? spec['template'] : {};
	const templateMetadata = isObject(template['metadata']) ? template['metadata'] : {};
	const before = isObject(templateMetadata['labels']) ? templateMetadata['labels'] : {};
	return {
		selector: {matchLabels: own},
		...spec,
		template: {...template, metadata: {...templateMetadata, labels: {...before, ...labels}}},
	};
}

/** Returns the object with the defaults of the server for absent fields. */
export function withDefaults(resource: string, object: KubeObject): KubeObject {
	const ownSpec = valueAt(object, 'spec');
	const state = valueAt(object, 'status');
	const defaults = specDefaults[resource];
	let spec =
		isObject(ownSpec) || defaults !== undefined ? {...defaults, ...(isObject(ownSpec) ? ownSpec : {})} : undefined;
	if (resource === 'pods') spec = withPodDefaults(spec);
	const template = spec?.['template'];
	if (spec !== undefined && isObject(template))
		spec = {...spec, template: {...template, spec: withPodDefaults(template['spec'])}};
	if (resource === 'jobs.batch' && spec !== undefined) spec = withJobLabels(object, spec);
	const status = statusDefaults[resource];
	return {
		...object,
		...(spec === undefined ? {} : {spec}),
		...(status === undefined ? {} : {status: {...status, ...(isObject(state) ? state : {})}}),
	};
}

/** Validates the fields that this server works with. @throws ApiError 422 */
export function validateObject(resource: string, object: KubeObject): void {
	const about = {resource, name: object.metadata.name, kind: object.kind};
	const replicas = valueAt(object, 'spec.replicas');
	if (replicas !== undefined && (!Number.isInteger(replicas) || Number(replicas) < 0)) {
		throw invalid(about, 'spec.replicas', `Invalid value: ${replicas}: must be greater than or equal to 0`);
	}
	const path = resource === 'pods' ? 'spec' : 'spec.template.spec';
	const policy = valueAt(object, `${path}.restartPolicy`);
	if (resource === 'jobs.batch' && policy !== 'Never' && policy !== 'OnFailure') {
		throw invalid(
			about,
			`${path}.restartPolicy`,
			`Unsupported value: "${policy}": supported values: "OnFailure", "Never"`,
		);
	}
	const schedule = valueAt(object, 'spec.schedule');
	if (resource === 'cronjobs.batch' && nextScheduledTime(String(schedule), 0) === undefined) {
		throw invalid(about, 'spec.schedule', `Invalid value: "${schedule}": expected exactly 5 fields`);
	}
	const containers = valueAt(object, `${path}.containers`);
	if (valueAt(object, path) === undefined || (resource !== 'pods' && valueAt(object, 'spec.template') === undefined))
		return;
	if (!Array.isArray(containers) || containers.length === 0)
		throw invalid(about, `${path}.containers`, 'Required value');
	for (const [index, container] of containers.entries()) {
		const at = `${path}.containers[${index}]`;
		if (typeof valueAt(container, 'name') !== 'string') throw invalid(about, `${at}.name`, 'Required value');
		if (typeof valueAt(container, 'image') !== 'string') throw invalid(about, `${at}.image`, 'Required value');
		checkResources(about, at, container);
	}
	const names = containers.map(container => valueAt(container, 'name'));
	const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
	if (twice >= 0) throw invalid(about, `${path}.containers[${twice}].name`, `Duplicate value: "${names[twice]}"`);
}

function checkResources(about: Parameters<typeof invalid>[0], at: string, container: unknown): void {
	const requests = valueAt(container, 'resources.requests');
	if (!isObject(requests)) return;
	for (const [name, amount] of Object.entries(requests)) {
		const limit = valueAt(container, `resources.limits.${name}`);
		if (typeof limit !== 'string' || typeof amount !== 'string' || parseQuantity(amount) <= parseQuantity(limit))
			continue;
		const why = `Invalid value: "${amount}": must be less than or equal to ${name} limit of ${limit}`;
		throw invalid(about, `${at}.resources.requests`, why);
	}
}

const units: Readonly<Record<string, number>> = {
	n: 1e-9,
	u: 1e-6,
	m: 1e-3,
	'': 1,
	k: 1e3,
	M: 1e6,
	G: 1e9,
	T: 1e12,
	Ki: 1024,
	Mi: 1024 ** 2,
	Gi: 1024 ** 3,
	Ti: 1024 ** 4,
};

/** A cache of parsed quantities: the same few are read over and over. */
const amounts = new Map<string, number>();

/** `500m` is 0.5, `2Gi` is 2147483648; 0 when it cannot be read. */
export function parseQuantity(text: string | undefined): number {
	if (text === undefined) return 0;
	const known = amounts.get(text);
	if (known !== undefined) return known;
	const found = /^([0-9.]+)([A-Za-z]*)$/.exec(text);
	const amount = found === null ? 0 : Number(found[1]) * (units[found[2] ?? ''] ?? 0);
	if (amounts.size < 1000) amounts.set(text, amount);
	return amount;
}
