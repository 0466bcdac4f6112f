import type {FakeCluster} from '../cluster.ts';
import type {Condition, Container, ContainerState, ContainerStatus, Pod, PodSpec, PodTemplate} from '../objects/kinds.ts';
import {type KubeObject, type Labels, ownerReference} from '../objects/kube-object.ts';

/** A pod of a workload's template, as its controller makes it: on no node yet, unless one is named. */
export function buildPod(
	cluster: FakeCluster,
	owner: KubeObject,
	template: PodTemplate,
	name: string,
	more: {readonly labels?: Labels; readonly nodeName?: string; readonly createdAt?: string; readonly uid?: string} = {},
): Pod {
	const {annotations, labels} = template.metadata ?? {};
	const {createdAt, uid} = more;
	return {
		apiVersion: 'v1',
		kind: 'Pod',
		metadata: cluster.newMetadata(name, {
			...(owner.metadata.namespace === undefined ? {} : {namespace: owner.metadata.namespace}),
			...(createdAt === undefined ? {} : {creationTimestamp: createdAt}),
			...(uid === undefined ? {} : {uid}),
			labels: {...labels, ...more.labels},
			...(annotations === undefined ? {} : {annotations}),
			ownerReferences: [ownerReference(owner)],
		}),
		spec: more.nodeName === undefined ? template.spec : {...template.spec, nodeName: more.nodeName},
		status: {phase: 'Pending', conditions: [], qosClass: qosClass(template.spec)},
	};
}

/**
 * Which pods a node in need of memory gives up first; kubectl describes a pod by it. By the rules of pkg/apis/core/v1/helper/qos: `Guaranteed`
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
	more: Partial<ContainerStatus> = {},
): ContainerStatus => ({
	name,
	state,
	lastState: {},
	ready: false,
	restartCount: 0,
	image,
	imageID: '',
	started: false,
	...more,
});

/** The pod with these containers, and with the phase and conditions that the kubelet derives from them. */
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

/** A network address that belongs to the key, in 10.0.0.0/8. */
export const addressOf = (luck: number): string =>
	`10.${Math.floor(luck * 200) + 1}.${Math.floor((luck * 51_200) % 256)}.${(Math.floor(luck * 13_107_200) % 254) + 1}`;
