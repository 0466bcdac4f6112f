import {once} from 'node:events';
import {readFile, rm, writeFile} from 'node:fs/promises';
import {createServer, type Server} from 'node:http';
import {type AddressInfo, connect, type Socket} from 'node:net';
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {proxyFor} from '../../../adapters/http/proxy.ts';
import {createFakeClock} from '../../fake-clock.ts';
import {eventually} from '../../time-left.ts';
import {type ClusterFixture, cachedVersions, fastTimings, startClusterFixture, testContext} from './cluster-fixture.ts';

let clusterFixture: ClusterFixture;

beforeAll(async () => {
	clusterFixture = await startClusterFixture({timings: fastTimings});
	clusterFixture.addPod('one');
});

afterAll(() => clusterFixture.close());

beforeEach(() => {
	clusterFixture.env = {PATH: process.env['PATH']};
	clusterFixture.api.faults.clear();
});

/** The kubeconfig of the stand-in with another user, and changes to its cluster. */
function config(user: Readonly<Record<string, unknown>>, cluster: Readonly<Record<string, unknown>> = {}): string {
	const kubeconfig = JSON.parse(clusterFixture.api.kubeconfig) as {
		clusters: {cluster: object}[];
		users: {user: object}[];
	};
	return JSON.stringify({
		...kubeconfig,
		clusters: kubeconfig.clusters.map(entry => ({...entry, cluster: {...entry.cluster, ...cluster}})),
		users: kubeconfig.users.map(entry => ({...entry, user})),
	});
}

const userOf = async (text: string) => {
	const client = await clusterFixture.createClient({text});
	return (await client.port.identity(testContext())).user;
};

describe('a login', () => {
	test('by token', async () => {
		expect(await userOf(clusterFixture.api.kubeconfigOf('viewer'))).toBe('viewer');
	});

	test('by client certificate', async () => {
		expect(await userOf(clusterFixture.api.kubeconfigOf('operator', 'certificate'))).toBe('operator');
	});

	test('by certificates in files beside the kubeconfig', async () => {
		const {cert, key} = clusterFixture.api.certificateOf('viewer');
		await clusterFixture.writeFile('client.crt', cert);
		await clusterFixture.writeFile('client.key', key);
		await clusterFixture.writeFile('ca.crt', clusterFixture.api.ca);
		const text = config(
			{'client-certificate': 'client.crt', 'client-key': 'client.key'},
			{'certificate-authority-data': '', 'certificate-authority': 'ca.crt'},
		);
		expect(await userOf(text)).toBe('viewer');
	});

	test('on behalf of others, by kubeconfig and by configuration', async () => {
		const text = config({token: clusterFixture.api.tokens.admin, as: 'viewer', 'as-groups': ['night', 'day']});
		const client = await clusterFixture.createClient({text});
		const identity = await client.port.identity(testContext());
		expect(identity.user).toBe('viewer');
		expect(identity.groups).toEqual(expect.arrayContaining(['night', 'day']));
		const other = await clusterFixture.createClient({text, impersonate: {user: 'operator', groups: [], extra: {}}});
		expect((await other.port.identity(testContext())).user).toBe('operator');
	});

	test('by a token file, which is read again once it is refused', async () => {
		const first = clusterFixture.api.simulation.cluster.access.issue('viewer');
		const file = await clusterFixture.writeFile('token', `${first}\n`);
		const client = await clusterFixture.createClient({text: config({tokenFile: 'token'})});
		await eventually(async () =>
			expect(await cachedVersions(client.port)).toEqual(clusterFixture.actualVersions('pods')),
		);
		clusterFixture.api.faults.expireToken(first);
		await writeFile(file, clusterFixture.api.simulation.cluster.access.issue('viewer'));
		expect((await client.port.identity(testContext())).user).toBe('viewer');
		// The watch that stood open meanwhile goes on with the new one.
		clusterFixture.api.faults.injectNow({kind: 'cut'}, {verb: 'watch'});
		clusterFixture.addPod('two');
		await eventually(async () =>
			expect(await cachedVersions(client.port)).toEqual(clusterFixture.actualVersions('pods')),
		);
	});

	test('that the server does not know says so', async () => {
		const client = await clusterFixture.createClient({text: config({token: 'stale'})});
		await expect(client.port.readWatched('pods', testContext())).rejects.toMatchObject({
			kind: 'denied',
			hint: expect.stringContaining('log in again'),
		});
	});
});

describe('an exec plugin', () => {
	/** Answers with the token in a file, and writes down its input each time it is run. */
	async function plugin(more: Readonly<Record<string, unknown>> = {}, expires = '') {
		await clusterFixture.writeFile('runs', '');
		await clusterFixture.writeFile(
			'login',
			`#!/bin/sh
cd "$(dirname "$0")"
printf '%s\\n' "$KUBERNETES_EXEC_INFO" >> runs
sleep 0.1
[ "$WANTED" = yes ] || { echo 'WANTED is not set' >&2; exit 3; }
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"${expires}}}' "$(cat exec-token)"
`,
			0o700,
		);
		await clusterFixture.writeFile('exec-token', clusterFixture.api.simulation.cluster.access.issue('viewer'));
		const exec = {
			apiVersion: 'client.authentication.k8s.io/v1',
			command: './login',
			env: [{name: 'WANTED', value: 'yes'}],
			interactiveMode: 'IfAvailable',
			provideClusterInfo: true,
			...more,
		};
		return config({exec});
	}
	const runs = async () => (await readFile(`${clusterFixture.folder}/runs`, 'utf8')).split('\n').filter(Boolean);

	test('is run once for all waiting requests, receives the cluster, and is run again after a 401', async () => {
		const client = await clusterFixture.createClient({text: await plugin()});
		const all = await Promise.all([1, 2, 3, 4, 5].map(() => client.port.identity(testContext())));
		expect(all.map(({user}) => user)).toEqual(Array(5).fill('viewer'));
		const [input, ...others] = await runs();
		expect(others).toEqual([]);
		expect(JSON.parse(input ?? '')).toMatchObject({
			kind: 'ExecCredential',
			apiVersion: 'client.authentication.k8s.io/v1',
			spec: {
				interactive: false,
				cluster: {
					server: clusterFixture.api.url,
					'certificate-authority-data': Buffer.from(clusterFixture.api.ca).toString('base64'),
				},
			},
		});
		clusterFixture.api.faults.expireToken(await readFile(`${clusterFixture.folder}/exec-token`, 'utf8'));
		await clusterFixture.writeFile('exec-token', clusterFixture.api.simulation.cluster.access.issue('operator'));
		const later = await Promise.all([1, 2, 3].map(() => client.port.identity(testContext())));
		expect(later.map(({user}) => user)).toEqual(Array(3).fill('operator'));
		expect(await runs()).toHaveLength(2);
	});

	test('is run again shortly before its credential expires', async () => {
		const clock = createFakeClock();
		const text = await plugin({}, `,"expirationTimestamp":"${new Date(clock.now() + 600_000).toISOString()}"`);
		const client = await clusterFixture.createClient({text}, {clock});
		await client.port.identity(testContext());
		await clock.advance(539_000);
		await client.port.identity(testContext());
		expect(await runs()).toHaveLength(1);
		await clock.advance(2000);
		await client.port.identity(testContext());
		expect(await runs()).toHaveLength(2);
	});

	test('that fails is reported with its output, and is not run again for each request', async () => {
		const client = await clusterFixture.createClient({text: await plugin({env: []})});
		const ask = () => client.port.identity(testContext());
		await expect(ask()).rejects.toMatchObject({kind: 'denied', message: expect.stringContaining('WANTED is not set')});
		await expect(ask()).rejects.toMatchObject({kind: 'denied'});
		expect(await runs()).toHaveLength(1);
	});

	test('that needs a terminal is not run behind the screen', async () => {
		const client = await clusterFixture.createClient({text: await plugin({interactiveMode: 'Always'})});
		await expect(client.port.identity(testContext())).rejects.toMatchObject({
			kind: 'denied',
			message: expect.stringContaining('needs a terminal'),
			hint: expect.stringContaining('--context demo version'),
		});
		expect(await runs()).toEqual([]);
	});

	test('that is not installed says how to install it', async () => {
		const text = await plugin({command: 'no-such-plugin', installHint: 'Install it from the shelf.'});
		const client = await clusterFixture.createClient({text});
		await expect(client.port.identity(testContext())).rejects.toMatchObject({
			kind: 'denied',
			message: expect.stringContaining('not installed'),
			hint: 'Install it from the shelf.',
		});
	});

	test('is not run when the kuberc forbids it', async () => {
		const text = await plugin();
		const path = `${clusterFixture.folder}/login`;
		const answers: unknown[] = [];
		for (const kuberc of [
			{credentialPluginPolicy: 'DenyAll'},
			{credentialPluginPolicy: 'Allowlist', credentialPluginAllowlist: [{name: 'other'}]},
			{credentialPluginPolicy: 'Allowlist', credentialPluginAllowlist: [{name: path}]},
			{credentialPluginPolicy: 'AllowAll'},
		]) {
			clusterFixture.env = {
				...clusterFixture.env,
				KUBERC: await clusterFixture.writeFile('kuberc', JSON.stringify({kind: 'Preference', ...kuberc})),
			};
			const client = await clusterFixture.createClient({text});
			answers.push(
				await client.port.identity(testContext()).then(
					({user}) => user,
					error => error.kind,
				),
			);
		}
		expect(answers).toEqual(['denied', 'denied', 'viewer', 'viewer']);
	});
});

describe('a proxy', () => {
	let proxy: Server;
	let address: string;
	const requests: string[] = [];
	const sockets = new Set<Socket>();

	beforeAll(async () => {
		proxy = createServer();
		proxy.on('connect', (request, client: Socket) => {
			requests.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
			if (request.url?.startsWith('refused')) {
				client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
				return;
			}
			const port = Number(new URL(clusterFixture.api.url).port);
			const server = connect(port, '127.0.0.1', () => {
				client.write('HTTP/1.1 200 Connection established\r\n\r\n');
				client.pipe(server).pipe(client);
			});
			for (const socket of [client, server]) {
				sockets.add(socket);
				socket.on('error', () => {});
			}
		});
		proxy.listen(0, '127.0.0.1');
		await once(proxy, 'listening');
		address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
	});

	beforeEach(() => {
		requests.length = 0;
	});

	afterAll(() => {
		for (const socket of sockets) socket.destroy();
		proxy.close();
	});

	test('of the kubeconfig is used, for lists and watches too', async () => {
		const text = config({token: clusterFixture.api.tokens.viewer}, {'proxy-url': `http://me:secret@${address}`});
		const client = await clusterFixture.createClient({text});
		await eventually(async () =>
			expect(await cachedVersions(client.port)).toEqual(clusterFixture.actualVersions('pods')),
		);
		clusterFixture.addPod('through');
		await eventually(async () =>
			expect(await cachedVersions(client.port)).toEqual(clusterFixture.actualVersions('pods')),
		);
		const credential = Buffer.from('me:secret').toString('base64');
		expect(new Set(requests)).toEqual(new Set([`${new URL(clusterFixture.api.url).host} Basic ${credential}`]));
		client.close();
	});

	test('of the environment is used, but not for those that NO_PROXY names', async () => {
		clusterFixture.env = {...clusterFixture.env, HTTPS_PROXY: `http://${address}`};
		const server = 'https://kubernetes.default.svc:6443';
		const client = await clusterFixture.createClient({
			text: config({token: clusterFixture.api.tokens.viewer}, {server}),
		});
		expect((await client.port.identity(testContext())).user).toBe('viewer');
		expect(requests).toContain('kubernetes.default.svc:6443');
		client.close();
		clusterFixture.env = {...clusterFixture.env, NO_PROXY: '.default.svc'};
		requests.length = 0;
		const direct = await clusterFixture.createClient({
			text: config({token: clusterFixture.api.tokens.viewer}, {server}),
		});
		await expect(direct.port.identity(testContext())).rejects.toMatchObject({kind: 'unreachable'});
		expect(requests.filter(place => place.startsWith('kubernetes'))).toEqual([]);
	});

	test('that refuses, or is not there, is named', async () => {
		const refused = config({}, {server: 'https://refused:443', 'proxy-url': `http://${address}`});
		const client = await clusterFixture.createClient({text: refused});
		await expect(client.port.identity(testContext())).rejects.toMatchObject({
			kind: 'unreachable',
			message: expect.stringContaining(`proxy ${address} refuses a connection to refused:443`),
		});
		const unreachable = await clusterFixture.createClient({text: config({}, {'proxy-url': 'http://127.0.0.1:1'})});
		await expect(unreachable.port.identity(testContext())).rejects.toMatchObject({
			kind: 'unreachable',
			message: expect.stringContaining('proxy 127.0.0.1:1'),
		});
	});

	test.each([
		['https://api.example.test:6443', 'api.example.test', false],
		['https://api.example.test:6443', 'example.test', false],
		['https://api.example.test:6443', '.example.test', false],
		['https://api.example.test:6443', '*.example.test', false],
		['https://api.example.test:6443', 'other.test, API.example.test', false],
		['https://api.example.test:6443', 'api.example.test:443', true],
		['https://api.example.test:6443', 'api.example.test:6443', false],
		['https://badexample.test', 'example.test', true],
		['https://10.1.2.3:6443', '10.0.0.0/8', false],
		['https://11.1.2.3:6443', '10.0.0.0/8', true],
		['https://[2001:db8::7]:6443', '2001:db8::/32', false],
		['https://api.example.test', '*', false],
		['https://api.example.test', '', true],
		['https://localhost:6443', '', false],
		['https://127.0.0.1:6443', '', false],
	])('for %s with NO_PROXY %s: %s', (server, spared, used) => {
		const found = proxyFor(new URL(server), undefined, {https_proxy: 'proxy.test:3128', NO_PROXY: spared});
		expect(found?.href).toBe(used ? 'http://proxy.test:3128/' : undefined);
	});
});

describe('a server', () => {
	test.each([
		['that is not there', {server: 'https://127.0.0.1:1'}, 'unreachable', /Nothing listens there/],
		['whose authority is not known', {'certificate-authority-data': ''}, 'unreachable', /certificate-authority/],
		['with another name', {'tls-server-name': 'other.test'}, 'unreachable', /tls-server-name/],
	])('%s says what to do', async (_, cluster, kind, hint) => {
		const client = await clusterFixture.createClient({
			text: config({token: clusterFixture.api.tokens.viewer}, cluster),
		});
		await expect(client.port.identity(testContext())).rejects.toMatchObject({kind, hint: expect.stringMatching(hint)});
	});

	test('whose certificate is not to be checked is used unchecked', async () => {
		const cluster = {'certificate-authority-data': '', 'insecure-skip-tls-verify': true};
		expect(await userOf(config({token: clusterFixture.api.tokens.viewer}, cluster))).toBe('viewer');
	});

	test('that is silent ends with the timeout of the caller', async () => {
		clusterFixture.api.faults.injectNext({kind: 'stall'}, {}, 99);
		const client = await clusterFixture.createClient();
		await expect(client.port.identity(testContext(AbortSignal.timeout(200)))).rejects.toMatchObject({kind: 'timeout'});
	});

	test('whose kubeconfig was deleted is reported', async () => {
		const file = await clusterFixture.writeFile('short-lived', clusterFixture.api.kubeconfig);
		const client = await clusterFixture.createClient({kubeconfig: [file]});
		await rm(file);
		await expect(client.port.identity(testContext())).rejects.toMatchObject({
			kind: 'denied',
			message: expect.stringContaining('short-lived'),
		});
	});
});
