import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {kubernetes} from '../../../adapters/kubernetes/system.ts';
import type {Action, ActionContext, Row, Target} from '../../../src/contract.ts';
import type {PodRow} from '../../../src/model/pod.ts';
import type {KubernetesPort} from '../../../src/port/kubernetes.ts';
import {keep} from '../subject.ts';
import {asking, eventually, type Rig, startRig} from './cluster-rig.ts';

let rig: Rig;
let port: KubernetesPort;
let rows: readonly PodRow[] = [];

const target: Target = {
	name: 'rig',
	kind: 'kubernetes',
	production: true,
	settings: {kubeconfig: [], context: undefined, namespaces: 'all', environment: {}},
};

beforeAll(async () => {
	rig = await startRig();
	({port} = await rig.client({text: rig.api.kubeconfigOf('operator')}));
	await eventually(async () => {
		rows = (await kubernetes.sources[0]?.open(port, target)(asking()))?.rows as readonly PodRow[];
		expect(rows.filter(({workload}) => workload?.kind === 'Deployment' && workload.uid !== '').length).toBeGreaterThan(
			200,
		);
	});
});
afterAll(() => rig.close());

const about = (): ActionContext<KubernetesPort> => ({...asking(), port, target, record: 'told-1', keep});

const action = (id: string): Action<Row, KubernetesPort> =>
	kubernetes.actions.find(each => each.id === `kubernetes.${id}`) ?? expect.fail(id);

const podOf = (workload: string): PodRow =>
	rows.find(row => `${row.namespace}/${row.owner}` === workload) ?? expect.fail(workload);

async function told(id: string, workload: string, params: Readonly<Record<string, string>> = {}) {
	const preview = await action(id).preview([podOf(workload)], params, about());
	const checks = await action(id).preflight(preview.plan, about());
	return {
		...preview,
		warnings: checks
			.filter(({result}) => result === 'warn')
			.map(({detail}) => detail)
			.join('\n'),
	};
}

describe('before it is confirmed it is told', () => {
	test('that to delete a pod is the second choice', async () => {
		const {impact, warnings, risk, equivalent} = await told('delete-pod', 'checkout/web', {grace: 'own'});
		expect(impact).toContain('to evict is the first choice');
		expect(warnings).toMatch(/E evicts it/);
		expect(risk).toBe('medium');
		expect(equivalent).not.toContain('--force');
	});

	test('what may come of forcing a pod of a stateful set', async () => {
		const {warnings, risk, equivalent} = await told('delete-pod', 'search/indexer', {grace: '0'});
		expect(warnings).toContain('two pods have the same identity and may spoil its data');
		expect(risk).toBe('high');
		expect(equivalent).toContain('--grace-period=0 --force');
	});

	test('that an autoscaler owns the number of pods', async () => {
		const {warnings, impact} = await told('scale', 'gateway/edge', {replicas: '12'});
		expect(warnings).toMatch(/an autoscaler \(edge, 10-30\)/);
		expect(impact).toMatch(/sets the count itself, within a minute or so/);
	});

	test.each([
		['catalog/api', /Argo CD/],
		['monitoring/grafana', /Helm/],
	])('who else makes %s', async (workload, who) => {
		expect((await told('restart', workload)).warnings).toMatch(who);
	});

	test('that a set whose pods change only by hand is not helped by a restart', async () => {
		const {unhelpful} = await told('restart', 'monitoring/alertmanager');
		expect(unhelpful?.reason).toContain('OnDelete');
	});

	test('that a paused deployment has to be resumed first', () => {
		expect(action('restart').disabled([podOf('orders/exporter')])).toBe('its rollouts are paused: resume it first');
	});
});
