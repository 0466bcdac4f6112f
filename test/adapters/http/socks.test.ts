import {once} from 'node:events';
import {createServer, type Server} from 'node:http';
import {type AddressInfo, createServer as createPlainServer, type Socket} from 'node:net';
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest';
import {createHttpClient} from '../../../adapters/http/client.ts';
import {proxyFor} from '../../../adapters/http/proxy.ts';
import {connectThroughSocks} from '../../../adapters/http/socks.ts';
import {eventually} from '../../time-left.ts';
import {type ClusterFixture, cachedVersions, startClusterFixture, testContext} from '../kubernetes/cluster-fixture.ts';
import {type SocksOptions, type SocksServer, startSocksServer} from './socks-server.ts';

const never = new AbortController().signal;
const login = {user: 'ann', password: 'p@ss:wörd'};
const loginText = `ann:${encodeURIComponent(login.password)}`;

let server: Server;
let port: number;
let seen = 0;
const closing: (() => void)[] = [];

beforeAll(async () => {
	server = createServer((request, response) => {
		seen += 1;
		response.end(JSON.stringify({host: request.headers.host, path: request.url}));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	port = (server.address() as AddressInfo).port;
});
afterEach(() => {
	for (const close of closing.splice(0)) close();
});
afterAll(() => {
	server.closeAllConnections();
	server.close();
});

async function socks(options: Partial<SocksOptions> = {}): Promise<SocksServer> {
	const proxy = await startSocksServer({to: port, ...options});
	closing.push(proxy.close);
	return proxy;
}

describe('a SOCKS 5 proxy', () => {
	test.each([1, 3, 4] as const)(
		'of the environment is used for http, and resolves names itself (address type %i)',
		async boundAddressType => {
			const proxy = await socks({boundAddressType});
			const environment = {HTTP_PROXY: `socks5://${proxy.address}`};
			const url = 'http://prometheus.only-there:9090';
			const client = createHttpClient({url, auth: {kind: 'none'}, headers: {}, environment}, {});
			closing.push(() => client.close());
			const before = seen;
			for (const path of ['/one', '/two'])
				expect(await client.json({path, operation: 'thing'}, never)).toEqual({
					host: 'prometheus.only-there:9090',
					path,
				});
			expect(seen - before).toBe(2);
			expect(proxy.requests).toEqual(['prometheus.only-there:9090']);
		},
	);

	test.each(['socks5://proxy.test', 'socks5h://proxy.test:1080'])(
		'%s is taken from a kubeconfig and from the environment',
		text => {
			const cluster = new URL('https://api.example.test:6443');
			expect(proxyFor(cluster, text, {})?.href).toBe(text);
			expect(proxyFor(cluster, undefined, {HTTPS_PROXY: text})?.href).toBe(text);
			expect(proxyFor(cluster, undefined, {HTTPS_PROXY: text, NO_PROXY: 'example.test'})).toBeUndefined();
		},
	);

	test.each([
		'socks5://secret:%zz@proxy.test',
		'http://%E9:secret@proxy.test',
		'http://u:12/secret@proxy.test',
		'http://u:12?secret@proxy.test',
		'http://u:12#secret@proxy.test',
	])('whose login is not percent-encoded is refused without it: %s', text => {
		const refused = expect.objectContaining({
			kind: 'unsupported',
			message: 'HTTPS_PROXY: its user name or password is not percent-encoded as it must be',
			hint: expect.not.stringContaining('secret'),
		});
		expect(() => proxyFor(new URL('https://x'), undefined, {HTTPS_PROXY: text})).toThrow(refused);
	});

	test('of another version is refused with the supported forms', () => {
		expect(() => proxyFor(new URL('https://x'), 'socks4://proxy.test:1080', {})).toThrow(
			expect.objectContaining({kind: 'unsupported', hint: expect.stringContaining('socks5://host:port')}),
		);
	});

	test.each<[string, Partial<SocksOptions>, string, string, string]>([
		['a wrong password', {login}, 'ann:wrong@', 'denied', 'refuses the login of ann'],
		['a missing login', {login}, '', 'denied', 'requires another login'],
		['a rule', {refusal: 2}, '', 'denied', 'does not connect to api.test:443: its rules do not allow it'],
		['a dead host', {refusal: 5}, '', 'unreachable', 'does not connect to api.test:443: the connection was refused'],
		['an unknown reply code', {refusal: 77}, '', 'unreachable', 'does not connect to api.test:443: status 77'],
	])('that refuses because of %s is named with the reason', async (_, options, user, kind, message) => {
		const proxy = await socks(options);
		const connecting = connectThroughSocks(
			new URL(`socks5://${user}${proxy.address}`),
			{host: 'api.test', port: 443},
			never,
		);
		await expect(connecting).rejects.toMatchObject({kind, message: expect.stringContaining(message)});
		await expect(connecting).rejects.toMatchObject({message: expect.not.stringContaining('wrong')});
	});

	test('that speaks another protocol, is silent, closes the connection or is down is an error with the reason', async () => {
		const behaviours: Readonly<Record<string, (socket: Socket) => void>> = {
			'does not speak SOCKS 5': socket => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
			'no response in time': () => {},
			'the connection was closed': socket => socket.end(Buffer.from([5])),
		};
		for (const [message, behave] of Object.entries(behaviours)) {
			const sockets: Socket[] = [];
			const listening = createPlainServer(socket => {
				sockets.push(socket);
				socket.on('error', () => {});
				socket.once('data', () => behave(socket));
			});
			listening.listen(0, '127.0.0.1');
			await once(listening, 'listening');
			const proxy = new URL(`socks5://127.0.0.1:${(listening.address() as AddressInfo).port}`);
			const signal = message === 'no response in time' ? AbortSignal.timeout(50) : never;
			await expect(connectThroughSocks(proxy, {host: 'api.test', port: 443}, signal)).rejects.toMatchObject({
				kind: 'unreachable',
				message: expect.stringContaining(message),
			});
			for (const socket of sockets) socket.destroy();
			listening.close();
		}
		const refused = connectThroughSocks(new URL('socks5://127.0.0.1:1'), {host: 'api.test', port: 443}, never);
		await expect(refused).rejects.toMatchObject({
			kind: 'unreachable',
			message: expect.stringContaining('ECONNREFUSED'),
		});
	});
});

describe('a cluster behind a SOCKS 5 proxy', () => {
	let clusterFixture: ClusterFixture;
	beforeAll(async () => {
		clusterFixture = await startClusterFixture();
	});
	afterAll(() => clusterFixture.close());

	test('is listed and watched through it, logged in with what proxy-url says', async () => {
		const proxy = await socks({to: Number(new URL(clusterFixture.api.url).port), login});
		const kubeconfig = JSON.parse(clusterFixture.api.kubeconfig) as {clusters: {cluster: object}[]};
		const cluster = {'proxy-url': `socks5://${loginText}@${proxy.address}`};
		const clusters = kubeconfig.clusters.map(entry => ({...entry, cluster: {...entry.cluster, ...cluster}}));
		const client = await clusterFixture.createClient({text: JSON.stringify({...kubeconfig, clusters})});
		expect((await client.port.identity(testContext())).user).not.toBe('');
		await eventually(async () =>
			expect(await cachedVersions(client.port)).toEqual(clusterFixture.actualVersions('pods')),
		);
		clusterFixture.addPod('through');
		await eventually(async () =>
			expect(await cachedVersions(client.port)).toEqual(clusterFixture.actualVersions('pods')),
		);
		expect(new Set(proxy.requests)).toEqual(new Set([`${new URL(clusterFixture.api.url).host} as ann`]));
		client.close();
	});
});
