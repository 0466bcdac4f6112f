import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type KubernetesApi, startKubernetesApi} from '../../../demo/kubernetes-api/server.ts';
import {createScenario} from '../../../demo/scenario.ts';
import {createFakeClock} from '../../fake-clock.ts';
import {createApiClient} from './api-client.ts';

const clock = createFakeClock();
let api: KubernetesApi;
let client: ReturnType<typeof createApiClient>;

beforeAll(async () => {
	api = await startKubernetesApi({clock, scenario: createScenario('calm', {now: clock.now})});
	client = createApiClient(api);
});

afterAll(async () => {
	client.close();
	await api.close();
});

const settings = '/api/v1/namespaces/default/configmaps';
const put = (name: string, data: Record<string, string>, labels: Record<string, string> = {}) => {
	const {store, newMetadata: meta} = api.simulation.cluster;
	const before = store.get('configmaps', 'default', name);
	const metadata = before === undefined ? meta(name, {namespace: 'default', labels}) : {...before.metadata, labels};
	return store.put('configmaps', {apiVersion: 'v1', kind: 'ConfigMap', metadata, ...{data}});
};
const drop = (name: string) => api.simulation.cluster.store.remove('configmaps', 'default', name);
const podPath = () => {
	const pod = api.simulation.cluster.store.list('pods', 'catalog')[0];
	if (pod === undefined) throw new Error('there are no pods');
	return {pod, path: `/api/v1/namespaces/catalog/pods/${pod.metadata.name}`};
};

test('a path with a broken percent escape is not found, and the server continues', async () => {
	expect((await client.send('GET', '/api/v1/namespaces/%zz/pods')).code).toBe(404);
	expect((await client.send('GET', '/api/v1/pods?limit=1')).code).toBe(200);
});

describe('a list', () => {
	test('in pages is of one version, whatever changes meanwhile', async () => {
		const before = api.simulation.cluster.store.list('pods').map(({metadata}) => metadata.uid);
		const first = await client.send('GET', '/api/v1/pods?limit=150');
		expect(first.body.metadata.remainingItemCount).toBe(before.length - 150);
		const [removed] = api.simulation.cluster.store.list('pods').slice(200);
		api.simulation.cluster.store.remove('pods', removed?.metadata.namespace, removed?.metadata.name ?? '');
		const pages = [first];
		for (let next = first.body.metadata.continue; next !== undefined; next = pages.at(-1)?.body.metadata.continue) {
			pages.push(await client.send('GET', `/api/v1/pods?limit=150&continue=${next}`));
		}
		const listed = pages.flatMap(({body}) => body.items as unknown as {metadata: {uid: string}}[]);
		expect(listed.map(({metadata}) => metadata.uid)).toEqual(before);
		expect(new Set(pages.map(({body}) => body.metadata.resourceVersion)).size).toBe(1);
	});

	test('cannot be continued after a compaction: 410', async () => {
		const first = await client.send('GET', '/api/v1/pods?limit=10');
		put('compacted', {});
		api.faults.compact();
		const next = await client.send('GET', `/api/v1/pods?limit=10&continue=${first.body.metadata.continue}`);
		expect(next).toMatchObject({code: 410, body: {kind: 'Status', reason: 'Expired', code: 410}});
	});

	test('of a future version is 504', async () => {
		const answer = await client.send('GET', '/api/v1/pods?resourceVersion=99999999');
		expect(answer).toMatchObject({code: 504, body: {reason: 'Timeout'}});
	});

	test('is compressed when it is long and the client accepts that', async () => {
		const packed = await client.send('GET', '/api/v1/pods', {headers: {'accept-encoding': 'gzip'}});
		expect(packed.headers['content-encoding']).toBe('gzip');
		const plain = await client.send('GET', '/api/v1/pods');
		expect(plain.headers['content-encoding']).toBeUndefined();
		expect(packed.body).toEqual(plain.body);
	});

	test('returns tables and metadata on request', async () => {
		const table = await client.send('GET', '/api/v1/namespaces/catalog/pods', {
			headers: {accept: 'application/json;as=Table;v=v1;g=meta.k8s.io'},
		});
		expect(table.body).toMatchObject({
			kind: 'Table',
			columnDefinitions: expect.arrayContaining([expect.objectContaining({name: 'Status'})]),
		});
		const partial = await client.send('GET', '/api/v1/namespaces/catalog/pods', {
			headers: {accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'},
		});
		expect(partial.body).toMatchObject({kind: 'PartialObjectMetadataList'});
		expect(partial.body.items[0]).not.toHaveProperty('spec');
	});
});

describe('a watch', () => {
	test('continues from a version without a gap, and reports what enters and leaves the selection', async () => {
		const {revision} = api.simulation.cluster.store;
		put('w', {a: '1'}, {team: 'a'});
		const stream = client.watch(`${settings}?watch=true&resourceVersion=${revision}&labelSelector=team%3Da`);
		await stream.until(events => events.length === 1);
		put('w', {a: '2'}, {team: 'a'});
		put('w', {a: '3'}, {team: 'b'});
		put('w', {a: '4'}, {team: 'a'});
		drop('w');
		await stream.until(events => events.length === 5);
		expect(stream.events.map(({type}) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED', 'ADDED', 'DELETED']);
		const versions = stream.events.map(({object}) => Number(object.metadata.resourceVersion));
		expect(versions).toEqual(versions.toSorted((a, b) => a - b));
		stream.close();
	});

	test('sends bookmarks once a minute, and one more when it ends by its time', async () => {
		const stream = client.watch(
			`${settings}?watch=1&resourceVersion=${api.simulation.cluster.store.revision}&allowWatchBookmarks=true&timeoutSeconds=90`,
		);
		put('marked', {});
		await stream.until(events => events.length === 1);
		await clock.advance(60_000);
		await stream.until(events => events.length === 2);
		await clock.advance(30_000);
		expect(await stream.untilEnded()).toBe('end');
		expect(stream.events.map(({type}) => type)).toEqual(['ADDED', 'BOOKMARK', 'BOOKMARK']);
		expect(Number(stream.events.at(-1)?.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(
			Number(stream.events[0]?.object.metadata.resourceVersion),
		);
	});

	test('of a dropped version gets 410 in the stream', async () => {
		const old = api.simulation.cluster.store.revision;
		put('forgotten', {});
		api.faults.compact();
		const stream = client.watch(`${settings}?watch=1&resourceVersion=${old}`);
		expect(await stream.untilEnded()).toBe('end');
		expect(stream.events).toMatchObject([{type: 'ERROR', object: {code: 410, reason: 'Expired'}}]);
	});
});

describe('a write', () => {
	test('is refused when the object does not meet the preconditions', async () => {
		const {pod, path} = podPath();
		const wrong = {body: {preconditions: {uid: 'another'}}};
		expect(await client.send('DELETE', path, wrong)).toMatchObject({code: 409, body: {reason: 'Conflict'}});
		const old = {body: {preconditions: {resourceVersion: '1'}}};
		expect(await client.send('DELETE', path, old)).toMatchObject({code: 409});
		const eviction = {
			kind: 'Eviction',
			apiVersion: 'policy/v1',
			metadata: {name: pod.metadata.name},
			deleteOptions: wrong.body,
		};
		expect(await client.send('POST', `${path}/eviction`, {body: eviction})).toMatchObject({code: 409});
		expect(api.simulation.cluster.store.get('pods', 'catalog', pod.metadata.name)).toBe(pod);
	});

	test('that evicts is refused by the budget with 429 and its name, also as a dry run', async () => {
		const budget = '/apis/policy/v1/namespaces/payments/poddisruptionbudgets/ledger';
		const strict = {spec: {minAvailable: 6, maxUnavailable: null}};
		await client.send('PATCH', budget, {body: strict, type: 'application/merge-patch+json'});
		await clock.advance(2000);
		const [ledger] = api.simulation.cluster.store
			.list('pods', 'payments')
			.filter(({metadata}) => metadata.labels?.['app.kubernetes.io/name'] === 'ledger');
		const path = `/api/v1/namespaces/payments/pods/${ledger?.metadata.name}/eviction`;
		for (const apiVersion of ['policy/v1', 'policy/v1beta1']) {
			for (const dryRun of ['', '?dryRun=All']) {
				const body = {kind: 'Eviction', apiVersion, metadata: {name: ledger?.metadata.name}};
				const answer = await client.send('POST', `${path}${dryRun}`, {body});
				expect(answer).toMatchObject({code: 429, body: {reason: 'TooManyRequests'}});
				expect(answer.headers['retry-after']).toBeUndefined();
				expect(answer.body.details.causes?.[0]?.message).toBe(
					'The disruption budget ledger needs 6 healthy pods and has 6 currently',
				);
			}
		}
	});

	test('that changes nothing creates no new version', async () => {
		put('same', {a: '1'});
		const {revision} = api.simulation.cluster.store;
		const body = {data: {a: '1'}};
		expect(await client.send('PATCH', `${settings}/same`, {body, type: 'application/merge-patch+json'})).toMatchObject({
			code: 200,
		});
		expect(api.simulation.cluster.store.revision).toBe(revision);
	});

	test('shows in managedFields who set a field last', async () => {
		put('owned', {a: '1'});
		const type = 'application/merge-patch+json';
		await client.send('PATCH', `${settings}/owned?fieldManager=first`, {body: {data: {b: '2'}}, type});
		await client.send('PATCH', `${settings}/owned?fieldManager=second`, {body: {data: {b: '3'}}, type});
		const {managedFields} = api.simulation.cluster.store.get('configmaps', 'default', 'owned')?.metadata ?? {};
		expect(managedFields?.map(({manager, fieldsV1}) => [manager, fieldsV1])).toEqual([
			['second', {'f:data': {'f:b': {}}}],
		]);
	});
});

describe('a user', () => {
	test('gets 401, 403 or access, by token and by impersonation', async () => {
		expect(await client.send('GET', '/api/v1/pods', {token: 'unknown'})).toMatchObject({code: 401});
		expect(await client.send('GET', '/api/v1/pods', {token: api.tokens.team})).toMatchObject({code: 403});
		expect(await client.send('GET', '/api/v1/namespaces/checkout/pods', {token: api.tokens.team})).toMatchObject({
			code: 200,
		});
		const headers = {'impersonate-user': 'bare'};
		expect(await client.send('GET', '/api/v1/pods', {headers})).toMatchObject({code: 403});
		expect(await client.send('GET', '/api/v1/pods', {headers, token: api.tokens.viewer})).toMatchObject({code: 403});
		const review = await client.send('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
			body: {},
			token: api.tokens.viewer,
		});
		expect(review.body.status).toMatchObject({userInfo: {username: 'viewer'}});
	});

	test('may review its rules in a namespace', async () => {
		const body = {spec: {namespace: 'payments'}};
		const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
		const answer = await client.send('POST', path, {body, token: api.tokens.team});
		const rules = answer.body.status['resourceRules'] as {resources: string[]}[];
		expect(rules.flatMap(rule => rule.resources)).not.toContain('pods');
	});
});

describe('the metrics API', () => {
	test('can be absent or failing, which are not the same', async () => {
		const path = '/apis/metrics.k8s.io/v1beta1/nodes';
		expect(await client.send('GET', path)).toMatchObject({code: 200});
		api.simulation.cluster.metrics = 'failing';
		expect(await client.send('GET', path)).toMatchObject({code: 503});
		api.simulation.cluster.metrics = 'absent';
		expect(await client.send('GET', path)).toMatchObject({code: 404});
		const groups = (await client.send('GET', '/apis')).body as unknown as {groups: {name: string}[]};
		expect(groups.groups.map(({name}) => name)).not.toContain('metrics.k8s.io');
		api.simulation.cluster.metrics = 'served';
	});
});
