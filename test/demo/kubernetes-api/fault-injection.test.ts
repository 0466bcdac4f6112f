import {afterEach, beforeEach, expect, test} from 'vitest';
import {type KubernetesApi, startKubernetesApi} from '../../../demo/kubernetes-api/server.ts';
import {createScenario} from '../../../demo/scenario.ts';
import {createFakeClock, type FakeClock} from '../../fake-clock.ts';
import {createApiClient} from './api-client.ts';

let clock: FakeClock;
let api: KubernetesApi;
let client: ReturnType<typeof createApiClient>;

beforeEach(async () => {
	clock = createFakeClock();
	api = await startKubernetesApi({clock, scenario: createScenario('calm', {now: clock.now}), pods: 40});
	client = createApiClient(api);
});

afterEach(async () => {
	client.close();
	await api.close();
});

const watched = () =>
	client.watch(`/api/v1/pods?watch=1&resourceVersion=${api.simulation.cluster.store.revision}&allowWatchBookmarks=1`);
const touch = () => {
	const {store} = api.simulation.cluster;
	const [pod] = store.list('pods');
	if (pod !== undefined)
		store.put('pods', {...pod, metadata: {...pod.metadata, labels: {turn: String(store.revision)}}});
};
const where = {verb: 'watch', resource: 'pods'};

/** A watch that has sent all pending events, so that it is open and nothing of it is in flight. */
async function openWatch() {
	const stream = watched();
	touch();
	await stream.until(events => events.length === 1);
	return stream;
}

test('stall: the stream is silent, and other requests are answered', async () => {
	const stream = await openWatch();
	expect(api.faults.injectNow({kind: 'stall'}, where)).toBe(1);
	const eventCount = stream.events.length;
	touch();
	expect(await client.send('GET', '/api/v1/pods')).toMatchObject({code: 200});
	expect(stream.events).toHaveLength(eventCount);
	expect(stream.ended).toBeUndefined();
	stream.close();
});

test('half-open: no request on the connection is answered', async () => {
	api.faults.injectNext({kind: 'half-open'}, {resource: 'pods', verb: 'list'});
	let answered = false;
	const first = client.send('GET', '/api/v1/pods').then(
		() => (answered = true),
		() => 'broken',
	);
	// On a connection of its own, since the dead one is taken.
	expect(await client.send('GET', '/api/v1/nodes')).toMatchObject({code: 200});
	expect(answered).toBe(false);
	client.close();
	expect(await first).toBe('broken');
});

test.each(['reset', 'cut'] as const)('%s: the stream ends before its end', async kind => {
	const stream = await openWatch();
	api.faults.injectNow({kind}, where);
	expect(await stream.untilEnded()).toBe('broken');
});

test('truncate: half of the last chunk arrives, and is not read as an event', async () => {
	const stream = await openWatch();
	const eventCount = stream.events.length;
	api.faults.injectNow({kind: 'truncate'}, where);
	touch();
	expect(await stream.untilEnded()).toBe('broken');
	expect(stream.events).toHaveLength(eventCount);
});

test('drop-bookmarks: changes arrive, bookmarks do not', async () => {
	const stream = await openWatch();
	api.faults.injectNow({kind: 'drop-bookmarks'}, where);
	await clock.advance(180_000);
	touch();
	const eventCount = stream.events.length;
	await stream.until(events => events.length > eventCount);
	expect(stream.events.map(({type}) => type)).not.toContain('BOOKMARK');
	stream.close();
});

test('slow: the response arrives once the time has passed', async () => {
	api.faults.injectNext({kind: 'slow', delayMs: 5000}, {resource: 'nodes'});
	let answered = false;
	const slow = client.send('GET', '/api/v1/nodes').then(answer => {
		answered = true;
		return answer;
	});
	await client.send('GET', '/api/v1/pods');
	expect(answered).toBe(false);
	while (!answered) {
		await clock.advance(1000);
		await new Promise(resolve => setTimeout(resolve, 5));
	}
	expect(await slow).toMatchObject({code: 200});
});

test('refuse: 429 with its Retry-After, as often as requested', async () => {
	api.faults.injectNext({kind: 'refuse', code: 429, retryAfterSeconds: 7}, {resource: 'pods'}, 2);
	for (const code of [429, 429, 200]) {
		const answer = await client.send('GET', '/api/v1/pods');
		expect(answer.code).toBe(code);
		expect(answer.headers['retry-after']).toBe(code === 429 ? '7' : undefined);
	}
});

test('expireToken: 401 from now on, and a new token is accepted', async () => {
	api.faults.expireToken(api.tokens.viewer);
	expect(await client.send('GET', '/api/v1/pods', {token: api.tokens.viewer})).toMatchObject({code: 401});
	const token = api.simulation.cluster.access.issue('viewer');
	expect(await client.send('GET', '/api/v1/pods', {token})).toMatchObject({code: 200});
});

test('restart: streams break, the port and the objects stay, and old versions are dropped', async () => {
	const stream = await openWatch();
	const before = api.simulation.cluster.store.revision;
	await api.faults.restart();
	expect(await stream.untilEnded()).toBe('broken');
	const list = await client.send('GET', '/api/v1/pods');
	expect(list.body.items).toHaveLength(40);
	expect(Number(list.body.metadata.resourceVersion)).toBeGreaterThan(before + 1000);
	const again = client.watch(`/api/v1/pods?watch=1&resourceVersion=${before}`);
	await again.untilEnded();
	expect(again.events).toMatchObject([{type: 'ERROR', object: {code: 410}}]);
});

test('stop and start: connections are refused, then accepted', async () => {
	await api.faults.stop();
	await expect(client.send('GET', '/api/v1/pods')).rejects.toMatchObject({code: 'ECONNREFUSED'});
	await api.faults.start();
	expect(await client.send('GET', '/api/v1/pods')).toMatchObject({code: 200});
});
