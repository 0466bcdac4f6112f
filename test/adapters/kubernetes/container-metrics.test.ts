import {chmodSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {createKubernetesSettings} from '../../../adapters/kubernetes/config/kubernetes-settings.ts';
import {kubernetesSystem} from '../../../adapters/kubernetes/system.ts';
import {createPrometheusClient, type PrometheusClient} from '../../../adapters/prometheus/client.ts';
import {prometheusSystem} from '../../../adapters/prometheus/system.ts';
import type {Node, Pod} from '../../../demo/kubernetes-api/objects/kinds.ts';
import {systemEnvironment} from '../../../src/config/config-environment.ts';
import type {MetricsQuery} from '../../../src/contract/metrics-query.ts';
import type {RowKind, Snapshot} from '../../../src/contract/row.ts';
import type {Target} from '../../../src/contract/target.ts';
import type {NodeUsageRow} from '../../../src/model/kubernetes/node-usage.ts';
import type {PodUsageRow} from '../../../src/model/kubernetes/pod-usage.ts';
import {systemClock} from '../../../src/time/clock.ts';
import {createWatch, type Watch} from '../../../src/watch/watch.ts';
import type {WatchedTarget} from '../../../src/watch/watched-target.ts';
import type {PrometheusServer} from '../../estate/estate-record.ts';
import {startPrometheus} from '../../estate/prometheus.ts';
import {stopProcess} from '../../estate/server-process.ts';
import {eventually} from '../../time-left.ts';
import {settingsFor} from '../prometheus/prometheus-fixture.ts';
import {type ClusterFixture, startClusterFixture, testContext} from './cluster-fixture.ts';
import {type ContainerSeries, startContainerExporter} from './container-exporter.ts';
import {kubernetesTarget} from './kubernetes-target.ts';

const mebi = 1024 ** 2;

let clusterFixture: ClusterFixture;
let folder: string;
let exporter: Awaited<ReturnType<typeof startContainerExporter>>;
let server: PrometheusServer;
let prometheus: PrometheusClient;
let pod: Pod;
let nodes: readonly [Node, Node];
let queries: string[] = [];

const query: MetricsQuery = (expression, context) => {
	queries.push(expression);
	return prometheus.port.query(expression, context);
};

const addressOf = (node: Node): string =>
	node.status.addresses.find(({type}) => type === 'InternalIP')?.address ?? 'no address';

/** What cadvisor reports of one pod: each container, the pause container, and all of it together. */
function seriesOf(cluster: string, more: Partial<ContainerSeries>): readonly ContainerSeries[] {
	const {namespace = '', name} = pod.metadata;
	const labels = {cluster, namespace, pod: name, node: nodes[0].metadata.name};
	const [container] = pod.spec.containers;
	const one = {...labels, container: container?.name ?? '', id: '/kubepods/pod/new'};
	return [
		{labels: one, bytes: 300 * mebi, cores: 0.5, ...more},
		{labels: {...one, id: '/kubepods/pod/old'}, bytes: 999 * mebi, cores: 0, endedMs: 120_000},
		{labels: {...labels, container: 'POD', id: '/kubepods/pod/pause'}, bytes: 5 * mebi, cores: 0.01},
		{labels: {...labels, id: '/kubepods/pod'}, bytes: 777 * mebi, cores: 7},
	];
}

beforeAll(async () => {
	clusterFixture = await startClusterFixture();
	const {store} = clusterFixture.api.simulation.cluster;
	const found = store
		.list<Pod>('pods', 'checkout')
		.find(
			({spec, status: {containerStatuses = []}}) =>
				spec.containers.length === 1 && containerStatuses.every(({ready, restartCount}) => ready && restartCount === 0),
		);
	const [first, second] = store.list<Node>('nodes');
	if (found === undefined || first === undefined || second === undefined) throw new Error('the stand-in is empty');
	pod = found;
	nodes = [first, second];
	const instance = `${addressOf(second)}:10250`;
	exporter = await startContainerExporter([
		...seriesOf('ours', {throttledPeriods: 6}),
		{labels: {cluster: 'ours', node: first.metadata.name, id: '/'}, bytes: 4096 * mebi, cores: 3},
		{labels: {cluster: 'ours', instance, id: '/'}, bytes: 2048 * mebi, cores: 2},
		...seriesOf('theirs', {bytes: 100 * mebi, cores: 0.1}),
	]);
	folder = mkdtempSync(join(tmpdir(), 'midwatch-containers-'));
	chmodSync(folder, 0o755);
	server = await startPrometheus({
		name: 'prometheus-containers',
		folder,
		port: 0,
		lifecycle: false,
		files: () => ({
			config: {
				global: {scrape_interval: '200ms', scrape_timeout: '200ms'},
				scrape_configs: [{job_name: 'cadvisor', honor_labels: true, static_configs: [{targets: [exporter.address]}]}],
			},
			rules: [],
		}),
	});
	prometheus = createPrometheusClient(settingsFor(server), {readOnly: true});
	await eventually(() => expect(exporter.caughtUp()).toBe(true));
});

afterAll(async () => {
	prometheus?.close();
	exporter?.close();
	if (server !== undefined) await stopProcess(server);
	if (folder !== undefined) rmSync(folder, {recursive: true, force: true});
	await clusterFixture.close();
});

beforeEach(() => {
	clusterFixture.api.simulation.cluster.metrics = 'served';
	queries = [];
});

/** One source of the cluster, as it reads when configuration names a Prometheus target; undefined when it names none. */
async function read<R extends PodUsageRow | NodeUsageRow>(
	kind: RowKind,
	match: string | undefined,
	text = clusterFixture.api.kubeconfig,
): Promise<Snapshot<R>> {
	const metrics = match === undefined ? undefined : {prometheus: 'prom', match};
	const {port} = await clusterFixture.createClient({text, metrics}, {metrics: metrics && query});
	const source = kubernetesSystem.sources.find(one => one.kind === kind);
	if (source === undefined) throw new Error(`no source ${kind}`);
	const target = kubernetesTarget();
	return (await source.open(port, target)(testContext())) as Snapshot<R>;
}

const readPods = (match: string | undefined, text?: string) => read<PodUsageRow>('kubernetes.pod-usage', match, text);
const readNodes = (match: string | undefined) => read<NodeUsageRow>('kubernetes.node-usage', match);
const ours = 'cluster="ours"';

describe('without a metrics API', () => {
	test.each([
		['absent', 'ok', 'the cluster has no metrics API'],
		['failing', 'warn', 'the metrics API fails'],
		['forbidden', 'ok', 'the metrics API may not be read'],
	] as const)('that is %s, the usage of pods is that of Prometheus, and a note says so', async (how, severity, why) => {
		const {cluster} = clusterFixture.api.simulation;
		if (how !== 'forbidden') cluster.metrics = how;
		const allowed = cluster.access.rulesOf(cluster.access.named('viewer', []));
		cluster.access.grant(
			'team',
			allowed.map(rule => ({...rule, groups: rule.groups.filter(group => group !== 'metrics.k8s.io')})),
		);
		const {rows, notes} = await readPods(ours, clusterFixture.api.kubeconfigOf(how === 'forbidden' ? 'team' : 'admin'));
		expect(rows).toHaveLength(1);
		expect(rows[0]).toMatchObject({name: pod.metadata.name, memoryBytes: 300 * mebi});
		expect(rows[0]?.cpuCores).toBeCloseTo(0.5, 1);
		expect(rows[0]?.throttled).toBeCloseTo(0.6, 1);
		expect(rows[0]?.why).toContain('throttled 60 % of the time by its CPU limit');
		expect(notes).toEqual([
			expect.objectContaining({
				severity,
				text: expect.stringMatching(new RegExp(`^${why}.*usage is from prom, CPU averaged`)),
			}),
		]);
	});

	test('only matching series count, and results are cached', async () => {
		clusterFixture.api.simulation.cluster.metrics = 'absent';
		const metrics = {prometheus: 'prom', match: 'cluster="theirs"'};
		const {port} = await clusterFixture.createClient({metrics}, {metrics: query});
		let now = Date.now();
		const at = {...testContext(), now: () => now};
		const [first] = (await port.containerMetrics?.podUsage(at)) ?? [];
		expect(first?.containers[0]?.memory).toBe(100 * mebi);
		const before = queries.length;
		now += 20_000;
		await port.containerMetrics?.podUsage(at);
		expect(queries).toHaveLength(before);
		now += 10_000;
		await port.containerMetrics?.podUsage(at);
		expect(queries.length).toBeGreaterThan(before);
		expect(queries.every(text => text.includes('cluster="theirs"'))).toBe(true);
	});

	test('a pod that was made after the measurement is another one', async () => {
		clusterFixture.api.simulation.cluster.metrics = 'absent';
		const {store} = clusterFixture.api.simulation.cluster;
		const {metadata} = pod;
		const later = new Date(Date.now() + 3_600_000).toISOString();
		store.put('pods', {...pod, metadata: {...metadata, creationTimestamp: later}} as Pod);
		try {
			expect((await readPods(ours)).rows).toEqual([]);
		} finally {
			store.put('pods', pod);
		}
	});

	test('nodes are matched by name and by address, or summed over their pods', async () => {
		clusterFixture.api.simulation.cluster.metrics = 'absent';
		const {rows, notes} = await readNodes(ours);
		const of = (node: Node) => rows.find(({name}) => name === node.metadata.name);
		expect(of(nodes[0])?.memoryBytes).toBe(4096 * mebi);
		expect(of(nodes[0])?.cpuCores).toBeCloseTo(3, 0);
		expect(of(nodes[1])?.memoryBytes).toBe(2048 * mebi);
		expect(rows.filter(({memoryBytes: memory}) => memory !== undefined)).toHaveLength(2);
		expect(notes[0]?.text).toContain('CPU averaged over five minutes');
		const theirs = await readNodes('cluster="theirs"');
		expect(theirs.rows.find(({name}) => name === nodes[0].metadata.name)?.memoryBytes).toBeGreaterThan(100 * mebi);
		expect(theirs.notes[0]?.text).toContain('of pods only');
	});

	test('and with a Prometheus that has no series, or that fails, both failures are reported', async () => {
		clusterFixture.api.simulation.cluster.metrics = 'absent';
		const nothing = await readPods('cluster="none"');
		expect(nothing.rows).toEqual([]);
		expect(nothing.notes.map(({text}) => text)).toEqual([
			'the cluster has no metrics API',
			'prom has no container metrics of pods of this cluster',
		]);
		expect(nothing.notes[1]?.hint).toContain('metrics.match');
		const wrong = await readPods('cluster=~"("');
		expect(wrong.notes[1]?.text).toMatch(/^prom: .*missing closing \)/);
	});

	test('and without a Prometheus target, no Prometheus is queried', async () => {
		clusterFixture.api.simulation.cluster.metrics = 'absent';
		const {rows, notes} = await readPods(undefined);
		expect(rows).toEqual([]);
		expect(notes).toEqual([
			expect.objectContaining({
				severity: 'unknown',
				hint: expect.stringContaining('Or set `metrics` of this target to a Prometheus target'),
			}),
		]);
		expect(queries).toEqual([]);
	});
});

describe('with a metrics API', () => {
	test('its figures go before those of Prometheus, which adds how much pods are throttled', async () => {
		const {rows, notes} = await readPods(ours);
		expect(rows.length).toBeGreaterThan(10);
		expect(notes).toEqual([]);
		const row = rows.find(({name}) => name === pod.metadata.name);
		expect(row?.name).toBe(pod.metadata.name);
		expect(row?.throttled).toBeCloseTo(0.6, 1);
		expect(row?.memoryBytes).not.toBe(300 * mebi);
		expect(rows.filter(({throttled}) => throttled !== undefined)).toEqual([row]);
	});

	test('a failing Prometheus does not change the usage', async () => {
		const {rows, notes} = await readPods('cluster=~"("');
		expect(rows.length).toBeGreaterThan(10);
		expect(notes.map(({text}) => text)).toEqual([expect.stringMatching(/^throttling is not known: prom: /)]);
	});
});

describe('a Prometheus target that the configuration names', () => {
	const watched = async (...others: readonly WatchedTarget[]) => {
		const kubeconfig = [await clusterFixture.writeFile('watched', clusterFixture.api.kubeconfig)];
		const environment = {...systemEnvironment(), env: clusterFixture.env, home: clusterFixture.folder};
		const settings = createKubernetesSettings({kubeconfig, metrics: {prometheus: 'prom', match: ours}}, environment);
		const cluster: Target = {name: 'prod', kind: 'kubernetes', production: true, settings};
		const targets = [{system: kubernetesSystem, target: cluster}, ...others];
		return createWatch({targets, clock: systemClock, readOnly: true});
	};
	const snapshotOf = (watch: Watch) => watch.reading('prod', 'kubernetes.pod-usage').get().snapshot;

	beforeEach(() => {
		clusterFixture.api.simulation.cluster.metrics = 'absent';
	});

	test('is queried over its own connection', async () => {
		const target: Target = {name: 'prom', kind: 'prometheus', production: true, settings: settingsFor(server)};
		const watch = await watched({system: prometheusSystem, target});
		try {
			watch.start();
			await eventually(() => {
				const rows = snapshotOf(watch)?.rows as readonly PodUsageRow[];
				expect(rows.map(({name, memoryBytes: memory}) => [name, memory])).toEqual([[pod.metadata.name, 300 * mebi]]);
			});
		} finally {
			await watch.close();
		}
	});

	test('and is left out by --target, is reported', async () => {
		const watch = await watched();
		try {
			watch.start();
			await eventually(() =>
				expect(snapshotOf(watch)?.notes.map(({text}) => text)).toEqual([
					'the cluster has no metrics API',
					'prom: target prom is left out',
				]),
			);
		} finally {
			await watch.close();
		}
	});
});
