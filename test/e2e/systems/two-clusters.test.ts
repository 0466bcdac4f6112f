import {afterEach, expect, test} from 'vitest';
import {type ClusterFixture, startClusterFixture} from '../../adapters/kubernetes/cluster-fixture.ts';
import {type ConsoleProcess, startConsole} from '../console-process.ts';

let open: ConsoleProcess | undefined;
const fixtures: ClusterFixture[] = [];

afterEach(async () => {
	await open?.close();
	open = undefined;
	for (const clusterFixture of fixtures.splice(0)) await clusterFixture.close();
});

test('two clusters share a pane, and what is wrong with one is its own', async () => {
	const [east, west] = await Promise.all([startClusterFixture(), startClusterFixture()]);
	fixtures.push(east, west);
	east.addPod('only-in-east', {namespace: 'aaa'});
	west.addPod('only-in-west', {namespace: 'aaa'});
	const targets = await Promise.all(
		[east, west].map(async (clusterFixture, index) => ({
			name: index === 0 ? 'east' : 'west',
			kind: 'kubernetes',
			kubeconfig: await east.writeFile(`kubeconfig-${index}`, clusterFixture.api.kubeconfig),
		})),
	);
	// JSON is YAML too.
	open = await startConsole({
		columns: 140,
		rows: 30,
		file: await east.writeFile('midwatch.yaml', JSON.stringify({targets})),
	});
	await open.zoom(1, 'Pods');
	await open.expect('2 targets');
	await open.filter('name:only-in');
	await open.expect(/east +aaa +only-in-east/);
	await open.expect(/west +aaa +only-in-west/);
	await west.api.faults.stop();
	await open.expect(/west: .*(nothing answers|refused|unreachable|not connect)|pods as of/i);
	east.addPod('only-in-east-2', {namespace: 'aaa'});
	await open.expect(/east +aaa +only-in-east-2/);
	await open.expect(/west +aaa +only-in-west/);
	const screen = await open.expect('only-in-west');
	expect(screen).not.toMatch(/east: /);
});
