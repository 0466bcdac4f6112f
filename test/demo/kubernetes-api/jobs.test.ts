import {beforeAll, expect, test} from 'vitest';
import type {CronJob, Job, KubeEvent} from '../../../demo/kubernetes-api/objects/kinds.ts';
import type {KubeObject} from '../../../demo/kubernetes-api/objects/kube-object.ts';
import {describeWithKubectl} from './kubectl-fixture.ts';

/** What a client sends has no uid yet. */
const object = (body: object) => body as KubeObject;

describeWithKubectl('jobs', 'calm', (judge, open) => {
	beforeAll(open);

	test('run the requested number of pods to their end', async () => {
		const {kubectl, get, api} = judge();
		const image = 'registry.example.test/orders/migrate:1';
		const spec = {template: {spec: {restartPolicy: 'Never', containers: [{name: 'main', image}]}}};
		const body = {apiVersion: 'batch/v1', kind: 'Job', metadata: {name: 'migrate', namespace: 'orders'}, spec};
		await kubectl('create', '-f', judge().file(object(body)));
		expect(await kubectl('-n', 'orders', 'wait', '--for=condition=complete', 'job/migrate', '--timeout=30s')).toContain(
			'condition met',
		);
		const job = get<Job>('jobs.batch', 'orders', 'migrate');
		expect(job.status).toMatchObject({active: 0, succeeded: 1});
		const [pod, ...others] = api.simulation.cluster.store.ownedBy('pods', job.metadata.uid);
		expect(others).toEqual([]);
		expect(pod?.metadata.labels).toMatchObject({'job-name': 'migrate', ...job.spec.selector.matchLabels});
		expect(await kubectl('-n', 'orders', 'get', 'jobs')).toMatch(/migrate +(Complete +)?1\/1 /);
		expect(await kubectl('-n', 'orders', 'describe', 'job', 'migrate')).toMatch(/1 Succeeded \/ 0 Failed/);
		const events = api.simulation.cluster.store.list<KubeEvent>('events', 'orders');
		const own = events.filter(({involvedObject}) => involvedObject.uid === job.metadata.uid);
		expect(own.map(({reason}) => reason)).toEqual(['SuccessfulCreate', 'Completed']);
	});

	test('fail after backoffLimit retries, and their pods are deleted with them', async () => {
		const {kubectl, get, api} = judge();
		const image = 'registry.example.test/orders/broken:1';
		api.simulation.programs.set(image, {exit: {afterMs: 300, exitCode: 2, says: 'no'}});
		const spec = {
			backoffLimit: 0,
			template: {spec: {restartPolicy: 'Never', containers: [{name: 'main', image}]}},
		};
		const body = {apiVersion: 'batch/v1', kind: 'Job', metadata: {name: 'broken', namespace: 'orders'}, spec};
		await kubectl('create', '-f', judge().file(object(body)));
		await kubectl('-n', 'orders', 'wait', '--for=condition=failed', 'job/broken', '--timeout=30s');
		const job = get<Job>('jobs.batch', 'orders', 'broken');
		expect(job.status.conditions).toMatchObject([{type: 'Failed', reason: 'BackoffLimitExceeded'}]);
		expect(job.status).toMatchObject({failed: 1, active: 0});
		await kubectl('-n', 'orders', 'delete', 'job', 'broken');
		expect(api.simulation.cluster.store.ownedBy('pods', job.metadata.uid)).toEqual([]);
	});

	test('are created on a schedule', async () => {
		const {kubectl, get} = judge();
		const template = {spec: {restartPolicy: 'OnFailure', containers: [{name: 'main', image: 'export:1'}]}};
		const spec = {schedule: '0 3 * * *', jobTemplate: {spec: {template}}};
		const body = {apiVersion: 'batch/v1', kind: 'CronJob', metadata: {name: 'export', namespace: 'orders'}, spec};
		await kubectl('create', '-f', judge().file(object(body)));
		const cron = get<CronJob>('cronjobs.batch', 'orders', 'export');
		expect(cron.spec).toMatchObject({concurrencyPolicy: 'Allow', successfulJobsHistoryLimit: 3, suspend: false});
		expect(await kubectl('-n', 'orders', 'get', 'cronjobs')).toMatch(/export +0 3 \* \* \* .* 0 +<none>/);
		const wrong = {...body, metadata: {name: 'wrong', namespace: 'orders'}, spec: {...spec, schedule: 'soon'}};
		const file = judge().file(object(wrong));
		const refused = await judge().tryKubectl('admin', 'create', '-f', file);
		expect(refused.err).toContain('spec.schedule: Invalid value: "soon"');
	});
});
