/*
 * The projected Kubernetes objects that midwatch watches: the types of the API with fewer fields, of which almost all are optional, because
 * an object is what some server sent. Timestamps are RFC 3339 text. Objects are immutable: a change brings a new object, so that values
 * derived from an object can be cached by its identity.
 * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/
 */
import type * as apps from 'kubernetes-types/apps/v1.js';
import type * as autoscaling from 'kubernetes-types/autoscaling/v2.js';
import type * as batch from 'kubernetes-types/batch/v1.js';
import type * as core from 'kubernetes-types/core/v1.js';
import type * as meta from 'kubernetes-types/meta/v1.js';
import type * as policy from 'kubernetes-types/policy/v1.js';

export type StringMap = Readonly<Record<string, string>>;

/** Fields of an API type: `Optional` may be absent from any object, `Present` never. */
type Fields<T, Optional extends keyof T, Present extends keyof T = never> = {
	readonly [Name in Optional]?: ReadonlyList<NonNullable<T[Name]>>;
} & {readonly [Name in Present]-?: ReadonlyList<NonNullable<T[Name]>>};

type ReadonlyList<T> = T extends readonly (infer Item)[] ? readonly Item[] : T;

export type OwnerReference = Fields<meta.OwnerReference, 'controller', 'apiVersion' | 'kind' | 'name' | 'uid'>;

/**
 * `namespace` is empty for cluster-scoped objects, `deletionTimestamp` is when the grace period of the deletion ends, and `annotations` lacks
 * values of more than 256 characters, such as `last-applied-configuration`.
 */
export type Metadata = Fields<
	meta.ObjectMeta,
	| 'generation'
	| 'creationTimestamp'
	| 'deletionTimestamp'
	| 'deletionGracePeriodSeconds'
	| 'finalizers'
	| 'labels'
	| 'annotations',
	'name' | 'namespace' | 'uid' | 'resourceVersion'
> & {readonly ownerReferences?: readonly OwnerReference[]};

/** The condition of any kind. */
export type Condition = Fields<
	apps.DeploymentCondition,
	'reason' | 'message' | 'lastTransitionTime' | 'lastUpdateTime',
	'type' | 'status'
>;

type Conditions = {readonly conditions?: readonly Condition[]};

/** `restartPolicy: Always` makes an init container a sidecar. */
export type ContainerSpec = Fields<core.Container, 'image' | 'restartPolicy', 'name'> & {
	/** Quantities: `250m`, `512Mi`. */
	readonly resources?: Fields<core.ResourceRequirements, 'requests' | 'limits'>;
};

type ContainerSpecs = {
	readonly containers?: readonly ContainerSpec[];
	readonly initContainers?: readonly ContainerSpec[];
};

export type ContainerState = {
	readonly waiting?: Fields<core.ContainerStateWaiting, 'reason' | 'message'>;
	readonly running?: Fields<core.ContainerStateRunning, 'startedAt'>;
	readonly terminated?: Fields<
		core.ContainerStateTerminated,
		'exitCode' | 'signal' | 'reason' | 'message' | 'startedAt' | 'finishedAt'
	>;
};

export type ContainerStatus = Fields<core.ContainerStatus, 'ready' | 'started' | 'restartCount' | 'image', 'name'> & {
	readonly state?: ContainerState;
	readonly lastState?: ContainerState;
};

export type PodObject = {
	readonly metadata: Metadata;
	readonly spec?: Fields<
		core.PodSpec,
		'nodeName' | 'restartPolicy' | 'priorityClassName' | 'terminationGracePeriodSeconds' | 'readinessGates'
	> &
		ContainerSpecs;
	readonly status?: Fields<core.PodStatus, 'phase' | 'reason' | 'message' | 'podIP' | 'qosClass' | 'startTime'> &
		Conditions & {
			readonly containerStatuses?: readonly ContainerStatus[];
			readonly initContainerStatuses?: readonly ContainerStatus[];
		};
};

export type LabelSelector = Fields<meta.LabelSelector, 'matchLabels'> & {
	readonly matchExpressions?: readonly Fields<meta.LabelSelectorRequirement, 'values', 'key' | 'operator'>[];
};

/** The template of a workload's pods. */
export type PodTemplate = {
	readonly metadata?: Fields<meta.ObjectMeta, 'labels' | 'annotations'>;
	readonly spec?: ContainerSpecs;
};

type SelectorAndTemplate = {readonly selector?: LabelSelector; readonly template?: PodTemplate};

export type DeploymentObject = {
	readonly metadata: Metadata;
	readonly spec?: Fields<apps.DeploymentSpec, 'replicas' | 'paused' | 'progressDeadlineSeconds' | 'minReadySeconds'> &
		SelectorAndTemplate & {
			readonly strategy?: Fields<apps.DeploymentStrategy, 'type'> & {
				readonly rollingUpdate?: Fields<apps.RollingUpdateDeployment, 'maxSurge' | 'maxUnavailable'>;
			};
		};
	readonly status?: Fields<
		apps.DeploymentStatus,
		| 'observedGeneration'
		| 'replicas'
		| 'updatedReplicas'
		| 'readyReplicas'
		| 'availableReplicas'
		| 'unavailableReplicas'
	> &
		Conditions;
};

export type ReplicaSetObject = {
	readonly metadata: Metadata;
	readonly spec?: Fields<apps.ReplicaSetSpec, 'replicas'> & SelectorAndTemplate;
	readonly status?: Fields<
		apps.ReplicaSetStatus,
		'observedGeneration' | 'replicas' | 'readyReplicas' | 'availableReplicas'
	> &
		Conditions;
};

export type StatefulSetObject = {
	readonly metadata: Metadata;
	readonly spec?: Fields<apps.StatefulSetSpec, 'replicas' | 'serviceName' | 'podManagementPolicy'> &
		SelectorAndTemplate & {
			readonly updateStrategy?: Fields<apps.StatefulSetUpdateStrategy, 'type'> & {
				readonly rollingUpdate?: Fields<apps.RollingUpdateStatefulSetStrategy, 'partition'>;
			};
		};
	readonly status?: Fields<
		apps.StatefulSetStatus,
		| 'observedGeneration'
		| 'replicas'
		| 'readyReplicas'
		| 'availableReplicas'
		| 'currentReplicas'
		| 'updatedReplicas'
		| 'currentRevision'
		| 'updateRevision'
	> &
		Conditions;
};

export type DaemonSetObject = {
	readonly metadata: Metadata;
	readonly spec?: SelectorAndTemplate & {readonly updateStrategy?: Fields<apps.DaemonSetUpdateStrategy, 'type'>};
	readonly status?: Fields<
		apps.DaemonSetStatus,
		| 'observedGeneration'
		| 'desiredNumberScheduled'
		| 'currentNumberScheduled'
		| 'updatedNumberScheduled'
		| 'numberReady'
		| 'numberAvailable'
		| 'numberUnavailable'
		| 'numberMisscheduled'
	> &
		Conditions;
};

export type JobObject = {
	readonly metadata: Metadata;
	readonly spec?: Fields<
		batch.JobSpec,
		'completions' | 'parallelism' | 'backoffLimit' | 'activeDeadlineSeconds' | 'suspend'
	> & {readonly template?: PodTemplate};
	readonly status?: Fields<batch.JobStatus, 'active' | 'succeeded' | 'failed' | 'startTime' | 'completionTime'> &
		Conditions;
};

export type CronJobObject = {
	readonly metadata: Metadata;
	readonly spec?: Fields<batch.CronJobSpec, 'schedule' | 'timeZone' | 'suspend' | 'concurrencyPolicy'>;
	readonly status?: Fields<batch.CronJobStatus, 'lastScheduleTime' | 'lastSuccessfulTime'>;
};

export type AutoscalerObject = {
	readonly metadata: Metadata;
	readonly spec?: Fields<autoscaling.HorizontalPodAutoscalerSpec, 'minReplicas' | 'maxReplicas'> & {
		readonly scaleTargetRef?: Fields<autoscaling.CrossVersionObjectReference, 'apiVersion', 'kind' | 'name'>;
	};
	readonly status?: Fields<
		autoscaling.HorizontalPodAutoscalerStatus,
		'currentReplicas' | 'desiredReplicas' | 'lastScaleTime'
	> &
		Conditions;
};

export type DisruptionBudgetObject = {
	readonly metadata: Metadata;
	readonly spec?: Fields<policy.PodDisruptionBudgetSpec, 'minAvailable' | 'maxUnavailable'> & {
		readonly selector?: LabelSelector;
	};
	readonly status?: Fields<
		policy.PodDisruptionBudgetStatus,
		'observedGeneration' | 'disruptionsAllowed' | 'currentHealthy' | 'desiredHealthy' | 'expectedPods'
	> &
		Conditions;
};

export type NodeObject = {
	readonly metadata: Metadata;
	readonly spec?: Fields<core.NodeSpec, 'unschedulable'> & {
		readonly taints?: readonly Fields<core.Taint, 'value' | 'effect', 'key'>[];
	};
	readonly status?: Fields<core.NodeStatus, 'capacity' | 'allocatable' | 'addresses'> &
		Conditions & {readonly nodeInfo?: Fields<core.NodeSystemInfo, 'kubeletVersion'>};
};

export type EventObject = {
	readonly metadata: Metadata;
	readonly series?: Fields<core.EventSeries, 'count' | 'lastObservedTime'>;
	readonly involvedObject?: Fields<core.ObjectReference, 'kind' | 'namespace' | 'name' | 'uid' | 'fieldPath'>;
	readonly source?: Fields<core.EventSource, 'component' | 'host'>;
} & Fields<core.Event, 'type' | 'reason' | 'message' | 'count' | 'firstTimestamp' | 'lastTimestamp' | 'eventTime'>;

/** One revision of the template of a StatefulSet or DaemonSet. Its content is read on demand. */
export type ControllerRevisionObject = {readonly metadata: Metadata} & Fields<apps.ControllerRevision, 'revision'>;

/** The watched kinds, by resource name. `events` are only those of type Warning. */
export type WatchedObjects = {
	readonly pods: PodObject;
	readonly deployments: DeploymentObject;
	readonly replicasets: ReplicaSetObject;
	readonly statefulsets: StatefulSetObject;
	readonly daemonsets: DaemonSetObject;
	readonly controllerrevisions: ControllerRevisionObject;
	readonly jobs: JobObject;
	readonly cronjobs: CronJobObject;
	readonly horizontalpodautoscalers: AutoscalerObject;
	readonly poddisruptionbudgets: DisruptionBudgetObject;
	readonly nodes: NodeObject;
	readonly events: EventObject;
};

export type WatchedKind = keyof WatchedObjects;
