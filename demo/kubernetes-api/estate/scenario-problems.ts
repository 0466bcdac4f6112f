import type {FakeCluster} from '../cluster.ts';
import {type ClusterScenario, hasCrashloop} from '../cluster-scenario.ts';
import {withContainers} from '../controllers/build-pod.ts';
import type {Controllers} from '../controllers/controllers.ts';
import {setNodeReady} from '../controllers/node-health.ts';
import type {Container, Deployment, Pod} from '../objects/kinds.ts';
import type {KubeObject} from '../objects/kube-object.ts';
import type {ContainerPrograms} from '../objects/programs.ts';
import {imageOf} from './estate-build.ts';

const minute = 60_000;
const mebi = 1024 ** 2;

/** An event before the demo began: how long before, and what was done. */
export type PastEvent = {readonly beforeMs: number; readonly apply: () => void};

type ProblemContext = {
	readonly cluster: FakeCluster;
	readonly scenario: ClusterScenario;
	readonly programs: ContainerPrograms;
	readonly controllers: Controllers;
};

/**
 * The problems of this scenario. Each begins with a change to the cluster, from which the rest follows by the rules of Kubernetes; it ends
 * when the change is undone, or its cause is removed in another way.
 */
export function scenarioProblems(place: ProblemContext): readonly PastEvent[] {
	const {scenario} = place;
	if (!hasCrashloop(scenario)) return [];
	const crash = {beforeMs: 7 * minute, apply: () => crashLoop(place)};
	if (scenario.name === 'crashloop') return [crash];
	const some = [
		{beforeMs: 52 * minute, apply: () => oomKilledOnce(place, 'reporting', 'builder')},
		{beforeMs: 9 * minute, apply: () => neverReady(place)},
		crash,
		{beforeMs: 6.5 * minute, apply: () => throttled(place)},
		{beforeMs: 3 * minute, apply: () => tooLarge(place, 'statefulsets.apps', 'search', 'indexer')},
	];
	if (scenario.name !== 'storm') return some;
	return [
		{beforeMs: 12 * minute, apply: () => setNodeReady(place.cluster, 'node-c2', false)},
		{beforeMs: 8 * minute, apply: () => place.controllers.wanted.set('gateway/edge', 44)},
		...some,
		{beforeMs: 6 * minute, apply: () => missingImage(place)},
		{beforeMs: 5 * minute, apply: () => missingSecretKey(place)},
		{beforeMs: 4 * minute, apply: () => tooLarge(place, 'deployments.apps', 'search', 'ranking')},
	];
}

/** A rollout, as `kubectl set image` or an edit makes it. */
function roll(
	{cluster}: ProblemContext,
	key: string,
	namespace: string,
	name: string,
	cause: string,
	change: (container: Container, index: number) => Container,
): void {
	const workload = cluster.store.get<Deployment>(key, namespace, name);
	if (workload === undefined) throw new Error(`there is no ${namespace}/${name}`);
	const {metadata, spec} = workload;
	const pod = spec.template.spec;
	const template = {...spec.template, spec: {...pod, containers: pod.containers.map(change)}};
	cluster.store.put(key, {
		...workload,
		metadata: {
			...metadata,
			generation: (metadata.generation ?? 1) + 1,
			annotations: {...metadata.annotations, 'kubernetes.io/change-cause': cause},
		},
		spec: {...spec, template},
	} as KubeObject);
}

/** Version 2.41.0 needs more memory than its limit. Undoing the rollout helps, and so does a higher limit; a restart does not. */
function crashLoop(place: ProblemContext): void {
	const image = imageOf({namespace: 'checkout', name: 'api'}, '2.41.0');
	// It is killed before it is ready, so the rollout does not proceed.
	place.programs.set(image, {memory: 720 * mebi, readyAfterMs: 40_000, logs: 'json'});
	roll(place, 'deployments.apps', 'checkout', 'api', 'image api:2.41.0', container => ({...container, image}));
}

/** It was OOM killed once, some time ago, and has run since. */
function oomKilledOnce({cluster}: ProblemContext, namespace: string, name: string): void {
	const pod = cluster.store
		.list<Pod>('pods', namespace)
		.find(({metadata}) => metadata.labels?.['app.kubernetes.io/name'] === name);
	const [first, ...others] = pod?.status.containerStatuses ?? [];
	if (pod === undefined || first === undefined) throw new Error(`there is no pod of ${namespace}/${name}`);
	const terminated = {
		...{exitCode: 137, reason: 'OOMKilled', finishedAt: cluster.time(), containerID: first.containerID ?? ''},
		startedAt: first.state.running?.startedAt ?? cluster.time(),
	};
	const ended = {...first, ready: false, started: false, state: {terminated}};
	cluster.store.put('pods', withContainers(pod, [ended, ...others], cluster.time()));
}

/** Its CPU limit was lowered, and now it is throttled most of the time. Undoing the rollout helps. */
function throttled(place: ProblemContext): void {
	roll(place, 'deployments.apps', 'payments', 'reconciler', 'cpu limit 300m', container => ({
		...container,
		resources: {...container.resources, limits: {...container.resources?.limits, cpu: '300m'}},
	}));
}

/** The new version of the second container runs, and never becomes ready. */
function neverReady(place: ProblemContext): void {
	const image = imageOf({namespace: 'media', name: 'resizer'}, '1.19.0');
	place.programs.set(image, {neverReady: true});
	roll(place, 'deployments.apps', 'media', 'thumb', 'image resizer:1.19.0', (container, index) =>
		index === 1 ? {...container, image} : container,
	);
}

/** It requests more cores than any node has. A stateful set keeps its pending pod even when this is undone, until the pod is deleted. */
function tooLarge(place: ProblemContext, key: string, namespace: string, name: string): void {
	roll(place, key, namespace, name, 'cpu request 24', container => ({
		...container,
		resources: {...container.resources, requests: {...container.resources?.requests, cpu: '24'}},
	}));
}

/** A tag that does not exist in the registry. */
function missingImage(place: ProblemContext): void {
	const image = imageOf({namespace: 'gateway', name: 'rate-limit'}, '0.9.5');
	place.programs.set(image, {isImageMissing: true});
	roll(place, 'deployments.apps', 'gateway', 'rate-limit', 'image rate-limit:0.9.5', container => ({
		...container,
		image,
	}));
}

/** It now wants a key that its secret does not have: undoing helps, and so does adding the key. */
function missingSecretKey(place: ProblemContext): void {
	roll(place, 'deployments.apps', 'notify', 'sms', 'provider account', container => ({
		...container,
		env: [
			...(container.env ?? []),
			{name: 'PROVIDER_ACCOUNT', valueFrom: {secretKeyRef: {name: 'sms-provider', key: 'account'}}},
		],
	}));
}
