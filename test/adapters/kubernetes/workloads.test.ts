import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {podsSource} from '../../../adapters/kubernetes/pods/pods.ts';
import {kubernetesSystem} from '../../../adapters/kubernetes/system.ts';
import {nodeUsageSource} from '../../../adapters/kubernetes/usage/node-usage.ts';
import {podUsageSource} from '../../../adapters/kubernetes/usage/pod-usage.ts';
import {inspectOwners} from '../../../adapters/kubernetes/workloads/inspect-owners.ts';
import {workloadsSource} from '../../../adapters/kubernetes/workloads/workloads.ts';
import type {Deployment} from '../../../demo/kubernetes-api/objects/kinds.ts';
import type {KubeObject} from '../../../demo/kubernetes-api/objects/kube-object.ts';
import {createScenario} from '../../../demo/scenario.ts';
import type {Context} from '../../../src/contract/context.ts';
import {appliesToKind} from '../../../src/contract/define.ts';
import type {DocumentLine} from '../../../src/contract/document.ts';
import {initialParams} from '../../../src/contract/initial-params.ts';
import type {Row, Snapshot} from '../../../src/contract/row.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import type {WorkloadRow} from '../../../src/model/kubernetes/workload.ts';
import type {KubernetesPort} from '../../../src/port/kubernetes.ts';
import {eventually} from '../../time-left.ts';
import {type ClusterFixture, startClusterFixture, testContext} from './cluster-fixture.ts';
import {kubernetesTarget} from './kubernetes-target.ts';

let clusterFixture: ClusterFixture;
let port: KubernetesPort;
let read: (context: Context) => Promise<Snapshot>;

const target = kubernetesTarget({context: 'prod'});

beforeAll(async () => {
	clusterFixture = await startClusterFixture({scenario: createScenario('storm', {now: Date.now})});
	// As patient as the real one: nothing here is about bad links.
	({port} = await clusterFixture.createClient({}, {timings: {}}));
	read = workloadsSource.open(port, target);
	await eventually(async () => {
		expect((await rowsNow()).length).toBe(61);
		// Revisions are known a moment after the pods that came with them.
		expect((await rowOf('checkout', 'api')).pods.currentRevisionSeverity).toBe('crit');
	});
});

afterAll(() => clusterFixture.close());

const rowsNow = async () => (await read(testContext())).rows as readonly WorkloadRow[];

async function rowOf(namespace: string, name: string): Promise<WorkloadRow> {
	const found = (await rowsNow()).find(row => row.namespace === namespace && row.name === name);
	return found ?? expect.fail(`there is no row of ${namespace}/${name}`);
}

const about = {target: 'prod', now: Date.now()};

describe('workloads', () => {
	test('have the counts, the revision and its beginning of the server', async () => {
		const {store} = clusterFixture.api.simulation.cluster;
		const {metadata, status} = store.get<Deployment>('deployments.apps', 'checkout', 'api') ?? expect.fail();
		expect(await rowOf('checkout', 'api')).toMatchObject({
			id: metadata.uid,
			severity: 'crit',
			status: 'stalled',
			ready: status.readyReplicas,
			updated: 3,
			desired: 6,
			revision: 41,
			pods: {total: 8, unhealthy: 3, currentRevisionSeverity: 'crit'},
			why: expect.stringContaining('3 of 8 pods CrashLoopBackOff <- OOMKilled 137'),
		});
		const {rollout} = await rowOf('checkout', 'api');
		expect(Math.round(((clusterFixture.api.simulation.scenario.startedAt ?? 0) - (rollout?.at ?? 0)) / 60_000)).toBe(7);
	});

	test('show the progress of each kind', async () => {
		expect(await rowOf('orders', 'exporter')).toMatchObject({status: 'paused', severity: 'ok'});
		expect(await rowOf('search', 'indexer')).toMatchObject({
			workloadKind: 'StatefulSet',
			status: 'stalled',
			revision: 2,
		});
		expect(await rowOf('monitoring', 'node-exporter')).toMatchObject({
			workloadKind: 'DaemonSet',
			desired: 12,
			revision: 1,
		});
		expect((await rowOf('gateway', 'edge')).autoscaler).toMatchObject({min: 10, max: 30, limited: true});
		expect((await rowOf('checkout', 'web')).budgets).toMatchObject([{name: 'web', expected: 12}]);
	});

	test('report stalled rollouts in addition to the findings of pods', async () => {
		const snapshot = await read(testContext());
		const sentences = workloadsSource.findings(snapshot, undefined, about).map(({sentence}) => sentence);
		expect(sentences).toContain('gateway/edge: autoscaler edge is at its limit of 30 pods and would scale further');
		expect(sentences.filter(sentence => sentence.startsWith('checkout/api'))).toEqual([]);
		expect(sentences).toContainEqual(
			expect.stringMatching(/^search\/indexer: rollout of revision 2, begun at .* is stalled/),
		);
	});

	test('name the rollout that a pod of a set came with', async () => {
		const {rows} = await podsSource.open(port, target)(testContext());
		const of = (owner: string) => (rows as readonly PodRow[]).filter(row => row.owner === owner);
		expect(of('node-exporter').map(row => row.rollout?.revision)).toEqual(Array.from({length: 12}, () => 1));
		expect(of('warehouse')[0]?.rollout).toMatchObject({revision: 1, first: true});
	});

	test('leave the row of a pod the same object until something of it changes', async () => {
		const poll = podsSource.open(port, target);
		const steady = async () => {
			const rows = (await poll(testContext())).rows as readonly PodRow[];
			return rows.filter(row => row.namespace === 'identity' && row.owner === 'sessions' && row.severity === 'ok');
		};
		const before = await steady();
		const again = await steady();
		expect(again.length).toBeGreaterThan(3);
		for (const [index, row] of again.entries()) expect(row).toBe(before[index]);
		const {store} = clusterFixture.api.simulation.cluster;
		const changed = store.get('pods', 'identity', before[0]?.name ?? '') ?? expect.fail();
		store.put('pods', {...changed, metadata: {...changed.metadata, labels: {...changed.metadata.labels, new: 'yes'}}});
		await eventually(async () => {
			const now = await steady();
			expect(now[0]).not.toBe(before[0]);
			expect(now[1]).toBe(before[1]);
		});
	});

	test('of a namespace that does not exist are reported as such, unlike those of an empty namespace', async () => {
		const namespaces = ['checkout', 'serach', 'empty'] as const;
		const {store} = clusterFixture.api.simulation.cluster;
		const checkout = store.get('namespaces', undefined, 'checkout') ?? expect.fail();
		store.put('namespaces', {...checkout, metadata: {...checkout.metadata, name: 'empty', uid: 'of-empty'}});
		const {port: narrow} = await clusterFixture.createClient({namespaces});
		const read = podsSource.open(narrow, kubernetesTarget({namespaces}));
		await eventually(async () => {
			const {notes} = await read(testContext());
			expect(notes.map(({text}) => text)).toEqual(['namespace serach does not exist']);
		});
	});

	test('have the time of a rollback, which no object contains', async () => {
		const {store} = clusterFixture.api.simulation.cluster;
		const before = Date.now();
		const sets = store.list<KubeObject & {spec: {template: Deployment['spec']['template']}}>(
			'replicasets.apps',
			'notify',
		);
		const old = sets.find(
			({metadata}) =>
				metadata.name.startsWith('push-') && metadata.annotations?.['deployment.kubernetes.io/revision'] === '2',
		);
		const present = store.get<Deployment>('deployments.apps', 'notify', 'push') ?? expect.fail();
		expect(await rowOf('notify', 'push')).toMatchObject({revision: 3, status: 'ok'});
		const template = old?.spec.template ?? expect.fail();
		store.put('deployments.apps', {
			...present,
			metadata: {...present.metadata, generation: (present.metadata.generation ?? 1) + 1},
			spec: {...present.spec, template},
		});
		await eventually(async () => {
			const row = await rowOf('notify', 'push');
			expect(row.revision).toBe(4);
			expect(row.rollout?.at).toBeGreaterThanOrEqual(before);
		});
		await eventually(async () => expect(await rowOf('notify', 'push')).toMatchObject({status: 'ok', ready: 8}));
		// And forth again, to one that is no older than the revision before it.
		const again = Date.now();
		const back = store.get<Deployment>('deployments.apps', 'notify', 'push') ?? expect.fail();
		store.put('deployments.apps', {
			...back,
			metadata: {...back.metadata, generation: (back.metadata.generation ?? 1) + 1},
			spec: {...back.spec, template: present.spec.template},
		});
		await eventually(async () => {
			const row = await rowOf('notify', 'push');
			expect(row.revision).toBe(5);
			expect(row.rollout?.at).toBeGreaterThanOrEqual(again);
		});
		await eventually(async () => expect(await rowOf('notify', 'push')).toMatchObject({status: 'ok', ready: 8}));
	});

	test('show what is above and below them as a tree', async () => {
		const tree = async (row: Row) => {
			const document = await inspectOwners.open(row, {...testContext(), port, target, rows: [row], params: {}});
			const end = document.lines.findIndex(({text}) => text === '');
			expect(document.lines.map(({text}) => text).join('\n')).not.toContain('may revert this change');
			return document.lines.slice(0, end);
		};
		const lines = await tree(await rowOf('checkout', 'api'));
		const texts = lines.map(({text}) =>
			text.replace(/(api-)[a-z0-9]+(-[a-z0-9]{5})? {2}/, '$1…  ').replace(/ x\d+/, ''),
		);
		expect(texts[0]).toBe('Deployment api  5 of 6 ready  revision 41');
		expect(texts[1]).toBe('  ReplicaSet api-…  0 of 3 ready  revision 41');
		expect(texts.slice(2, 5)).toEqual(
			Array.from({length: 3}, () => expect.stringMatching(/^ {4}Pod api-….*OOMKilled/)),
		);
		expect(texts[5]).toBe('  ReplicaSet api-…  5 of 5 ready  revision 40');
		expect(texts.slice(6, 11)).toEqual(Array.from({length: 5}, () => '    Pod api-…  1/1  Running  revision 40'));
		expect(texts.slice(11)).toEqual(['  and 2 ReplicaSets without pods, of earlier revisions']);
		expect(lines.map(({loud}) => loud === true).indexOf(true)).toBe(0);

		const {rows} = await podsSource.open(port, target)(testContext());
		const unhealthy = (rows as readonly PodRow[]).find(row => row.owner === 'api' && row.rollout?.revision === 41);
		const ofPod = await tree(unhealthy ?? expect.fail());
		// One may have been started again between the two looks.
		const uncounted = ({text}: DocumentLine) => text.replace(/ x\d+/, '');
		expect(ofPod.map(uncounted)).toEqual(lines.map(uncounted));
		expect(ofPod.filter(({loud}) => loud === true).map(({text}) => text)).toEqual([
			expect.stringContaining(`Pod ${unhealthy?.name}`),
		]);
		expect((await tree(await rowOf('monitoring', 'node-exporter'))).map(({text}) => text).slice(0, 2)).toEqual([
			'DaemonSet node-exporter  11 of 12 ready',
			expect.stringMatching(/^ {2}Pod node-exporter-/),
		]);
	});

	test('have the same figures in Top as in Pods', async () => {
		for (const [source, kind, ids] of [
			[podUsageSource, 'Pod', ['describe-pod-usage', 'logs', 'events', 'yaml', 'owners']],
			[nodeUsageSource, 'Node', ['events', 'yaml', 'describe-node']],
		] as const) {
			const {rows} = await source.open(port, target)(testContext());
			const row = rows.find(each => each.severity === 'ok') ?? expect.fail();
			const own = kubernetesSystem.inspections.filter(each => appliesToKind(each, source.kind));
			expect(own.map(({id}) => id).toSorted()).toEqual(ids.map(id => `kubernetes.${id}`).toSorted());
			// The first also opens with Enter.
			expect(own[0]?.id).toMatch(/^kubernetes\.describe-/);
			expect(new Set(own.map(({key}) => key)).size).toBe(own.length);
			for (const inspection of own) {
				const params = initialParams(inspection.params ?? [], [row]);
				const document = await inspection.open(row, {...testContext(), port, target, rows: [row], params});
				expect(document.title).toContain('name' in row && row.name);
				const text = document.lines.map(line => line.text).join('\n');
				if (inspection.id === 'kubernetes.yaml') expect(text).toContain(`kind: ${kind}\n`);
			}
		}
	});

	test.each(['kubernetes.describe-workload', 'kubernetes.events', 'kubernetes.yaml'])(
		'%s opens on each kind',
		async id => {
			const inspection = kubernetesSystem.inspections.find(one => one.id === id) ?? expect.fail(id);
			for (const [namespace, name] of [
				['checkout', 'api'],
				['search', 'indexer'],
				['monitoring', 'node-exporter'],
			] as const) {
				const row = await rowOf(namespace, name);
				const document = await inspection.open(row, {...testContext(), port, target, rows: [row], params: {}});
				const text = document.lines.map(line => line.text).join('\n');
				expect(`${document.title}\n${text}`).toContain(name);
				expect(document.cliEquivalent.join('\n')).toContain(namespace);
				if (id === 'kubernetes.describe-workload') expect(text).toMatch(/Revisions, newest first\n +\d/);
				if (id === 'kubernetes.yaml') expect(text).toMatch(/^kind: (Deployment|StatefulSet|DaemonSet)$/m);
			}
		},
	);
});
