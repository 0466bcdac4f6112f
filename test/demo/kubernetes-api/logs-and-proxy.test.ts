import {createServer} from 'node:http';
import {request} from 'node:https';
import type {AddressInfo} from 'node:net';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {type KubernetesApi, startKubernetesApi} from '../../../demo/kubernetes-api/server.ts';
import {createScenario} from '../../../demo/scenario.ts';
import {createFakeClock} from '../../fake-clock.ts';

const clock = createFakeClock();
let api: KubernetesApi;

beforeAll(async () => {
	api = await startKubernetesApi({clock, scenario: createScenario('calm', {now: clock.now})});
});
afterAll(() => api.close());

type Way = {readonly cert?: string; readonly key?: string; readonly token?: string};

/** The text as it comes, and its end. */
function open(path: string, way: Way = {token: api.tokens.admin}) {
	let text = '';
	let code = 0;
	const {token, ...certificate} = way;
	const headers = token === undefined ? {} : {authorization: `Bearer ${token}`};
	const ended = new Promise<{readonly code: number; readonly text: string}>((resolve, reject) => {
		request(`${api.url}${path}`, {ca: api.ca, headers, agent: false, ...certificate}, answer => {
			code = answer.statusCode ?? 0;
			answer.setEncoding('utf8').on('data', (part: string) => (text += part));
			answer.on('end', () => resolve({code, text}));
		})
			.on('error', reject)
			.end();
	});
	return {ended, text: () => text};
}

const numbers = (text: string) => [...text.matchAll(/seq=(\d+)/g)].map(found => Number(found[1]));

test('followed logs lose and repeat no line, also when they are resumed by time', async () => {
	const [pod] = api.simulation.cluster.store.list('pods', 'orders');
	const image = 'registry.example.test/orders/api:1.4.2';
	api.simulation.programs.set(image, {linesPerSecond: 500});
	const from = new Date(clock.now()).toISOString();
	const path = `/api/v1/namespaces/orders/pods/${pod?.metadata.name}/log?follow=true&sinceTime=${from}`;
	const followed = open(path);
	while (numbers(followed.text()).length < 1000) {
		await clock.advance(100);
		await new Promise(resolve => setTimeout(resolve, 2));
	}
	const seen = numbers(followed.text());
	expect(seen).toEqual(Array.from({length: seen.length}, (_, index) => (seen[0] ?? 0) + index));
	const complete = await open(path.replace('follow=true&', '')).ended;
	expect(numbers(complete.text).slice(0, seen.length)).toEqual(seen);
	api.simulation.cluster.store.remove('pods', 'orders', pod?.metadata.name ?? '');
	await clock.advance(1000);
	expect((await followed.ended).code).toBe(200);
});

test('a client certificate identifies the user', async () => {
	const path = '/api/v1/namespaces/payments/pods';
	expect((await open(path, api.certificateOf('viewer')).ended).code).toBe(200);
	const refused = await open(path, api.certificateOf('team')).ended;
	expect(refused).toMatchObject({code: 403});
	expect(refused.text).toContain('User \\"team\\" cannot list resource');
	expect((await open(path, {}).ended).code).toBe(401);
});

test('the service proxy forwards a request, and reports a service that does not exist', async () => {
	const path = '/api/v1/namespaces/monitoring/services/http:prometheus:80/proxy/api/v1/query?query=up';
	expect((await open(path).ended).code).toBe(503);
	const backend = createServer((request, response) => response.end(`requested ${request.url}`));
	await new Promise<void>(resolve => backend.listen(0, '127.0.0.1', resolve));
	const {port} = backend.address() as AddressInfo;
	api.simulation.backends.set('monitoring/prometheus', `http://127.0.0.1:${port}`);
	expect(await open(path).ended).toEqual({code: 200, text: 'requested /api/v1/query?query=up'});
	expect((await open(path.replace('http:prometheus:80', 'unknown')).ended).code).toBe(404);
	expect((await open(path, {token: api.tokens.viewer}).ended).code).toBe(403);
	backend.close();
});
