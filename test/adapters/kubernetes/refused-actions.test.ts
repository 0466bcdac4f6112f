import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {kubernetesSystem} from '../../../adapters/kubernetes/system.ts';
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

beforeAll(async () => {
	clusterFixture = await startClusterFixture({scenario: createScenario('crashloop', {now: Date.now})});
});
afterAll(() => clusterFixture.close());

const action = (id: string): Action<Row, KubernetesPort> => {
	const found = kubernetesSystem.actions.find(each => each.id === id);
	if (found === undefined) throw new Error(`no action ${id}`);
	return found as Action<Row, KubernetesPort>;
};

/** A connection of a login, and the pods that it sees. */
async function as(login: 'operator' | 'viewer' | 'noreview') {
	const {port} = await clusterFixture.createClient({text: clusterFixture.api.kubeconfigOf(login)});
	const target = kubernetesTarget();
	const actionContext = (): ActionContext<KubernetesPort, KubernetesSettings> => ({
		...testContext(),
		port,
		target,
		record: 'refused-1',
		saveFile: fakeSaveFile,
	});
	const [pods] = kubernetesSystem.sources;
	if (pods === undefined) throw new Error('no source');
	const rows = await eventually(async () => {
		const read = (await pods.open(port, target)(testContext())).rows as readonly PodRow[];
		// The workload of a pod is known from its replica set, which may be listed after the pod.
		expect(read.filter(({workload}) => workload?.uid === '')).toEqual([]);
		return read;
	});
	const one = (fits: (row: PodRow) => boolean): PodRow => {
		const found = rows.find(fits);
		if (found === undefined) throw new Error('no such pod');
		return found;
	};
	return {about: actionContext, one};
}

const ofWeb = (row: PodRow) => row.namespace === 'checkout' && row.owner === 'web';
const failing = (row: PodRow) => row.owner === 'api' && row.severity === 'crit';
const replicas = () => {
	const found = clusterFixture.api.simulation.cluster.store.get('deployments.apps', 'checkout', 'web');
	return (found as unknown as {spec: {replicas: number}}).spec.replicas;
};

describe('a refused action', () => {
	test('of a viewer names the user, has the command that grants it, and changes nothing', async () => {
		const {about, one} = await as('viewer');
		const scale = action('kubernetes.scale');
		const before = replicas();
		const preview = await scale.preview([one(ofWeb)], {replicas: '14'}, about());
		const checks = await scale.preflight(preview.plan, about());
		const blocks = checks.filter(check => check.result === 'block').map(check => check.detail);
		expect(blocks).toContainEqual(expect.stringContaining('kubectl -n checkout create role'));
		await expect(scale.run(preview.plan, about())).rejects.toMatchObject({kind: 'denied'});
		expect(replicas()).toBe(before);
	});

	test('is not concluded when the access review itself is refused: the permission is unknown', async () => {
		const {about, one} = await as('noreview');
		const restart = action('kubernetes.restart');
		const preview = await restart.preview([one(ofWeb)], {}, about());
		const checks = await restart.preflight(preview.plan, about());
		expect(checks.find(check => check.label === 'the right to change it')?.result).toBe('unknown');
	});

	test('names the disruption budget that blocks an eviction', async () => {
		const {about, one} = await as('operator');
		const evict = action('kubernetes.evict-pod');
		const row = one(each => each.owner === 'api' && each.namespace === 'checkout' && each.severity === 'ok');
		const preview = await evict.preview([row], {}, about());
		const checks = await evict.preflight(preview.plan, about());
		expect(checks).toContainEqual(
			expect.objectContaining({result: 'block', detail: expect.stringContaining('api allows 0 more')}),
		);
		const refused = await evict.run(preview.plan, about()).catch((error: unknown) => error);
		expect(refused).toBeInstanceOf(AdapterError);
		expect(refused).toMatchObject({kind: 'denied', message: expect.stringContaining('disruption budget api')});
	});

	test('a restart of an OOM killed workload is reported as futile, with what would help', async () => {
		const {about, one} = await as('operator');
		const preview = await action('kubernetes.restart').preview([one(failing)], {}, about());
		expect(preview.unhelpful?.reason).toContain('OOMKilled 137 at limit 512Mi');
		expect(preview.unhelpful?.instead).toBe('kubernetes.undo-rollout');
	});
});

describe('a lost reply', () => {
	test('leaves the outcome unknown, and is not sent again', async () => {
		const {about, one} = await as('operator');
		const scale = action('kubernetes.scale');
		const preview = await scale.preview([one(ofWeb)], {replicas: '15'}, about());
		let sent = 0;
		const callOff = clusterFixture.api.faults.injectNext({kind: 'cut'}, {verb: 'patch'}, Number.POSITIVE_INFINITY);
		const context = about();
		const {port} = context;
		const counting: KubernetesPort = {
			...port,
			patch(...call) {
				sent += 1;
				return port.patch(...call);
			},
		};
		const lost = await scale.run(preview.plan, {...context, port: counting}).catch((error: unknown) => error);
		callOff();
		expect(lost).toBeInstanceOf(AdapterError);
		expect((lost as AdapterError).harmless).toBe(false);
		expect(sent).toBe(1);
	});
});
