import {once} from 'node:events';
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {createHttpClient} from '../../../adapters/http/client.ts';
import type {HttpRequest} from '../../../src/contract/http-transport.ts';
import {type ClusterFixture, startClusterFixture, testContext} from './cluster-fixture.ts';

let clusterFixture: ClusterFixture;
let backend: Server;
const via = {namespace: 'monitoring', service: 'prometheus', port: '80', scheme: 'http'} as const;

beforeAll(async () => {
	clusterFixture = await startClusterFixture();
	const reply = async (request: IncomingMessage, answer: ServerResponse) => {
		const body = Buffer.concat(await request.toArray()).toString();
		const {method, url, headers} = request;
		if (url === '/missing') return answer.writeHead(404, {'content-type': 'text/plain'}).end('no such thing here');
		if (url === '/moved') return answer.writeHead(302, {location: '/elsewhere'}).end();
		const seen = {method, url, type: headers['content-type'], body};
		return answer.writeHead(200, {'content-type': 'application/json'}).end(JSON.stringify(seen));
	};
	backend = createServer((request, answer) => void reply(request, answer));
	backend.listen(0, '127.0.0.1');
	await once(backend, 'listening');
	clusterFixture.api.simulation.backends.set(
		'monitoring/prometheus',
		`http://127.0.0.1:${(backend.address() as AddressInfo).port}`,
	);
});

afterAll(async () => {
	await clusterFixture.close();
	backend.close();
});

async function ask(request: Partial<HttpRequest>, text?: string) {
	const client = await clusterFixture.createClient(text === undefined ? {} : {text});
	const transport = client.port.serviceTransport(via);
	const answer = await transport.send(
		{method: 'GET', path: '/', query: [], headers: {}, ...request},
		AbortSignal.timeout(120_000),
	);
	let body = '';
	for await (const chunk of answer.chunks) body += Buffer.from(chunk).toString();
	return {status: answer.status, body};
}

test('a request reaches the service with its method, query, headers and body', async () => {
	const got = await ask({
		path: '/api/v1/query',
		query: [
			['query', 'up{job="a b"}'],
			['x', '1'],
			['x', '2'],
		],
	});
	const url = '/api/v1/query?query=up%7Bjob%3D%22a+b%22%7D&x=1&x=2';
	expect(JSON.parse(got.body)).toMatchObject({method: 'GET', url});
	const posted = await ask({
		method: 'POST',
		path: '/api/v1/query',
		headers: {'Content-Type': 'application/x-www-form-urlencoded', Authorization: 'Bearer never'},
		body: 'query=up',
	});
	expect(JSON.parse(posted.body)).toMatchObject({
		method: 'POST',
		type: 'application/x-www-form-urlencoded',
		body: 'query=up',
	});
});

test('a refusal of the service is returned as its response; one of the API server is an AdapterError', async () => {
	expect(await ask({path: '/missing'})).toEqual({status: 404, body: 'no such thing here'});
	expect((await ask({path: '/moved'})).status).toBe(302);
	await expect(ask({path: '/'}, clusterFixture.api.kubeconfigOf('viewer'))).rejects.toMatchObject({
		kind: 'denied',
		hint: expect.stringContaining('services/proxy'),
	});
	const there = clusterFixture.api.simulation.backends.get('monitoring/prometheus') ?? '';
	clusterFixture.api.simulation.backends.set('monitoring/prometheus', 'http://127.0.0.1:1');
	await expect(ask({path: '/'})).rejects.toMatchObject({kind: 'unreachable'});
	clusterFixture.api.simulation.backends.set('monitoring/prometheus', there);
});

test('the client of every HTTP system takes it as its connection', async () => {
	const {port} = await clusterFixture.createClient();
	const client = createHttpClient(
		{url: 'http://prometheus.monitoring/prom', auth: {kind: 'none'}, headers: {}, environment: {}},
		{via: port.serviceTransport(via)},
	);
	const answer = await client.json({path: '/api', operation: 'read'}, testContext().signal);
	expect(answer).toMatchObject({method: 'GET', url: '/prom/api'});
});
