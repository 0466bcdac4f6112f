/** One resource that the API serves: `/apis/apps/v1/deployments`. */
export type ResourceType = {
	/** The key of its collection, the same for all API versions: `deployments.apps`, `pods`. */
	readonly key: string;
	readonly group: string;
	readonly version: string;
	readonly plural: string;
	readonly singular: string;
	readonly kind: string;
	readonly namespaced: boolean;
	readonly shortNames: readonly string[];
	readonly categories: readonly string[];
	readonly verbs: readonly string[];
	readonly subresources: readonly Subresource[];
};

export type Subresource = {
	readonly name: string;
	readonly kind: string;
	readonly group?: string;
	readonly version?: string;
	readonly verbs: readonly string[];
};

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const changing = ['get', 'patch', 'update'];

type ResourceOptions = Partial<
	Pick<ResourceType, 'plural' | 'singular' | 'namespaced' | 'shortNames' | 'categories' | 'verbs' | 'subresources'>
>;

const resource =
	(group: string, version: string) =>
	(kind: string, options: ResourceOptions = {}): ResourceType => {
		const singular = options.singular ?? kind.toLowerCase();
		const plural = options.plural ?? `${singular}s`;
		return {
			key: group === '' ? plural : `${plural}.${group}`,
			group,
			version,
			plural,
			singular,
			kind,
			namespaced: true,
			shortNames: [],
			categories: [],
			verbs: allVerbs,
			subresources: [],
			...options,
		};
	};

const status = (kind: string): Subresource => ({name: 'status', kind, verbs: changing});
const scale: Subresource = {name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: changing};
const all = ['all'];

const core = resource('', 'v1');
const apps = resource('apps', 'v1');
const cluster = {namespaced: false} as const;

const workload = (kind: string, shortNames: readonly string[], scales = true) =>
	apps(kind, {shortNames, categories: all, subresources: [...(scales ? [scale] : []), status(kind)]});

const horizontalPodAutoscaler = (version: string) =>
	resource('autoscaling', version)('HorizontalPodAutoscaler', {
		shortNames: ['hpa'],
		categories: all,
		subresources: [status('HorizontalPodAutoscaler')],
	});

const podDisruptionBudget = (version: string) =>
	resource('policy', version)('PodDisruptionBudget', {
		shortNames: ['pdb'],
		subresources: [status('PodDisruptionBudget')],
	});

const review = (group: string, kind: string) => resource(group, 'v1')(kind, {...cluster, verbs: ['create']});

/** All resource types, in the order of preference: of two versions of a group, clients should take the first. */
export const resourceTypes: readonly ResourceType[] = [
	core('Pod', {
		shortNames: ['po'],
		categories: all,
		subresources: [
			{name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create']},
			{name: 'log', kind: 'Pod', verbs: ['get']},
			status('Pod'),
		],
	}),
	core('Node', {...cluster, shortNames: ['no'], subresources: [status('Node')]}),
	core('Namespace', {...cluster, shortNames: ['ns'], subresources: [status('Namespace')]}),
	core('Service', {
		shortNames: ['svc'],
		categories: all,
		subresources: [{name: 'proxy', kind: 'ServiceProxyOptions', verbs: ['get']}, status('Service')],
	}),
	core('Endpoints', {plural: 'endpoints', singular: 'endpoints', shortNames: ['ep']}),
	core('ConfigMap', {shortNames: ['cm']}),
	core('Secret'),
	core('Event', {shortNames: ['ev']}),
	core('ServiceAccount', {shortNames: ['sa']}),
	core('ResourceQuota', {shortNames: ['quota']}),
	core('LimitRange', {shortNames: ['limits']}),
	core('PersistentVolumeClaim', {shortNames: ['pvc']}),
	core('ReplicationController', {shortNames: ['rc'], categories: all}),
	workload('Deployment', ['deploy']),
	workload('ReplicaSet', ['rs']),
	workload('StatefulSet', ['sts']),
	workload('DaemonSet', ['ds'], false),
	apps('ControllerRevision'),
	resource('batch', 'v1')('Job', {categories: all, subresources: [status('Job')]}),
	resource('batch', 'v1')('CronJob', {shortNames: ['cj'], categories: all, subresources: [status('CronJob')]}),
	horizontalPodAutoscaler('v2'),
	horizontalPodAutoscaler('v1'),
	podDisruptionBudget('v1'),
	podDisruptionBudget('v1beta1'),
	resource('coordination.k8s.io', 'v1')('Lease'),
	resource('apiregistration.k8s.io', 'v1')('APIService', cluster),
	review('authorization.k8s.io', 'SelfSubjectAccessReview'),
	review('authorization.k8s.io', 'SelfSubjectRulesReview'),
	review('authentication.k8s.io', 'SelfSubjectReview'),
	resource('metrics.k8s.io', 'v1beta1')('NodeMetrics', {
		...cluster,
		plural: 'nodes',
		singular: '',
		verbs: ['get', 'list'],
	}),
	resource('metrics.k8s.io', 'v1beta1')('PodMetrics', {plural: 'pods', singular: '', verbs: ['get', 'list']}),
];

export const apiVersionOf = ({group, version}: Pick<ResourceType, 'group' | 'version'>): string =>
	group === '' ? version : `${group}/${version}`;

export const findType = (group: string, version: string, plural: string): ResourceType | undefined =>
	resourceTypes.find(type => type.group === group && type.version === version && type.plural === plural);

/** The storage of a kind, `ReplicaSet` of `apps/v1`, whatever its version. */
export function keyOfKind(apiVersion: string, kind: string): string | undefined {
	const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
	return resourceTypes.find(type => type.group === group && type.kind === kind)?.key;
}
