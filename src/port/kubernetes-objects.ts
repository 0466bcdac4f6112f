/*
 * The projected Kubernetes objects that midwatch watches: the API's own structure and names with fewer fields. Fields that the server may
 * omit are optional; timestamps are RFC 3339 text. Objects are immutable: a change brings a new object, so that values derived from an
 * object can be cached by its identity.
 * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/
 */

export type StringMap = Readonly<Record<string, string>>;

export type OwnerReference = {
	readonly apiVersion: string;
	readonly kind: string;
	readonly name: string;
	readonly uid: string;
	readonly controller?: boolean;
};

export type Metadata = {
	readonly name: string;
	/** Empty for cluster-scoped objects. */
	readonly namespace: string;
	readonly uid: string;
	readonly resourceVersion: string;
	readonly generation?: number;
	readonly creationTimestamp?: string;
	/** When the grace period of the deletion ends. */
	readonly deletionTimestamp?: string;
	readonly deletionGracePeriodSeconds?: number;
	readonly finalizers?: readonly string[];
	readonly labels?: StringMap;
	/** The annotations, without values of more than 256 characters, such as `last-applied-configuration`. */
	readonly annotations?: StringMap;
	readonly ownerReferences?: readonly OwnerReference[];
};

export type Condition = {
	readonly type: string;
	readonly status: string;
	readonly reason?: string;
	readonly message?: string;
	readonly lastTransitionTime?: string;
	readonly lastUpdateTime?: string;
};

export type ContainerSpec = {
	readonly name: string;
	readonly image?: string;
	/** Quantities: `250m`, `512Mi`. */
	readonly resources?: {readonly requests?: StringMap; readonly limits?: StringMap};
	/** `Always` makes an init container a sidecar. */
	readonly restartPolicy?: string;
};

export type ContainerState = {
	readonly waiting?: {readonly reason?: string; readonly message?: string};
	readonly running?: {readonly startedAt?: string};
	readonly terminated?: {
		readonly exitCode?: number;
		readonly signal?: number;
		readonly reason?: string;
		readonly message?: string;
		readonly startedAt?: string;
		readonly finishedAt?: string;
	};
};

export type ContainerStatus = {
	readonly name: string;
	readonly ready?: boolean;
	readonly started?: boolean;
	readonly restartCount?: number;
	readonly image?: string;
	readonly state?: ContainerState;
	readonly lastState?: ContainerState;
};

export type PodObject = {
	readonly metadata: Metadata;
	readonly spec?: {
		readonly nodeName?: string;
		readonly restartPolicy?: string;
		readonly priorityClassName?: string;
		readonly terminationGracePeriodSeconds?: number;
		readonly containers?: readonly ContainerSpec[];
		readonly initContainers?: readonly ContainerSpec[];
		readonly readinessGates?: readonly {readonly conditionType: string}[];
	};
	readonly status?: {
		readonly phase?: string;
		readonly reason?: string;
		readonly message?: string;
		readonly podIP?: string;
		readonly qosClass?: string;
		readonly startTime?: string;
		readonly conditions?: readonly Condition[];
		readonly containerStatuses?: readonly ContainerStatus[];
		readonly initContainerStatuses?: readonly ContainerStatus[];
	};
};

export type LabelSelector = {
	readonly matchLabels?: StringMap;
	readonly matchExpressions?: readonly {
		readonly key: string;
		readonly operator: string;
		readonly values?: readonly string[];
	}[];
};

/** The template of a workload's pods. */
export type PodTemplate = {
	readonly metadata?: {readonly labels?: StringMap; readonly annotations?: StringMap};
	readonly spec?: {readonly containers?: readonly ContainerSpec[]; readonly initContainers?: readonly ContainerSpec[]};
};

export type DeploymentObject = {
	readonly metadata: Metadata;
	readonly spec?: {
		readonly replicas?: number;
		readonly paused?: boolean;
		readonly progressDeadlineSeconds?: number;
		readonly minReadySeconds?: number;
		readonly selector?: LabelSelector;
		readonly template?: PodTemplate;
		readonly strategy?: {
			readonly type?: string;
			readonly rollingUpdate?: {readonly maxSurge?: number | string; readonly maxUnavailable?: number | string};
		};
	};
	readonly status?: {
		readonly observedGeneration?: number;
		readonly replicas?: number;
		readonly updatedReplicas?: number;
		readonly readyReplicas?: number;
		readonly availableReplicas?: number;
		readonly unavailableReplicas?: number;
		readonly conditions?: readonly Condition[];
	};
};

export type ReplicaSetObject = {
	readonly metadata: Metadata;
	readonly spec?: {readonly replicas?: number; readonly selector?: LabelSelector; readonly template?: PodTemplate};
	readonly status?: {
		readonly observedGeneration?: number;
		readonly replicas?: number;
		readonly readyReplicas?: number;
		readonly availableReplicas?: number;
		readonly conditions?: readonly Condition[];
	};
};

export type StatefulSetObject = {
	readonly metadata: Metadata;
	readonly spec?: {
		readonly replicas?: number;
		readonly serviceName?: string;
		readonly podManagementPolicy?: string;
		readonly selector?: LabelSelector;
		readonly template?: PodTemplate;
		readonly updateStrategy?: {readonly type?: string; readonly rollingUpdate?: {readonly partition?: number}};
	};
	readonly status?: {
		readonly observedGeneration?: number;
		readonly replicas?: number;
		readonly readyReplicas?: number;
		readonly availableReplicas?: number;
		readonly currentReplicas?: number;
		readonly updatedReplicas?: number;
		readonly currentRevision?: string;
		readonly updateRevision?: string;
		readonly conditions?: readonly Condition[];
	};
};

export type DaemonSetObject = {
	readonly metadata: Metadata;
	readonly spec?: {
		readonly selector?: LabelSelector;
		readonly template?: PodTemplate;
		readonly updateStrategy?: {readonly type?: string};
	};
	readonly status?: {
		readonly observedGeneration?: number;
		readonly desiredNumberScheduled?: number;
		readonly currentNumberScheduled?: number;
		readonly updatedNumberScheduled?: number;
		readonly numberReady?: number;
		readonly numberAvailable?: number;
		readonly numberUnavailable?: number;
		readonly numberMisscheduled?: number;
		readonly conditions?: readonly Condition[];
	};
};

export type JobObject = {
	readonly metadata: Metadata;
	readonly spec?: {
		readonly completions?: number;
		readonly parallelism?: number;
		readonly backoffLimit?: number;
		readonly activeDeadlineSeconds?: number;
		readonly suspend?: boolean;
		readonly template?: PodTemplate;
	};
	readonly status?: {
		readonly active?: number;
		readonly succeeded?: number;
		readonly failed?: number;
		readonly startTime?: string;
		readonly completionTime?: string;
		readonly conditions?: readonly Condition[];
	};
};

export type CronJobObject = {
	readonly metadata: Metadata;
	readonly spec?: {
		readonly schedule?: string;
		readonly timeZone?: string;
		readonly suspend?: boolean;
		readonly concurrencyPolicy?: string;
	};
	readonly status?: {readonly lastScheduleTime?: string; readonly lastSuccessfulTime?: string};
};

export type AutoscalerObject = {
	readonly metadata: Metadata;
	readonly spec?: {
		readonly scaleTargetRef?: {readonly apiVersion?: string; readonly kind: string; readonly name: string};
		readonly minReplicas?: number;
		readonly maxReplicas?: number;
	};
	readonly status?: {
		readonly currentReplicas?: number;
		readonly desiredReplicas?: number;
		readonly lastScaleTime?: string;
		readonly conditions?: readonly Condition[];
	};
};

export type DisruptionBudgetObject = {
	readonly metadata: Metadata;
	readonly spec?: {
		readonly minAvailable?: number | string;
		readonly maxUnavailable?: number | string;
		readonly selector?: LabelSelector;
	};
	readonly status?: {
		readonly observedGeneration?: number;
		readonly disruptionsAllowed?: number;
		readonly currentHealthy?: number;
		readonly desiredHealthy?: number;
		readonly expectedPods?: number;
		readonly conditions?: readonly Condition[];
	};
};

export type NodeObject = {
	readonly metadata: Metadata;
	readonly spec?: {
		readonly unschedulable?: boolean;
		readonly taints?: readonly {readonly key: string; readonly value?: string; readonly effect?: string}[];
	};
	readonly status?: {
		readonly capacity?: StringMap;
		readonly allocatable?: StringMap;
		readonly conditions?: readonly Condition[];
		readonly nodeInfo?: {readonly kubeletVersion?: string};
		readonly addresses?: readonly {readonly type: string; readonly address: string}[];
	};
};

export type EventObject = {
	readonly metadata: Metadata;
	readonly type?: string;
	readonly reason?: string;
	readonly message?: string;
	readonly count?: number;
	readonly firstTimestamp?: string;
	readonly lastTimestamp?: string;
	readonly eventTime?: string;
	readonly series?: {readonly count?: number; readonly lastObservedTime?: string};
	readonly involvedObject?: {
		readonly kind?: string;
		readonly namespace?: string;
		readonly name?: string;
		readonly uid?: string;
		readonly fieldPath?: string;
	};
	readonly source?: {readonly component?: string; readonly host?: string};
};

/** One revision of the template of a StatefulSet or DaemonSet. Its content is read on demand. */
export type ControllerRevisionObject = {readonly metadata: Metadata; readonly revision?: number};

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
