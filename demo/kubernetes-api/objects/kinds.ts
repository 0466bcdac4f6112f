import type * as apps from 'kubernetes-types/apps/v1.js';
import type * as autoscaling from 'kubernetes-types/autoscaling/v2.js';
import type * as batch from 'kubernetes-types/batch/v1.js';
import type * as core from 'kubernetes-types/core/v1.js';
import type * as policy from 'kubernetes-types/policy/v1.js';
import type {KubeObject, Labels, Stored} from './kube-object.ts';

export type Condition = Stored<core.PodCondition, 'lastTransitionTime'> & {
	readonly status: 'True' | 'False' | 'Unknown';
	readonly lastUpdateTime?: string;
	readonly lastHeartbeatTime?: string;
};

type Conditions = {readonly conditions?: readonly Condition[]};

export type Container = Stored<core.Container, 'image'>;

export type PodSpec = Stored<Omit<core.PodSpec, 'containers' | 'initContainers'>> & {
	readonly containers: readonly Container[];
	readonly initContainers?: readonly Container[];
};

export type ContainerState = {
	readonly waiting?: Stored<core.ContainerStateWaiting, 'reason'>;
	readonly running?: Stored<core.ContainerStateRunning, 'startedAt'>;
	readonly terminated?: Terminated;
};

export type Terminated = Stored<core.ContainerStateTerminated, 'reason' | 'startedAt' | 'finishedAt' | 'containerID'>;

export type ContainerStatus = Stored<Omit<core.ContainerStatus, 'state' | 'lastState'>, 'started'> & {
	readonly state: ContainerState;
	readonly lastState: ContainerState;
};

export type PodStatus = Stored<
	Omit<core.PodStatus, 'phase' | 'conditions' | 'containerStatuses' | 'initContainerStatuses'>
> & {
	readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
	readonly conditions: readonly Condition[];
	readonly containerStatuses?: readonly ContainerStatus[];
	readonly initContainerStatuses?: readonly ContainerStatus[];
};

export type Pod = KubeObject & {readonly spec: PodSpec; readonly status: PodStatus};

export type PodTemplate = {
	readonly metadata?: {readonly labels?: Labels; readonly annotations?: Labels};
	readonly spec: PodSpec;
};

type Template = {readonly template: PodTemplate};

export type WorkloadSpec = Stored<Pick<apps.DeploymentSpec, 'replicas' | 'selector'>> & Template;

export type DeploymentSpec = Stored<Omit<apps.DeploymentSpec, 'template'>, 'replicas'> & Template;

export type DeploymentStatus = Stored<Omit<apps.DeploymentStatus, 'conditions'>> & Conditions;

export type Deployment = KubeObject & {readonly spec: DeploymentSpec; readonly status: DeploymentStatus};

export type ReplicaSet = KubeObject & {
	readonly spec: Stored<Omit<apps.ReplicaSetSpec, 'template'>, 'replicas'> & Template;
	readonly status: Stored<apps.ReplicaSetStatus>;
};

export type StatefulSet = KubeObject & {
	readonly spec: Stored<Omit<apps.StatefulSetSpec, 'template'>, 'replicas'> & Template;
	readonly status: Stored<apps.StatefulSetStatus>;
};

export type DaemonSet = KubeObject & {
	readonly spec: Stored<Omit<apps.DaemonSetSpec, 'template'>> & Template;
	readonly status: Stored<apps.DaemonSetStatus>;
};

export type JobSpec = Stored<
	Omit<batch.JobSpec, 'template'>,
	'completions' | 'parallelism' | 'backoffLimit' | 'selector'
> &
	Template;

export type Job = KubeObject & {
	readonly spec: JobSpec;
	readonly status: Stored<Omit<batch.JobStatus, 'conditions'>> & Conditions;
};

export type CronJob = KubeObject & {
	readonly spec: Stored<
		Omit<batch.CronJobSpec, 'jobTemplate'>,
		'suspend' | 'concurrencyPolicy' | 'successfulJobsHistoryLimit' | 'failedJobsHistoryLimit'
	> & {readonly jobTemplate: {readonly spec: JobSpec}};
	readonly status: Stored<batch.CronJobStatus>;
};

export type ControllerRevision = KubeObject & Stored<Pick<apps.ControllerRevision, 'data' | 'revision'>, 'data'>;

export type Node = KubeObject & {
	readonly spec: Stored<core.NodeSpec>;
	readonly status: Stored<
		Omit<core.NodeStatus, 'conditions'>,
		'capacity' | 'allocatable' | 'addresses' | 'nodeInfo'
	> & {
		readonly conditions: readonly Condition[];
	};
};

export type Namespace = KubeObject & {
	readonly spec: Stored<core.NamespaceSpec>;
	readonly status: Stored<core.NamespaceStatus, 'phase'>;
};

/** A ConfigMap or a Secret. */
export type ConfigMapOrSecret = KubeObject & Stored<Pick<core.Secret, 'data' | 'immutable' | 'type'>>;

export type Service = KubeObject & {
	readonly spec: Stored<Omit<core.ServiceSpec, 'ports'>, 'type' | 'clusterIP'> & {
		readonly ports: readonly Stored<core.ServicePort, 'protocol'>[];
	};
};

export type Endpoints = KubeObject & Stored<Pick<core.Endpoints, 'subsets'>>;

export type KubeEvent = KubeObject & {
	readonly involvedObject: Stored<core.ObjectReference, 'kind' | 'name' | 'uid' | 'apiVersion'>;
	readonly source: Stored<core.EventSource, 'component'>;
} & Stored<
		Pick<core.Event, 'reason' | 'message' | 'firstTimestamp' | 'lastTimestamp' | 'count' | 'type'>,
		'reason' | 'message' | 'firstTimestamp' | 'lastTimestamp' | 'count' | 'type'
	>;

export type PodDisruptionBudget = KubeObject & {
	readonly spec: Stored<policy.PodDisruptionBudgetSpec>;
	readonly status: Stored<Omit<policy.PodDisruptionBudgetStatus, 'conditions'>> & Conditions;
};

export type HorizontalPodAutoscaler = KubeObject & {
	readonly spec: Stored<autoscaling.HorizontalPodAutoscalerSpec>;
	readonly status: Stored<
		Omit<autoscaling.HorizontalPodAutoscalerStatus, 'conditions' | 'currentMetrics'>,
		'currentReplicas'
	> &
		Conditions & {readonly currentMetrics?: readonly Stored<autoscaling.MetricStatus>[]};
};

/** The condition of that type, if present. */
export const conditionOf = (conditions: readonly Condition[] | undefined, type: string): Condition | undefined =>
	conditions?.find(condition => condition.type === type);

export const isReady = (pod: Pod): boolean => conditionOf(pod.status.conditions, 'Ready')?.status === 'True';

/** Not Succeeded or Failed, and not being deleted. */
export const isActive = (pod: Pod): boolean =>
	pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed' && pod.metadata.deletionTimestamp === undefined;

/** The condition with which a Job ended; undefined while it runs. */
export const jobVerdict = ({status}: Job) =>
	(['Complete', 'Failed'] as const).find(type => conditionOf(status.conditions, type)?.status === 'True');
