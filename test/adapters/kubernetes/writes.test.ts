import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {findApiRefusal} from '../../../adapters/kubernetes/api/errors.ts';
import {createKubernetesSettings} from '../../../adapters/kubernetes/config/kubernetes-settings.ts';
import {connectKubernetes} from '../../../adapters/kubernetes/connect.ts';
import {systemEnvironment} from '../../../src/config/config-environment.ts';
import type {KubernetesPort, KubernetesWriteContext, ObjectRef, ResourceType} from '../../../src/port/kubernetes.ts';
import {eventually} from '../../time-left.ts';
import {type ClusterFixture, startClusterFixture, testContext} from './cluster-fixture.ts';

let clusterFixture: ClusterFixture;
let port: KubernetesPort;

const pods: ResourceType = {group: '', version: 'v1', resource: 'pods', namespaced: true};
const deployments: ResourceType = {group: 'apps', version: 'v1', resource: 'deployments', namespaced: true};
const deployment: ObjectRef = {type: deployments, namespace: 'checkout', name: 'web'};
const acting = (): KubernetesWriteContext => ({...testContext(), record: 'rec-7'});
const pod = (name: string): ObjectRef => ({type: pods, namespace: 'fixture', name});
const refused = (work: Promise<unknown>) => work.then(() => undefined, findApiRefusal);

beforeAll(async () => {
	clusterFixture = await startClusterFixture();
	({port} = await clusterFixture.createClient());
});

afterAll(() => clusterFixture.close());

const replicas = async () => {
	const found = await port.get(deployment, testContext());
	return (found['spec'] as {readonly replicas: number}).replicas;
};

describe('a patch', () => {
	test('of each of the three types changes the object', async () => {
		const label = (name: string) => ({metadata: {labels: {[name]: 'yes'}}});
		await port.patch(deployment, {type: 'merge', body: label('merged')}, {dryRun: false}, acting());
		await port.patch(deployment, {type: 'strategic', body: label('strategic')}, {dryRun: false}, acting());
		const add = {op: 'add', path: '/metadata/labels/json', value: 'yes'};
		const after = await port.patch(deployment, {type: 'json', body: [add]}, {dryRun: false}, acting());
		expect(after.metadata.labels).toMatchObject({merged: 'yes', strategic: 'yes', json: 'yes'});
	});

	test('as a dry run changes nothing', async () => {
		const before = await replicas();
		const body = {spec: {replicas: before + 3}};
		const scale = {...deployment, subresource: 'scale'};
		const said = await port.patch(scale, {type: 'merge', body}, {dryRun: true}, acting());
		expect(said['spec']).toMatchObject({replicas: before + 3});
		expect(await replicas()).toBe(before);
		await port.patch(scale, {type: 'merge', body}, {dryRun: false}, acting());
		expect(await replicas()).toBe(before + 3);
	});

	test('whose guard no longer holds is refused as a conflict', async () => {
		const {metadata} = await port.get(deployment, testContext());
		const body = {metadata: {resourceVersion: '1', uid: metadata.uid, labels: {late: 'yes'}}};
		await expect(port.patch(deployment, {type: 'merge', body}, {dryRun: false}, acting())).rejects.toMatchObject({
			kind: 'conflict',
			harmless: true,
		});
		expect((await port.get(deployment, testContext())).metadata.labels).not.toHaveProperty('late');
	});
});

describe('a pod', () => {
	test('is deleted only if it is the one that was meant', async () => {
		const {metadata} = clusterFixture.addPod('meant');
		const wrong = {dryRun: false, preconditions: {uid: 'another'}};
		await expect(port.remove(pod('meant'), wrong, acting())).rejects.toMatchObject({kind: 'conflict'});
		const right = {preconditions: {uid: metadata.uid}, gracePeriodSeconds: 0};
		await port.remove(pod('meant'), {...right, dryRun: true}, acting());
		expect((await port.get(pod('meant'), testContext())).metadata.uid).toBe(metadata.uid);
		await port.remove(pod('meant'), {...right, dryRun: false}, acting());
		await eventually(async () => {
			await expect(port.get(pod('meant'), testContext())).rejects.toMatchObject({kind: 'conflict'});
		});
	});

	test('is evicted, but not as a dry run, and not against a budget', async () => {
		const {metadata} = clusterFixture.addPod('evicted');
		const name = {namespace: 'fixture', name: 'evicted'};
		const options = {preconditions: {uid: metadata.uid}, gracePeriodSeconds: 0};
		await port.evict(name, {...options, dryRun: true}, acting());
		expect(clusterFixture.actualVersions('pods', 'fixture')).toHaveProperty([metadata.uid]);
		const {store, newMetadata: meta} = clusterFixture.api.simulation.cluster;
		store.put('poddisruptionbudgets.policy', {
			apiVersion: 'policy/v1',
			kind: 'PodDisruptionBudget',
			metadata: meta('fixture-budget', {namespace: 'fixture', generation: 1}),
			spec: {minAvailable: 99, selector: {matchLabels: {app: 'fixture'}}},
			status: {observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 99, expectedPods: 1},
		} as Parameters<typeof store.put>[1]);
		const blocked = await refused(port.evict(name, {...options, dryRun: false}, acting()));
		expect(blocked).toMatchObject({code: 429, causes: [expect.objectContaining({reason: 'DisruptionBudget'})]});
		expect(JSON.stringify(blocked)).toContain('fixture-budget');
		store.remove('poddisruptionbudgets.policy', 'fixture', 'fixture-budget');
		await port.evict(name, {...options, dryRun: false}, acting());
		await eventually(() => expect(clusterFixture.actualVersions('pods', 'fixture')).not.toHaveProperty([metadata.uid]));
	});
});

describe('a write', () => {
	test('never leaves a connection that was opened read-only', async () => {
		const client = await clusterFixture.createClient({}, {readOnly: true});
		const {metadata} = clusterFixture.addPod('refused');
		const options = {dryRun: false, preconditions: {uid: metadata.uid}};
		const name = {namespace: 'fixture', name: 'refused'};
		await expect(client.port.remove(pod('refused'), options, acting())).rejects.toMatchObject({kind: 'denied'});
		await expect(client.port.evict(name, options, acting())).rejects.toMatchObject({kind: 'denied'});
		await expect(
			client.port.patch(pod('refused'), {type: 'merge', body: {}}, {dryRun: true}, acting()),
		).rejects.toMatchObject({kind: 'denied'});
		expect(clusterFixture.actualVersions('pods', 'fixture')).toHaveProperty([metadata.uid]);
	});

	test('that is not allowed fails with the command that grants it', async () => {
		const client = await clusterFixture.createClient({text: clusterFixture.api.kubeconfigOf('viewer')});
		const patch = {type: 'merge', body: {spec: {replicas: 1}}} as const;
		await expect(
			client.port.patch({...deployment, subresource: 'scale'}, patch, {dryRun: false}, acting()),
		).rejects.toMatchObject({
			kind: 'denied',
			harmless: true,
			hint: expect.stringContaining('kubectl -n checkout create role midwatch-deployments-scale-patch --verb=patch'),
		});
	});

	test('whose reply is lost is not sent again', async () => {
		const {metadata} = await port.get(deployment, testContext());
		const patch = {type: 'merge', body: {metadata: {labels: {lost: 'yes'}}}} as const;
		clusterFixture.api.faults.injectNext({kind: 'cut'}, {verb: 'patch'}, 1);
		const error = await port.patch(deployment, patch, {dryRun: false}, acting()).catch((thrown: unknown) => thrown);
		expect(error).toMatchObject({kind: 'unreachable', harmless: false});
		const after = await port.get(deployment, testContext());
		// The fake server cuts the connection before it acts: a second request would have succeeded.
		expect(after.metadata.labels).not.toHaveProperty('lost');
		expect(after.metadata.uid).toBe(metadata.uid);
	});

	test('after an expired token is sent with the new one', async () => {
		const old = clusterFixture.api.simulation.cluster.access.issue('operator');
		await clusterFixture.writeFile('act-token', old);
		const made = JSON.parse(clusterFixture.api.kubeconfig) as {users: object[]};
		const text = JSON.stringify({...made, users: [{name: 'demo', user: {tokenFile: 'act-token'}}]});
		const client = await clusterFixture.createClient({text});
		await client.port.get(deployment, testContext());
		clusterFixture.api.faults.expireToken(old);
		await clusterFixture.writeFile('act-token', clusterFixture.api.simulation.cluster.access.issue('operator'));
		const patch = {type: 'merge', body: {metadata: {labels: {renewed: 'yes'}}}} as const;
		const after = await client.port.patch(deployment, patch, {dryRun: false}, acting());
		expect(after.metadata.labels).toHaveProperty('renewed', 'yes');
	});
});

describe('a permission', () => {
	const scale = {verb: 'patch', group: 'apps', resource: 'deployments', subresource: 'scale', namespace: 'checkout'};

	test('is allowed, denied, or unknown where the access review is denied', async () => {
		const ask = async (login: Parameters<typeof clusterFixture.api.kubeconfigOf>[0]) => {
			const client = await clusterFixture.createClient({text: clusterFixture.api.kubeconfigOf(login)});
			return (await client.port.reviewAccess(scale, testContext())).answer;
		};
		expect(await ask('operator')).toBe('allowed');
		expect(await ask('viewer')).toBe('denied');
		expect(await ask('noreview')).toBe('unknown');
	});

	test('is reported with the command that grants it', async () => {
		const file = await clusterFixture.writeFile('permissions', clusterFixture.api.kubeconfigOf('viewer'));
		const settings = createKubernetesSettings(
			{kubeconfig: [file]},
			{...systemEnvironment(), env: {}, home: clusterFixture.folder},
		);
		const target = {name: 'demo', kind: 'kubernetes', production: true, settings} as const;
		const connection = await connectKubernetes(target, {readOnly: true});
		const {version, who} = await connection.identify(testContext());
		expect([version, who]).toEqual([expect.stringMatching(/^v1\.\d+/), 'viewer']);
		const found = await connection.permissions(testContext());
		expect(found.find(({name}) => name === 'watch pods')).toMatchObject({state: 'have', grant: ''});
		expect(found.find(({needs}) => needs === 'kubernetes.evict-pod')).toMatchObject({
			state: 'lack',
			grant: expect.stringContaining('--verb=create --resource=pods/eviction'),
		});
		await connection.close();
		await connection.close();
	});

	test('is also reported for watched namespaces that do not exist', async () => {
		const file = await clusterFixture.writeFile('namespaces', clusterFixture.api.kubeconfigOf('viewer'));
		const words = {kubeconfig: [file], namespaces: ['checkout', 'chekout']};
		const settings = createKubernetesSettings(words, {...systemEnvironment(), env: {}, home: clusterFixture.folder});
		const target = {name: 'demo', kind: 'kubernetes', production: true, settings} as const;
		const connection = await connectKubernetes(target, {readOnly: true});
		const found = await connection.permissions(testContext());
		expect(found.filter(({name}) => name.startsWith('namespace'))).toEqual([
			{
				needs: 'all of chekout',
				name: 'namespace chekout, which does not exist',
				state: 'lack',
				grant: 'kubectl create namespace chekout',
			},
		]);
		await connection.close();
	});
});

describe('a read', () => {
	test('of usage returns it, or one of three errors', async () => {
		const {cluster} = clusterFixture.api.simulation;
		await eventually(async () => {
			const usage = await port.podUsage(testContext());
			expect(usage.length).toBeGreaterThan(10);
			expect(usage[0]?.containers[0]?.memory).toBeGreaterThan(0);
		});
		expect((await port.nodeUsage(testContext())).length).toBeGreaterThan(0);
		cluster.metrics = 'absent';
		await expect(port.nodeUsage(testContext())).rejects.toMatchObject({kind: 'unsupported'});
		cluster.metrics = 'failing';
		await expect(port.nodeUsage(testContext())).rejects.toMatchObject({kind: 'unreachable'});
		cluster.metrics = 'served';
		const bare = await clusterFixture.createClient({text: clusterFixture.api.kubeconfigOf('bare')});
		await expect(bare.port.nodeUsage(testContext())).rejects.toMatchObject({kind: 'denied'});
	});

	test('of a log is complete, also while it grows', async () => {
		const {items} = await port.list({type: pods, namespace: 'checkout'}, testContext());
		const first = items.find(({status}) => JSON.stringify(status).includes('"ready":true'));
		expect(first).toBeDefined();
		const request = {namespace: 'checkout', pod: first?.metadata.name ?? '', tailLines: 5};
		const lines: string[] = [];
		for await (const some of port.readLogs(request, testContext())) lines.push(...some);
		expect(lines).toHaveLength(5);
		const quit = new AbortController();
		const followed: string[] = [];
		const follow = async () => {
			for await (const some of port.readLogs({...request, follow: true}, testContext(quit.signal))) {
				followed.push(...some);
				if (followed.length > 5) quit.abort();
			}
		};
		await expect(follow()).rejects.toMatchObject({kind: 'timeout'});
		expect(followed.length).toBeGreaterThan(5);
	});

	test('of a list supports selectors, metadata only, and a limit', async () => {
		const {items, more} = await port.list({type: pods, namespace: '', limit: 3, metadataOnly: true}, testContext());
		expect([items.length, more]).toEqual([3, true]);
		expect(items[0]).not.toHaveProperty('spec');
		await expect(
			port.list({type: {...pods, resource: 'nothings'}, namespace: ''}, testContext()),
		).rejects.toMatchObject({
			kind: 'unsupported',
		});
	});
});
