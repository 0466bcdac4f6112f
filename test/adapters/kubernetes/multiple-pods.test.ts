import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {kubernetesSystem} from '../../../adapters/kubernetes/system.ts';
import type {Pod} from '../../../demo/kubernetes-api/objects/kinds.ts';
import {createScenario} from '../../../demo/scenario.ts';
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

beforeAll(async () => {
	clusterFixture = await startClusterFixture({scenario: createScenario('calm', {now: Date.now})});
	({port} = await clusterFixture.createClient({text: clusterFixture.api.kubeconfigOf('operator')}, {timings: {}}));
});
afterAll(() => clusterFixture.close());

const target = kubernetesTarget();
const actionContext = (): ActionContext<KubernetesPort, KubernetesSettings> => ({
	...testContext(),
	port,
	target,
	record: 'several-1',
	saveFile: fakeSaveFile,
});

const action = (id: string): Action<Row, KubernetesPort> =>
	(kubernetesSystem.actions.find(each => each.id === id) ?? expect.fail(id)) as Action<Row, KubernetesPort>;
const evict = action('kubernetes.evict-pod');
const remove = action('kubernetes.delete-pod');

async function rowsOf(namespace: string, owner: string, many: number): Promise<readonly PodRow[]> {
	const [pods] = kubernetesSystem.sources;
	if (pods === undefined) return expect.fail('no source');
	const rows = (await pods.open(port, target)(testContext())).rows as readonly PodRow[];
	const found = rows.filter(
		row => row.namespace === namespace && row.owner === owner && row.deletionDueAt === undefined,
	);
	expect(found.length).toBeGreaterThanOrEqual(many);
	return found.slice(0, many);
}

const isThere = ({namespace, uid}: PodRow) => uid in clusterFixture.actualVersions('pods', namespace);
const blocks = async (of: typeof evict, plan: unknown) =>
	(await of.preflight(plan, actionContext())).filter(check => check.result === 'block').map(check => check.detail);

describe('several marked pods', () => {
	test('are evicted by one plan, which says how many serve', async () => {
		const rows = await rowsOf('checkout', 'web', 3);
		const preview = await evict.preview(rows, {}, actionContext());
		expect(preview).toMatchObject({
			object: '3 pods',
			touches: rows.map(row => `Pod checkout/${row.name}`),
			risk: 'medium',
			impact: expect.stringContaining('Deployment checkout/web creates new pods. 3 of them are ready and serve now.'),
		});
		expect(await blocks(evict, preview.plan)).toEqual([]);
		const receipt = await evict.run(preview.plan, actionContext());
		expect(receipt.summary).toBe('3 of 3 pods evicted');
		await eventually(() => expect(rows.filter(isThere)).toEqual([]));
		expect(await evict.verify(preview.plan, receipt, actionContext())).toEqual({
			result: 'done',
			detail: '3 of 3 are deleted',
		});
	});

	test('are more than their budget allows, which is reported before anything is sent', async () => {
		const rows = await rowsOf('gateway', 'auth', 3);
		const preview = await evict.preview(rows, {}, actionContext());
		expect(preview.plan).toMatchObject({dryRun: {result: 'accepted'}});
		expect(await blocks(evict, preview.plan)).toEqual([
			expect.stringMatching(/^auth allows 2 more \(6 healthy, 4 needed\), and 3 of the marked pods serve/),
		]);
		const deleting = await remove.preview(rows, {grace: 'default'}, actionContext());
		expect(await remove.preflight(deleting.plan, actionContext())).toContainEqual({
			label: 'disruption budgets',
			result: 'warn',
			detail: expect.stringMatching(/, and 3 of the marked pods serve: deleting violates it$/),
		});
		// A replacement that becomes ready in between would allow the third eviction.
		const {cluster, programs} = clusterFixture.api.simulation;
		const image = cluster.store.get<Pod>('pods', 'gateway', rows[0]?.name ?? '')?.spec.containers[0]?.image ?? '';
		programs.set(image, {...programs.get(image), neverReady: true});
		const receipt = await evict.run(preview.plan, actionContext());
		expect(receipt.summary).toMatch(new RegExp(`^2 of 3 pods evicted; refused: ${rows[2]?.name}: .*disruption budget`));
		expect(rows.filter(isThere).map(row => row.name)).toContain(rows[2]?.name);
		await eventually(async () => {
			expect(await evict.verify(preview.plan, receipt, actionContext())).toMatchObject({
				result: 'ineffective',
				detail: '2 of 3 are deleted; 1 were refused, nothing was sent for them',
			});
		});
	});

	test('have a stale plan when another client has deleted one', async () => {
		const rows = await rowsOf('payments', 'api', 2);
		const preview = await remove.preview(rows, {grace: 'default'}, actionContext());
		clusterFixture.removePod(rows[1]?.name ?? '', 'payments');
		const checks = await remove.preflight(preview.plan, actionContext());
		expect(checks).toContainEqual(
			expect.objectContaining({result: 'block', conflict: true, detail: expect.stringContaining(rows[1]?.name ?? '?')}),
		);
	});

	test('are offered again as a new plan without the deleted one', async () => {
		const rows = await rowsOf('payments', 'api', 2);
		const {plan} = await remove.preview(rows, {grace: 'default'}, actionContext());
		clusterFixture.removePod(rows[0]?.name ?? '', 'payments');
		for (const action of [remove, evict])
			expect(await action.unchangedRows?.(rows, plan, actionContext())).toEqual(rows.slice(1));
		await expect(remove.preview(rows, {grace: 'default'}, actionContext())).rejects.toMatchObject({kind: 'conflict'});
		expect(await remove.preview(rows.slice(1), {grace: 'default'}, actionContext())).toMatchObject({count: 1});
	});

	test('are deleted in each of their namespaces, also by the CLI equivalent', async () => {
		const rows = [...(await rowsOf('catalog', 'api', 1)), ...(await rowsOf('search', 'suggest', 2))];
		const preview = await remove.preview(rows, {grace: '0'}, actionContext());
		expect(preview.risk).toBe('high');
		expect(preview.cliEquivalent).toBe(
			`kubectl -n catalog delete pod ${rows[0]?.name} --grace-period=0 --force && kubectl -n search delete pod ${rows[1]?.name} ${rows[2]?.name} --grace-period=0 --force`,
		);
		const checks = await remove.preflight(preview.plan, actionContext());
		expect(checks.map(check => check.detail)).toEqual(
			expect.arrayContaining([
				'all 3 are unchanged',
				'you may delete pods in catalog',
				'you may delete pods in search',
			]),
		);
		const receipt = await remove.run(preview.plan, actionContext());
		expect(receipt).toMatchObject({
			summary: '3 of 3 pods deleted',
			before: {[`catalog/${rows[0]?.name}`]: rows[0]?.uid},
		});
		await eventually(() => expect(rows.filter(isThere)).toEqual([]));
	});

	test('leave the outcome unknown when a reply is lost, and the rest is not sent', async () => {
		const rows = await rowsOf('shipping', 'tracking', 3);
		const preview = await remove.preview(rows, {grace: 'default'}, actionContext());
		let sent = 0;
		const context = actionContext();
		const losing: KubernetesPort = {
			...port,
			async remove(...call) {
				sent += 1;
				if (sent === 2) clusterFixture.api.faults.injectNext({kind: 'cut'}, {verb: 'delete'}, 1);
				return port.remove(...call);
			},
		};
		const lost = await remove.run(preview.plan, {...context, port: losing}).catch((error: unknown) => error);
		expect(lost).toBeInstanceOf(AdapterError);
		expect(lost).toMatchObject({harmless: false, message: expect.stringContaining(rows[1]?.name ?? '?')});
		expect((lost as AdapterError).hint).toContain(`Deleted before it: ${rows[0]?.name}.`);
		expect(sent).toBe(2);
		expect(isThere(rows[2] ?? expect.fail())).toBe(true);
	});
});
