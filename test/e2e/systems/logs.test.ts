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
		const console = await startConsole({file: own.config(), columns: 120, rows: 30});
		open = console;
		await console.zoom(1, 'Pods');
		await console.filter(filter);
		await console.select(row);
		return {console, own};
	}

	test('go on after a broken connection, and are what kubectl reads', async () => {
		const {console, own} = await begin('namespace:checkout name:web', 'web-');
		console.pressDeclared('kubernetes.logs');
		const title = await console.expect(/Logs of checkout\/web-\S+ .*following/);
		const [, name = ''] = /Logs of checkout\/(\S+)/.exec(title) ?? [];
		await expect.poll(() => own.api.faults.injectNow({kind: 'reset'}, {resource: 'pods/log'})).toBe(1);
		await console.expect('reconnected');
		await console.expect(/seq=/);
		console.press('text.save');
		await console.expect(/lines saved to/);
		const ours = saved(console).filter(line => line.includes('seq='));
		const theirs = (await own.kubectl('-n', 'checkout', 'logs', name, '--timestamps', '--tail=2000')).split('\n');
		expect(ours.length).toBeGreaterThan(500);
		const from = theirs.indexOf(ours[0] ?? '');
		expect(from).toBeGreaterThanOrEqual(0);
		expect(ours).toEqual(theirs.slice(from, from + ours.length));
	});

	test('of several pods are held, filtered by level and opened with other params', async () => {
		const {console} = await begin('namespace:checkout name:web', 'web-');
		console.press('row.mark', 'row.down', 'row.mark');
		console.pressDeclared('kubernetes.logs');
		await console.expect(/Logs of 2 pods .*following/);
		console.press('text.page-up');
		await console.expect(/paused, \d+ new, G follows/);
		console.press('text.last');
		await console.expect('following');
		console.press('text.filter');
		console.type('level>=warn');
		console.press('field.accept');
		await console.expect(/&level>=warn {2}\d+ of \d+ lines/);
		console.press('text.save');
		await console.expect(/lines saved to/);
		for (const line of saved(console)) expect(line).toMatch(/^\d{4}-\d\d-\d\dT\S+Z web-\S+ .*(?:WARN|ERROR)/);
		console.pty.press('p');
		await console.expect(/Logs of 2 pods, previous run/);
		console.press('deck.back');
		await console.expectAbsent('previous run');
	});
});
