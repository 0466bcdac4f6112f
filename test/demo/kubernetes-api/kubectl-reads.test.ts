import {beforeAll, expect, test} from 'vitest';
import type {ConfigMapOrSecret, Node, Pod} from '../../../demo/kubernetes-api/objects/kinds.ts';
import {printedPod} from '../../../demo/kubernetes-api/objects/pod-status.ts';
import {describeWithKubectl} from './kubectl-fixture.ts';

type Items<T> = {readonly items: readonly T[]};

const lines = (text: string) => text.trimEnd().split('\n');
const firstCells = (text: string) => lines(text).map(line => line.split(/\s+/)[0]);

describeWithKubectl('kubectl reads', 'storm', (judge, open, speaksJson) => {
	beforeAll(open);

	test('get lists every pod of every namespace, also by pages of 50', async () => {
		const {api, kubectl} = judge();
		const output = await kubectl('get', 'pods', '-A', '--no-headers', '--chunk-size=50');
		const names = lines(output).map(line => line.split(/\s+/).slice(0, 2).join('/'));
		const pods = api.simulation.cluster.store.list<Pod>('pods');
		expect(pods.length).toBeGreaterThan(400);
		expect(names).toEqual(pods.map(({metadata}) => `${metadata.namespace}/${metadata.name}`));
	});

	test('get prints the status that each pod has', async () => {
		const {api, kubectl} = judge();
		const pods = api.simulation.cluster.store.list<Pod>('pods', 'notify');
		const output = lines(await kubectl('get', 'pods', '-n', 'notify', '--no-headers'));
		const shown = output.map(line => line.split(/\s+/).slice(0, 3));
		expect(shown).toEqual(
			pods.map(pod => [pod.metadata.name, printedPod(pod).ready, printedPod(pod).status.replaceAll(' ', '')]),
		);
		expect(shown.map(cells => cells[2])).toContain('CreateContainerConfigError');
	});

	test('get -o json prints the object', async () => {
		const {get, kubectl} = judge();
		const output = JSON.parse(
			await kubectl('-n', 'payments', 'get', 'deployment', 'ledger', '-o', 'json', '--show-managed-fields=true').catch(
				() => kubectl('-n', 'payments', 'get', 'deployment', 'ledger', '-o', 'json'),
			),
		);
		expect(output).toEqual(get('deployments.apps', 'payments', 'ledger'));
	});

	test('selects by label and by field on the server', async () => {
		const {api, kubectl, pods} = judge();
		const byLabel = await kubectl(
			'get',
			'pods',
			'-n',
			'gateway',
			'-l',
			'app.kubernetes.io/name in (edge)',
			'--no-headers',
		);
		expect(firstCells(byLabel)).toEqual(pods('gateway', 'edge').map(({metadata}) => metadata.name));
		const byField = JSON.parse(
			await kubectl(
				'get',
				'pods',
				'-A',
				'--field-selector',
				'spec.nodeName=node-a1,status.phase=Running',
				'-o',
				'json',
			),
		) as Items<Pod>;
		const there = api.simulation.cluster.store
			.list<Pod>('pods')
			.filter(({spec, status}) => spec.nodeName === 'node-a1' && status.phase === 'Running');
		expect(byField.items.map(({metadata}) => metadata.uid)).toEqual(there.map(({metadata}) => metadata.uid));
		expect(there.length).toBeGreaterThan(5);
	});

	test('describe shows the cause of a crash and its events', async () => {
		const {kubectl, pods} = judge();
		const crashing = pods('checkout', 'api').find(
			pod => (pod as Pod).status.containerStatuses?.[0]?.lastState.terminated,
		);
		const output = await kubectl('describe', 'pod', '-n', 'checkout', crashing?.metadata.name ?? '');
		expect(output).toMatch(/Last State:\s+Terminated\s+Reason:\s+OOMKilled\s+Exit Code:\s+137/);
		expect(output).toMatch(/Warning\s+BackOff\s.*kubelet\s+Back-off restarting failed container/);
		expect(output).toMatch(/Controlled By:\s+ReplicaSet\/api-/);
	});

	test('describe shows the pods of a node and its free resources', async () => {
		const {kubectl, get} = judge();
		const output = await kubectl('describe', 'node', 'node-c2');
		expect(output).toMatch(/Ready\s+Unknown\s.*NodeStatusUnknown\s+Kubelet stopped posting node status/);
		expect(output).toContain('node.kubernetes.io/unreachable:NoExecute');
		expect(get<Node>('nodes', undefined, 'node-c2').spec.taints).toHaveLength(2);
		expect(await kubectl('get', 'nodes')).toMatch(/node-c2\s+NotReady/);
	});

	test('describe shows why a rollout does not progress', async () => {
		const {kubectl} = judge();
		const output = await kubectl('describe', 'deployment', '-n', 'checkout', 'api');
		expect(output).toMatch(/Progressing\s+(True|False)\s+(ReplicaSetUpdated|ProgressDeadlineExceeded)/);
		expect(output).toMatch(/Replicas:\s+6 desired \| 3 updated \| 8 total \| 5 available \| 3 unavailable/);
		expect(output).toMatch(/ScalingReplicaSet\s.*Scaled up replica set api-\w+/);
	});

	test('get -w shows a change when it happens', async () => {
		const {api, kubectl, startKubectl: follow, until} = judge();
		const watched = follow('get', 'configmaps', '-n', 'default', '-w', '--no-headers');
		const {cluster} = api.simulation;
		const metadata = cluster.newMetadata('watched', {namespace: 'default'});
		cluster.store.put<ConfigMapOrSecret>('configmaps', {apiVersion: 'v1', kind: 'ConfigMap', metadata, data: {a: '1'}});
		await until(() => /watched\s+1/.test(watched.out()));
		await kubectl('patch', 'configmap', 'watched', '-n', 'default', '-p', '{"data":{"b":"2"}}');
		await until(() => /watched\s+2/.test(watched.out()));
		await watched.end();
	});

	test('top shows what the metrics server last measured', async () => {
		const {kubectl, pods} = judge();
		const nodes = lines(await kubectl('top', 'nodes', '--no-headers'));
		expect(nodes).toHaveLength(12);
		const full = nodes.find(line => line.startsWith('node-a3'))?.split(/\s+/)[4] ?? '';
		expect(Number.parseInt(full, 10)).toBeGreaterThan(75);
		expect(nodes.find(line => line.startsWith('node-c2'))).toContain('<unknown>');
		const output = lines(await kubectl('top', 'pods', '-n', 'payments', '--no-headers')).map(line => line.split(/\s+/));
		expect(output.filter(([name]) => name?.startsWith('ledger')).length).toBeGreaterThanOrEqual(6);
		expect(output.every(([, cpu, memory]) => /^\d+m$/.test(cpu ?? '') && /^\d+Mi$/.test(memory ?? ''))).toBe(true);
		expect(pods('payments', 'ledger').length).toBeGreaterThanOrEqual(6);
	});

	test('logs prints the last lines, those of the previous run, and those of one of several containers', async () => {
		const {kubectl, pods, tryKubectl: attempt} = judge();
		const ledger = pods('payments', 'ledger')[0]?.metadata.name ?? '';
		const tail = lines(await kubectl('logs', '-n', 'payments', ledger, '--tail=20'));
		const numbers = tail.map(line => Number(/seq=(\d+)/.exec(line)?.[1]));
		expect(numbers).toEqual(Array.from({length: 20}, (_, index) => (numbers[0] ?? 0) + index));
		const crashing = pods('checkout', 'api').find(
			pod => (pod as Pod).status.containerStatuses?.[0]?.lastState.terminated,
		);
		const before = lines(await kubectl('logs', '-n', 'checkout', crashing?.metadata.name ?? '', '--previous'));
		expect(JSON.parse(before[0] ?? '')).toMatchObject({seq: 0});
		const thumb = pods('media', 'thumb')[0]?.metadata.name ?? '';
		expect(await kubectl('logs', '-n', 'media', thumb, '-c', 'resizer', '--tail=1')).toContain('seq=');
		const wrong = await attempt('admin', 'logs', '-n', 'media', thumb, '-c', 'unknown');
		expect(wrong.err).toContain('unknown');
	});

	if (speaksJson)
		test('auth can-i answers as the rules of each user are', async () => {
			const {tryKubectl: attempt} = judge();
			const canI = async (login: Parameters<typeof attempt>[0], ...words: readonly string[]) =>
				(await attempt(login, 'auth', 'can-i', ...words)).out.trim().split('\n').at(-1);
			expect(await canI('operator', 'create', 'pods', '--subresource=eviction', '-n', 'checkout')).toBe('yes');
			expect(await canI('viewer', 'create', 'pods', '--subresource=eviction', '-n', 'checkout')).toBe('no');
			expect(await canI('team', 'patch', 'deployments.apps', '-n', 'checkout')).toBe('yes');
			expect(await canI('team', 'patch', 'deployments.apps', '-n', 'payments')).toBe('no');
			const refused = await attempt('team', 'get', 'pods', '-A');
			expect(refused.err).toContain('User "team" cannot list resource "pods" in API group "" at the cluster scope');
			const unreviewed = await attempt('noreview', 'auth', 'can-i', 'get', 'pods');
			expect(unreviewed.err).toContain('cannot create resource "selfsubjectaccessreviews"');
		});
});
