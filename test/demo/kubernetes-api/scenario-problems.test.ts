import {describe, expect, test} from 'vitest';
import {createFakeCluster} from '../../../demo/kubernetes-api/cluster.ts';
import {deploymentRevisionAnnotation} from '../../../demo/kubernetes-api/controllers/deployments.ts';
import {createFastForwardClock} from '../../../demo/kubernetes-api/fast-forward-clock.ts';
import {
	type ConfigMapOrSecret,
	type Container,
	conditionOf,
	type Deployment,
	isReady,
	type Pod,
	type ReplicaSet,
	type StatefulSet,
} from '../../../demo/kubernetes-api/objects/kinds.ts';
import type {KubeObject} from '../../../demo/kubernetes-api/objects/kube-object.ts';
import {printedPod} from '../../../demo/kubernetes-api/objects/pod-status.ts';
import {buildSimulation, clusterAgeMs} from '../../../demo/kubernetes-api/simulation.ts';
import {createScenario, type ScenarioName} from '../../../demo/scenario.ts';
import {createFakeClock} from '../../fake-clock.ts';

const minute = 60_000;

function start(name: ScenarioName) {
	const clock = createFakeClock();
	const scenario = createScenario(name, {now: clock.now});
	const warp = createFastForwardClock(clock, scenario.startedAt - clusterAgeMs);
	const cluster = createFakeCluster(warp, scenario.stableRandom);
	const world = buildSimulation(cluster, warp, scenario, undefined);
	const {store} = cluster;
	const deployment = (namespace: string, name: string) => {
		const found = store.get<Deployment>('deployments.apps', namespace, name);
		if (found === undefined) throw new Error(`there is no ${namespace}/${name}`);
		return found;
	};
	const podsOf = (namespace: string, app: string) =>
		store.list<Pod>('pods', namespace).filter(({metadata}) => metadata.labels?.['app.kubernetes.io/name'] === app);
	const edit = (key: string, object: Deployment | StatefulSet, change: (container: Container) => Container) => {
		const {spec} = object.spec.template;
		const template = {...object.spec.template, spec: {...spec, containers: spec.containers.map(change)}};
		const metadata = {...object.metadata, generation: (object.metadata.generation ?? 1) + 1};
		const edited = {...object, metadata, spec: {...object.spec, template}};
		store.put<KubeObject>(key, edited);
	};
	return {
		clock,
		store,
		world,
		deployment,
		podsOf,
		edit,
		statuses: (namespace: string, app: string) => podsOf(namespace, app).map(pod => printedPod(pod).status),
		isWell: (namespace: string, name: string) => {
			const {spec, status} = deployment(namespace, name);
			return status.availableReplicas === spec.replicas && status.replicas === spec.replicas;
		},
		undo(namespace: string, name: string) {
			const present = deployment(namespace, name);
			const sets = store.ownedBy<ReplicaSet>('replicasets.apps', present.metadata.uid);
			const number = (set: ReplicaSet) => Number(set.metadata.annotations?.[deploymentRevisionAnnotation]);
			const before = sets.toSorted((a, b) => number(b) - number(a))[1];
			const generation = (present.metadata.generation ?? 1) + 1;
			const template = before?.spec.template ?? present.spec.template;
			store.put<Deployment>('deployments.apps', {
				...present,
				metadata: {...present.metadata, generation},
				spec: {...present.spec, template},
			});
		},
		restart(namespace: string, name: string) {
			const present = deployment(namespace, name);
			const generation = (present.metadata.generation ?? 1) + 1;
			const {template} = present.spec;
			const metadata = {...template.metadata, annotations: {'kubectl.kubernetes.io/restartedAt': 'now'}};
			store.put<Deployment>('deployments.apps', {
				...present,
				metadata: {...present.metadata, generation},
				spec: {...present.spec, template: {...template, metadata}},
			});
		},
	};
}

describe('calm', () => {
	test('has 412 healthy pods, and nothing changes in an hour', async () => {
		const {store, clock} = start('calm');
		const pods = store.list<Pod>('pods');
		expect(pods).toHaveLength(412);
		expect(pods.filter(pod => !isReady(pod))).toEqual([]);
		const before = store.list('deployments.apps');
		await clock.advance(60 * minute);
		expect(store.list('deployments.apps')).toEqual(before);
		expect(store.list('pods')).toEqual(pods);
	});
});

describe('the crash loop', () => {
	test('continues by itself: more restarts at growing intervals, and the rollout fails after ten minutes', async () => {
		const {clock, podsOf, deployment, statuses} = start('crashloop');
		const crashing = () => podsOf('checkout', 'api').filter(pod => printedPod(pod).restarts > 0);
		expect(crashing()).toHaveLength(3);
		const before = crashing().map(pod => printedPod(pod).restarts);
		expect(Math.min(...before)).toBeGreaterThanOrEqual(4);
		expect(conditionOf(deployment('checkout', 'api').status.conditions, 'Progressing')?.status).toBe('True');
		await clock.advance(15 * minute);
		const after = crashing().map(pod => printedPod(pod).restarts);
		expect(after.every((count, index) => count >= (before[index] ?? 0) + 2)).toBe(true);
		expect(after.every((count, index) => count <= (before[index] ?? 0) + 5)).toBe(true);
		expect(conditionOf(deployment('checkout', 'api').status.conditions, 'Progressing')).toMatchObject({
			status: 'False',
			reason: 'ProgressDeadlineExceeded',
		});
		expect(statuses('checkout', 'api').filter(status => status === 'Running').length).toBeGreaterThanOrEqual(5);
		const [pod] = crashing();
		expect(pod?.status.containerStatuses?.[0]?.lastState.terminated).toMatchObject({
			reason: 'OOMKilled',
			exitCode: 137,
		});
	});

	test('is not ended by a restart, nor by deleting its pods', async () => {
		const {clock, restart, podsOf, store, isWell} = start('crashloop');
		restart('checkout', 'api');
		await clock.advance(10 * minute);
		expect(isWell('checkout', 'api')).toBe(false);
		for (const pod of podsOf('checkout', 'api').filter(each => !isReady(each))) {
			store.remove('pods', 'checkout', pod.metadata.name);
		}
		await clock.advance(5 * minute);
		expect(isWell('checkout', 'api')).toBe(false);
	});

	test('is ended by undoing the rollout', async () => {
		const {clock, undo, podsOf, deployment, isWell} = start('crashloop');
		undo('checkout', 'api');
		await clock.advance(minute);
		expect(isWell('checkout', 'api')).toBe(true);
		expect(deployment('checkout', 'api').metadata.annotations?.[deploymentRevisionAnnotation]).toBe('42');
		expect(podsOf('checkout', 'api').map(pod => printedPod(pod).restarts)).toEqual([0, 0, 0, 0, 0, 0]);
	});

	test('is ended by a limit that is high enough, and not by one that is not', async () => {
		const {clock, edit, deployment, isWell} = start('crashloop');
		const limit = (memory: string) =>
			edit('deployments.apps', deployment('checkout', 'api'), container => ({
				...container,
				resources: {...container.resources, limits: {memory}},
			}));
		limit('600Mi');
		await clock.advance(5 * minute);
		expect(isWell('checkout', 'api')).toBe(false);
		limit('1Gi');
		await clock.advance(5 * minute);
		expect(isWell('checkout', 'api')).toBe(true);
	});
});

describe('the storm', () => {
	test('has a problem of each kind, each with its own status', () => {
		const {statuses, podsOf, deployment, store} = start('storm');
		expect(statuses('gateway', 'rate-limit')).toContain('ImagePullBackOff');
		expect(statuses('notify', 'sms')).toContain('CreateContainerConfigError');
		expect(statuses('search', 'ranking')).toContain('Pending');
		const waiting = podsOf('search', 'ranking').find(pod => pod.spec.nodeName === undefined);
		expect(conditionOf(waiting?.status.conditions, 'PodScheduled')?.message).toMatch(
			/^0\/12 nodes are available: .*11 Insufficient cpu/,
		);
		expect(podsOf('media', 'thumb').filter(pod => printedPod(pod).ready === '1/2').length).toBeGreaterThan(0);
		expect(deployment('gateway', 'edge').spec.replicas).toBe(30);
		const edge = store.get('horizontalpodautoscalers.autoscaling', 'gateway', 'edge');
		expect(edge).toMatchObject({
			status: {
				conditions: expect.arrayContaining([expect.objectContaining({reason: 'TooManyReplicas', status: 'True'})]),
			},
		});
		expect(statuses('catalog', 'api')).toContain('Terminating');
	});

	test('has no failed rollout once each was undone', async () => {
		const {clock, undo, isWell} = start('storm');
		const unhealthy = [
			['gateway', 'rate-limit'],
			['notify', 'sms'],
			['search', 'ranking'],
			['media', 'thumb'],
			['checkout', 'api'],
		] as const;
		for (const [namespace, name] of unhealthy) expect(isWell(namespace, name)).toBe(false);
		for (const [namespace, name] of unhealthy) undo(namespace, name);
		await clock.advance(3 * minute);
		for (const [namespace, name] of unhealthy) expect([name, isWell(namespace, name)]).toEqual([name, true]);
	});

	test('has no missing key once it was added', async () => {
		const {clock, store, isWell} = start('storm');
		const secret = store.get<ConfigMapOrSecret>('secrets', 'notify', 'sms-provider');
		if (secret !== undefined)
			store.put('secrets', {...secret, data: {...secret.data, account: 'YQ=='}} satisfies ConfigMapOrSecret);
		await clock.advance(minute);
		expect(isWell('notify', 'sms')).toBe(true);
	});

	test('has a stateful set that stays stuck after its undo, until the waiting pod is deleted', async () => {
		const {clock, store, edit} = start('default');
		const set = () => store.get<StatefulSet>('statefulsets.apps', 'search', 'indexer');
		const present = set();
		if (present === undefined) throw new Error('there is no indexer');
		edit('statefulsets.apps', present, container => ({
			...container,
			resources: {...container.resources, requests: {...container.resources?.requests, cpu: '2000m'}},
		}));
		await clock.advance(10 * minute);
		expect(set()?.status.readyReplicas).toBe(3);
		store.remove('pods', 'search', 'indexer-3');
		await clock.advance(2 * minute);
		expect(set()?.status).toMatchObject({readyReplicas: 4, updatedReplicas: 4});
	});

	test('has a lost node whose pods remain until it is back', async () => {
		const {clock, world, store} = start('storm');
		const stuck = () =>
			store
				.list<Pod>('pods')
				.filter(pod => pod.spec.nodeName === 'node-c2' && pod.metadata.deletionTimestamp !== undefined);
		expect(stuck().length).toBeGreaterThan(10);
		await clock.advance(10 * minute);
		expect(stuck().length).toBeGreaterThan(10);
		world.setNodeReady('node-c2', true);
		await clock.advance(minute);
		expect(stuck()).toEqual([]);
	});
});

describe('many pods', () => {
	test('have the requested size and change rate', async () => {
		const clock = createFakeClock();
		const scenario = createScenario('calm', {now: clock.now});
		const warp = createFastForwardClock(clock, scenario.startedAt - clusterAgeMs);
		const cluster = createFakeCluster(warp, scenario.stableRandom);
		const world = buildSimulation(cluster, warp, scenario, 1000);
		expect(cluster.store.list<Pod>('pods').filter(isReady)).toHaveLength(1000);
		const churn = world.startChurn(100);
		await clock.advance(10_000);
		churn.stop();
		expect(churn.changes).toBe(1000);
		await clock.advance(minute);
		expect(cluster.store.list('pods')).toHaveLength(1000);
	});
});
