import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {KubernetesClient} from '../../../adapters/kubernetes/client.ts';
import type {Fault} from '../../../demo/kubernetes-api/objects/fault.ts';
import type {OpenRequest} from '../../../demo/kubernetes-api/serving/fault-injection.ts';
import {type AdapterError, isAdapterError} from '../../../src/errors.ts';
import {eventually} from '../../time-left.ts';
import {type ClusterFixture, cachedVersions, fastTimings, startClusterFixture, testContext} from './cluster-fixture.ts';

let clusterFixture: ClusterFixture;

beforeAll(async () => {
	clusterFixture = await startClusterFixture({timings: fastTimings});
	for (let number = 0; number < 1203; number++) clusterFixture.addPod(`first-${number}`, {filler: 500});
});

afterAll(() => clusterFixture.close());

const equal = async ({port}: KubernetesClient) =>
	expect(await cachedVersions(port)).toEqual(clusterFixture.actualVersions('pods'));

/** Resolves when as many more requests have arrived, with the time of each. */
const nextRequests = (count: number, isWanted: (request: OpenRequest) => boolean = () => true) =>
	new Promise<readonly number[]>(resolve => {
		const times: number[] = [];
		const stop = clusterFixture.api.faults.onRequest(request => {
			if (!isWanted(request)) return;
			times.push(performance.now());
			if (times.length < count) return;
			stop();
			resolve(times);
		});
	});

/** A refused list is retried after the poll interval, times 0.5 to 1.5 at random. */
const minRefusedRetryMs = (fastTimings.pollMs ?? 0) * 0.5;

/** Whether what is shown claims to be the truth. */
async function claimsTruth({port}: KubernetesClient): Promise<boolean> {
	try {
		const {stale} = await port.readWatched('pods', testContext());
		return stale === undefined;
	} catch (error) {
		if (!isAdapterError(error)) throw error;
		return false;
	}
}

describe('a list and a watch', () => {
	test('show what is there, over several pages, trimmed', async () => {
		const client = await clusterFixture.createClient();
		await eventually(async () => {
			expect((await client.port.readWatched('pods', testContext())).isComplete).toBe(true);
			await equal(client);
		});
		const {objects, stale} = await client.port.readWatched('pods', testContext());
		expect(stale).toBeUndefined();
		const found = [...objects.values()].find(({metadata}) => metadata.name === 'first-1202');
		const {creationTimestamp} =
			clusterFixture.api.simulation.cluster.store.get('pods', 'fixture', 'first-1202')?.metadata ?? expect.fail();
		expect(found).toMatchObject({
			metadata: {namespace: 'fixture', labels: {app: 'fixture'}, creationTimestamp},
			spec: {nodeName: 'node-a1', containers: [{name: 'main', image: 'fixture:1'}]},
			status: {phase: 'Running', containerStatuses: [{name: 'main', ready: true, restartCount: 0}]},
		});
		expect(found?.metadata.annotations).toEqual({});
	});

	test('send few requests: pages with a table, then one watch with bookmarks that ends at a random time', async () => {
		const ends = new Set<string | null>();
		for (const [login, random] of [
			['viewer', () => 0],
			['operator', () => 0.999],
		] as const) {
			const token = `Bearer ${clusterFixture.api.tokens[login]}`;
			const requests: {
				readonly verb: string;
				readonly query: URLSearchParams;
				readonly accept: string;
				readonly packed: string;
			}[] = [];
			const callOff = clusterFixture.api.faults.onRequest(({verb, resource, query, headers}) => {
				const {accept = '', 'accept-encoding': packed = '', authorization} = headers;
				// Others still watch for the tests before.
				if (resource === 'pods' && authorization === token)
					requests.push({verb, query, accept: String(accept), packed: String(packed)});
			});
			const client = await clusterFixture.createClient({text: clusterFixture.api.kubeconfigOf(login)}, {random});
			await eventually(async () => {
				await equal(client);
				expect(requests.some(({verb}) => verb === 'watch')).toBe(true);
			});
			callOff();
			expect(new Set(requests.map(({packed}) => packed))).toEqual(new Set(['gzip']));
			const lists = requests.filter(({verb}) => verb === 'list');
			const isTable = ({accept}: (typeof requests)[number]) => accept.includes('as=Table');
			// The first page decides whether a table is read.
			expect(lists.map(isTable).indexOf(true)).toBeGreaterThan(0);
			const pages = lists.filter(one => !isTable(one));
			expect(pages.length).toBeGreaterThanOrEqual(3);
			expect(new Set(pages.map(({query}) => query.get('limit')))).toEqual(new Set(['500']));
			const [watch, ...others] = requests.filter(({verb}) => verb === 'watch');
			expect(others).toEqual([]);
			expect(watch?.query.get('allowWatchBookmarks')).toBe('true');
			ends.add(watch?.query.get('timeoutSeconds') ?? null);
		}
		expect(ends).toEqual(new Set(['300', '599']));
	});

	test('follow changes', async () => {
		const client = await clusterFixture.createClient();
		await eventually(() => equal(client));
		for (let number = 0; number < 50; number++) {
			clusterFixture.addPod(`change-${number}`);
			clusterFixture.addPod(`first-${number}`, {filler: 1});
			if (number % 2 === 0) clusterFixture.removePod(`change-${number}`);
		}
		await eventually(() => equal(client));
		const {objects} = await client.port.readWatched('pods', testContext());
		const names = [...objects.values()].map(({metadata}) => metadata.name);
		expect(names).toContain('change-1');
		expect(names).not.toContain('change-2');
	});

	test.each([
		{of: 'all pods', namespaces: undefined},
		{of: 'the pods of a large namespace among several', namespaces: ['else', 'fixture']},
	])('show a table of $of before their objects have come', async ({namespaces}) => {
		const client = await clusterFixture.createClient(namespaces === undefined ? {} : {namespaces});
		const callOff = clusterFixture.api.faults.injectNext(
			{kind: 'slow', delayMs: 150},
			{verb: 'list', resource: 'pods'},
			99,
		);
		await eventually(async () => {
			const {podTable, isComplete} = await client.port.readWatched('pods', testContext());
			expect(isComplete).toBe(false);
			expect(podTable?.length).toBeGreaterThanOrEqual(1203);
			const row = podTable?.find(({metadata}) => metadata.name === 'first-1200');
			expect(row).toMatchObject({ready: '1/1', status: 'Running', restarts: '0', metadata: {namespace: 'fixture'}});
		});
		callOff();
		await eventually(async () => {
			const {podTable, isComplete} = await client.port.readWatched('pods', testContext());
			expect([podTable, isComplete]).toEqual([undefined, true]);
		});
	});

	test('return nothing before a page is complete, whenever they are read', async () => {
		const {port} = await clusterFixture.createClient();
		const counts: number[] = [];
		let complete = false;
		while (!complete) {
			void port.readWatched('pods', testContext()).then(watched => {
				counts.push(watched.objects.size + (watched.podTable?.length ?? 0));
				complete ||= watched.isComplete;
			});
			await new Promise(resolve => setTimeout(resolve, 2));
		}
		expect(Math.min(...counts)).toBeGreaterThanOrEqual(500);
	});

	test('are listed again on request', async () => {
		const client = await clusterFixture.createClient();
		await eventually(() => equal(client));
		client.port.relist('pods');
		await eventually(async () => expect(await claimsTruth(client)).toBe(true));
		await equal(client);
	});

	test('of one namespace show no other', async () => {
		clusterFixture.addPod('elsewhere', {namespace: 'else'});
		const client = await clusterFixture.createClient({namespaces: ['else', 'fixture']});
		await eventually(async () => {
			expect(await cachedVersions(client.port)).toEqual({
				...clusterFixture.actualVersions('pods', 'fixture'),
				...clusterFixture.actualVersions('pods', 'else'),
			});
		});
		const only = await clusterFixture.createClient({namespaces: ['else']});
		await eventually(async () =>
			expect(await cachedVersions(only.port)).toEqual(clusterFixture.actualVersions('pods', 'else')),
		);
	});
});

type Day = {readonly name: string; hit(): Promise<void> | void; heal?(): Promise<void> | void};

const onWatch = (fault: Fault) => () => {
	expect(clusterFixture.api.faults.injectNow(fault, {verb: 'watch', resource: 'pods'})).toBeGreaterThan(0);
};

const days: readonly Day[] = [
	{name: 'the watch stalls', hit: onWatch({kind: 'stall'})},
	{name: 'the connection is half-open', hit: onWatch({kind: 'half-open'})},
	{name: 'the connection is reset', hit: onWatch({kind: 'reset'})},
	{name: 'the connection ends in the middle', hit: onWatch({kind: 'cut'})},
	{name: 'a chunk is cut off', hit: onWatch({kind: 'truncate', after: 40})},
	{name: 'bookmarks are dropped', hit: onWatch({kind: 'drop-bookmarks'})},
	{name: 'the watch is slow', hit: onWatch({kind: 'slow', delayMs: 300})},
	{
		name: 'history is compacted while the watch is broken',
		hit() {
			clusterFixture.addPod('unseen');
			onWatch({kind: 'reset'})();
			clusterFixture.removePod('unseen');
			clusterFixture.api.faults.compact();
		},
	},
	{
		name: 'the watch is answered with 410',
		hit() {
			clusterFixture.api.faults.injectNext({kind: 'expired'}, {verb: 'watch', resource: 'pods'});
			onWatch({kind: 'cut'})();
		},
	},
	{
		name: 'the server sends Retry-After',
		hit() {
			clusterFixture.api.faults.injectNext(
				{kind: 'refuse', code: 429, retryAfterSeconds: 1},
				{verb: 'watch', resource: 'pods'},
				2,
			);
			onWatch({kind: 'reset'})();
		},
	},
	{
		name: 'the server fails',
		hit() {
			clusterFixture.api.faults.injectNext({kind: 'refuse', code: 503}, {verb: 'watch', resource: 'pods'}, 3);
			onWatch({kind: 'reset'})();
		},
	},
	{name: 'the server restarts', hit: () => clusterFixture.api.faults.restart(100)},
	{
		name: 'the server is down for a while',
		hit: () => clusterFixture.api.faults.stop(),
		heal: () => clusterFixture.api.faults.start(),
	},
];

describe('when', () => {
	test.each(days)('$name, it goes on by itself and shows no deleted pod', async ({hit, heal}) => {
		const client = await clusterFixture.createClient();
		clusterFixture.addPod('doomed');
		await eventually(() => equal(client));
		await hit();
		clusterFixture.removePod('doomed');
		clusterFixture.addPod('newcomer');
		if (heal !== undefined) {
			await eventually(async () => expect(await claimsTruth(client)).toBe(false));
			await heal();
		}
		await eventually(async () => {
			expect(await claimsTruth(client)).toBe(true);
			await equal(client);
		});
		// It stays so: nothing late brings the pod back.
		for (let look = 0; look < 10; look++) {
			await new Promise(resolve => setTimeout(resolve, 20));
			const {objects} = await client.port.readWatched('pods', testContext()).catch(() => ({objects: new Map()}));
			expect([...objects.values()].map(({metadata}) => metadata.name)).not.toContain('doomed');
		}
		clusterFixture.removePod('newcomer');
		clusterFixture.removePod('unseen');
		clusterFixture.api.faults.clear();
		client.close();
	});

	test('the server does not answer, the known objects are returned with their age', async () => {
		const client = await clusterFixture.createClient();
		await eventually(() => equal(client));
		const before = await client.port.readWatched('pods', testContext());
		await clusterFixture.api.faults.stop();
		await eventually(async () => {
			const failed: unknown = await client.port.readWatched('pods', testContext()).catch((error: unknown) => error);
			expect(failed).toMatchObject({kind: 'unreachable'});
		});
		const {lastHeardAt: heardAt} = before;
		await clusterFixture.api.faults.start();
		await eventually(async () => {
			const after = await client.port.readWatched('pods', testContext());
			expect(after.lastHeardAt).toBeGreaterThanOrEqual(heardAt);
			expect(after.stale).toBeUndefined();
		});
	});
});

describe('the age of the objects counts from the last received byte when nothing arrives', () => {
	const everything = {};
	const onlyWatches = {verb: 'watch', resource: 'pods'};
	test.each([
		{name: 'on any connection', where: everything},
		{name: 'on the watch, while other requests are answered', where: onlyWatches},
	])('$name', async ({where}) => {
		const client = await clusterFixture.createClient();
		await eventually(() => equal(client));
		// Heartbeats come and go on a watch on which nothing happens.
		await nextRequests(2);
		clusterFixture.api.faults.injectNext({kind: 'stall'}, where, Number.POSITIVE_INFINITY);
		const silentAt = Date.now();
		expect(clusterFixture.api.faults.injectNow({kind: 'stall'}, where)).toBeGreaterThan(0);
		await expect
			.poll(() => client.port.readWatched('pods', testContext()).catch((error: unknown) => error))
			.toMatchObject({kind: 'timeout', asOf: expect.any(Number)});
		const failed: unknown = await client.port.readWatched('pods', testContext()).catch((error: unknown) => error);
		const {asOf = 0} = failed as AdapterError;
		expect(asOf).toBeLessThanOrEqual(silentAt);
		expect(asOf).toBeGreaterThan(silentAt - 10_000);
		clusterFixture.api.faults.clear();
		clusterFixture.api.faults.injectNow({kind: 'reset'}, where);
		await eventually(async () => expect(await claimsTruth(client)).toBe(true));
		client.close();
	});
});

describe('without the permission', () => {
	test('to list, the error has the command that grants it', async () => {
		const client = await clusterFixture.createClient({text: clusterFixture.api.kubeconfigOf('bare')});
		await expect(client.port.readWatched('pods', testContext())).rejects.toMatchObject({
			kind: 'denied',
			hint: expect.stringContaining(
				'kubectl create clusterrole midwatch-pods-read --verb=get,list,watch --resource=pods',
			),
		});
	});

	test('to watch, the kind is listed at an interval', async () => {
		const rules = [{verbs: ['list'], groups: [''], resources: ['pods']}];
		clusterFixture.api.simulation.cluster.access.grant('bare', rules);
		const client = await clusterFixture.createClient({text: clusterFixture.api.kubeconfigOf('bare')});
		await eventually(() => equal(client));
		clusterFixture.addPod('polled');
		await eventually(() => equal(client));
		clusterFixture.removePod('polled');
		await eventually(() => equal(client));
	});

	test('that was revoked, it reports that, retries from time to time, and continues when it is granted again', async () => {
		const {access} = clusterFixture.api.simulation.cluster;
		const rules = [{verbs: ['list', 'watch'], groups: [''], resources: ['pods']}];
		access.grant('bare', rules);
		const client = await clusterFixture.createClient({text: clusterFixture.api.kubeconfigOf('bare')});
		await eventually(() => equal(client));
		access.grant('bare', []);
		clusterFixture.api.faults.injectNow({kind: 'cut'}, {verb: 'watch', user: 'bare'});
		await expect
			.poll(() => client.port.readWatched('pods', testContext()).catch((error: unknown) => error))
			.toMatchObject({kind: 'denied', hint: expect.stringContaining('midwatch-pods-read')});
		const isRetry = ({user, resource, verb}: OpenRequest) => user === 'bare' && resource === 'pods' && verb === 'list';
		const [first = 0, ...retries] = await nextRequests(21, isRetry);
		// At most two requests follow each other without a wait between them.
		expect((retries.at(-1) ?? 0) - first).toBeGreaterThanOrEqual(10 * minRefusedRetryMs);
		access.grant('bare', rules);
		clusterFixture.addPod('seen-again');
		await eventually(() => equal(client));
	});
});
