import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {kubernetesSystem} from '../../../adapters/kubernetes/system.ts';
import type {Pod} from '../../../demo/kubernetes-api/objects/kinds.ts';
import type {Action, ActionContext} from '../../../src/contract/action.ts';
import type {Row} from '../../../src/contract/row.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import type {KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {eventually} from '../../time-left.ts';
import {fakeSaveFile} from '../conformance-subject.ts';
import {type ClusterFixture, startClusterFixture, testContext} from './cluster-fixture.ts';
import {kubernetesTarget} from './kubernetes-target.ts';

let clusterFixture: ClusterFixture;
let port: KubernetesPort;
let rows: readonly PodRow[] = [];

const target = kubernetesTarget();

beforeAll(async () => {
	clusterFixture = await startClusterFixture();
	({port} = await clusterFixture.createClient({text: clusterFixture.api.kubeconfigOf('operator')}));
	await eventually(async () => {
		rows = (await kubernetesSystem.sources[0]?.open(port, target)(testContext()))?.rows as readonly PodRow[];
		expect(rows.filter(({workload}) => workload?.kind === 'Deployment' && workload.uid !== '').length).toBeGreaterThan(
			200,
		);
	});
});
afterAll(() => clusterFixture.close());

const actionContext = (): ActionContext<KubernetesPort, KubernetesSettings> => ({
	...testContext(),
	port,
	target,
	record: 'record-1',
	saveFile: fakeSaveFile,
});

const action = (id: string): Action<Row, KubernetesPort> =>
	kubernetesSystem.actions.find(each => each.id === `kubernetes.${id}`) ?? expect.fail(id);

const podOf = (workload: string): PodRow =>
	rows.find(row => `${row.namespace}/${row.owner}` === workload) ?? expect.fail(workload);

async function previewOf(id: string, workload: string, params: Readonly<Record<string, string>> = {}) {
	const preview = await action(id).preview([podOf(workload)], params, actionContext());
	const checks = await action(id).preflight(preview.plan, actionContext());
	return {
		...preview,
		warnings: checks
			.filter(({result}) => result === 'warn')
			.map(({detail}) => detail)
			.join('\n'),
	};
}

/** Deletes a pod that has a finalizer: it stays terminating until the test ends. */
async function holdEnding({namespace, name, uid}: PodRow): Promise<void> {
	const {store} = clusterFixture.api.simulation.cluster;
	const pod = store.get<Pod>('pods', namespace, name) ?? expect.fail(name);
	const metadata = {
		...pod.metadata,
		finalizers: ['fixture.example.test/held'],
		deletionTimestamp: new Date().toISOString(),
	};
	store.put('pods', {...pod, metadata});
	await eventually(async () => {
		const {objects} = await port.readWatched('pods', testContext());
		expect(objects.get(uid)?.metadata.deletionTimestamp).toBeDefined();
	});
}

describe('a confirmation shows', () => {
	test('that deleting a pod is the last resort', async () => {
		const {
			impact,
			warnings,
			risk,
			cliEquivalent: equivalent,
		} = await previewOf('delete-pod', 'checkout/web', {grace: 'own'});
		expect(impact).toContain('try eviction first');
		expect(warnings).toMatch(/E evicts it/);
		expect(risk).toBe('medium');
		expect(equivalent).not.toContain('--force');
	});

	test('that deleting a pod violates its disruption budget, which does not forbid it', async () => {
		const preview = await action('delete-pod').preview([podOf('payments/ledger')], {grace: 'default'}, actionContext());
		const checks = await action('delete-pod').preflight(preview.plan, actionContext());
		expect(checks.filter(({label}) => label === 'disruption budgets')).toEqual([
			{
				label: 'disruption budgets',
				result: 'warn',
				detail: 'ledger allows 0 more (6 healthy, 6 needed): deleting violates it',
			},
		]);
		expect(checks.map(({result}) => result)).not.toContain('block');
		expect((await previewOf('delete-pod', 'gateway/edge', {grace: 'default'})).warnings).not.toContain('allows');
	});

	describe.each([
		['evict-pod', 'poddisruptionbudgets', 'disruption budgets', 'they'],
		['delete-pod', 'poddisruptionbudgets', 'disruption budgets', 'they'],
		['scale', 'horizontalpodautoscalers', 'the number of replicas', 'autoscalers, which would overwrite it,'],
	] as const)('by %s, of %s', (id, needed, label, who) => {
		const checked = async (watched: KubernetesPort['readWatched']) => {
			const params = id === 'scale' ? {replicas: '7'} : {grace: 'default'};
			const preview = await action(id).preview([podOf('payments/ledger')], params, actionContext());
			const checks = await action(id).preflight(preview.plan, {
				...actionContext(),
				port: {...port, readWatched: watched},
			});
			return checks.filter(check => check.label === label);
		};

		test('that they may not be read', async () => {
			const checks = await checked(async (kind, context) => {
				if (kind !== needed) return port.readWatched(kind, context);
				throw new AdapterError('denied', `list ${needed}: forbidden`, 'Ask for the right.');
			});
			expect(checks).toEqual([{label, result: 'unknown', detail: `${who} cannot be read: list ${needed}: forbidden`}]);
		});

		test('that not all of them were read yet', async () => {
			const checks = await checked(async (kind, context) => {
				const watched = await port.readWatched(kind, context);
				return kind === needed ? {...watched, objects: new Map(), isComplete: false} : watched;
			});
			expect(checks).toEqual([{label, result: 'unknown', detail: `${who} are still being read`}]);
		});
	});

	test('the budgets of a pod, also when they are read late for the first time', async () => {
		const late = await clusterFixture.createClient({text: clusterFixture.api.kubeconfigOf('operator')});
		const callOff = clusterFixture.api.faults.injectNext(
			{kind: 'slow', delayMs: 1500},
			{resource: 'poddisruptionbudgets.policy'},
		);
		const fresh = {...actionContext(), port: late.port};
		const preview = await action('evict-pod').preview([podOf('payments/ledger')], {}, fresh);
		const checks = await action('evict-pod').preflight(preview.plan, fresh);
		callOff();
		expect(checks.find(({label}) => label === 'disruption budgets')).toMatchObject({
			result: 'block',
			detail: expect.stringContaining('ledger allows 0 more'),
		});
	});

	test('the risk of forcing a pod of a stateful set', async () => {
		const {warnings, risk, cliEquivalent: equivalent} = await previewOf('delete-pod', 'search/indexer', {grace: '0'});
		expect(warnings).toContain('two pods have the same identity and may corrupt its data');
		expect(risk).toBe('high');
		expect(equivalent).toContain('--grace-period=0 --force');
	});

	test('that an autoscaler owns the number of pods', async () => {
		const {warnings, impact} = await previewOf('scale', 'gateway/edge', {replicas: '12'});
		expect(warnings).toMatch(/an autoscaler \(edge, 10-30\)/);
		expect(impact).toMatch(/sets the count itself, within a minute or so/);
	});

	test.each([
		['catalog/api', /Argo CD/],
		['monitoring/grafana', /Helm/],
	])('who else makes %s', async (workload, who) => {
		expect((await previewOf('restart', workload)).warnings).toMatch(who);
	});

	test('that a restart does not help a set with the strategy OnDelete', async () => {
		const {unhelpful} = await previewOf('restart', 'monitoring/alertmanager');
		expect(unhelpful?.reason).toContain('OnDelete');
	});

	test('how many pods are affected, without those that are ending, and how many of the wanted ones serve', async () => {
		const own = rows.filter(({namespace, owner}) => namespace === 'gateway' && owner === 'auth');
		const wanted = own[0]?.workload?.replicas ?? expect.fail();
		for (const pod of own.slice(0, 2)) await holdEnding(pod);
		await eventually(async () => {
			const restarted = await previewOf('restart', 'gateway/auth');
			expect(restarted.impact).toMatch(
				new RegExp(`^${wanted} pods are replaced, .*Serving now: ${wanted} of ${wanted}\\.`),
			);
			expect(restarted.touches).toEqual([`Deployment gateway/auth and its ${wanted} pods`]);
			const scaled = await previewOf('scale', 'gateway/auth', {replicas: '1'});
			expect(scaled.impact).toContain(`Serving now: ${wanted} of ${wanted}.`);
		});
	});

	test('how many a daemon set lacks', async () => {
		const nodes = clusterFixture.api.simulation.cluster.store.list('nodes').length;
		await holdEnding(podOf('kube-system/csi-node'));
		await eventually(async () => {
			const {impact, touches} = await previewOf('restart', 'kube-system/csi-node');
			expect(impact).toMatch(new RegExp(`^${nodes - 1} pods are replaced, .*Serving now: ${nodes - 1} of ${nodes}\\.`));
			expect(touches).toEqual([`DaemonSet kube-system/csi-node and its ${nodes - 1} pods`]);
		});
	});

	test('that a paused deployment has to be resumed first', () => {
		expect(action('restart').disabled([podOf('orders/exporter')])).toBe('its rollouts are paused: resume them first');
	});
});

test.each([
	['delete-pod', 'delete', {grace: 'default'}],
	['evict-pod', 'evict', {}],
])('%s of pods in two namespaces names the namespace of each right', async (id, verb, params) => {
	const first = rows.find(({workload}) => workload?.kind === 'Deployment') ?? expect.fail('no pod');
	const second = rows.find(row => row.workload?.kind === 'Deployment' && row.namespace !== first.namespace);
	const pods = [first, second ?? expect.fail('no other namespace')];
	const preview = await action(id).preview(pods, params, actionContext());
	const checks = await action(id).preflight(preview.plan, actionContext());
	const rights = checks.map(({label}) => label).filter(label => label.startsWith('the right'));
	expect(rights).toEqual(pods.map(({namespace}) => `the right to ${verb} them in ${namespace}`));
});
