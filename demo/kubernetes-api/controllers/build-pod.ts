import type {FakeCluster} from '../cluster.ts';
import type {
	Condition,
	Container,
	ContainerState,
	ContainerStatus,
	Pod,
	PodSpec,
	PodTemplate,
} from '../objects/kinds.ts';
import {type KubeObject, type Labels, ownerReference} from '../objects/kube-object.ts';

/** A pod of a workload's template, as its controller creates it: without a node, unless one is named. */
export function buildPod(
	cluster: FakeCluster,
	owner: KubeObject,
	template: PodTemplate,
	name: string,
	overrides: {
		readonly labels?: Labels;
		readonly nodeName?: string;
		readonly createdAt?: string;
		readonly uid?: string;
	} = {},
): Pod {
	const {annotations, labels} = template.metadata ?? {};
	const {createdAt, uid} = overrides;
	return {
		apiVersion: 'v1',
		kind: 'Pod',
		metadata: cluster.newMetadata(name, {
			...(owner.metadata.namespace === undefined ? {} : {namespace: owner.metadata.namespace}),
			...(createdAt === undefined ? {} : {creationTimestamp: createdAt}),
			...(uid === undefined ? {} : {uid}),
			labels: {...labels, ...overrides.labels},
			...(annotations === undefined ? {} : {annotations}),
			ownerReferences: [ownerReference(owner)],
		}),
		spec: overrides.nodeName === undefined ? template.spec : {...template.spec, nodeName: overrides.nodeName},
		status: {phase: 'Pending', conditions: [], qosClass: qosClass(template.spec)},
	};
}

/**
 * The QoS class of a pod: which pods a node that is short of memory evicts first. By the rules of pkg/apis/core/v1/helper/qos: `Guaranteed`
 * when each container's limits are its requests, `BestEffort` when no container has either, else `Burstable`.
 */
export function qosClass({containers}: PodSpec): string {
	const resourceLists = containers.flatMap(({resources}) => [resources?.requests, resources?.limits]);
	if (resourceLists.every(each => each === undefined || Object.keys(each).length === 0)) return 'BestEffort';
	const same = ({resources}: Container) =>
		['cpu', 'memory'].every(name => {
			const limit = resources?.limits?.[name];
			return limit !== undefined && (resources?.requests?.[name] ?? limit) === limit;
		});
	return containers.every(same) ? 'Guaranteed' : 'Burstable';
}

/** The conditions with this one set. Its transition time changes only when its status does. */
export function withCondition(
	conditions: readonly Condition[],
	next: Omit<Condition, 'lastTransitionTime'>,
	time: string,
): readonly Condition[] {
	const before = conditions.find(condition => condition.type === next.type);
	const lastTransitionTime = before?.status === next.status ? before.lastTransitionTime : time;
	const condition: Condition = {...next, lastTransitionTime};
	if (before === undefined) return [...conditions, condition];
	return conditions.map(each => (each === before ? condition : each));
}

export const containerStatus = (
	{name, image}: Container,
	state: ContainerState,
	overrides: Partial<ContainerStatus> = {},
): ContainerStatus => ({
	name,
	state,
	lastState: {},
	ready: false,
	restartCount: 0,
	image,
	imageID: '',
	started: false,
	...overrides,
});

/** The pod with these container statuses, the conditions that the kubelet derives from them, and the phase: `Pending` until the first container has started, then `Running`. */
export function withContainers(pod: Pod, containerStatuses: readonly ContainerStatus[], time: string): Pod {
	const unready = containerStatuses.filter(({ready}) => !ready).map(({name}) => name);
	const started = containerStatuses.some(
		({state, lastState}) => state.running ?? state.terminated ?? lastState.terminated,
	);
	const notReady = {
		reason: 'ContainersNotReady',
		message: `containers with unready status: [${unready.join(' ')}]`,
	};
	const readiness = unready.length === 0 ? {status: 'True' as const} : {status: 'False' as const, ...notReady};
	let {conditions} = pod.status;
	conditions = withCondition(conditions, {type: 'Initialized', status: 'True'}, time);
	conditions = withCondition(conditions, {type: 'Ready', ...readiness}, time);
	conditions = withCondition(conditions, {type: 'ContainersReady', ...readiness}, time);
	conditions = withCondition(conditions, {type: 'PodScheduled', status: 'True'}, time);
	return {...pod, status: {...pod.status, phase: started ? 'Running' : 'Pending', conditions, containerStatuses}};
}

/** An address in 10.0.0.0/8, by a number from 0 to 1. */
export const podAddress = (random: number): string =>
	`10.${Math.floor(random * 200) + 1}.${Math.floor((random * 51_200) % 256)}.${(Math.floor(random * 13_107_200) % 254) + 1}`;
