import {humanDuration} from './human-duration.ts';
import {
	type ConfigMapOrSecret,
	type ControllerRevision,
	type CronJob,
	conditionOf,
	type DaemonSet,
	type Deployment,
	type Endpoints,
	type HorizontalPodAutoscaler,
	type Job,
	jobVerdict,
	type KubeEvent,
	type Namespace,
	type Node,
	type Pod,
	type PodDisruptionBudget,
	type PodTemplate,
	type ReplicaSet,
	type Service,
	type StatefulSet,
} from './kinds.ts';
import {controllerOf, type KubeObject, parseTimestamp} from './kube-object.ts';
import {printedPod} from './pod-status.ts';
import type {LabelSelector} from './selectors.ts';

export type TableColumn = {
	readonly name: string;
	readonly type: 'string' | 'integer' | 'boolean';
	readonly format?: string;
	readonly description?: string;
	/** A column above 0 is shown only with `-o wide`. */
	readonly priority: number;
};

export type Cells = readonly (string | number | boolean | null)[];
type Moment = {readonly now: number; age(moment: string | undefined): string};
type Printer = {readonly columns: readonly TableColumn[]; cells(object: KubeObject, moment: Moment): Cells};

/** `Name|Desired:integer|Node*`: a star for those of `-o wide`. */
const columns = (text: string): readonly TableColumn[] =>
	text.split('|').map(definition => {
		const [name = '', type = 'string'] = definition.replace('*', '').split(':');
		return {
			name,
			type: type === 'integer' ? 'integer' : 'string',
			...(name === 'Name' ? {format: 'name'} : {}),
			priority: definition.includes('*') ? 1 : 0,
		};
	});

/** The columns of a kind, and its cells in the same order. */
const printer = <T extends KubeObject>(text: string, cells: (object: T, moment: Moment) => Cells): Printer => ({
	columns: columns(text),
	cells: (object, moment) => cells(object as T, moment),
});

const none = '<none>';
const pairs = (labels: object | undefined): string => {
	const entries = Object.entries(labels ?? {});
	return entries.length === 0 ? none : entries.map(([key, value]) => `${key}=${value}`).join(',');
};
const selectorText = (selector: LabelSelector | undefined): string => pairs(selector?.matchLabels);
const names = ({spec}: PodTemplate): string => spec.containers.map(({name}) => name).join(',');
const images = ({spec}: PodTemplate): string => spec.containers.map(({image}) => image).join(',');
const address = (node: Node, type: string) => node.status.addresses.find(each => each.type === type)?.address ?? none;

function nodeStatus({status, spec}: Node): string {
	const ready = conditionOf(status.conditions, 'Ready');
	const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
	return spec.unschedulable === true ? `${word},SchedulingDisabled` : word;
}

const roles = ({metadata}: Node): string => {
	const prefix = 'node-role.kubernetes.io/';
	const found = Object.keys(metadata.labels ?? {}).filter(label => label.startsWith(prefix));
	return found.length === 0 ? none : found.map(label => label.slice(prefix.length)).join(',');
};

const targets = ({spec, status}: HorizontalPodAutoscaler): string =>
	(spec.metrics ?? [])
		.map(({resource}, index) => {
			const current = status.currentMetrics?.[index]?.resource?.current.averageUtilization;
			return `${resource?.name}: ${current === undefined ? '<unknown>' : `${current}%`}/${resource?.target.averageUtilization}%`;
		})
		.join(', ') || none;

const endpointList = ({subsets = []}: Endpoints): string => {
	const all = subsets.flatMap(({addresses = [], ports = []}) =>
		addresses.flatMap(({ip}) => ports.map(({port}) => `${ip}:${port}`)),
	);
	if (all.length === 0) return none;
	return all.length > 3 ? `${all.slice(0, 3).join(',')} + ${all.length - 3} more...` : all.join(',');
};

const setColumns = 'Age|Containers*|Images*|Selector*';

export const printers: Readonly<Record<string, Printer>> = {
	pods: printer<Pod>('Name|Ready|Status|Restarts|Age|IP*|Node*|Nominated Node*|Readiness Gates*', (pod, {age, now}) => {
		const {ready, status, restarts, restartedAt} = printedPod(pod);
		const when = restarts > 0 && restartedAt !== undefined ? ` (${humanDuration(now - restartedAt)} ago)` : '';
		const {metadata, spec} = pod;
		const place = [pod.status.podIP ?? none, spec.nodeName ?? none, none, none];
		return [metadata.name, ready, status, `${restarts}${when}`, age(metadata.creationTimestamp), ...place];
	}),
	'deployments.apps': printer<Deployment>(
		`Name|Ready|Up-to-date:integer|Available:integer|${setColumns}`,
		({metadata, spec, status}, {age}) => [
			metadata.name,
			`${status.readyReplicas ?? 0}/${spec.replicas}`,
			status.updatedReplicas ?? 0,
			status.availableReplicas ?? 0,
			age(metadata.creationTimestamp),
			names(spec.template),
			images(spec.template),
			selectorText(spec.selector),
		],
	),
	'replicasets.apps': printer<ReplicaSet>(
		`Name|Desired:integer|Current:integer|Ready:integer|${setColumns}`,
		({metadata, spec, status}, {age}) => [
			metadata.name,
			spec.replicas,
			status.replicas,
			status.readyReplicas ?? 0,
			age(metadata.creationTimestamp),
			names(spec.template),
			images(spec.template),
			selectorText(spec.selector),
		],
	),
	'statefulsets.apps': printer<StatefulSet>('Name|Ready|Age|Containers*|Images*', ({metadata, spec, status}, {age}) => [
		metadata.name,
		`${status.readyReplicas ?? 0}/${spec.replicas}`,
		age(metadata.creationTimestamp),
		names(spec.template),
		images(spec.template),
	]),
	'daemonsets.apps': printer<DaemonSet>(
		`Name|Desired:integer|Current:integer|Ready:integer|Up-to-date:integer|Available:integer|Node Selector|${setColumns}`,
		({metadata, spec, status}, {age}) => [
			metadata.name,
			status.desiredNumberScheduled,
			status.currentNumberScheduled,
			status.numberReady,
			status.updatedNumberScheduled ?? 0,
			status.numberAvailable ?? 0,
			pairs(spec.template.spec.nodeSelector),
			age(metadata.creationTimestamp),
			names(spec.template),
			images(spec.template),
			selectorText(spec.selector),
		],
	),
	'jobs.batch': printer<Job>(`Name|Status|Completions|Duration|${setColumns}`, (job, {age, now}) => {
		const {metadata, spec, status} = job;
		const began = parseTimestamp(status.startTime);
		const verdict = jobVerdict(job);
		const ended = parseTimestamp(status.completionTime);
		return [
			metadata.name,
			verdict ?? (spec.suspend === true ? 'Suspended' : 'Running'),
			`${status.succeeded ?? 0}/${spec.completions}`,
			began === undefined ? '' : humanDuration((ended ?? now) - began),
			age(metadata.creationTimestamp),
			names(spec.template),
			images(spec.template),
			selectorText(spec.selector),
		];
	}),
	'cronjobs.batch': printer<CronJob>(
		'Name|Schedule|Timezone|Suspend|Active:integer|Last Schedule|Age|Containers*|Images*',
		({metadata, spec, status}, {age}) => [
			metadata.name,
			spec.schedule,
			spec.timeZone ?? none,
			spec.suspend ? 'True' : 'False',
			status.active?.length ?? 0,
			status.lastScheduleTime === undefined ? none : age(status.lastScheduleTime),
			age(metadata.creationTimestamp),
			names(spec.jobTemplate.spec.template),
			images(spec.jobTemplate.spec.template),
		],
	),
	'controllerrevisions.apps': printer<ControllerRevision>('Name|Controller|Revision:integer|Age', (object, {age}) => {
		const owner = controllerOf(object);
		const by = owner === undefined ? none : `${owner.kind.toLowerCase()}.apps/${owner.name}`;
		return [object.metadata.name, by, object.revision, age(object.metadata.creationTimestamp)];
	}),
	nodes: printer<Node>(
		'Name|Status|Roles|Age|Version|Internal-IP*|External-IP*|OS-Image*|Kernel-Version*|Container-Runtime*',
		(node, {age}) => {
			const {nodeInfo} = node.status;
			return [
				node.metadata.name,
				nodeStatus(node),
				roles(node),
				age(node.metadata.creationTimestamp),
				nodeInfo['kubeletVersion'] ?? '',
				address(node, 'InternalIP'),
				address(node, 'ExternalIP'),
				nodeInfo['osImage'] ?? '',
				nodeInfo['kernelVersion'] ?? '',
				nodeInfo['containerRuntimeVersion'] ?? '',
			];
		},
	),
	namespaces: printer<Namespace>('Name|Status|Age', ({metadata, status}, {age}) => [
		metadata.name,
		status.phase,
		age(metadata.creationTimestamp),
	]),
	configmaps: printer<ConfigMapOrSecret>('Name|Data:integer|Age', ({metadata, data}, {age}) => [
		metadata.name,
		Object.keys(data ?? {}).length,
		age(metadata.creationTimestamp),
	]),
	secrets: printer<ConfigMapOrSecret>('Name|Type|Data:integer|Age', ({metadata, data, type = 'Opaque'}, {age}) => [
		metadata.name,
		type,
		Object.keys(data ?? {}).length,
		age(metadata.creationTimestamp),
	]),
	services: printer<Service>('Name|Type|Cluster-IP|External-IP|Port(s)|Age|Selector*', ({metadata, spec}, {age}) => [
		metadata.name,
		spec.type,
		spec.clusterIP,
		none,
		spec.ports.map(({port, protocol}) => `${port}/${protocol}`).join(','),
		age(metadata.creationTimestamp),
		pairs(spec.selector),
	]),
	endpoints: printer<Endpoints>('Name|Endpoints|Age', (object, {age}) => [
		object.metadata.name,
		endpointList(object),
		age(object.metadata.creationTimestamp),
	]),
	events: printer<KubeEvent>(
		'Last Seen|Type|Reason|Object|Subobject*|Source*|Message|First Seen*|Count*:integer|Name*',
		(event, {age}) => [
			age(event.lastTimestamp),
			event.type,
			event.reason,
			`${event.involvedObject.kind.toLowerCase()}/${event.involvedObject.name}`,
			event.involvedObject.fieldPath ?? '',
			[event.source.component, event.source.host].filter(part => part !== undefined).join(', '),
			event.message.trim(),
			age(event.firstTimestamp),
			event.count,
			event.metadata.name,
		],
	),
	'horizontalpodautoscalers.autoscaling': printer<HorizontalPodAutoscaler>(
		'Name|Reference|Targets|MinPods|MaxPods|Replicas:integer|Age',
		(object, {age}) => [
			object.metadata.name,
			`${object.spec.scaleTargetRef.kind}/${object.spec.scaleTargetRef.name}`,
			targets(object),
			String(object.spec.minReplicas ?? 1),
			String(object.spec.maxReplicas),
			object.status.currentReplicas,
			age(object.metadata.creationTimestamp),
		],
	),
	'poddisruptionbudgets.policy': printer<PodDisruptionBudget>(
		'Name|Min Available|Max Unavailable|Allowed Disruptions:integer|Age',
		({metadata, spec, status}, {age}) => [
			metadata.name,
			String(spec.minAvailable ?? 'N/A'),
			String(spec.maxUnavailable ?? 'N/A'),
			status.disruptionsAllowed,
			age(metadata.creationTimestamp),
		],
	),
};
