import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import type {Pod} from '../../../demo/kubernetes-api/objects/kinds.ts';
import {type ConsoleProcess, startConsole} from '../console-process.ts';
import {type Cluster, describeCluster} from './cluster.ts';

let open: ConsoleProcess | undefined;
let cluster: Cluster | undefined;

afterEach(async () => {
	await open?.close();
	await cluster?.close();
	open = undefined;
	cluster = undefined;
});

/** What the console has saved so far, the newest last. */
function saved({home}: ConsoleProcess): readonly string[] {
	const folder = join(home, 'state', 'midwatch', 'saved');
	const newest = readdirSync(folder).toSorted().at(-1) ?? '';
	return readFileSync(join(folder, newest), 'utf8').trim().split('\n');
}

describeCluster('logs by keyboard', start => {
	async function begin(filter: string, row: string) {
		const own = await start('crashloop');
		cluster = own;
		const pods = own.api.simulation.cluster.store.list<Pod>('pods', 'checkout');
		for (const image of new Set(pods.flatMap(({spec}) => spec.containers.map(container => container.image))))
			own.api.simulation.programs.set(image, {...own.api.simulation.programs.get(image), linesPerSecond: 10});
		const midwatch = await startConsole({file: own.config(), columns: 120, rows: 30});
		open = midwatch;
		await midwatch.zoom(1, 'Pods');
		await midwatch.filter(filter);
		await midwatch.select(row);
		return {midwatch, own};
	}

	test('go on after a broken connection, and are what kubectl reads', async () => {
		const {midwatch, own} = await begin('namespace:checkout name:web', 'web-');
		const title = await midwatch.openDeclared('kubernetes.logs', /Logs of checkout\/web-\S+ .*following/);
		const [, name = ''] = /Logs of checkout\/(\S+)/.exec(title) ?? [];
		await expect.poll(() => own.api.faults.injectNow({kind: 'reset'}, {resource: 'pods/log'})).toBe(1);
		await midwatch.expect('reconnected');
		await midwatch.expect(/seq=/);
		midwatch.press('text.save');
		await midwatch.expect(/lines saved to/);
		const ours = saved(midwatch).filter(line => line.includes('seq='));
		const theirs = (await own.kubectl('-n', 'checkout', 'logs', name, '--timestamps', '--tail=2000')).split('\n');
		expect(ours.length).toBeGreaterThan(500);
		const from = theirs.indexOf(ours[0] ?? '');
		expect(from).toBeGreaterThanOrEqual(0);
		expect(ours).toEqual(theirs.slice(from, from + ours.length));
	});

	test('of several pods are held, filtered by level and opened with other params', async () => {
		const {midwatch} = await begin('namespace:checkout name:web', 'web-');
		midwatch.press('row.mark', 'row.down', 'row.mark');
		await midwatch.openDeclared('kubernetes.logs', /Logs of 2 pods .*following/);
		midwatch.press('text.page-up');
		await midwatch.expect(/paused, \d+ new, G follows/);
		midwatch.press('text.last');
		await midwatch.expect('following');
		midwatch.press('text.filter');
		midwatch.type('level>=warn');
		midwatch.press('field.accept');
		await midwatch.expect(/&level>=warn {2}\d+ of \d+ lines/);
		midwatch.press('text.save');
		await midwatch.expect(/lines saved to/);
		for (const line of saved(midwatch)) expect(line).toMatch(/^\d{4}-\d\d-\d\dT\S+Z web-\S+ .*(?:WARN|ERROR)/);
		midwatch.pty.press('p');
		await midwatch.expect(/Logs of 2 pods, previous run/);
		midwatch.press('deck.back');
		await midwatch.expectAbsent('previous run');
	});
});
