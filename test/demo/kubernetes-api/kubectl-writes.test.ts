import {beforeAll, expect, test} from 'vitest';
import type {
	DaemonSet,
	Deployment,
	KubeEvent,
	Node,
	Pod,
	PodDisruptionBudget,
	ReplicaSet,
	StatefulSet,
} from '../../../demo/kubernetes-api/objects/kinds.ts';
import {controllerOf} from '../../../demo/kubernetes-api/objects/kube-object.ts';
import {describeWithKubectl, type KubectlFixture} from './kubectl-fixture.ts';

const revision = 'deployment.kubernetes.io/revision';
const deployment = ({get}: KubectlFixture, namespace: string, name: string) =>
	get<Deployment>('deployments.apps', namespace, name);

const setsOf = ({api}: KubectlFixture, owner: Deployment) =>
	api.simulation.cluster.store.ownedBy<ReplicaSet>('replicasets.apps', owner.metadata.uid);

const isDone = ({metadata, spec, status}: Deployment) =>
	status.observedGeneration === metadata.generation &&
	status.updatedReplicas === spec.replicas &&
	status.replicas === spec.replicas &&
	status.availableReplicas === spec.replicas;

const eventsOf = ({api}: KubectlFixture, uid: string) =>
	api.simulation.cluster.store.list<KubeEvent>('events').filter(event => event.involvedObject.uid === uid);

describeWithKubectl('kubectl writes', 'crashloop', (judge, open, speaksJson) => {
	beforeAll(open);

	test('rollout restart creates a new revision, and replaces every pod', async () => {
		const {kubectl, pods} = judge();
		const before = deployment(judge(), 'checkout', 'cart');
		const old = new Set(pods('checkout', 'cart').map(({metadata}) => metadata.uid));
		await kubectl('-n', 'checkout', 'rollout', 'restart', 'deployment/cart');
		expect(await kubectl('-n', 'checkout', 'rollout', 'status', 'deployment/cart')).toContain(
			'successfully rolled out',
		);
		const after = deployment(judge(), 'checkout', 'cart');
		expect(after.metadata.generation).toBe((before.metadata.generation ?? 0) + 1);
		expect(isDone(after)).toBe(true);
		expect(after.spec.template.metadata?.annotations).toHaveProperty(['kubectl.kubernetes.io/restartedAt']);
		expect(Number(after.metadata.annotations?.[revision])).toBe(Number(before.metadata.annotations?.[revision]) + 1);
		const fresh = pods('checkout', 'cart').filter(({metadata}) => metadata.deletionTimestamp === undefined);
		expect(fresh).toHaveLength(8);
		expect(fresh.filter(({metadata}) => old.has(metadata.uid))).toEqual([]);
		expect(eventsOf(judge(), after.metadata.uid).map(({reason}) => reason)).toContain('ScalingReplicaSet');
	});

	test('rollout restart of a paused deployment is refused by kubectl, and nothing changes', async () => {
		const before = deployment(judge(), 'orders', 'exporter');
		const refused = await judge().tryKubectl('admin', '-n', 'orders', 'rollout', 'restart', 'deployment/exporter');
		expect(refused.err).toContain("can't restart paused deployment");
		expect(deployment(judge(), 'orders', 'exporter')).toEqual(before);
	});

	test('scale during a rollout scales its replica sets in proportion, and does not advance the rollout', async () => {
		const {kubectl, until} = judge();
		const owner = () => deployment(judge(), 'checkout', 'api');
		const sizes = () =>
			setsOf(judge(), owner())
				.toSorted((a, b) => Number(a.metadata.annotations?.[revision]) - Number(b.metadata.annotations?.[revision]))
				.map(({spec}) => spec.replicas)
				.filter(replicas => replicas > 0);
		expect([owner().spec.replicas, ...sizes()]).toEqual([6, 5, 3]);
		await kubectl('-n', 'checkout', 'rollout', 'pause', 'deployment/api');
		// 12 at most: 5 and 3 become 7.5 and 4.5; the larger is rounded up, the other has what is left.
		await kubectl('-n', 'checkout', 'scale', 'deployment/api', '--replicas=9');
		await until(() => owner().status.replicas === 12);
		expect(sizes()).toEqual([8, 4]);
		await kubectl('-n', 'checkout', 'scale', 'deployment/api', '--replicas=6');
		await until(() => owner().status.replicas === 8);
		expect(sizes()).toEqual([5, 3]);
		await kubectl('-n', 'checkout', 'scale', 'deployment/api', '--replicas=0');
		await until(() => (owner().status.replicas ?? 0) === 0);
		// Only the newest is left to have pods: all of them.
		await kubectl('-n', 'checkout', 'scale', 'deployment/api', '--replicas=6');
		await until(() => owner().status.replicas === 6);
		expect(sizes()).toEqual([6]);
		await kubectl('-n', 'checkout', 'rollout', 'resume', 'deployment/api');
	});

	test('rollout undo restores the template of the previous revision, with a new number', async () => {
		const {kubectl, until} = judge();
		const before = deployment(judge(), 'checkout', 'api');
		const wanted = setsOf(judge(), before).find(set => set.metadata.annotations?.[revision] === '40');
		expect(await kubectl('-n', 'checkout', 'rollout', 'history', 'deployment/api')).toContain('image api:2.41.0');
		await kubectl('-n', 'checkout', 'rollout', 'undo', 'deployment/api');
		await kubectl('-n', 'checkout', 'rollout', 'status', 'deployment/api');
		const after = deployment(judge(), 'checkout', 'api');
		expect(after.spec.template.spec.containers).toEqual(wanted?.spec.template.spec.containers);
		await until(() => deployment(judge(), 'checkout', 'api').metadata.annotations?.[revision] === '42');
		const numbers = setsOf(judge(), after).map(set => Number(set.metadata.annotations?.[revision]));
		expect(numbers.sort((a, b) => a - b)).toEqual([38, 39, 41, 42]);
		expect(isDone(deployment(judge(), 'checkout', 'api'))).toBe(true);
	});

	test('rollout restart of a stateful set goes from the last pod to the first, and undo restores the revision', async () => {
		const {kubectl, until, get} = judge();
		const set = () => get<StatefulSet>('statefulsets.apps', 'reporting', 'warehouse');
		const before = set();
		await kubectl('-n', 'reporting', 'rollout', 'restart', 'statefulset/warehouse');
		await until(() => set().status.updateRevision !== before.status.currentRevision);
		await until(() => set().status.currentRevision === set().status.updateRevision);
		const deleted = eventsOf(judge(), before.metadata.uid).filter(({reason}) => reason === 'SuccessfulDelete');
		expect(deleted.map(({message}) => /warehouse-(\d)/.exec(message)?.[1])).toEqual(['2', '1', '0']);
		await kubectl('-n', 'reporting', 'rollout', 'undo', 'statefulset/warehouse');
		await until(() => set().status.currentRevision === before.status.currentRevision);
		expect(set().spec.template).toEqual(before.spec.template);
	});

	test('rollout restart of a daemon set replaces the pod of each node', async () => {
		const {kubectl, get, api} = judge();
		const before = get<DaemonSet>('daemonsets.apps', 'monitoring', 'node-exporter');
		const owned = () => api.simulation.cluster.store.ownedBy<Pod>('pods', before.metadata.uid);
		const old = owned().map(({metadata}) => metadata.uid);
		await kubectl('-n', 'monitoring', 'rollout', 'restart', 'daemonset/node-exporter');
		await kubectl('-n', 'monitoring', 'rollout', 'status', 'daemonset/node-exporter');
		const fresh = owned().filter(({metadata}) => metadata.deletionTimestamp === undefined);
		expect(fresh.filter(({metadata}) => old.includes(metadata.uid))).toEqual([]);
		expect(new Set(fresh.map(({spec}) => spec.nodeName)).size).toBe(12);
	});

	test('scale changes the replicas and then the pods', async () => {
		const {kubectl, pods, until} = judge();
		const before = deployment(judge(), 'identity', 'sessions');
		await kubectl('-n', 'identity', 'scale', 'deployment/sessions', '--replicas=9');
		await until(() => deployment(judge(), 'identity', 'sessions').status.availableReplicas === 9);
		const after = deployment(judge(), 'identity', 'sessions');
		expect(after.metadata.generation).toBe((before.metadata.generation ?? 0) + 1);
		expect(after.metadata.annotations?.[revision]).toBe(before.metadata.annotations?.[revision]);
		const refused = await judge().tryKubectl(
			'admin',
			'-n',
			'identity',
			'scale',
			'deployment/sessions',
			'--current-replicas=6',
			'--replicas=2',
		);
		expect(refused.err).toContain('Expected replicas to be 6, was 9');
		await kubectl('-n', 'identity', 'scale', 'deployment/sessions', '--replicas=2');
		await until(() => pods('identity', 'sessions').length === 2);
	});

	test('delete of a pod ends it, and its set creates another', async () => {
		const {kubectl, pods, until} = judge();
		const [victim] = pods('search', 'suggest');
		await kubectl('-n', 'search', 'delete', 'pod', victim?.metadata.name ?? '');
		const remaining = pods('search', 'suggest');
		expect(remaining.some(({metadata}) => metadata.uid === victim?.metadata.uid)).toBe(false);
		await until(() => deployment(judge(), 'search', 'suggest').status.availableReplicas === 6);
		const killed = eventsOf(judge(), victim?.metadata.uid ?? '').map(({reason}) => reason);
		expect(killed).toContain('Killing');
	});

	test('delete of a deployment deletes its replica sets and pods', async () => {
		const {kubectl, pods, until} = judge();
		const removed = deployment(judge(), 'notify', 'push');
		await kubectl('-n', 'notify', 'delete', 'deployment', 'push');
		await until(() => pods('notify', 'push').length === 0);
		expect(setsOf(judge(), removed)).toEqual([]);
	});

	test('delete --cascade=orphan deletes no pod', async () => {
		const {kubectl, pods, api} = judge();
		const before = pods('catalog', 'feeds').map(({metadata}) => metadata.uid);
		const set = api.simulation.cluster.store.list('replicasets.apps', 'catalog').find(each => {
			const {name} = each.metadata;
			return controllerOf(pods('catalog', 'feeds')[0] ?? each)?.name === name;
		});
		await kubectl('-n', 'catalog', 'delete', 'deployment', 'feeds', '--cascade=orphan');
		expect(pods('catalog', 'feeds').map(({metadata}) => metadata.uid)).toEqual(before);
		expect(
			api.simulation.cluster.store.get('replicasets.apps', 'catalog', set?.metadata.name ?? '')?.metadata
				.ownerReferences,
		).toEqual([]);
	});

	test('drain cordons the node, and evicts only the pods that budgets allow', async () => {
		const {tryKubectl: attempt, api, get, until, kubectl} = judge();
		const {store} = api.simulation.cluster;
		const strict = {spec: {maxUnavailable: null, minAvailable: 6}};
		await kubectl('-n', 'payments', 'patch', 'pdb', 'ledger', '--type=merge', '-p', JSON.stringify(strict));
		const ledger = store
			.list<Pod>('pods', 'payments')
			.find(({metadata}) => metadata.labels?.['app.kubernetes.io/name'] === 'ledger');
		const node = ledger?.spec.nodeName ?? '';
		const drained = await attempt(
			'admin',
			'drain',
			node,
			'--ignore-daemonsets',
			'--force',
			'--delete-emptydir-data',
			'--timeout=12s',
		);
		expect(get<Node>('nodes', undefined, node).spec.unschedulable).toBe(true);
		expect(drained.err).toContain("Cannot evict pod as it would violate the pod's disruption budget");
		const stays = (pod: Pod) => pod.spec.nodeName === node && controllerOf(pod)?.kind !== 'DaemonSet';
		const remaining = () =>
			store.list<Pod>('pods').filter(pod => stays(pod) && pod.metadata.deletionTimestamp === undefined);
		expect(remaining().map(({metadata}) => metadata.labels?.['app.kubernetes.io/name'])).toContain('ledger');
		expect(
			get<PodDisruptionBudget>('poddisruptionbudgets.policy', 'payments', 'ledger').status.disruptionsAllowed,
		).toBe(0);
		await judge().kubectl(
			'-n',
			'payments',
			'patch',
			'pdb',
			'ledger',
			'--type=merge',
			'-p',
			'{"spec":{"minAvailable":1}}',
		);
		await judge().kubectl('drain', node, '--ignore-daemonsets', '--timeout=90s');
		await until(() => remaining().length === 0);
		await judge().kubectl('uncordon', node);
		expect(get<Node>('nodes', undefined, node).spec.unschedulable).toBeFalsy();
	});

	test('the three types of patch change the object', async () => {
		const {kubectl, get} = judge();
		const of = () => deployment(judge(), 'shipping', 'labels');
		await kubectl(
			'-n',
			'shipping',
			'patch',
			'deployment',
			'labels',
			'-p',
			'{"spec":{"template":{"spec":{"containers":[{"name":"labels","resources":{"limits":{"memory":"1Gi"}}}]}}}}',
		);
		expect(of().spec.template.spec.containers[0]).toMatchObject({
			image: 'registry.example.test/shipping/labels:1.4.2',
			resources: {limits: {memory: '1Gi'}, requests: {memory: '256Mi'}},
		});
		await kubectl(
			'-n',
			'shipping',
			'patch',
			'deployment',
			'labels',
			'--type=merge',
			'-p',
			'{"metadata":{"annotations":{"a":"1"}},"spec":{"minReadySeconds":null}}',
		);
		expect(of().metadata.annotations?.['a']).toBe('1');
		await kubectl(
			'-n',
			'shipping',
			'patch',
			'deployment',
			'labels',
			'--type=json',
			'-p',
			'[{"op":"test","path":"/metadata/annotations/a","value":"1"},{"op":"remove","path":"/metadata/annotations/a"}]',
		);
		expect(of().metadata.annotations).not.toHaveProperty('a');
		const refused = await judge().tryKubectl(
			'admin',
			'-n',
			'shipping',
			'patch',
			'deployment',
			'labels',
			'-p',
			'{"metadata":{"resourceVersion":"1"},"spec":{"replicas":0}}',
		);
		expect(refused.err).toContain('the object has been modified');
		expect(get<Deployment>('deployments.apps', 'shipping', 'labels').spec.replicas).toBe(4);
	});

	test('a server dry run returns the result, and changes nothing', async () => {
		const {kubectl} = judge();
		const before = deployment(judge(), 'media', 'api');
		const patched = JSON.parse(
			await kubectl(
				'-n',
				'media',
				'patch',
				'deployment',
				'api',
				'-p',
				'{"spec":{"replicas":1}}',
				'--dry-run=server',
				'-o',
				'json',
			),
		) as Deployment;
		expect(patched.spec.replicas).toBe(1);
		expect(deployment(judge(), 'media', 'api')).toEqual(before);
	});

	if (speaksJson)
		test('create, apply, set and label write their fields', async () => {
			const {kubectl, get, until, pods} = judge();
			await kubectl('create', 'namespace', 'fresh');
			await kubectl('-n', 'fresh', 'create', 'deployment', 'web', '--image=registry.example.test/fresh/web:1');
			await kubectl('-n', 'fresh', 'rollout', 'status', 'deployment/web');
			await kubectl('-n', 'fresh', 'set', 'image', 'deployment/web', 'web=registry.example.test/fresh/web:2');
			await kubectl('-n', 'fresh', 'rollout', 'status', 'deployment/web');
			await kubectl('-n', 'fresh', 'label', 'deployment', 'web', 'team=a');
			const created = get<Deployment>('deployments.apps', 'fresh', 'web');
			expect(created.metadata.labels).toEqual({app: 'web', team: 'a'});
			expect(created.metadata.generation).toBe(2);
			expect(setsOf(judge(), created)).toHaveLength(2);
			await kubectl('delete', 'namespace', 'fresh');
			await until(() => pods('fresh', 'web').length === 0);
			expect(judge().api.simulation.cluster.store.get('namespaces', undefined, 'fresh')).toBeUndefined();
		});
});
