import type {KubeObject, Labels} from './kube-object.ts';
import type {LabelSelector} from './selectors.ts';

/* The fields of each kind that the simulated server itself reads or writes; a client may send others, which are stored and returned. */

export type Condition = {
	readonly type: string;
	readonly status: 'True' | 'False' | 'Unknown';
	readonly lastTransitionTime: string;
	readonly lastUpdateTime?: string;
	readonly lastHeartbeatTime?: string;
	readonly reason?: string;
	readonly message?: string;
};

export type Resources = {
	readonly requests?: Labels;
	readonly limits?: Labels;
};

export type EnvVariable = {
	readonly name: string;
	readonly value?: string;
	readonly valueFrom?: {
		readonly secretKeyRef?: {readonly name: string; readonly key: string; readonly optional?: boolean};
		readonly configMapKeyRef?: {readonly name: string; readonly key: string; readonly optional?: boolean};
	};
};

export type Container = {
	readonly name: string;
	readonly image: string;
	readonly resources?: Resources;
	readonly env?: readonly EnvVariable[];
	readonly ports?: readonly {readonly name?: string; readonly containerPort: number; readonly protocol?: string}[];
};

export type PodSpec = {
	readonly containers: readonly Container[];
	readonly initContainers?: readonly Container[];
	readonly nodeName?: string;
	readonly nodeSelector?: Labels;
	readonly restartPolicy?: string;
	readonly terminationGracePeriodSeconds?: number;
	readonly volumes?: readonly {readonly name: string; readonly emptyDir?: object}[];
};

export type ContainerState = {
	readonly waiting?: {readonly reason: string; readonly message?: string};
	readonly running?: {readonly startedAt: string};
	readonly terminated?: Terminated;
};

export type Terminated = {
	readonly exitCode: number;
	readonly reason: string;
	readonly message?: string;
	readonly startedAt: string;
	readonly finishedAt: string;
	readonly containerID: string;
};

export type ContainerStatus = {
	readonly name: string;
	readonly state: ContainerState;
	readonly lastState: ContainerState;
	readonly ready: boolean;
	readonly restartCount: number;
	readonly image: string;
	readonly imageID: string;
	readonly containerID?: string;
	readonly started: boolean;
};

export type PodStatus = {
	readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
	readonly conditions: readonly Condition[];
	readonly containerStatuses?: readonly ContainerStatus[];
	readonly initContainerStatuses?: readonly ContainerStatus[];
	readonly hostIP?: string;
	readonly podIP?: string;
	readonly podIPs?: readonly {readonly ip: string}[];
	readonly startTime?: string;
	readonly qosClass?: string;
	readonly reason?: string;
	readonly message?: string;
};

export type Pod = KubeObject & {readonly spec: PodSpec; readonly status: PodStatus};

export type PodTemplate = {
	readonly metadata?: {readonly labels?: Labels; readonly annotations?: Labels};
	readonly spec: PodSpec;
};

export type WorkloadSpec = {
	readonly replicas?: number;
	readonly selector: LabelSelector;
	readonly template: PodTemplate;
};

export type DeploymentSpec = WorkloadSpec & {
	readonly replicas: number;
	readonly paused?: boolean;
	readonly strategy?: {
		readonly type: 'RollingUpdate' | 'Recreate';
		readonly rollingUpdate?: {readonly maxSurge?: number | string; readonly maxUnavailable?: number | string};
	};
	readonly revisionHistoryLimit?: number;
	readonly progressDeadlineSeconds?: number;
	readonly minReadySeconds?: number;
};

export type DeploymentStatus = {
	readonly observedGeneration?: number;
	readonly replicas?: number;
	readonly updatedReplicas?: number;
	readonly readyReplicas?: number;
	readonly availableReplicas?: number;
	readonly unavailableReplicas?: number;
	readonly conditions?: readonly Condition[];
};

export type Deployment = KubeObject & {readonly spec: DeploymentSpec; readonly status: DeploymentStatus};

export type ReplicaSet = KubeObject & {
	readonly spec: WorkloadSpec & {readonly replicas: number};
	readonly status: {
		readonly replicas: number;
		readonly fullyLabeledReplicas?: number;
		readonly readyReplicas?: number;
		readonly availableReplicas?: number;
		readonly observedGeneration?: number;
	};
};

export type StatefulSet = KubeObject & {
	readonly spec: WorkloadSpec & {
		readonly replicas: number;
		readonly serviceName: string;
		readonly podManagementPolicy?: 'OrderedReady' | 'Parallel';
		readonly updateStrategy?: {
			readonly type: 'RollingUpdate' | 'OnDelete';
			readonly rollingUpdate?: {readonly partition?: number};
		};
		readonly revisionHistoryLimit?: number;
	};
	readonly status: {
		readonly observedGeneration?: number;
		readonly replicas: number;
		readonly readyReplicas?: number;
		readonly availableReplicas?: number;
		readonly currentReplicas?: number;
		readonly updatedReplicas?: number;
		readonly currentRevision?: string;
		readonly updateRevision?: string;
		readonly collisionCount?: number;
	};
};

export type DaemonSet = KubeObject & {
	readonly spec: WorkloadSpec & {
		readonly updateStrategy?: {readonly type: 'RollingUpdate' | 'OnDelete'};
		readonly revisionHistoryLimit?: number;
	};
	readonly status: {
		readonly observedGeneration?: number;
		readonly currentNumberScheduled: number;
		readonly desiredNumberScheduled: number;
		readonly numberMisscheduled: number;
		readonly numberReady: number;
		readonly numberAvailable?: number;
		readonly numberUnavailable?: number;
		readonly updatedNumberScheduled?: number;
	};
};

export type JobSpec = {
	readonly completions: number;
	readonly parallelism: number;
	readonly backoffLimit: number;
	readonly activeDeadlineSeconds?: number;
	readonly suspend?: boolean;
	readonly selector: LabelSelector;
	readonly template: PodTemplate;
};

export type Job = KubeObject & {
	readonly spec: JobSpec;
	readonly status: {
		readonly active?: number;
		readonly ready?: number;
		readonly succeeded?: number;
		readonly failed?: number;
		readonly startTime?: string;
		readonly completionTime?: string;
		readonly conditions?: readonly Condition[];
	};
};

export type CronJob = KubeObject & {
	readonly spec: {
		readonly schedule: string;
		readonly timeZone?: string;
		readonly suspend: boolean;
		readonly concurrencyPolicy: 'Allow' | 'Forbid' | 'Replace';
		readonly successfulJobsHistoryLimit: number;
		readonly failedJobsHistoryLimit: number;
		readonly jobTemplate: {readonly spec: JobSpec};
	};
	readonly status: {
		readonly active?: readonly object[];
		readonly lastScheduleTime?: string;
		readonly lastSuccessfulTime?: string;
	};
};

export type ControllerRevision = KubeObject & {readonly data: object; readonly revision: number};

export type Node = KubeObject & {
	readonly spec: {
		readonly unschedulable?: boolean;
		readonly podCIDR?: string;
		readonly taints?: readonly {readonly key: string; readonly effect: string; readonly value?: string}[];
	};
	readonly status: {
		readonly capacity: Labels;
		readonly allocatable: Labels;
		readonly conditions: readonly Condition[];
		readonly addresses: readonly {readonly type: string; readonly address: string}[];
		readonly nodeInfo: Labels;
	};
};

export type Namespace = KubeObject & {
	readonly spec: {readonly finalizers?: readonly string[]};
	readonly status: {readonly phase: 'Active' | 'Terminating'};
};

export type KeyValues = KubeObject & {readonly data?: Labels; readonly immutable?: boolean; readonly type?: string};

export type Service = KubeObject & {
	readonly spec: {
		readonly type: string;
		readonly clusterIP: string;
		readonly selector?: Labels;
		readonly ports: readonly {
			readonly name?: string;
			readonly port: number;
			readonly protocol: string;
			readonly targetPort?: number | string;
		}[];
	};
};

export type Endpoints = KubeObject & {
	readonly subsets?: readonly {
		readonly addresses?: readonly EndpointAddress[];
		readonly notReadyAddresses?: readonly EndpointAddress[];
		readonly ports?: readonly {readonly name?: string; readonly port: number; readonly protocol: string}[];
	}[];
};

export type EndpointAddress = {
	readonly ip: string;
	readonly nodeName?: string;
	readonly targetRef?: {readonly kind: string; readonly namespace: string; readonly name: string; readonly uid: string};
};

export type KubeEvent = KubeObject & {
	readonly involvedObject: {
		readonly kind: string;
		readonly namespace?: string;
		readonly name: string;
		readonly uid: string;
		readonly apiVersion: string;
		readonly resourceVersion?: string;
		readonly fieldPath?: string;
	};
	readonly reason: string;
	readonly message: string;
	readonly source: {readonly component: string; readonly host?: string};
	readonly firstTimestamp: string;
	readonly lastTimestamp: string;
	readonly count: number;
	readonly type: 'Normal' | 'Warning';
};

export type Budget = KubeObject & {
	readonly spec: {
		readonly minAvailable?: number | string;
		readonly maxUnavailable?: number | string;
		readonly selector?: LabelSelector;
	};
	readonly status: {
		readonly observedGeneration?: number;
		readonly disruptionsAllowed: number;
		readonly currentHealthy: number;
		readonly desiredHealthy: number;
		readonly expectedPods: number;
		readonly conditions?: readonly Condition[];
	};
};

export type Autoscaler = KubeObject & {
	readonly spec: {
		readonly scaleTargetRef: {readonly apiVersion: string; readonly kind: string; readonly name: string};
		readonly minReplicas?: number;
		readonly maxReplicas: number;
		readonly metrics?: readonly {
			readonly type: string;
			readonly resource?: {
				readonly name: string;
				readonly target: {readonly type: string; readonly averageUtilization?: number};
			};
		}[];
	};
	readonly status: {
		readonly currentReplicas: number;
		readonly desiredReplicas: number;
		readonly lastScaleTime?: string;
		readonly currentMetrics?: readonly {
			readonly type: string;
			readonly resource?: {
				readonly name: string;
				readonly current: {readonly averageUtilization?: number; readonly averageValue?: string};
			};
		}[];
		readonly conditions?: readonly Condition[];
	};
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
