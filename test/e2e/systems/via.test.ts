import {afterEach, expect, test} from 'vitest';
import {type ClusterFixture, startClusterFixture} from '../../adapters/kubernetes/cluster-fixture.ts';
import {
	readConfigFile,
	runningConfig,
	withExternalLabel,
	writeConfigFile,
} from '../../adapters/prometheus/prometheus-fixture.ts';
import {describePrometheus} from '../../estate/describe-server.ts';
import {startDisposablePrometheus} from '../../estate/disposable-server.ts';
import {prometheusUrl} from '../../estate/prometheus.ts';
import {type ConsoleProcess, startConsole} from '../console-process.ts';

let open: ConsoleProcess | undefined;
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
	await open?.close();
	open = undefined;
	for (const close of closing.splice(0).reverse()) await close();
});

/** A cluster, and a Prometheus behind its API server that nothing else leads to. */
async function behindTheCluster(address: string, login: 'operator' | 'viewer'): Promise<ClusterFixture> {
	const rig = await startClusterFixture();
	closing.push(() => rig.close());
	rig.api.simulation.backends.set('monitoring/prometheus', address);
	const kubeconfig = await rig.writeFile('kubeconfig', rig.api.kubeconfigOf(login));
	const via = {kubernetes: 'shop', namespace: 'monitoring', service: 'prometheus', port: 80};
	const targets = [
		{name: 'shop', kind: 'kubernetes', kubeconfig},
		{name: 'prom', kind: 'prometheus', production: false, via},
	];
	// JSON is YAML too.
	await rig.writeFile('midwatch.yaml', JSON.stringify({targets}));
	return rig;
}

describePrometheus('prometheus', 'through the API server of a cluster, the one', () => {
	test('is read and acted on like a direct target', async () => {
		const own = await startDisposablePrometheus();
		closing.push(() => own.end());
		const server = own.current();
		const original = readConfigFile(server);
		const rig = await behindTheCluster(prometheusUrl(server), 'operator');
		open = await startConsole({columns: 160, rows: 40, file: `${rig.folder}/midwatch.yaml`});
		await open.zoom(6, 'Targets');
		await open.expect(/up \d/);
		await open.select('prometheus');
		writeConfigFile(server, withExternalLabel(original, 'through-the-cluster'));
		expect(await open.action('prometheus.reload')).toContain('Done');
		expect(await runningConfig(server)).toContain('through-the-cluster');
	});

	test('shows which right the API server requires', async () => {
		const own = await startDisposablePrometheus();
		closing.push(() => own.end());
		const rig = await behindTheCluster(prometheusUrl(own.current()), 'viewer');
		open = await startConsole({columns: 160, rows: 40, file: `${rig.folder}/midwatch.yaml`});
		await open.zoom(6, 'Targets');
		await open.expect(/services "?[^ ]*prometheus[^ ]*"? is forbidden|cannot get resource "services\/proxy"/);
		await open.expect('services/proxy');
	});
});
