import {afterEach, expect, test} from 'vitest';
import type {ScenarioName} from '../../../demo/scenario.ts';
import {confirmable} from '../confirmation-steps.ts';
import {type ConsoleProcess, startConsole} from '../console-process.ts';
import {expectRecorded} from '../expect-recorded.ts';
import {type Cluster, describeCluster} from './cluster.ts';

let open: ConsoleProcess | undefined;
let cluster: Cluster | undefined;

afterEach(async () => {
	await open?.close();
	await cluster?.close();
	open = undefined;
	cluster = undefined;
});

describeCluster('Kubernetes by keyboard', start => {
	/** A console on a cluster of its own, on its pods. */
	async function begin(scenario: ScenarioName, login?: Parameters<Cluster['config']>[0]) {
		const own = await start(scenario);
		cluster = own;
		const midwatch = await startConsole({file: own.config(login), columns: 160, rows: 44});
		open = midwatch;
		await midwatch.zoom(1, 'Pods');
		await midwatch.expect(/Running|CrashLoop/);
		const get = (kind: string, namespace: string, name: string, path: string) =>
			own.kubectl('-n', namespace, 'get', kind, name, '-o', `jsonpath={${path}}`);
		return {midwatch, api: own.api, kubectl: own.kubectl, get};
	}

	/** The pods of one workload, under its row. */
	async function onWorkload(midwatch: ConsoleProcess, namespace: string, short: string): Promise<void> {
		midwatch.press('pane.order');
		await midwatch.expect('problems first, then by workload');
		await midwatch.filter(`namespace:${namespace} name:${short.split('/')[1]}`);
		await midwatch.select(short);
	}

	async function onPod(midwatch: ConsoleProcess, name: string): Promise<void> {
		await midwatch.filter(`name:${name}`);
		await midwatch.select(name);
	}

	/** Fills in the first parameter of an action. */
	async function fill(midwatch: ConsoleProcess, label: string, value?: string): Promise<void> {
		await midwatch.expect(label);
		if (value !== undefined) {
			midwatch.press('field.clear');
			midwatch.type(value);
		}
		midwatch.press('field.accept');
	}

	/** Leads the last action back. */
	async function undo(midwatch: ConsoleProcess): Promise<void> {
		midwatch.press('list.choose');
		await midwatch.expectAbsent('Done');
		midwatch.press('deck.undo');
		await midwatch.expect('Undo');
		midwatch.press('list.choose');
		await midwatch.confirm();
		await midwatch.expect('Done');
	}

	const nameOfOne = async (kubectl: Cluster['kubectl'], namespace: string, app: string) =>
		(await kubectl('-n', namespace, 'get', 'pods', '-l', `app.kubernetes.io/name=${app}`, '-o', 'name'))
			.split('\n')[0]
			?.replace('pod/', '') ?? '';

	const restartedAt = '.spec.template.metadata.annotations.kubectl\\.kubernetes\\.io/restartedAt';

	test('a pod is evicted, and its workload makes another', async () => {
		const {midwatch, kubectl} = await begin('calm');
		const name = await nameOfOne(kubectl, 'checkout', 'web');
		await onPod(midwatch, name);
		const screen = await midwatch.action('kubernetes.evict-pod');
		expect(screen).toContain('Done');
		expect(screen).toContain('Deployment web creates a new pod');
		await expect(kubectl('-n', 'checkout', 'get', 'pod', name)).rejects.toThrow('NotFound');
		expect(
			await kubectl('-n', 'checkout', 'get', 'events', '--field-selector', `involvedObject.name=${name}`),
		).toContain('Killing');
		await expectRecorded(midwatch, 'kubernetes.evict-pod');
		expect(await midwatch.quit()).toEqual({code: 0});
	});

	test('a pod is deleted with the grace period that was entered', async () => {
		const {midwatch, kubectl} = await begin('calm');
		const name = await nameOfOne(kubectl, 'search', 'suggest');
		await onPod(midwatch, name);
		await midwatch.openDeclared('kubernetes.delete-pod', 'Grace period in seconds');
		await fill(midwatch, 'Grace period in seconds', '1');
		await midwatch.confirm();
		await midwatch.expect('Done');
		await expect(kubectl('-n', 'search', 'get', 'pod', name)).rejects.toThrow('NotFound');
		await expectRecorded(midwatch, 'kubernetes.delete-pod');
	});

	test('two marked pods are evicted by one plan, and no third', async () => {
		const {midwatch, kubectl} = await begin('calm');
		const before = (
			await kubectl('-n', 'checkout', 'get', 'pods', '-l', 'app.kubernetes.io/name=web', '-o', 'name')
		).split('\n');
		await midwatch.filter('namespace:checkout name:web-');
		await midwatch.pty.waitUntilIdle(300);
		midwatch.press('row.mark', 'row.down', 'row.mark');
		await midwatch.expect('2 marked');
		const screen = await midwatch.action('kubernetes.evict-pod');
		expect(screen).toContain('2 of 2 are deleted');
		const after = await kubectl('-n', 'checkout', 'get', 'pods', '-l', 'app.kubernetes.io/name=web', '-o', 'name');
		expect(before.filter(name => after.includes(name))).toHaveLength(before.length - 2);
		await expectRecorded(midwatch, 'kubernetes.evict-pod');
	});

	test.each(['kubernetes.evict-pod', 'kubernetes.delete-pod'])(
		'%s: of three marked pods one goes, and those that are left are confirmed again',
		async id => {
			const {midwatch, kubectl} = await begin('calm');
			const of = ['-n', 'checkout', 'get', 'pods', '-l', 'app.kubernetes.io/name=web', '-o', 'name'];
			const there = async () => (await kubectl(...of)).split('\n').map(name => name.replace('pod/', ''));
			await midwatch.filter('namespace:checkout name:web-');
			await midwatch.pty.waitUntilIdle(300);
			midwatch.press('row.mark', 'row.down', 'row.mark', 'row.down', 'row.mark');
			await midwatch.expect('3 marked');
			await midwatch.openDeclared(id, /Grace period in seconds|the number of objects/);
			if (id === 'kubernetes.delete-pod') await fill(midwatch, 'Grace period in seconds', '1');
			const screen = await midwatch.expect(/type \S+, the number of objects \(3\)/);
			const marked = [...new Set([...screen.matchAll(/Pod checkout\/(web-[\w-]+)/g)].map(([, name = '']) => name))];
			expect(marked).toHaveLength(3);
			const [first = '', ...others] = marked;
			await kubectl('-n', 'checkout', 'delete', 'pod', first, '--grace-period=0', '--force');
			await midwatch.expect('plans it again for the 2 objects left');
			expect(midwatch.audit().filter(({kind}) => kind === 'intent')).toEqual([]);
			midwatch.press('confirm.replan');
			await midwatch.expect(/the number of objects \(2\)/);
			expect(await there()).toEqual(expect.arrayContaining(others));
			await midwatch.confirm();
			await midwatch.expect('2 of 2 are deleted');
			const left = await there();
			expect(others.filter(name => left.includes(name))).toEqual([]);
			await expectRecorded(midwatch, id);
			const intents = midwatch.audit().filter(({kind}) => kind === 'intent');
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
			const {midwatch, get} = await begin('calm');
			const template = await get(kind, namespace, name, '.spec.template');
			await onWorkload(midwatch, namespace, short);
			await midwatch.openDeclared('kubernetes.restart', confirmable);
			await midwatch.confirm();
			await midwatch.expect('Done');
			expect(await get(kind, namespace, name, restartedAt)).toMatch(/^\d{4}-\d\d-\d\dT/);
			await undo(midwatch);
			expect(await get(kind, namespace, name, '.spec.template')).toBe(template);
			await expectRecorded(midwatch, 'kubernetes.restart');
		},
		240_000,
	);

	test('a deployment is scaled from the row of its pod, and back by undo', async () => {
		const {midwatch, kubectl, get} = await begin('calm');
		await onPod(midwatch, await nameOfOne(kubectl, 'identity', 'sessions'));
		// The workload of a pod is known a moment after the pod.
		await midwatch.openDeclared('kubernetes.scale', 'Replicas', 'not known for sure');
		await fill(midwatch, 'Replicas', '9');
		await midwatch.confirm();
		await midwatch.expect('Done');
		expect(await get('deployment', 'identity', 'sessions', '.spec.replicas')).toBe('9');
		expect(await get('deployment', 'identity', 'sessions', '.status.readyReplicas')).toBe('9');
		await undo(midwatch);
		expect(await get('deployment', 'identity', 'sessions', '.spec.replicas')).toBe('6');
		await expectRecorded(midwatch, 'kubernetes.scale');
	});

	test('what does not come to an end is led back while it is looked at, and holds nothing else up', async () => {
		const {midwatch, kubectl, get} = await begin('crashloop');
		await midwatch.expect('3 of 8 pods CrashLoopBackOff <- OOMKilled 137');
		const replicas = () => get('deployment', 'checkout', 'api', '.spec.replicas');
		const before = await replicas();
		await onWorkload(midwatch, 'checkout', 'deploy/api');
		await midwatch.openDeclared('kubernetes.scale', 'Replicas');
		await fill(midwatch, 'Replicas', '9');
		await midwatch.confirm();
		await midwatch.expect(/verifying whether it helped.*\n.*\d+ pods exist, \d of them/);
		await midwatch.expect(/esc back: it goes on · \S+ undoes it/);
		expect(await replicas()).toBe('9');
		midwatch.press('confirm.cancel');
		await midwatch.expect('still running');
		midwatch.press('deck.undo');
		await midwatch.expect('deployment/api in checkout scaled');
		midwatch.press('list.choose');
		await midwatch.confirm();
		await midwatch.expect(/8 pods exist, 2 of them surge pods of a rollout in progress/);
		await midwatch.expect('Done');
		expect(await replicas()).toBe(before);
		midwatch.press('list.choose');
		await midwatch.expectAbsent('Done');
		await midwatch.openDeclared('kubernetes.scale', 'Replicas');
		await fill(midwatch, 'Replicas', '10');
		await midwatch.confirm();
		await midwatch.expect('verifying whether it helped');
		midwatch.press('confirm.cancel');
		await midwatch.expect('1 not verified yet: u');
		await midwatch.openDeclared('kubernetes.undo-rollout', 'Back to revision');
		await fill(midwatch, 'Back to revision');
		await midwatch.confirm();
		await midwatch.expect('all 10 pods are new and available');
		expect(await kubectl('-n', 'checkout', 'get', 'deployment', 'api', '-o', 'jsonpath={.spec.template}')).toContain(
			'api:2.40.3',
		);
		const seen = () =>
			midwatch
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
		expect(midwatch.runCommand('audit', 'verify')).toMatchObject({code: 0, err: ''});
	});

	test('the rollout that made the pods crash is undone, and they are well', async () => {
		const {midwatch, get} = await begin('crashloop');
		await midwatch.expect('3 of 8 pods CrashLoopBackOff <- OOMKilled 137');
		const image = '.spec.template.spec.containers[0].image';
		expect(await get('deployment', 'checkout', 'api', image)).toContain('api:2.41.0');
		await onWorkload(midwatch, 'checkout', 'deploy/api');
		await midwatch.openDeclared('kubernetes.undo-rollout', 'Back to revision');
		await fill(midwatch, 'Back to revision');
		await midwatch.confirm();
		await midwatch.expect('all 6 pods are new and available');
		expect(await get('deployment', 'checkout', 'api', image)).toContain('api:2.40.3');
		expect(await get('deployment', 'checkout', 'api', '.status.availableReplicas')).toBe('6');
		await midwatch.expectAbsent('CrashLoopBackOff');
		await expectRecorded(midwatch, 'kubernetes.undo-rollout');
	});

	test.each([
		['a stateful set', 'statefulset', 'reporting', 'warehouse', 'sts/warehouse'],
		['a daemon set', 'daemonset', 'monitoring', 'node-exporter', 'ds/node-exporter'],
	] as const)(
		'the rollout of %s that somebody else made is undone',
		async (_, kind, namespace, name, short) => {
			const {midwatch, kubectl, get} = await begin('calm');
			const template = await get(kind, namespace, name, '.spec.template');
			await kubectl('-n', namespace, 'rollout', 'restart', `${kind}/${name}`);
			await kubectl('-n', namespace, 'rollout', 'status', `${kind}/${name}`);
			await onWorkload(midwatch, namespace, short);
			await midwatch.expect('rev 2');
			await midwatch.openDeclared('kubernetes.undo-rollout', 'Back to revision');
			await fill(midwatch, 'Back to revision');
			await midwatch.confirm();
			await midwatch.expect('Done');
			expect(await get(kind, namespace, name, '.spec.template')).toBe(template);
			await expectRecorded(midwatch, 'kubernetes.undo-rollout');
		},
		240_000,
	);

	test('a workload that was changed while it was being confirmed is stale, and nothing is sent', async () => {
		const {midwatch, kubectl, get} = await begin('calm');
		await onWorkload(midwatch, 'checkout', 'deploy/cart');
		await midwatch.openDeclared('kubernetes.restart', /, to confirm|and a reason/);
		await kubectl('-n', 'checkout', 'scale', 'deployment/cart', '--replicas=7');
		await midwatch.expect('has changed since');
		expect(await get('deployment', 'checkout', 'cart', restartedAt)).toBe('');
		expect(midwatch.audit().map(line => line.kind)).not.toContain('outcome');
	});

	test('a pod whose name another one has taken is not the one that was meant', async () => {
		const {midwatch, kubectl, get} = await begin('calm');
		await onPod(midwatch, 'indexer-3');
		const uid = await get('pod', 'search', 'indexer-3', '.metadata.uid');
		await midwatch.openDeclared('kubernetes.evict-pod', /, to confirm|and a reason/);
		await kubectl('-n', 'search', 'delete', 'pod', 'indexer-3', '--grace-period=1');
		await midwatch.expect('has changed since');
		await expect.poll(() => get('pod', 'search', 'indexer-3', '.metadata.uid')).not.toBe(uid);
		await midwatch.pty.waitUntilIdle(1000).catch(() => undefined);
		expect(await get('pod', 'search', 'indexer-3', '.metadata.deletionTimestamp')).toBe('');
	});

	test('without the permission, the command that grants it is shown, and nothing is sent', async () => {
		const {midwatch, get} = await begin('calm', 'viewer');
		await onWorkload(midwatch, 'identity', 'deploy/sessions');
		await midwatch.openDeclared('kubernetes.scale', 'Replicas');
		await fill(midwatch, 'Replicas', '9');
		const screen = await midwatch.expect('nothing was sent');
		expect(screen).toContain('you may not patch deployments/scale in identity');
		expect(await get('deployment', 'identity', 'sessions', '.spec.replicas')).toBe('6');
	});

	test('when the response is lost the outcome is unknown, and it is not sent again', async () => {
		const {midwatch, api, get} = await begin('calm');
		await onWorkload(midwatch, 'identity', 'deploy/sessions');
		await midwatch.openDeclared('kubernetes.scale', 'Replicas');
		await fill(midwatch, 'Replicas', '9');
		await midwatch.expect(/, to confirm|and a reason/);
		// Once: what were sent again would go through.
		const callOff = api.faults.injectNext({kind: 'cut'}, {verb: 'patch'}, 1);
		await midwatch.confirm();
		await midwatch.expect('outcome is not known');
		callOff();
		expect(await get('deployment', 'identity', 'sessions', '.spec.replicas')).toBe('6');
		expect(midwatch.audit().at(-1)).toMatchObject({kind: 'outcome', result: 'unknown'});
		expect(midwatch.runCommand('audit', 'verify')).toMatchObject({code: 0, err: ''});
	});
});
