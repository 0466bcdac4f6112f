import type {ResourceType} from '../../../src/port/kubernetes.ts';
import type {
	Condition,
	ContainerSpec,
	ContainerState,
	ContainerStatus,
	LabelSelector,
	Metadata,
	PodTemplate,
	WatchedKind,
	WatchedObjects,
} from '../../../src/port/kubernetes-objects.ts';
import type {Projection} from './projection.ts';

const metadata: Projection<Metadata> = {
	name: 'unshared-text',
	namespace: 'text',
	uid: 'unshared-text',
	resourceVersion: 'unshared-text',
	generation: 'number',
	creationTimestamp: 'unshared-text',
	deletionTimestamp: 'unshared-text',
	deletionGracePeriodSeconds: 'number',
	finalizers: ['text'],
	labels: 'string-map',
	annotations: 'short-string-map',
	ownerReferences: [{apiVersion: 'text', kind: 'text', name: 'text', uid: 'text', controller: 'boolean'}],
};

/** The metadata fields of any object. */
export const metadataProjection = metadata;

const conditions: readonly [Projection<Condition>] = [
	{
		type: 'text',
		status: 'text',
		reason: 'text',
		message: 'unshared-text',
		lastTransitionTime: 'unshared-text',
		lastUpdateTime: 'unshared-text',
	},
];

const containers: readonly [Projection<ContainerSpec>] = [
	{name: 'text', image: 'text', resources: {requests: 'string-map', limits: 'string-map'}, restartPolicy: 'text'},
];

const state: Projection<ContainerState> = {
	waiting: {reason: 'text', message: 'unshared-text'},
	running: {startedAt: 'unshared-text'},
	terminated: {
		exitCode: 'number',
		signal: 'number',
		reason: 'text',
		message: 'unshared-text',
		startedAt: 'unshared-text',
		finishedAt: 'unshared-text',
	},
};

const containerStatuses: readonly [Projection<ContainerStatus>] = [
	{name: 'text', ready: 'boolean', started: 'boolean', restartCount: 'number', image: 'text', state, lastState: state},
];

const selector: Projection<LabelSelector> = {
	matchLabels: 'string-map',
	matchExpressions: [{key: 'text', operator: 'text', values: ['text']}],
};

const template: Projection<PodTemplate> = {
	metadata: {labels: 'string-map', annotations: 'short-string-map'},
	spec: {containers, initContainers: containers},
};

type WatchedResource<K extends WatchedKind> = {
	readonly type: ResourceType;
	readonly projection: Projection<WatchedObjects[K]>;
	/** Limits the objects that are listed and watched; absent: all. */
	readonly fieldSelector?: string;
};

const core = (resource: string, namespaced = true): ResourceType => ({group: '', version: 'v1', resource, namespaced});
const apps = (resource: string): ResourceType => ({group: 'apps', version: 'v1', resource, namespaced: true});
const batch = (resource: string): ResourceType => ({group: 'batch', version: 'v1', resource, namespaced: true});

/** The watched kinds, and the fields that are stored of their objects. */
export const watchedResources: {readonly [K in WatchedKind]: WatchedResource<K>} = {
	pods: {
		type: core('pods'),
		projection: {
			metadata,
			spec: {
				nodeName: 'text',
				restartPolicy: 'text',
				priorityClassName: 'text',
				terminationGracePeriodSeconds: 'number',
				containers,
				initContainers: containers,
				readinessGates: [{conditionType: 'text'}],
			},
			status: {
				phase: 'text',
				reason: 'text',
				message: 'unshared-text',
				podIP: 'unshared-text',
				qosClass: 'text',
				startTime: 'unshared-text',
				conditions,
				containerStatuses,
				initContainerStatuses: containerStatuses,
			},
		},
	},
	deployments: {
		type: apps('deployments'),
		projection: {
			metadata,
			spec: {
				replicas: 'number',
				paused: 'boolean',
				progressDeadlineSeconds: 'number',
				minReadySeconds: 'number',
				selector,
				template,
				strategy: {type: 'text', rollingUpdate: {maxSurge: 'number-or-text', maxUnavailable: 'number-or-text'}},
			},
			status: {
				observedGeneration: 'number',
				replicas: 'number',
				updatedReplicas: 'number',
				readyReplicas: 'number',
				availableReplicas: 'number',
				unavailableReplicas: 'number',
				conditions,
			},
		},
	},
	replicasets: {
		type: apps('replicasets'),
		projection: {
			metadata,
			spec: {replicas: 'number', selector, template},
			status: {
				observedGeneration: 'number',
				replicas: 'number',
				readyReplicas: 'number',
				availableReplicas: 'number',
				conditions,
			},
		},
	},
	statefulsets: {
		type: apps('statefulsets'),
		projection: {
			metadata,
			spec: {
				replicas: 'number',
				serviceName: 'text',
				podManagementPolicy: 'text',
				selector,
				template,
				updateStrategy: {type: 'text', rollingUpdate: {partition: 'number'}},
			},
			status: {
				observedGeneration: 'number',
				replicas: 'number',
				readyReplicas: 'number',
				availableReplicas: 'number',
				currentReplicas: 'number',
				updatedReplicas: 'number',
				currentRevision: 'text',
				updateRevision: 'text',
				conditions,
			},
		},
	},
	daemonsets: {
		type: apps('daemonsets'),
		projection: {
			metadata,
			spec: {selector, template, updateStrategy: {type: 'text'}},
			status: {
				observedGeneration: 'number',
				desiredNumberScheduled: 'number',
				currentNumberScheduled: 'number',
				updatedNumberScheduled: 'number',
				numberReady: 'number',
				numberAvailable: 'number',
				numberUnavailable: 'number',
				numberMisscheduled: 'number',
				conditions,
			},
		},
	},
	controllerrevisions: {type: apps('controllerrevisions'), projection: {metadata, revision: 'number'}},
	jobs: {
		type: batch('jobs'),
		projection: {
			metadata,
			spec: {
				completions: 'number',
				parallelism: 'number',
				backoffLimit: 'number',
				activeDeadlineSeconds: 'number',
				suspend: 'boolean',
				template,
			},
			status: {
				active: 'number',
				succeeded: 'number',
				failed: 'number',
				startTime: 'unshared-text',
				completionTime: 'unshared-text',
				conditions,
			},
		},
	},
	cronjobs: {
		type: batch('cronjobs'),
		projection: {
			metadata,
			spec: {schedule: 'text', timeZone: 'text', suspend: 'boolean', concurrencyPolicy: 'text'},
			status: {lastScheduleTime: 'unshared-text', lastSuccessfulTime: 'unshared-text'},
		},
	},
	horizontalpodautoscalers: {
		type: {group: 'autoscaling', version: 'v2', resource: 'horizontalpodautoscalers', namespaced: true},
		projection: {
			metadata,
			spec: {
				scaleTargetRef: {apiVersion: 'text', kind: 'text', name: 'text'},
				minReplicas: 'number',
				maxReplicas: 'number',
			},
			status: {currentReplicas: 'number', desiredReplicas: 'number', lastScaleTime: 'unshared-text', conditions},
		},
	},
	poddisruptionbudgets: {
		type: {group: 'policy', version: 'v1', resource: 'poddisruptionbudgets', namespaced: true},
		projection: {
			metadata,
			spec: {minAvailable: 'number-or-text', maxUnavailable: 'number-or-text', selector},
			status: {
				observedGeneration: 'number',
				disruptionsAllowed: 'number',
				currentHealthy: 'number',
				desiredHealthy: 'number',
				expectedPods: 'number',
				conditions,
			},
		},
	},
	nodes: {
		type: core('nodes', false),
		projection: {
			metadata,
			spec: {unschedulable: 'boolean', taints: [{key: 'text', value: 'text', effect: 'text'}]},
			status: {
				capacity: 'string-map',
				allocatable: 'string-map',
				conditions,
				nodeInfo: {kubeletVersion: 'text'},
				addresses: [{type: 'text', address: 'text'}],
			},
		},
	},
	events: {
		type: core('events'),
		fieldSelector: 'type=Warning',
		projection: {
			metadata,
			type: 'text',
			reason: 'text',
			message: 'unshared-text',
			count: 'number',
			firstTimestamp: 'unshared-text',
			lastTimestamp: 'unshared-text',
			eventTime: 'unshared-text',
			series: {count: 'number', lastObservedTime: 'unshared-text'},
			involvedObject: {kind: 'text', namespace: 'text', name: 'text', uid: 'text', fieldPath: 'text'},
			source: {component: 'text', host: 'text'},
		},
	},
};

const encode = (words: readonly string[]): string => words.map(encodeURIComponent).join('/');

/** Path of a collection, of one object, or of its subresource. `namespace` empty: all namespaces. */
export function apiPath(type: ResourceType, namespace: string, name?: string, subresource?: string): string {
	const group = type.group === '' ? ['api', type.version] : ['apis', type.group, type.version];
	const scope = type.namespaced && namespace !== '' ? ['namespaces', namespace] : [];
	const object = [name, subresource].filter(word => word !== undefined);
	return `/${encode([...group, ...scope, type.resource, ...object])}`;
}
