import {expect, onTestFinished, test} from 'vitest';
import {startClusterFixture} from '../../adapters/kubernetes/cluster-fixture.ts';
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

/** A console on a cluster, and on a Prometheus that is reached only through its API server. */
async function openThroughCluster(address: string, login: 'operator' | 'viewer'): Promise<ConsoleProcess> {
	const clusterFixture = await startClusterFixture();
	onTestFinished(() => clusterFixture.close());
	clusterFixture.api.simulation.backends.set('monitoring/prometheus', address);
	const kubeconfig = await clusterFixture.writeFile('kubeconfig', clusterFixture.api.kubeconfigOf(login));
	const via = {kubernetes: 'shop', namespace: 'monitoring', service: 'prometheus', port: 80};
	const targets = [
		{name: 'shop', kind: 'kubernetes', kubeconfig},
		{name: 'prom', kind: 'prometheus', production: false, via},
	];
	// JSON is YAML too.
	const file = await clusterFixture.writeFile('midwatch.yaml', JSON.stringify({targets}));
	const midwatch = await startConsole({columns: 160, rows: 40, file});
	onTestFinished(() => midwatch.close());
	await midwatch.zoom(6, 'Targets');
	return midwatch;
}

describePrometheus('prometheus', 'through the API server of a cluster, the one', () => {
	test('is read and acted on like a direct target', async () => {
		const own = await startDisposablePrometheus();
		onTestFinished(() => own.end());
		const server = own.current();
		const original = readConfigFile(server);
		const midwatch = await openThroughCluster(prometheusUrl(server), 'operator');
		await midwatch.expect(/up \d/);
		await midwatch.select('prometheus');
		writeConfigFile(server, withExternalLabel(original, 'through-the-cluster'));
		expect(await midwatch.action('prometheus.reload')).toContain('Done');
		expect(await runningConfig(server)).toContain('through-the-cluster');
	});

	test('shows which right the API server requires', async () => {
		const own = await startDisposablePrometheus();
		onTestFinished(() => own.end());
		const midwatch = await openThroughCluster(prometheusUrl(own.current()), 'viewer');
		await midwatch.expect(/services "?[^ ]*prometheus[^ ]*"? is forbidden|cannot get resource "services\/proxy"/);
		await midwatch.expect('services/proxy');
	});
});
