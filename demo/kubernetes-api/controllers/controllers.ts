import type {FakeCluster} from '../cluster.ts';
import type {ClusterScenario} from '../cluster-scenario.ts';
import {recountBudget} from '../objects/budgets.ts';
import type {StoreChange} from '../objects/change-history.ts';
import {randomLetters} from '../objects/generated-names.ts';
import {
	type CronJob,
	type DaemonSet,
	type Deployment,
	type HorizontalPodAutoscaler,
	isActive,
	isReady,
	type Job,
	type Namespace,
	type Pod,
	type PodDisruptionBudget,
	type ReplicaSet,
	type Service,
	type StatefulSet,
} from '../objects/kinds.ts';
import {controllerOf, equalJson, type KubeObject} from '../objects/kube-object.ts';
import type {ContainerPrograms} from '../objects/programs.ts';
import {keyOfKind} from '../objects/resources.ts';
import {type LabelSelector, matchesSelector} from '../objects/selectors.ts';
import {autoscaleEveryMs, reconcileAutoscaler} from './autoscalers.ts';
import {reconcileCronJob} from './cron-jobs.ts';
import {reconcileDaemonSet} from './daemon-sets.ts';
import {reconcileDeployment} from './deployments.ts';
import {reconcileEndpoints} from './endpoints.ts';
import {deleteOwned, finishNamespace, isTerminating} from './garbage-collection.ts';
import {reconcileJob} from './jobs.ts';
import {createKubelet, type Kubelet} from './kubelet.ts';
import {reconcileReplicaSet} from './replica-sets.ts';
import {reconcileStatefulSet} from './stateful-sets.ts';
import {createWorkQueue, type WorkQueue} from './work-queue.ts';

export type Controllers = {
	/** How many replicas the load requires, by `NAMESPACE/NAME` of the autoscaler. */
	readonly wanted: Map<string, number>;
	/** Runs the autoscalers now, and then every 15 seconds. */
	autoscale(): void;
	stop(): void;
};

/** What the controllers of a cluster share. */
type ControllerContext = {
	readonly cluster: FakeCluster;
	readonly queue: WorkQueue;
	readonly kubelet: Kubelet;
	readonly wanted: ReadonlyMap<string, number>;
	/** The end of the name of a new object. */
	readonly suffix: () => string;
};

/** Everything that acts by itself in a cluster: the controllers, the scheduler and the kubelets. */
export function startControllers(
	cluster: FakeCluster,
	scenario: ClusterScenario,
	programs: ContainerPrograms,
): Controllers {
	const {store, clock} = cluster;
	const wanted = new Map<string, number>();
	const kubelet = createKubelet(cluster, scenario, programs);
	const queue = createWorkQueue(clock, (resource, namespace, name) => {
		const object = store.get(resource, namespace, name);
		if (object !== undefined) queue.addAt(resource, object, reconcile(context, resource, object));
	});
	const suffix = () => randomLetters(5, () => scenario.random());
	const context: ControllerContext = {cluster, queue, kubelet, wanted, suffix};
	const stopListening = store.onChange(change => onChange(context, change));
	let stopAutoscaling: (() => void) | undefined;

	function autoscaleAll() {
		for (const object of store.list<HorizontalPodAutoscaler>('horizontalpodautoscalers.autoscaling'))
			autoscale(context, object);
		stopAutoscaling = clock.after(autoscaleEveryMs, autoscaleAll);
	}

	for (const {metadata} of store.list('deployments.apps'))
		queue.add('deployments.apps', metadata.namespace, metadata.name);

	return {
		wanted,
		autoscale: autoscaleAll,
		stop() {
			stopListening();
			stopAutoscaling?.();
			queue.stop();
			kubelet.stop();
		},
	};
}

/** A deadline has passed one second after it: timestamps have no fractions of a second. */
const later = (at: number | undefined): number | undefined => at && at + 1000;

/**
 * Reconciles one object. Returns when it must be reconciled again by time alone, in epoch milliseconds: a rollout exceeds its deadline, a
 * schedule is due.
 */
function reconcile(context: ControllerContext, resource: string, object: KubeObject): number | undefined {
	const {cluster, queue, suffix} = context;
	switch (resource) {
		case 'deployments.apps':
			return later(reconcileDeployment(cluster, object as Deployment));
		case 'jobs.batch':
			return reconcileJob(cluster, object as Job, suffix);
		case 'cronjobs.batch':
			return reconcileCronJob(cluster, object as CronJob);
		case 'replicasets.apps':
			reconcileReplicaSet(cluster, object as ReplicaSet, suffix);
			break;
		case 'statefulsets.apps':
			reconcileStatefulSet(cluster, object as StatefulSet);
			break;
		case 'daemonsets.apps':
			reconcileDaemonSet(cluster, object as DaemonSet, suffix);
			break;
		case 'services':
			reconcileEndpoints(cluster, object as Service);
			break;
		case 'poddisruptionbudgets.policy':
			recountBudget(cluster, object as PodDisruptionBudget);
			break;
		case 'namespaces': {
			const namespace = object as Namespace;
			const isDone = !isTerminating(namespace) || finishNamespace(cluster, namespace);
			if (!isDone) queue.add(resource, undefined, namespace.metadata.name);
			break;
		}
		case 'horizontalpodautoscalers.autoscaling':
			autoscale(context, object as HorizontalPodAutoscaler);
			break;
	}
	return undefined;
}

const autoscale = ({cluster, wanted}: ControllerContext, object: HorizontalPodAutoscaler): void =>
	reconcileAutoscaler(cluster, object, wanted.get(`${object.metadata.namespace}/${object.metadata.name}`));

/** Enqueues what a change of an object concerns: the object, its controller, and what looks at it. */
function onChange({cluster, queue, kubelet}: ControllerContext, {resource, object, type, previous}: StoreChange): void {
	const {store} = cluster;
	const {namespace, name, uid} = object.metadata;
	if (type === 'DELETED') {
		queue.forget(uid);
		deleteOwned(cluster, uid);
	} else queue.add(resource, namespace, name);
	const owner = controllerOf(object);
	const ownerKey = owner && keyOfKind(owner.apiVersion, owner.kind);
	if (owner !== undefined && ownerKey !== undefined) queue.add(ownerKey, namespace, owner.name);
	if (resource === 'pods') {
		if (type !== 'DELETED') kubelet.reconcile(object as Pod);
		enqueueSelecting(cluster, queue, object as Pod, type === 'DELETED' ? undefined : (previous as Pod | undefined));
	}
	if (resource === 'nodes') {
		for (const {metadata} of store.list('daemonsets.apps'))
			queue.add('daemonsets.apps', metadata.namespace, metadata.name);
		for (const pod of store.list<Pod>('pods')) if (pod.spec.nodeName === name) kubelet.reconcile(pod);
	}
	const within = namespace === undefined ? undefined : store.get<Namespace>('namespaces', undefined, namespace);
	if (within !== undefined && isTerminating(within)) queue.add('namespaces', undefined, within.metadata.name);
}

/** Whether a budget or a service would see no difference. A deletion carries the deleted object, and makes a difference. */
const countedAlike = (pod: Pod, before: Pod): boolean =>
	isReady(pod) === isReady(before) &&
	isActive(pod) === isActive(before) &&
	pod.status.podIP === before.status.podIP &&
	equalJson(pod.metadata.labels, before.metadata.labels);

/** Enqueues the budgets and services that select the pod, when what they look at has changed. */
function enqueueSelecting({store}: FakeCluster, queue: WorkQueue, pod: Pod, before: Pod | undefined): void {
	const {namespace, labels} = pod.metadata;
	if (before !== undefined && countedAlike(pod, before)) return;
	const selects = (selector: LabelSelector | undefined) =>
		matchesSelector(selector, labels) || (before !== undefined && matchesSelector(selector, before.metadata.labels));
	for (const {metadata, spec} of store.list<PodDisruptionBudget>('poddisruptionbudgets.policy', namespace)) {
		if (selects(spec.selector)) queue.add('poddisruptionbudgets.policy', namespace, metadata.name);
	}
	for (const {metadata, spec} of store.list<Service>('services', namespace)) {
		const {selector} = spec;
		if (selector !== undefined && selects({matchLabels: selector})) queue.add('services', namespace, metadata.name);
	}
}
