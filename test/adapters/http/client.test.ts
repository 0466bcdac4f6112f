import {once} from 'node:events';
import {createServer, type RequestListener, type Server} from 'node:http';
import {type AddressInfo, connect} from 'node:net';
import {gzipSync} from 'node:zlib';
import {afterEach, describe, expect, test} from 'vitest';
import {createHttpClient, type HttpClient} from '../../../adapters/http/client.ts';
import {findHttpRefusal, isMissingApi} from '../../../adapters/http/refusal.ts';
import type {HttpRequest, HttpTransport} from '../../../src/contract/http-transport.ts';
import type {HttpSettings} from '../../../src/port/http.ts';

const closing: (() => void)[] = [];
afterEach(() => {
	for (const close of closing.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<{readonly server: Server; readonly url: string}> {
	const server = createServer(listener);
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	closing.push(() => {
		server.closeAllConnections();
		server.close();
	});
	return {server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`};
}

const secret = (value: string) => ({source: 'test', reveal: async () => value});
const never = new AbortController().signal;

function open(url: string, part: Partial<HttpSettings> = {}, via?: HttpTransport): HttpClient {
	const client = createHttpClient({url, auth: {kind: 'none'}, headers: {}, environment: {}, ...part}, {via});
	closing.push(() => client.close());
	return client;
}

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
	work.then(
		() => 'no failure',
		(error: unknown) => error,
	);

const thingRequest = {path: '/api/v1/thing', operation: 'thing'};

describe('a request', () => {
	test('goes to the prefix of the server, with login, headers, the query in order, and the id of the record', async () => {
		const seen: {url?: string | undefined; headers: Readonly<Record<string, unknown>>}[] = [];
		const {url} = await serve((request, response) => {
			seen.push({url: request.url, headers: request.headers});
			response.end('{}');
		});
		const client = open(`${url}/prefix/`, {
			auth: {kind: 'basic', username: 'ann', password: secret('pässword')},
			headers: {'X-Scope-OrgID': secret('tenant-1')},
		});
		await client.json(
			{
				...thingRequest,
				query: [
					['filter', 'a="b c"'],
					['filter', 'd'],
				],
				record: 'r1',
			},
			never,
		);
		await open(url, {auth: {kind: 'bearer', token: secret('tok\n')}}).json(thingRequest, never);
		expect(seen[0]?.url).toBe('/prefix/api/v1/thing?filter=a%3D%22b+c%22&filter=d');
		expect(seen[0]?.headers).toMatchObject({
			authorization: `Basic ${Buffer.from('ann:pässword').toString('base64')}`,
			'x-scope-orgid': 'tenant-1',
			'user-agent': 'midwatch record/r1',
		});
		expect(seen[1]?.headers['authorization']).toBe('Bearer tok');
	});

	test('sends a form or JSON', async () => {
		const seen: unknown[] = [];
		const {url} = await serve((request, response) => {
			void request.toArray().then(chunks => {
				seen.push([request.method, request.headers['content-type'], Buffer.concat(chunks).toString()]);
				response.end('{}');
			});
		});
		const client = open(url);
		await client.json({...thingRequest, method: 'POST', form: [['query', 'a+b']]}, never);
		await client.json({...thingRequest, method: 'POST', body: {a: 1}}, never);
		expect(seen).toEqual([
			['POST', 'application/x-www-form-urlencoded', 'query=a%2Bb'],
			['POST', 'application/json', '{"a":1}'],
		]);
	});

	test('retries a read over a new connection when the reused one is stale, and never retries a write', async () => {
		let requests = 0;
		const {server, url} = await serve((_, response) => {
			requests += 1;
			response.end('{}');
		});
		server.keepAliveTimeout = 60_000;
		const client = open(url);
		await client.json(thingRequest, never);
		server.closeAllConnections();
		expect(await client.json(thingRequest, never)).toEqual({});
		expect(requests).toBe(2);
		let posts = 0;
		const rejecting = await serve(request => {
			posts += 1;
			request.socket.destroy();
		});
		expect(await failureOf(open(rejecting.url).json({...thingRequest, method: 'POST'}, never))).toMatchObject({
			kind: 'unreachable',
			harmless: false,
		});
		expect(posts).toBe(1);
	});

	test('decodes a response through a cluster, and sends no login through it', async () => {
		const seen: HttpRequest[] = [];
		const via: HttpTransport = {
			endpoint: 'prometheus.monitoring on prod',
			async send(request) {
				seen.push(request);
				async function* chunks() {
					yield gzipSync('{"a":1}');
				}
				return {status: 200, headers: {'content-encoding': 'gzip'}, chunks: chunks(), close() {}};
			},
			close() {},
		};
		const client = open('http://ignored/prefix', {headers: {'X-Scope-OrgID': secret('t')}}, via);
		expect(await client.json(thingRequest, never)).toEqual({a: 1});
		expect(seen[0]).toMatchObject({path: '/prefix/api/v1/thing', headers: {'X-Scope-OrgID': 't'}});
		expect(() => open('http://x', {auth: {kind: 'bearer', token: secret('t')}}, via)).toThrow(/no login can be sent/);
	});
});

describe('a response', () => {
	test.each([
		['nested too deep', '['.repeat(6_000_000), '5.7Mi of JSON that is nested more than 200 levels deep'],
		['of too many values', `[${'{},'.repeat(4_000_000)}{}]`, '11Mi of JSON that has so many values'],
	])('%s is refused before it is parsed', async (_, body, message) => {
		const {url} = await serve((_request, response) => response.end(body));
		expect(await failureOf(open(url).json(thingRequest, never))).toMatchObject({
			kind: 'malformed',
			message: expect.stringContaining(message),
			hint: 'This server should not answer so much: check `url`, and any proxy between here and the server.',
		});
	});

	test('is decompressed, and refused when it is larger than the limit', async () => {
		const {url} = await serve((request, response) => {
			expect(request.headers['accept-encoding']).toBe('gzip');
			response.setHeader('Content-Encoding', 'gzip');
			response.end(gzipSync(JSON.stringify('x'.repeat(3_000_000))));
		});
		expect(await open(url).json(thingRequest, never)).toHaveLength(3_000_000);
		expect(await failureOf(open(url).json({...thingRequest, maxBytes: 1024 * 1024}, never))).toMatchObject({
			kind: 'malformed',
			message: expect.stringMatching(/more than 1 MB/),
		});
	});

	test('that stops in the middle ends in a timeout that names the operation', async () => {
		const {url} = await serve((_, response) => {
			response.writeHead(200, {'Content-Type': 'application/json'});
			response.write('{"half":');
		});
		expect(await failureOf(open(url).json({...thingRequest, timeoutMs: 200}, never))).toMatchObject({
			kind: 'timeout',
			message: expect.stringMatching(/^thing: 127.0.0.1:\d+ did not answer within 0.2 s$/),
			hint: expect.stringMatching(/It is retried\.$/),
		});
		const write = open(url).json({...thingRequest, method: 'POST', timeoutMs: 200}, never);
		expect(await failureOf(write)).toMatchObject({
			kind: 'timeout',
			hint: expect.stringMatching(/It may have been done, and is not sent again: look whether it was\.$/),
		});
	});

	test('that breaks off in the middle is an unreachable server', async () => {
		const {url} = await serve((_, response) => {
			response.writeHead(200, {'Content-Length': 100});
			response.write('{"half":', () => response.destroy());
		});
		expect(await failureOf(open(url).json(thingRequest, never))).toMatchObject({
			kind: 'unreachable',
			message: expect.stringMatching(/broke|hang up|ECONNRESET/),
		});
	});

	test('ends at once when it is cancelled', async () => {
		const {url} = await serve(() => {});
		const abort = new AbortController();
		const reading = failureOf(open(url).json(thingRequest, abort.signal));
		setTimeout(() => abort.abort(), 20);
		expect(await reading).toMatchObject({name: 'AdapterError', kind: 'timeout'});
	});

	test.each([
		[
			400,
			'{"status":"error","errorType":"bad_data","error":"1:5: parse error"}',
			'denied',
			/thing: .* status 400: 1:5: parse error/,
		],
		[401, 'no', 'denied', /401: no/],
		[404, 'page not found', 'unsupported', /404/],
		[422, '{"code":601,"message":"bad matcher"}', 'denied', /422: bad matcher/],
		[500, '"silence not found"', 'unreachable', /500: silence not found/],
		[
			503,
			'<html><title>503 Busy</title><script>x()</script><body>upstream <b>down</b></body></html>',
			'unreachable',
			/a page: 503 Busy upstream down/,
		],
	] as const)('%s is an error with the message of the server', async (status, body, kind, message) => {
		const {url} = await serve((_, response) => {
			response.writeHead(status);
			response.end(body);
		});
		const failure = await failureOf(open(url).json(thingRequest, never));
		expect(failure).toMatchObject({kind, message: expect.stringMatching(message), hint: expect.stringMatching(/\S/)});
		expect(findHttpRefusal(failure)?.status).toBe(status);
		expect(isMissingApi(failure)).toBe(status === 404);
	});

	test('an HTML page is an error, and counts as a missing path', async () => {
		const {url} = await serve((_, response) => {
			response.setHeader('Content-Type', 'text/html; charset=utf-8');
			response.end('<!DOCTYPE html><html><head><title>Sign in</title></head></html>');
		});
		const failure = await failureOf(open(url).json(thingRequest, never));
		expect(failure).toMatchObject({
			kind: 'malformed',
			message: expect.stringMatching(/an HTML page: Sign in/),
			hint: expect.stringMatching(/login page/),
		});
		expect(isMissingApi(failure)).toBe(true);
	});

	test('a redirect is not followed, and its location is shown without the query', async () => {
		let requests = 0;
		const {url} = await serve((_, response) => {
			requests += 1;
			response.writeHead(302, {Location: 'https://sso.example.test/login?state=private'});
			response.end();
		});
		const failure = await failureOf(open(url).json(thingRequest, never));
		expect(failure).toMatchObject({hint: expect.stringMatching(/https:\/\/sso\.example\.test\/login:/)});
		expect(`${failure}`).not.toContain('private');
		expect(requests).toBe(1);
	});

	test('that repeats our secrets does not put them into an error', async () => {
		const {url} = await serve((request, response) => {
			response.writeHead(500);
			response.end(`you sent ${JSON.stringify(request.headers)}`);
		});
		const client = open(url, {
			auth: {kind: 'basic', username: 'ann', password: secret('hunter22')},
			headers: {'X-Key': secret('key-of-mine')},
		});
		const failure = await failureOf(client.json(thingRequest, never));
		const text = `${String(failure)} ${JSON.stringify(failure)} ${JSON.stringify(findHttpRefusal(failure))}`;
		expect(text).toContain('you sent');
		for (const word of ['hunter22', 'key-of-mine', Buffer.from('ann:hunter22').toString('base64')]) {
			expect(text).not.toContain(word);
		}
	});
});

describe('a proxy of the environment', () => {
	test('forwards requests, and NO_PROXY bypasses it', async () => {
		const seen: string[] = [];
		const proxy = await serve((request, response) => {
			seen.push(request.url ?? '');
			response.end('{"by":"proxy"}');
		});
		proxy.server.on('connect', (request, socket) => {
			seen.push(`CONNECT ${request.url}`);
			const upstream = connect(1, '127.0.0.1');
			upstream.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
		});
		const environment = {HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: 'direct.example.test'};
		expect(await open('http://metrics.example.test:9090', {environment}).json(thingRequest, never)).toEqual({
			by: 'proxy',
		});
		expect(
			await failureOf(open('https://metrics.example.test', {environment}).json(thingRequest, never)),
		).toMatchObject({
			kind: 'unreachable',
			message: expect.stringMatching(/refuses a connection to metrics\.example\.test:443: status 502/),
		});
		await failureOf(open('http://direct.example.test:1', {environment}).json(thingRequest, never));
		expect(seen).toEqual(['http://metrics.example.test:9090/api/v1/thing', 'CONNECT metrics.example.test:443']);
	});
});
