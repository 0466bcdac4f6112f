import {afterEach, describe, expect, test} from 'vitest';
import {kubernetesSystem} from '../../../adapters/kubernetes/system.ts';
import {createScenario} from '../../../demo/scenario.ts';
import type {Action} from '../../../src/contract/action.ts';
import type {Finding} from '../../../src/contract/finding.ts';
import type {Params} from '../../../src/contract/param.ts';
import type {Row} from '../../../src/contract/row.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import type {KubernetesPort} from '../../../src/port/kubernetes.ts';
import {createFakeClock} from '../../fake-clock.ts';
import {eventually} from '../../time-left.ts';
import {fakeSaveFile} from '../conformance-subject.ts';
import {type ClusterFixture, startClusterFixture, testContext} from './cluster-fixture.ts';
import {kubernetesTarget} from './kubernetes-target.ts';

let clusterFixture: ClusterFixture;
afterEach(() => clusterFixture.close());

const minute = 60_000;
const target = kubernetesTarget();

/** The demo's cluster in a scenario, with what midwatch says of it and may do to it. Its time advances only by the test. */
async function open(scenario: 'crashloop' | 'storm') {
	const clock = createFakeClock();
	clusterFixture = await startClusterFixture({scenario: createScenario(scenario, {now: clock.now}), clock});
	const {port} = await clusterFixture.createClient({text: clusterFixture.api.kubeconfigOf('operator')}, {timings: {}});
	const context = () => ({...testContext(), now: clock.now});
	const sources = kubernetesSystem.sources.filter(
		({kind}) => kind === 'kubernetes.pod' || kind === 'kubernetes.workload',
	);
	const reads = sources.map(source => ({source, read: source.open(port, target)}));

	async function findings(): Promise<readonly Finding[]> {
		let found: readonly Finding[] = [];
		// Minutes pass in a moment here, and so the server ends watches that have just begun: they are opened again.
		await eventually(async () => {
			const pending = reads.map(async ({source, read}) =>
				source.findings(await read(context()), undefined, {target: target.name, now: clock.now()}),
			);
			found = (await Promise.all(pending)).flat();
		});
		return found;
	}
	const pods = async () => (await reads[0]?.read(context()))?.rows as readonly PodRow[];

	/** What the port knows is what the cluster has. */
	const caughtUp = () =>
		eventually(async () => {
			for (const [kind, key] of kinds) {
				const {objects} = await port.readWatched(kind, testContext());
				const known = Object.fromEntries([...objects].map(([uid, {metadata}]) => [uid, metadata.resourceVersion]));
				expect(known).toEqual(clusterFixture.actualVersions(key));
			}
		});
	await caughtUp();

	return {
		findings,
		pods,
		async pass(minutes: number) {
			for (let passed = 0; passed < minutes; passed += 1) await clock.advance(minute);
			await caughtUp();
		},
		/** Does it as the console would: previewed, checked, sent. */
		async act(id: string, namespace: string, owner: string, fits: (row: PodRow) => boolean, params: Params = {}) {
			const action = kubernetesSystem.actions.find(each => each.id === id) as Action<Row, KubernetesPort>;
			const row = (await pods()).find(each => each.namespace === namespace && each.owner === owner && fits(each));
			if (row === undefined) return expect.fail(`there is no such pod of ${namespace}/${owner}`);
			const actionContext = {...context(), port, target, record: 'heal-1', saveFile: fakeSaveFile};
			const preview = await action.preview([row], params, actionContext);
			const blocks = (await action.preflight(preview.plan, actionContext)).filter(check => check.result === 'block');
			expect(blocks).toEqual([]);
			await action.run(preview.plan, actionContext);
			await caughtUp();
			return preview;
		},
	};
}

/** What findings are made of, as the port and as the cluster call it. */
const kinds = [
	['pods', 'pods'],
	['deployments', 'deployments.apps'],
	['replicasets', 'replicasets.apps'],
	['controllerrevisions', 'controllerrevisions.apps'],
	['statefulsets', 'statefulsets.apps'],
	['daemonsets', 'daemonsets.apps'],
	['horizontalpodautoscalers', 'horizontalpodautoscalers.autoscaling'],
	['poddisruptionbudgets', 'poddisruptionbudgets.policy'],
] as const;

const isBad = (row: PodRow) => row.severity !== 'ok' && row.deletionDueAt === undefined;
const any = () => true;
const sentences = (findings: readonly Finding[]) => findings.map(({sentence}) => sentence);

describe('the crash loop', () => {
	test('remains after a restart, which was reported as futile', async () => {
		const {act, pass, findings} = await open('crashloop');
		const preview = await act('kubernetes.restart', 'checkout', 'api', isBad);
		expect(preview.unhelpful).toMatchObject({instead: 'kubernetes.undo-rollout'});
		await pass(8);
		expect(sentences(await findings())).toContainEqual(
			expect.stringMatching(/^checkout\/api: \d of \d+ pods .*OOMKilled/),
		);
	});

	test('remains after its pods were deleted, and after it was scaled', async () => {
		const {act, pass, findings, pods} = await open('crashloop');
		const bad = (await pods()).filter(isBad);
		expect(bad).toHaveLength(3);
		for (const {name} of bad) {
			await act('kubernetes.delete-pod', 'checkout', 'api', row => row.name === name, {grace: '0'});
		}
		await act('kubernetes.scale', 'checkout', 'api', any, {replicas: '8'});
		await pass(8);
		expect(sentences(await findings())).toContainEqual(
			expect.stringMatching(/^checkout\/api: \d of \d+ pods .*OOMKilled/),
		);
	});

	test('ends when the rollout is undone, as its finding says, and all is calm', async () => {
		const {act, pass, findings} = await open('crashloop');
		const [first] = await findings();
		expect(first?.sentence).toMatch(/^checkout\/api: 3 of 8 pods CrashLoopBackOff .* since rollout revision 41 at /);
		expect(first?.actions[0]).toBe('kubernetes.undo-rollout');
		const {impact} = await act('kubernetes.undo-rollout', 'checkout', 'api', isBad, {revision: 'previous'});
		expect(impact).toMatch(/, made 14d ago\. 3 pods are replaced, .*, 5 of revision 40 stay\. Serving now: 5 of 6\./);
		await pass(3);
		expect(await findings()).toEqual([]);
	});
});

/** The rollouts of the storm that went wrong. */
const rolledOut = [
	['checkout', 'api'],
	['gateway', 'rate-limit'],
	['media', 'thumb'],
	['notify', 'sms'],
	['search', 'ranking'],
] as const;

describe('the storm', () => {
	test('remains after all its workloads were restarted', async () => {
		const {act, pass, findings} = await open('storm');
		for (const [namespace, name] of rolledOut) await act('kubernetes.restart', namespace, name, isBad);
		await pass(12);
		const shown = sentences(await findings());
		for (const [namespace, name] of rolledOut) {
			expect(shown).toContainEqual(expect.stringMatching(new RegExp(`^${namespace}/${name}: `)));
		}
	});

	test('ends step by step: rollouts undone, the node back, and the load reduced', async () => {
		const {act, pass, findings} = await open('storm');
		for (const [namespace, name] of rolledOut) {
			const found = (await findings()).find(({sentence}) => sentence.startsWith(`${namespace}/${name}: `));
			expect([name, found?.actions[0]]).toEqual([name, 'kubernetes.undo-rollout']);
			await act('kubernetes.undo-rollout', namespace, name, isBad, {revision: 'previous'});
		}
		await act('kubernetes.undo-rollout', 'search', 'indexer', any, {revision: 'previous'});
		await pass(5);
		expect((await findings()).filter(({severity}) => severity === 'crit')).toEqual([]);
		expect(sentences(await findings())).toContainEqual(
			expect.stringMatching(/^node node-c2: \d+ pods .* not terminated in time$/),
		);
		clusterFixture.api.simulation.setNodeReady('node-c2', true);
		clusterFixture.api.simulation.desiredReplicas.delete('gateway/edge');
		await pass(5);
		expect(await findings()).toEqual([]);
	});
});
