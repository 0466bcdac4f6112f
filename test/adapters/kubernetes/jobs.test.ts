import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {podsSource} from '../../../adapters/kubernetes/pods/pods.ts';
import {inspectOwners} from '../../../adapters/kubernetes/workloads/inspect-owners.ts';
import {inspectWorkload} from '../../../adapters/kubernetes/workloads/inspect-workload.ts';
import {restartWorkload} from '../../../adapters/kubernetes/workloads/restart.ts';
import {workloadsSource} from '../../../adapters/kubernetes/workloads/workloads.ts';
import {withDefaults} from '../../../demo/kubernetes-api/objects/defaults.ts';
import type {CronJob, Job, Pod} from '../../../demo/kubernetes-api/objects/kinds.ts';
import {type KubeObject, ownerReference} from '../../../demo/kubernetes-api/objects/kube-object.ts';
import type {Inspection} from '../../../src/contract/inspection.ts';
import type {Row, Snapshot} from '../../../src/contract/row.ts';
import type {Source} from '../../../src/contract/source.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import type {WorkloadRow} from '../../../src/model/kubernetes/workload.ts';
import type {KubernetesPort} from '../../../src/port/kubernetes.ts';
import {eventually} from '../../time-left.ts';
import {type ClusterFixture, startClusterFixture, testContext} from './cluster-fixture.ts';
import {kubernetesTarget} from './kubernetes-target.ts';

let clusterFixture: ClusterFixture;
let port: KubernetesPort;

const target = kubernetesTarget({context: 'prod'});

beforeAll(async () => {
	clusterFixture = await startClusterFixture();
	({port} = await clusterFixture.createClient());
	clusterFixture.api.simulation.programs.set('works:1', {exit: {afterMs: 200, exitCode: 0, says: 'done'}});
	clusterFixture.api.simulation.programs.set('breaks:1', {exit: {afterMs: 200, exitCode: 3, says: 'no such table'}});
});

afterAll(() => clusterFixture.close());

function addJob(name: string, image: string, more: Partial<Job['spec']> = {}, of?: KubeObject): Job {
	const {store, newMetadata: meta} = clusterFixture.api.simulation.cluster;
	const job = {
		apiVersion: 'batch/v1',
		kind: 'Job',
		metadata: meta(name, {namespace: 'orders', ...(of === undefined ? {} : {ownerReferences: [ownerReference(of)]})}),
		spec: {template: {spec: {restartPolicy: 'Never', containers: [{name: 'main', image}]}}, backoffLimit: 0, ...more},
	};
	return store.put('jobs.batch', withDefaults('jobs.batch', job) as Job);
}

function addCronJob(name: string): CronJob {
	const {store, newMetadata: meta} = clusterFixture.api.simulation.cluster;
	const spec = {
		schedule: '0 3 29 2 *',
		jobTemplate: {
			spec: {template: {spec: {restartPolicy: 'Never', containers: [{name: 'main', image: 'works:1'}]}}},
		},
	};
	const cron = {apiVersion: 'batch/v1', kind: 'CronJob', metadata: meta(name, {namespace: 'orders'}), spec};
	return store.put('cronjobs.batch', withDefaults('cronjobs.batch', cron) as CronJob);
}

/** The client of a cluster fixture has little patience: on a busy machine a read may find the server silent, and the next one does not. */
const rowsOf = <R extends Row>(source: Source<R, KubernetesPort>): Promise<Snapshot<R>> =>
	eventually(() => source.open(port, target)(testContext()));

const read = async () => {
	const snapshot = await rowsOf(workloadsSource);
	const found = workloadsSource.findings(snapshot, undefined, {target: 'prod', now: Date.now()});
	return {rows: snapshot.rows as readonly WorkloadRow[], found};
};

async function rowOf(name: string): Promise<WorkloadRow> {
	const row = (await read()).rows.find(each => each.name === name);
	return row ?? expect.fail(`there is no row of ${name}`);
}

const podsOf = async (name: string) =>
	((await rowsOf(podsSource)).rows as readonly PodRow[]).filter(row => row.owner === name);

async function textOf(inspection: Inspection<Row, KubernetesPort>, row: WorkloadRow): Promise<string> {
	const document = await inspection.open(row, {...testContext(), port, target, rows: [row], params: {}});
	return document.lines.map(({text}) => text).join('\n');
}

describe('a Job', () => {
	test('has a row above its pods, with how many of them have ended well', async () => {
		const {metadata} = addJob('migrate', 'works:1', {completions: 3, parallelism: 2});
		await eventually(async () => {
			const row = await rowOf('migrate');
			expect(row).toMatchObject({workloadKind: 'Job', status: 'complete', ready: 3, desired: 3, severity: 'ok'});
		});
		// Each kind has its own watch, so pods may be reported after the end of their job.
		await eventually(async () =>
			expect((await podsOf('migrate')).map(row => [row.workload?.uid, row.status, row.severity])).toEqual(
				Array.from({length: 3}, () => [metadata.uid, 'Completed', 'ok']),
			),
		);
		const row = await rowOf('migrate');
		expect(row.workload.uid).toBe(row.id);
		const text = await textOf(inspectWorkload, row);
		expect(text).toMatch(/^Status +complete: 3 of 3 done$/m);
		expect(text).toMatch(/^Retries +0 at most$/m);
		expect(text).toMatch(/^ {2}image +works:1$/m);
		expect(text).toMatch(/^ {2}Complete +True/m);
		expect(text).toContain('Created pod: migrate-');
		expect(text).not.toContain('Revisions');
		expect(restartWorkload.disabled([row])).toBe('not available for a Job');
	});

	test('that failed is reported by its pods, and by itself once they are deleted', async () => {
		addJob('seed', 'breaks:1');
		await eventually(async () => expect((await rowOf('seed')).status).toBe('failed'));
		const row = await rowOf('seed');
		expect(row).toMatchObject({severity: 'crit', ready: 0, desired: 1, runs: {last: {failed: 1, end: 'failed'}}});
		await eventually(async () =>
			expect((await rowOf('seed')).why).toMatch(/^the job failed: BackoffLimitExceeded: .*; 1 of 1 pods Error/),
		);
		expect((await read()).found.filter(({sentence}) => sentence.includes('seed'))).toEqual([]);
		const [pod] = await podsOf('seed');
		clusterFixture.removePod(pod?.name ?? '', 'orders');
		await eventually(async () =>
			expect((await read()).found).toContainEqual(
				expect.objectContaining({
					severity: 'crit',
					sentence: 'orders/seed: the job failed: BackoffLimitExceeded: Job has reached the specified backoff limit',
					row: {kind: 'kubernetes.workload', id: row.id},
				}),
			),
		);
	});

	test('ends when it takes too long, and waits while it is suspended', async () => {
		clusterFixture.api.simulation.programs.set('slow:1', {cpu: 0.1});
		addJob('slow', 'slow:1', {activeDeadlineSeconds: 1});
		addJob('later', 'works:1', {suspend: true});
		await eventually(async () => expect(await rowOf('slow')).toMatchObject({status: 'failed', pods: {total: 0}}));
		expect((await rowOf('slow')).why).toContain('DeadlineExceeded: Job was active longer than specified deadline');
		expect(await rowOf('later')).toMatchObject({status: 'suspended', severity: 'ok', pods: {total: 0}});
	});
});

describe('a CronJob', () => {
	test('is one row with its Jobs, and an earlier failure no longer counts after a successful run', async () => {
		const cron = addCronJob('export');
		await eventually(async () =>
			expect(await rowOf('export')).toMatchObject({workloadKind: 'CronJob', status: 'waiting'}),
		);
		addJob('export-1', 'breaks:1', {}, cron);
		await eventually(async () => {
			expect(await rowOf('export')).toMatchObject({status: 'failed', severity: 'crit'});
			expect((await podsOf('export')).map(({severity}) => severity)).toEqual(['crit']);
		});
		// Creation times have a resolution of one second: wait until the next job gets a later one.
		const createdAt =
			clusterFixture.api.simulation.cluster.store.get('jobs.batch', 'orders', 'export-1')?.metadata.creationTimestamp ??
			'';
		await eventually(() => expect(Date.now()).toBeGreaterThan(Date.parse(createdAt) + 1000));
		addJob('export-2', 'works:1', {}, cron);
		await eventually(async () => {
			const row = await rowOf('export');
			expect(row).toMatchObject({status: 'complete', severity: 'ok', runs: {schedule: '0 3 29 2 *'}});
			const known = (await podsOf('export')).map(({status, severity}) => `${status} ${severity}`);
			expect(known.toSorted()).toEqual(['Completed ok', 'Error ok']);
		});
		expect((await read()).rows.filter(({workloadKind}) => workloadKind === 'CronJob')).toHaveLength(1);
		expect(await textOf(inspectOwners, await rowOf('export'))).toMatch(
			/^CronJob export {2}0 3 29 2 \*\n {2}Job export-2 {2}1 of 1 done\n {4}Pod export-2-\w+ .*\n {2}Job export-1 {2}0 of 1 done {2}1 failed\n {4}Pod export-1-/,
		);
		expect(await textOf(inspectWorkload, await rowOf('export'))).toMatch(/^Last job +export-2$/m);
	});

	test('is derived from its pods where jobs may not be read', async () => {
		const {store, access} = clusterFixture.api.simulation.cluster;
		access.grant('viewer', [{verbs: ['get', 'list', 'watch'], groups: ['', 'apps'], resources: ['*']}]);
		const viewer = await clusterFixture.createClient({text: clusterFixture.api.kubeconfigOf('viewer')});
		const snapshot = await workloadsSource.open(viewer.port, target)(testContext());
		expect(snapshot.rows.length).toBeGreaterThan(50);
		expect(snapshot.notes.map(({text}) => text).join('\n')).toMatch(/cron jobs are not listed: .*forbidden/i);
		const one = store.list<Pod>('pods', 'orders').find(({metadata}) => metadata.name.startsWith('export-2-'));
		const {rows} = await podsSource.open(viewer.port, target)(testContext());
		expect((rows as readonly PodRow[]).find(({uid}) => uid === one?.metadata.uid)?.workload).toMatchObject({
			kind: 'Job',
			name: 'export-2',
		});
	});
});
