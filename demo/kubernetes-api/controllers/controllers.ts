import type {FakeCluster} from '../cluster.ts';
import type {ClusterScenario} from '../cluster-scenario.ts';
import {recountBudget} from '../objects/budgets.ts';
import {randomLetters} from '../objects/generated-names.ts';
import {
	type Autoscaler,
	type Budget,
	type CronJob,
	type DaemonSet,
	type Deployment,
	isActive,
	isReady,
	type Job,
	type Namespace,
	type Pod,
	type ReplicaSet,
	type Service,
	type StatefulSet,
} from '../objects/kinds.ts';
import {controllerOf, equalJson, type KubeObject} from '../objects/kube-object.ts';
import type {ContainerPrograms} from '../objects/programs.ts';
import {keyOfKind, resourceTypes} from '../objects/resources.ts';
import {type LabelSelector, matchesSelector} from '../objects/selectors.ts';
import type {StoreChange} from '../objects/store.ts';
import {backgroundDeletion, deleteObject} from '../serving/deletion.ts';
import {autoscaleEveryMs, reconcileAutoscaler} from './autoscalers.ts';
import {reconcileCronJob} from './cron-jobs.ts';
import {reconcileDaemonSet} from './daemon-sets.ts';
import {reconcileDeployment} from './deployments.ts';
import {reconcileEndpoints} from './endpoints.ts';
import {reconcileJob} from './jobs.ts';
import {createKubelet} from './kubelet.ts';
import {reconcileReplicaSet} from './replica-sets.ts';
import {reconcileStatefulSet} from './stateful-sets.ts';

/** Changes are coalesced for this long before the controllers run. */
const gatherMs = 20;

export type Controllers = {
	/** How many replicas the load requires, by `NAMESPACE/NAME` of the autoscaler. */
	readonly wanted: Map<string, number>;
	/** Runs the autoscalers now, and then every 15 seconds. */
	autoscale(): void;
	stop(): void;
};

/** Whether a budget or a service would see no difference. A deletion carries the deleted object, and makes a difference. */
const countedAlike = (pod: Pod, before: Pod): boolean =>
	isReady(pod) === isReady(before) &&
	isActive(pod) === isActive(before) &&
	pod.status.podIP === before.status.podIP &&
	equalJson(pod.metadata.labels, before.metadata.labels);

/** A timer can wait for 24 days at most: what is due later is checked in between. */
const longestWaitMs = 24 * 3_600_000;

/** A deadline has passed one second after it: timestamps have no fractions of a second. */
const later = (at: number | undefined): number | undefined => at && at + 1000;

/** Everything that acts by itself in a cluster: the controllers, the scheduler and the kubelets. */
export function startControllers(
	cluster: FakeCluster,
	scenario: ClusterScenario,
	programs: ContainerPrograms,
): Controllers {
	const {store, clock} = cluster;
	const wanted = new Map<string, number>();
	const kubelet = createKubelet(cluster, scenario, programs);
	const queue = new Map<
		string,
		{readonly resource: string; readonly namespace: string | undefined; readonly name: string}
	>();
	const deadlines = new Map<string, () => void>();
	let cancelFlush: (() => void) | undefined;
	let stopped = false;
	const suffix = () => randomLetters(5, () => scenario.random());

	function enqueue(resource: string, namespace: string | undefined, name: string) {
		queue.set(`${resource} ${namespace}/${name}`, {resource, namespace, name});
		cancelFlush ??= clock.after(gatherMs, flush);
	}

	function flush() {
		cancelFlush = undefined;
		if (stopped) return;
		const work = [...queue.values()];
		queue.clear();
		for (const {resource, namespace, name} of work) {
			const object = store.get(resource, namespace, name);
			if (object !== undefined) reconcile(resource, object);
		}
	}

	function reconcile(resource: string, object: KubeObject) {
		if (resource === 'deployments.apps')
			return watchMoment(resource, object, later(reconcileDeployment(cluster, object as Deployment)));
		if (resource === 'replicasets.apps') return reconcileReplicaSet(cluster, object as ReplicaSet, suffix);
		if (resource === 'statefulsets.apps') return reconcileStatefulSet(cluster, object as StatefulSet);
		if (resource === 'daemonsets.apps') return reconcileDaemonSet(cluster, object as DaemonSet, suffix);
		if (resource === 'jobs.batch') return watchMoment(resource, object, reconcileJob(cluster, object as Job, suffix));
		if (resource === 'cronjobs.batch')
			return watchMoment(resource, object, reconcileCronJob(cluster, object as CronJob));
		if (resource === 'services') return reconcileEndpoints(cluster, object as Service);
		if (resource === 'poddisruptionbudgets.policy') return void recountBudget(cluster, object as Budget);
		if (resource === 'namespaces') return finishNamespace(object as Namespace);
		if (resource === 'horizontalpodautoscalers.autoscaling') return autoscale(object as Autoscaler);
	}

	const autoscale = (object: Autoscaler) =>
		reconcileAutoscaler(cluster, object, wanted.get(`${object.metadata.namespace}/${object.metadata.name}`));

	/** Schedules what happens by time alone, without a change: a rollout exceeds its deadline, a schedule is due. */
	function watchMoment(resource: string, {metadata}: KubeObject, at: number | undefined) {
		deadlines.get(metadata.uid)?.();
		if (at === undefined) return;
		const look = () => enqueue(resource, metadata.namespace, metadata.name);
		deadlines.set(metadata.uid, clock.after(Math.min(longestWaitMs, Math.max(0, at - clock.now())), look));
	}

	/** Budgets and services that select the pod, when what they look at has changed. */
	function selectors(pod: Pod, before: Pod | undefined) {
		const {namespace, labels} = pod.metadata;
		if (before !== undefined && countedAlike(pod, before)) return;
		const selects = (selector: LabelSelector | undefined) =>
			matchesSelector(selector, labels) || (before !== undefined && matchesSelector(selector, before.metadata.labels));
		for (const {metadata, spec} of store.list<Budget>('poddisruptionbudgets.policy', namespace)) {
			if (selects(spec.selector)) enqueue('poddisruptionbudgets.policy', namespace, metadata.name);
		}
		for (const {metadata, spec} of store.list<Service>('services', namespace)) {
			const {selector} = spec;
			if (selector !== undefined && selects({matchLabels: selector})) enqueue('services', namespace, metadata.name);
		}
	}

	function onChange({resource, object, type, previous}: StoreChange) {
		const {namespace, name, uid} = object.metadata;
		if (type === 'DELETED') collect(uid);
		else enqueue(resource, namespace, name);
		const owner = controllerOf(object);
		const ownerKey = owner && keyOfKind(owner.apiVersion, owner.kind);
		if (owner !== undefined && ownerKey !== undefined) enqueue(ownerKey, namespace, owner.name);
		if (resource === 'pods') {
			if (type !== 'DELETED') kubelet.reconcile(object as Pod);
			selectors(object as Pod, type === 'DELETED' ? undefined : (previous as Pod | undefined));
		}
		if (resource === 'nodes') {
			for (const set of store.list('daemonsets.apps'))
				enqueue('daemonsets.apps', set.metadata.namespace, set.metadata.name);
			for (const pod of store.list<Pod>('pods')) if (pod.spec.nodeName === name) kubelet.reconcile(pod);
		}
		if (
			namespace !== undefined &&
			store.get<Namespace>('namespaces', undefined, namespace)?.status.phase === 'Terminating'
		) {
			enqueue('namespaces', undefined, namespace);
		}
	}

	/** Deletes the objects whose owner was deleted. */
	function collect(uid: string) {
		deadlines.get(uid)?.();
		deadlines.delete(uid);
		for (const {key} of resourceTypes) {
			for (const owned of store.ownedBy(key, uid)) {
				if (owned.metadata.deletionTimestamp === undefined) deleteObject(cluster, key, owned, backgroundDeletion);
			}
		}
	}

	/** Deletes the objects of a terminating namespace before the namespace. */
	function finishNamespace({metadata, status}: Namespace) {
		if (status.phase !== 'Terminating') return;
		let left = 0;
		for (const {key, namespaced} of resourceTypes) {
			if (!namespaced) continue;
			for (const object of store.list(key, metadata.name)) {
				left += 1;
				if (object.metadata.deletionTimestamp === undefined) deleteObject(cluster, key, object, backgroundDeletion);
			}
		}
		if (left === 0) store.remove('namespaces', undefined, metadata.name);
		else enqueue('namespaces', undefined, metadata.name);
	}

	const stopListening = store.onChange(onChange);
	let stopAutoscaling: (() => void) | undefined;
	function autoscaleAll() {
		for (const object of store.list<Autoscaler>('horizontalpodautoscalers.autoscaling')) autoscale(object);
		stopAutoscaling = clock.after(autoscaleEveryMs, autoscaleAll);
	}
	for (const {metadata} of store.list('deployments.apps'))
		enqueue('deployments.apps', metadata.namespace, metadata.name);

	return {
		wanted,
		autoscale: autoscaleAll,
		stop() {
			stopped = true;
			stopListening();
			stopAutoscaling?.();
			cancelFlush?.();
			kubelet.stop();
			for (const cancel of deadlines.values()) cancel();
		},
	};
}
