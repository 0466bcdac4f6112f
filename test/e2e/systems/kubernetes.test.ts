import {afterEach, expect, test} from 'vitest';
import type {ScenarioName} from '../../../demo/scenario.ts';
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

/** The record is complete: the intent, then the outcome, then what verification saw. */
async function expectRecorded(console: ConsoleProcess, action: string): Promise<void> {
	const kinds = () => console.audit().map(line => line.kind);
	await expect.poll(kinds).toContain('verify');
	expect(console.audit().find(line => line.kind === 'intent')).toMatchObject({action: {id: action}});
	expect(kinds().indexOf('intent')).toBeLessThan(kinds().indexOf('outcome'));
	expect(kinds().indexOf('outcome')).toBeLessThan(kinds().indexOf('verify'));
	expect(console.runCommand('audit', 'verify')).toMatchObject({code: 0, err: ''});
}

describeCluster('Kubernetes by keyboard', start => {
	/** A console on a cluster of its own, on its pods. */
	async function begin(scenario: ScenarioName, login?: Parameters<Cluster['config']>[0]) {
		const own = await start(scenario);
		cluster = own;
		const console = await startConsole({file: own.config(login), columns: 160, rows: 44});
		open = console;
		await console.zoom(1, 'Pods');
		await console.expect(/Running|CrashLoop/);
		const get = (kind: string, namespace: string, name: string, path: string) =>
			own.kubectl('-n', namespace, 'get', kind, name, '-o', `jsonpath={${path}}`);
		return {console, api: own.api, kubectl: own.kubectl, get};
	}

	/** The pods of one workload, under its row. */
	async function onWorkload(console: ConsoleProcess, namespace: string, short: string): Promise<void> {
		console.press('pane.order');
		await console.expect('problems first, then by workload');
		await console.filter(`namespace:${namespace} name:${short.split('/')[1]}`);
		await console.select(short);
	}

	async function onPod(console: ConsoleProcess, name: string): Promise<void> {
		await console.filter(`name:${name}`);
		await console.select(name);
	}

	/** Fills in the first parameter of an action. */
	async function fill(console: ConsoleProcess, label: string, value?: string): Promise<void> {
		await console.expect(label);
		if (value !== undefined) {
			console.press('field.clear');
			console.type(value);
		}
		console.press('field.accept');
	}

	/** Leads the last action back. */
	async function undo(console: ConsoleProcess): Promise<void> {
		console.press('list.choose');
		await console.expectAbsent('Done');
		console.press('deck.undo');
		await console.expect('Undo');
		console.press('list.choose');
		await console.confirm();
		await console.expect('Done');
	}

	const nameOfOne = async (kubectl: Cluster['kubectl'], namespace: string, app: string) =>
		(await kubectl('-n', namespace, 'get', 'pods', '-l', `app.kubernetes.io/name=${app}`, '-o', 'name'))
			.split('\n')[0]
			?.replace('pod/', '') ?? '';

	const restartedAt = '.spec.template.metadata.annotations.kubectl\\.kubernetes\\.io/restartedAt';

	test('a pod is evicted, and its workload makes another', async () => {
		const {console, kubectl} = await begin('calm');
		const name = await nameOfOne(kubectl, 'checkout', 'web');
		await onPod(console, name);
		const screen = await console.action('kubernetes.evict-pod');
		expect(screen).toContain('Done');
		expect(screen).toContain('Deployment web creates a new pod');
		await expect(kubectl('-n', 'checkout', 'get', 'pod', name)).rejects.toThrow('NotFound');
		expect(
			await kubectl('-n', 'checkout', 'get', 'events', '--field-selector', `involvedObject.name=${name}`),
		).toContain('Killing');
		await expectRecorded(console, 'kubernetes.evict-pod');
		expect(await console.quit()).toEqual({code: 0});
	});

	test('a pod is deleted with the grace period that was entered', async () => {
		const {console, kubectl} = await begin('calm');
		const name = await nameOfOne(kubectl, 'search', 'suggest');
		await onPod(console, name);
		console.pressDeclared('kubernetes.delete-pod');
		await fill(console, 'Grace period in seconds', '1');
		await console.confirm();
		await console.expect('Done');
		await expect(kubectl('-n', 'search', 'get', 'pod', name)).rejects.toThrow('NotFound');
		await expectRecorded(console, 'kubernetes.delete-pod');
	});

	test('two marked pods are evicted by one plan, and no third', async () => {
		const {console, kubectl} = await begin('calm');
		const before = (
			await kubectl('-n', 'checkout', 'get', 'pods', '-l', 'app.kubernetes.io/name=web', '-o', 'name')
		).split('\n');
		await console.filter('namespace:checkout name:web-');
		await console.pty.waitUntilIdle(300);
		console.press('row.mark', 'row.down', 'row.mark');
		await console.expect('2 marked');
		const screen = await console.action('kubernetes.evict-pod');
		expect(screen).toContain('2 of 2 are deleted');
		const after = await kubectl('-n', 'checkout', 'get', 'pods', '-l', 'app.kubernetes.io/name=web', '-o', 'name');
		expect(before.filter(name => after.includes(name))).toHaveLength(before.length - 2);
		await expectRecorded(console, 'kubernetes.evict-pod');
	});

	test.each(['kubernetes.evict-pod', 'kubernetes.delete-pod'])(
		'%s: of three marked pods one goes, and those that are left are confirmed again',
		async id => {
			const {console, kubectl} = await begin('calm');
			const of = ['-n', 'checkout', 'get', 'pods', '-l', 'app.kubernetes.io/name=web', '-o', 'name'];
			const there = async () => (await kubectl(...of)).split('\n').map(name => name.replace('pod/', ''));
			await console.filter('namespace:checkout name:web-');
			await console.pty.waitUntilIdle(300);
			console.press('row.mark', 'row.down', 'row.mark', 'row.down', 'row.mark');
			await console.expect('3 marked');
			console.pressDeclared(id);
			if (id === 'kubernetes.delete-pod') await fill(console, 'Grace period in seconds', '1');
			const screen = await console.expect(/type \S+, the number of objects \(3\)/);
			const marked = [...new Set([...screen.matchAll(/Pod checkout\/(web-[\w-]+)/g)].map(([, name = '']) => name))];
			expect(marked).toHaveLength(3);
			const [first = '', ...others] = marked;
			await kubectl('-n', 'checkout', 'delete', 'pod', first, '--grace-period=0', '--force');
			await console.expect('plans it again for the 2 objects left');
			expect(console.audit().filter(({kind}) => kind === 'intent')).toEqual([]);
			console.press('confirm.replan');
			await console.expect(/the number of objects \(2\)/);
			expect(await there()).toEqual(expect.arrayContaining(others));
			await console.confirm();
			await console.expect('2 of 2 are deleted');
			const left = await there();
			expect(others.filter(name => left.includes(name))).toEqual([]);
			await expectRecorded(console, id);
			const intents = console.audit().filter(({kind}) => kind === 'intent');
			expect(intents).toMatchObject([{preview: {count: 2, touches: others.map(name => `Pod checkout/${name}`)}}]);
		},
	);

	test.each([
		['a deployment', 'deployment', 'checkout', 'cart', 'deploy/cart'],
		['a stateful set', 'statefulset', 'reporting', 'warehouse', 'sts/warehouse'],
		['a daemon set', 'daemonset', 'monitoring', 'node-exporter', 'ds/node-exporter'],
	] as const)(
		'%s is restarted from its own row, and its template put back by undo',
		async (_, kind, namespace, name, short) => {
			const {console, get} = await begin('calm');
			const template = await get(kind, namespace, name, '.spec.template');
			await onWorkload(console, namespace, short);
			console.pressDeclared('kubernetes.restart');
			await console.confirm();
			await console.expect('Done');
			expect(await get(kind, namespace, name, restartedAt)).toMatch(/^\d{4}-\d\d-\d\dT/);
			await undo(console);
			expect(await get(kind, namespace, name, '.spec.template')).toBe(template);
			await expectRecorded(console, 'kubernetes.restart');
		},
		240_000,
	);

	test('a deployment is scaled from the row of its pod, and back by undo', async () => {
		const {console, kubectl, get} = await begin('calm');
		await onPod(console, await nameOfOne(kubectl, 'identity', 'sessions'));
		// The workload of a pod is known a moment after the pod.
		const readScreen = async () => {
			console.pressDeclared('kubernetes.scale');
			return console.expect(/Replicas|or not yet/);
		};
		await expect.poll(readScreen, {interval: 500}).toContain('Replicas');
		await fill(console, 'Replicas', '9');
		await console.confirm();
		await console.expect('Done');
		expect(await get('deployment', 'identity', 'sessions', '.spec.replicas')).toBe('9');
		expect(await get('deployment', 'identity', 'sessions', '.status.readyReplicas')).toBe('9');
		await undo(console);
		expect(await get('deployment', 'identity', 'sessions', '.spec.replicas')).toBe('6');
		await expectRecorded(console, 'kubernetes.scale');
	});

	test('what does not come to an end is led back while it is looked at, and holds nothing else up', async () => {
		const {console, kubectl, get} = await begin('crashloop');
		await console.expect('3 of 8 pods CrashLoopBackOff <- OOMKilled 137');
		const replicas = () => get('deployment', 'checkout', 'api', '.spec.replicas');
		const before = await replicas();
		await onWorkload(console, 'checkout', 'deploy/api');
		console.pressDeclared('kubernetes.scale');
		await fill(console, 'Replicas', '9');
		await console.confirm();
		await console.expect(/verifying whether it helped.*\n.*\d+ pods exist, \d of them/);
		await console.expect(/esc back: it goes on · \S+ undoes it/);
		expect(await replicas()).toBe('9');
		console.press('confirm.cancel');
		await console.expect('still running');
		console.press('deck.undo');
		await console.expect('deployment/api in checkout scaled');
		console.press('list.choose');
		await console.confirm();
		await console.expect(/8 pods exist, 2 of them surge pods of a rollout in progress/);
		await console.expect('Done');
		expect(await replicas()).toBe(before);
		console.press('list.choose');
		await console.expectAbsent('Done');
		console.pressDeclared('kubernetes.scale');
		await fill(console, 'Replicas', '10');
		await console.confirm();
		await console.expect('verifying whether it helped');
		console.press('confirm.cancel');
		await console.expect('1 not verified yet: u');
		console.pressDeclared('kubernetes.undo-rollout');
		await fill(console, 'Back to revision');
		await console.confirm();
		await console.expect('all 10 pods are new and available');
		expect(await kubectl('-n', 'checkout', 'get', 'deployment', 'api', '-o', 'jsonpath={.spec.template}')).toContain(
			'api:2.40.3',
		);
		const seen = () =>
			console
				.audit()
				.filter(line => line.kind === 'verify')
				.map(line => `${line.result}: ${line['note']}`);
		await expect
			.poll(seen)
			.toEqual([
				expect.stringMatching(
					/^superseded: its undo was sent before the outcome was known: \d+ (?:of \d+ )?pods exist/,
				),
				expect.stringMatching(/^done: 8 pods exist/),
				expect.stringMatching(/^superseded: Undo rollout was sent before the outcome was known: /),
				expect.stringMatching(/^done: all 10 pods are new and available/),
			]);
		expect(console.runCommand('audit', 'verify')).toMatchObject({code: 0, err: ''});
	});

	test('the rollout that made the pods crash is undone, and they are well', async () => {
		const {console, get} = await begin('crashloop');
		await console.expect('3 of 8 pods CrashLoopBackOff <- OOMKilled 137');
		const image = '.spec.template.spec.containers[0].image';
		expect(await get('deployment', 'checkout', 'api', image)).toContain('api:2.41.0');
		await onWorkload(console, 'checkout', 'deploy/api');
		console.pressDeclared('kubernetes.undo-rollout');
		await fill(console, 'Back to revision');
		await console.confirm();
		await console.expect('all 6 pods are new and available');
		expect(await get('deployment', 'checkout', 'api', image)).toContain('api:2.40.3');
		expect(await get('deployment', 'checkout', 'api', '.status.availableReplicas')).toBe('6');
		await console.expectAbsent('CrashLoopBackOff');
		await expectRecorded(console, 'kubernetes.undo-rollout');
	});

	test.each([
		['a stateful set', 'statefulset', 'reporting', 'warehouse', 'sts/warehouse'],
		['a daemon set', 'daemonset', 'monitoring', 'node-exporter', 'ds/node-exporter'],
	] as const)(
		'the rollout of %s that somebody else made is undone',
		async (_, kind, namespace, name, short) => {
			const {console, kubectl, get} = await begin('calm');
			const template = await get(kind, namespace, name, '.spec.template');
			await kubectl('-n', namespace, 'rollout', 'restart', `${kind}/${name}`);
			await kubectl('-n', namespace, 'rollout', 'status', `${kind}/${name}`);
			await onWorkload(console, namespace, short);
			await console.expect('rev 2');
			console.pressDeclared('kubernetes.undo-rollout');
			await fill(console, 'Back to revision');
			await console.confirm();
			await console.expect('Done');
			expect(await get(kind, namespace, name, '.spec.template')).toBe(template);
			await expectRecorded(console, 'kubernetes.undo-rollout');
		},
		240_000,
	);

	test('a workload that was changed while it was being confirmed is stale, and nothing is sent', async () => {
		const {console, kubectl, get} = await begin('calm');
		await onWorkload(console, 'checkout', 'deploy/cart');
		console.pressDeclared('kubernetes.restart');
		await console.expect(/, to confirm|and a reason/);
		await kubectl('-n', 'checkout', 'scale', 'deployment/cart', '--replicas=7');
		await console.expect('has changed since');
		expect(await get('deployment', 'checkout', 'cart', restartedAt)).toBe('');
		expect(console.audit().map(line => line.kind)).not.toContain('outcome');
	});

	test('a pod whose name another one has taken is not the one that was meant', async () => {
		const {console, kubectl, get} = await begin('calm');
		await onPod(console, 'indexer-3');
		const uid = await get('pod', 'search', 'indexer-3', '.metadata.uid');
		console.pressDeclared('kubernetes.evict-pod');
		await console.expect(/, to confirm|and a reason/);
		await kubectl('-n', 'search', 'delete', 'pod', 'indexer-3', '--grace-period=1');
		await console.expect('has changed since');
		await expect.poll(() => get('pod', 'search', 'indexer-3', '.metadata.uid')).not.toBe(uid);
		await console.pty.waitUntilIdle(1000).catch(() => undefined);
		expect(await get('pod', 'search', 'indexer-3', '.metadata.deletionTimestamp')).toBe('');
	});

	test('without the permission, the command that grants it is shown, and nothing is sent', async () => {
		const {console, get} = await begin('calm', 'viewer');
		await onWorkload(console, 'identity', 'deploy/sessions');
		console.pressDeclared('kubernetes.scale');
		await fill(console, 'Replicas', '9');
		const screen = await console.expect('nothing was sent');
		expect(screen).toContain('you may not patch deployments/scale in identity');
		expect(await get('deployment', 'identity', 'sessions', '.spec.replicas')).toBe('6');
	});

	test('when the response is lost the outcome is unknown, and it is not sent again', async () => {
		const {console, api, get} = await begin('calm');
		await onWorkload(console, 'identity', 'deploy/sessions');
		console.pressDeclared('kubernetes.scale');
		await fill(console, 'Replicas', '9');
		await console.expect(/, to confirm|and a reason/);
		// Once: what were sent again would go through.
		const callOff = api.faults.injectNext({kind: 'cut'}, {verb: 'patch'}, 1);
		await console.confirm();
		await console.expect('outcome is not known');
		callOff();
		expect(await get('deployment', 'identity', 'sessions', '.spec.replicas')).toBe('6');
		expect(console.audit().at(-1)).toMatchObject({kind: 'outcome', result: 'unknown'});
		expect(console.runCommand('audit', 'verify')).toMatchObject({code: 0, err: ''});
	});
});
