import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {kubernetesSystem} from '../../../adapters/kubernetes/system.ts';
import {
	type JsonObject,
	type KubeObject,
	timestamp,
	valueAt,
} from '../../../demo/kubernetes-api/objects/kube-object.ts';
import {createScenario} from '../../../demo/scenario.ts';
import type {Action, ActionContext} from '../../../src/contract/action.ts';
import type {Row} from '../../../src/contract/row.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import type {KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {eventually} from '../../time-left.ts';
import {fakeSaveFile} from '../conformance-subject.ts';
import {type BindingCases, planBindingTests, type ShownPlan} from '../plan-bindings.ts';
import {type ClusterFixture, startClusterFixture, testContext} from './cluster-fixture.ts';
import {kubernetesTarget} from './kubernetes-target.ts';

let clusterFixture: ClusterFixture;
let port: KubernetesPort;
let admin: KubernetesPort;
const actions = kubernetesSystem.actions;
const target = kubernetesTarget();
/** Milliseconds that the console's clock is ahead. */
let ahead = 0;
const about = (): ActionContext<KubernetesPort, KubernetesSettings> => ({
	...testContext(),
	now: () => Date.now() + ahead,
	port,
	target,
	record: 'bindings-1',
	saveFile: fakeSaveFile,
});
const store = () => clusterFixture.api.simulation.cluster.store;
const web = {
	type: {group: 'apps', version: 'v1', resource: 'deployments', namespaced: true},
	namespace: 'checkout',
	name: 'web',
};
const patchWeb = (body: object) =>
	admin.patch(web, {type: 'merge', body: body as Record<string, unknown>}, {dryRun: false}, about());
const deployment = () => store().get('deployments.apps', 'checkout', 'web') ?? expect.fail('there is no web');
const setsOfWeb = () =>
	store()
		.list('replicasets.apps', 'checkout')
		.filter(({metadata}) => metadata.ownerReferences?.[0]?.uid === deployment().metadata.uid)
		.toSorted((a, b) => revisionOf(a) - revisionOf(b));
const revisionOf = ({metadata}: KubeObject) => Number(metadata.annotations?.['deployment.kubernetes.io/revision']);

beforeAll(async () => {
	clusterFixture = await startClusterFixture({scenario: createScenario('calm', {now: Date.now})});
	({port} = await clusterFixture.createClient({text: clusterFixture.api.kubeconfigOf('operator')}, {timings: {}}));
	({port: admin} = await clusterFixture.createClient());
	// A revision to go back to. Then nothing acts by itself any more: what changes is what a case changes.
	await patchWeb({spec: {template: {metadata: {annotations: {release: 'second'}}}}});
	await eventually(() => {
		expect(setsOfWeb().length).toBeGreaterThan(1);
		const [newest] = setsOfWeb().slice(-1);
		expect(revisionOf(deployment())).toBe(newest && revisionOf(newest));
	});
	clusterFixture.api.simulation.stop();
});
afterAll(() => clusterFixture.close());

/** Earlier answers of the server are cached for five minutes: this is later. */
const mayOnlyLook = () => {
	const {access} = clusterFixture.api.simulation.cluster;
	const rules = access.rulesOf(access.named('operator', []));
	access.grant('operator', access.rulesOf(access.named('viewer', [])));
	ahead += 6 * 60_000;
	return () => {
		access.grant('operator', rules);
		ahead += 6 * 60_000;
	};
};

/** Waits until our own watch has the state of the server. */
const heard = (kind: 'poddisruptionbudgets' | 'horizontalpodautoscalers', key: string) =>
	eventually(async () => {
		const {objects} = await port.readWatched(kind, testContext());
		const versions = [...objects.values()].map(({metadata}) => [metadata.uid, metadata.resourceVersion]);
		expect(Object.fromEntries(versions)).toEqual(clusterFixture.actualVersions(key));
	});

type Change = () => unknown;
type Scene = {
	/** Comes before the preview. */
	readonly prepare?: Change;
	/** Changes one fact. What it returns puts something back that is not an object of the scene. */
	readonly change: Change;
};
type Stage = {
	readonly params: Readonly<Record<string, string>>;
	rows(): readonly Row[];
	/** The state of the object that the action changes, as text. */
	state(): string;
	end(): Promise<unknown>;
};

const shown =
	(stage: () => Stage, {prepare, change}: Scene) =>
	async (action: Action<Row, KubernetesPort>): Promise<ShownPlan<KubernetesPort>> => {
		const {rows, state, end, params} = stage();
		await prepare?.();
		const {plan} = await action.preview(rows(), params, about());
		let before = '';
		let back: unknown;
		return {
			plan: () => plan,
			context: about(),
			async change() {
				back = await change();
				before = state();
			},
			wasApplied: async () => state() !== before,
			async cleanUp() {
				if (typeof back === 'function') back();
				await end();
			},
		};
	};

/* Pods */

type PodChange = {
	readonly ready?: boolean;
	readonly controller?: string;
	readonly finalizers?: readonly string[];
};

/** A pod of a controller; ending when `finalizers` say what its end waits for. Changed where it is there. */
function putPod({ready = true, controller = 'set-1', finalizers}: PodChange = {}): KubeObject {
	const {metadata, ...pod} = clusterFixture.addPod('bound') as KubeObject & {
		status: {containerStatuses: readonly object[]};
	};
	const ending = finalizers && {deletionTimestamp: timestamp(Date.now() + 3_600_000), finalizers};
	const owner = {apiVersion: 'apps/v1', kind: 'ReplicaSet', name: controller, uid: controller, controller: true};
	const containerStatuses = pod.status.containerStatuses.map(one => ({...one, ready}));
	return store().put('pods', {
		...pod,
		metadata: {...metadata, ownerReferences: [owner], ...ending},
		status: {...pod.status, containerStatuses},
	} as KubeObject);
}

const budget = 'poddisruptionbudgets.policy';
async function putBudget() {
	store().put(budget, {
		apiVersion: 'policy/v1',
		kind: 'PodDisruptionBudget',
		metadata: clusterFixture.api.simulation.cluster.newMetadata('bound', {namespace: 'fixture', generation: 1}),
		spec: {minAvailable: 99, selector: {matchLabels: {app: 'fixture'}}},
		status: {observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 99, expectedPods: 1},
	} as KubeObject);
	await heard('poddisruptionbudgets', budget);
}

const podRow = () => {
	const {metadata} = store().get('pods', 'fixture', 'bound') ?? expect.fail('there is no pod');
	const {uid, name, namespace} = metadata;
	const workload = {kind: 'ReplicaSet', name: 'set-1', uid: 'set-1', paused: false, replicas: 1};
	return {
		id: uid,
		kind: 'kubernetes.pod',
		uid,
		name,
		namespace,
		target: 'prod',
		severity: 'ok',
		workload,
	} as unknown as PodRow;
};

const onPod = (): Stage => {
	putPod();
	return {
		rows: () => [podRow()],
		state: () => JSON.stringify(store().get('pods', 'fixture', 'bound') ?? 'deleted'),
		params: {grace: 'default'},
		end() {
			clusterFixture.removePod('bound');
			store().remove(budget, 'fixture', 'bound');
			return heard('poddisruptionbudgets', budget);
		},
	};
};
const pod = (change: Change, prepare?: Change) => shown(onPod, {change, ...(prepare && {prepare})});
const another = pod(() => {
	clusterFixture.removePod('bound');
	putPod();
});
const ofPods = {
	'name and namespace': another,
	'whether it serves, is not ready or has finished': pod(() => putPod({ready: false})),
	'the workload that creates a new pod': pod(() => putPod({controller: 'set-2'})),
	'its grace period': another,
	'whether it is being deleted': pod(() => putPod({finalizers: ['backup/wait']})),
};

/* Workloads */

const autoscalers = 'horizontalpodautoscalers.autoscaling';
const ofScene = ['deployments.apps', 'replicasets.apps', autoscalers];

const onWeb = (): Stage => {
	const before = ofScene.map(kind => [kind, store().list(kind, 'checkout')] as const);
	return {
		rows() {
			const {uid} = deployment().metadata;
			const workload = {kind: 'Deployment', name: 'web', uid, paused: false, replicas: 12};
			return [
				{
					id: uid,
					kind: 'kubernetes.pod',
					target: 'prod',
					severity: 'ok',
					namespace: 'checkout',
					workload,
				} as unknown as Row,
			];
		},
		state: () => JSON.stringify(deployment()),
		params: {replicas: '3', revision: 'previous'},
		end() {
			for (const [kind, objects] of before) {
				for (const {metadata} of store().list(kind, 'checkout')) store().remove(kind, 'checkout', metadata.name);
				for (const object of objects) store().put(kind, object);
			}
			return heard('horizontalpodautoscalers', autoscalers);
		},
	};
};
const workload = (change: Change) => shown(onWeb, {change});
const remade = workload(() => {
	const {metadata, ...rest} = deployment();
	store().remove('deployments.apps', 'checkout', 'web');
	store().put('deployments.apps', {...rest, metadata: {...metadata, uid: 'another'}} as KubeObject);
});
const managed = workload(() => patchWeb({metadata: {annotations: {'argocd.argoproj.io/tracking-id': 'shop:apps'}}}));
const ofTemplates = {
	'kind and name': remade,
	'the template before and after': workload(() =>
		patchWeb({spec: {template: {metadata: {annotations: {release: 'third'}}}}}),
	),
	'update strategy': workload(() => patchWeb({spec: {strategy: {rollingUpdate: {maxSurge: 7}}}})),
	'the revision that an undo restores': workload(() => {
		const [set] = setsOfWeb().slice(-1);
		if (set === undefined) return;
		store().remove('replicasets.apps', 'checkout', set.metadata.name);
		store().put('replicasets.apps', {...set, metadata: {...set.metadata, uid: 'another-set'}} as KubeObject);
	}),
	'whether it is paused': workload(() => patchWeb({spec: {paused: true}})),
	'the tool or controller that manages it': managed,
	'whether midwatch may change it': workload(mayOnlyLook),
};

const cases: BindingCases<KubernetesPort> = {
	'kubernetes.delete-pod': {
		...ofPods,
		'disruption budgets that deleting violates': pod(putBudget),
		'the finalizers that its deletion waits for': pod(
			() => putPod({finalizers: ['volume/detach']}),
			() => putPod({finalizers: ['backup/wait']}),
		),
		'whether midwatch may delete it': pod(mayOnlyLook),
	},
	'kubernetes.evict-pod': {
		...ofPods,
		'disruption budgets': pod(putBudget),
		'what the dry run said': pod(
			() => store().remove(budget, 'fixture', 'bound'),
			async () => {
				putPod({ready: false});
				await putBudget();
			},
		),
		'whether midwatch may evict it': pod(mayOnlyLook),
	},
	'kubernetes.restart': ofTemplates,
	'kubernetes.undo-rollout': {
		...ofTemplates,
		'the revision that it is rolled back to': workload(() => {
			const [set] = setsOfWeb().slice(-2);
			return set && void store().remove('replicasets.apps', 'checkout', set.metadata.name);
		}),
	},
	'kubernetes.scale': {
		'kind and name': remade,
		'how many replicas are requested': workload(() => patchWeb({spec: {replicas: 5}})),
		'the autoscaler': workload(async () => {
			const scaler = store().get(autoscalers, 'checkout', 'web') ?? expect.fail('nothing scales web');
			store().put(autoscalers, {
				...scaler,
				spec: {...(valueAt(scaler, 'spec') as JsonObject), minReplicas: 3},
			} as KubeObject);
			await heard('horizontalpodautoscalers', autoscalers);
		}),
		'the tool or controller that manages it': managed,
		'whether midwatch may change it': workload(mayOnlyLook),
	},
};

describe('what a plan is bound to', () => {
	planBindingTests(actions, cases);

	test.each(['kubernetes.delete-pod', 'kubernetes.evict-pod'])(
		'%s: a pod that failed when it was shown and is ready now is not changed',
		async id => {
			const action = actions.find(one => one.id === id) ?? expect.fail(id);
			const {
				plan,
				change,
				wasApplied: happened,
				cleanUp: end,
			} = await pod(
				() => putPod(),
				() => putPod({ready: false}),
			)(action);
			await change();
			expect(await action.preflight(plan(), about())).toContainEqual(
				expect.objectContaining({
					conflict: true,
					detail: 'it is ready and serves now (Running), it was not ready',
				}),
			);
			await expect(action.run(plan(), about())).rejects.toMatchObject({kind: 'conflict'});
			expect(await happened()).toBe(false);
			await end();
		},
	);

	test.each(['kubernetes.delete-pod', 'kubernetes.evict-pod'])(
		'%s: of several pods only the unchanged ones are sent',
		async id => {
			const action = actions.find(one => one.id === id) ?? expect.fail(id);
			putPod();
			const {uid} = clusterFixture.addPod('other').metadata;
			const other = {...podRow(), id: uid, uid, name: 'other', workload: undefined} as PodRow;
			const rows: readonly Row[] = [podRow(), other];
			const {plan, count} = await action.preview(rows, {grace: 'default'}, about());
			expect(count).toBe(2);
			expect(await action.unchangedRows?.(rows, plan, about())).toEqual(rows);
			putPod({ready: false});
			expect(await action.unchangedRows?.(rows, plan, about())).toEqual([other]);
			const {summary} = await action.run(plan, about());
			expect(summary).toMatch(
				/^1 of 2 pods \w+; refused: bound: it is not ready now \(Running\), it was ready and serves$/,
			);
			expect(store().get('pods', 'fixture', 'bound')?.metadata.deletionTimestamp).toBeUndefined();
			for (const name of ['bound', 'other']) clusterFixture.removePod(name);
		},
	);
});
