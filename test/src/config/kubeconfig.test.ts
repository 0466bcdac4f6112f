import {chmod, chown, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {stringify} from 'yaml';
import type {ExecRules} from '../../../adapters/kubernetes/config/exec-permission.ts';
import {kubeconfigFiles} from '../../../adapters/kubernetes/config/kubeconfig.ts';
import {readClusterAccess, readInClusterAccess} from '../../../adapters/kubernetes/config/resolve-cluster-access.ts';
import type {ClusterAccess} from '../../../src/port/kubernetes-access.ts';

let folder: string;
let number = 0;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'midwatch-kubeconfig-'));
});

afterAll(() => rm(folder, {recursive: true, force: true}));

async function file(content: unknown): Promise<string> {
	number += 1;
	const path = join(folder, `config-${number}`);
	await writeFile(path, typeof content === 'string' ? content : stringify(content), {mode: 0o600});
	return path;
}

const read = (files: readonly string[], context?: string): Promise<ClusterAccess> =>
	readClusterAccess({files, context, env: {PATH: '/usr/bin:/bin'}, home: folder, rules: rules()});

const rules = (): ExecRules => ({
	stateDir: join(folder, 'state'),
	allowed: [],
	policy: async () => undefined,
	keys: {targets: 't', login: 'l'},
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A complete kubeconfig with one context, one cluster and one user. */
const kubeconfigOf = (user: object, cluster: object = {}, context: object = {}) => ({
	apiVersion: 'v1',
	kind: 'Config',
	'current-context': 'here',
	clusters: [{name: 'c', cluster: {server: 'https://api.test:6443', ...cluster}}],
	users: [{name: 'u', user}],
	contexts: [{name: 'here', context: {cluster: 'c', user: 'u', ...context}}],
});

/** Reveals the secrets of an access, for comparison. */
async function revealAll(access: ClusterAccess): Promise<unknown> {
	const {by, certificate} = access.login;
	// For a secret in a file, its path is compared.
	const pem = async (from: ClusterAccess['authority']) =>
		from?.source.startsWith('/') && !/-data$/.test(from.source) ? from.source : from?.reveal();
	return {
		authority: await pem(access.authority),
		cert: await pem(certificate?.cert),
		key: await pem(certificate?.key),
		...(by.kind === 'token' ? {token: await by.token.reveal()} : {}),
		...(by.kind === 'basic' ? {basic: `${by.username}:${await by.password.reveal()}`} : {}),
		...(by.kind === 'token-file' ? {tokenFile: by.token.source} : {}),
	};
}

/** Aliases of aliases: each line is nine times as large as the line before. */
const aliasBomb = Array.from(
	{length: 10},
	(_, at) => `a${at}: &a${at} [${(at === 0 ? 'x,' : `*a${at - 1},`).repeat(9)}]`,
).join('\n');

describe('a context', () => {
	test.each([
		['no login', {}, {}, {}],
		['a token', {token: 't'}, {}, {token: 't'}],
		['a token file before a token', {token: 't', tokenFile: 'sub/token'}, {}, {tokenFile: 'FOLDER/sub/token'}],
		['a user and password', {username: 'u', password: 'p'}, {}, {basic: 'u:p'}],
		[
			'certificates as text before those in files',
			{
				'client-certificate-data': base64('cert'),
				'client-certificate': 'x',
				'client-key-data': base64('key'),
				token: 't',
			},
			{'certificate-authority-data': base64('ca'), 'certificate-authority': 'y'},
			{authority: 'ca', cert: 'cert', key: 'key', token: 't'},
		],
		[
			'files beside the kubeconfig, and absolute ones',
			{'client-certificate': 'a.crt', 'client-key': '/etc/a.key'},
			{'certificate-authority': '../ca.crt'},
			{authority: 'PARENT/ca.crt', cert: 'FOLDER/a.crt', key: '/etc/a.key'},
		],
		['keys that a generator left empty', {token: '', tokenFile: null, exec: null}, {'proxy-url': ''}, {}],
	])('with %s', async (_, user, cluster, expected) => {
		const access = await read([await file(kubeconfigOf(user, cluster))]);
		const text = JSON.stringify(await revealAll(access))
			.replaceAll(folder, 'FOLDER')
			.replaceAll(JSON.stringify(join(folder, '..')).slice(1, -1), 'PARENT');
		expect(JSON.parse(text)).toEqual(expected);
	});

	test('has the other settings of its cluster and user', async () => {
		const user = {token: 't', as: 'boss', 'as-uid': '7', 'as-groups': ['g'], 'as-user-extra': {why: ['night']}};
		const cluster = {'insecure-skip-tls-verify': true, 'tls-server-name': 'n', 'proxy-url': 'http://p:1'};
		const access = await read([await file(kubeconfigOf(user, cluster, {namespace: 'shop'}))]);
		expect(access).toMatchObject({
			context: 'here',
			server: 'https://api.test:6443',
			insecure: true,
			servername: 'n',
			proxy: 'http://p:1',
			namespace: 'shop',
			impersonate: {user: 'boss', uid: '7', groups: ['g'], extra: {why: ['night']}},
		});
	});

	test('with a plugin has its command, arguments and environment', async () => {
		const exec = {
			apiVersion: 'client.authentication.k8s.io/v1beta1',
			command: 'bin/login',
			args: ['--for', 'me'],
			env: [{name: 'A', value: 'b'}],
			interactiveMode: 'Never',
			provideClusterInfo: true,
			installHint: 'get it',
		};
		const extensions = [{name: 'client.authentication.k8s.io/exec', extension: {audience: 'x'}}];
		const access = await read([await file(kubeconfigOf({exec}, {extensions}))]);
		expect(access.login.by).toEqual({
			kind: 'exec',
			plugin: {
				apiVersion: 'client.authentication.k8s.io/v1beta1',
				command: join(folder, 'bin/login'),
				args: ['--for', 'me'],
				env: {A: 'b'},
				interactive: 'Never',
				provideClusterInfo: true,
				config: {audience: 'x'},
				installHint: 'get it',
				cwd: folder,
				permit: expect.any(Function),
				approval: expect.any(Function),
			},
		});
	});

	test.each([
		['a context that is not there', kubeconfigOf({}), 'other', /no context other.*here/s],
		['no current context', {...kubeconfigOf({}), 'current-context': ''}, undefined, /no current context.*use-context/s],
		['a cluster that is not there', {...kubeconfigOf({}), clusters: []}, undefined, /no cluster c/],
		['a user that is not there', {...kubeconfigOf({}), users: []}, undefined, /no user u/],
		['a certificate without its key', kubeconfigOf({'client-certificate': 'a'}), undefined, /client-key/],
		['an old provider', kubeconfigOf({'auth-provider': {name: 'gcp'}}), undefined, /gcp.*exec plugin/s],
		[
			'an old plugin',
			kubeconfigOf({exec: {apiVersion: 'client.authentication.k8s.io/v1alpha1', command: 'x'}}),
			undefined,
			/v1alpha1/,
		],
		['a server that is no URL', kubeconfigOf({}, {server: 'ftp://x'}), undefined, /no URL/],
		['a token that is a list', kubeconfigOf({token: ['secret']}), undefined, /user u: token/],
		['broken text', 'users: [{token: "hidden"', undefined, /not YAML/],
		['lists within lists', `users: ${'['.repeat(20_000)}`, undefined, /nested too deep/],
		['aliases of aliases', aliasBomb, undefined, /too many of them/],
		['another kind of file', 'users: 7', undefined, /not a kubeconfig/],
	])('%s is reported without secrets', async (_, content, context, says) => {
		const error = await read([await file(content)], context).catch((thrown: unknown) => thrown);
		const {message, hint} = error as {readonly message: string; readonly hint: string};
		expect(`${message}\n${hint}`).toMatch(says);
		expect(message).not.toMatch(/secret|hidden/);
	});
});

describe('a file that another user can write', () => {
	const user = {token: 't'};

	test.each([0o620, 0o602, 0o666])('is refused, also as one of several: %o', async mode => {
		const good = await file(kubeconfigOf(user));
		const bad = await file(kubeconfigOf(user));
		await chmod(bad, mode);
		const says = `${bad}: can be written by others (mode ${mode.toString(8)}): chmod go-w ${bad}`;
		for (const files of [[bad], [good, bad], [bad, good]])
			await expect(read(files)).rejects.toMatchObject({kind: 'denied', message: says});
		await chmod(bad, 0o644);
		expect((await read([bad])).context).toBe('here');
	});

	test.skipIf(process.getuid?.() !== 0)('or that another user owns is refused', async () => {
		const bad = await file(kubeconfigOf(user));
		await chown(bad, 4711, 4711);
		await expect(read([bad])).rejects.toMatchObject({message: expect.stringContaining('is owned by uid 4711')});
	});

	test.each([
		['token', {tokenFile: 'credential'}],
		['certificate', {'client-certificate': 'credential', 'client-key': 'credential'}],
	])('is refused as %s that the kubeconfig names', async (_, login) => {
		await writeFile(join(folder, 'credential'), 'x');
		const {by, certificate} = (await read([await file(kubeconfigOf(login))])).login;
		const secret = by.kind === 'token-file' ? by.token : certificate?.key;
		expect(await secret?.reveal()).toBe('x');
		await chmod(join(folder, 'credential'), 0o666);
		await expect(secret?.reveal()).rejects.toMatchObject({
			kind: 'denied',
			message: expect.stringContaining('can be written by others'),
		});
		await rm(join(folder, 'credential'));
		await expect(secret?.reveal()).rejects.toMatchObject({message: expect.stringContaining('no such file')});
	});

	test('is refused as the kuberc', async () => {
		const exec = {apiVersion: 'client.authentication.k8s.io/v1', command: '/bin/true'};
		const kuberc = await file({credentialPluginPolicy: 'AllowAll'});
		await chmod(kuberc, 0o622);
		const env = {PATH: '/usr/bin:/bin', KUBERC: kuberc};
		const pending = readClusterAccess({
			...{files: [await file(kubeconfigOf({exec}))], context: undefined, env, home: folder},
			rules: rules(),
		});
		await expect(pending).rejects.toMatchObject({message: expect.stringContaining('can be written by others')});
	});
});

describe('several files', () => {
	test('are merged, and the first entry with a name counts', async () => {
		const first = await file({
			contexts: [{name: 'a', context: {cluster: 'shared', user: 'late'}}],
			clusters: [{name: 'shared', cluster: {server: 'https://first'}}],
		});
		const second = await file({
			'current-context': 'a',
			clusters: [{name: 'shared', cluster: {server: 'https://second'}}],
			users: [{name: 'late', user: {token: 'from-second'}}],
		});
		const access = await read([first, join(folder, 'not-there'), second]);
		expect(access).toMatchObject({context: 'a', server: 'https://first'});
		expect(await revealAll(access)).toEqual({token: 'from-second'});
	});

	test('with one wrong entry still serve the others', async () => {
		const good = kubeconfigOf({token: 't'});
		const path = await file({...good, users: [...good.users, {name: 'broken', user: {token: 7}}]});
		expect((await read([path])).server).toBe('https://api.test:6443');
	});

	test('are those of KUBECONFIG, or the one in the home directory', () => {
		expect(kubeconfigFiles({KUBECONFIG: '/a::/b:/a'}, '/home/me')).toEqual(['/a', '/b']);
		expect(kubeconfigFiles({KUBECONFIG: ''}, '/home/me')).toEqual(['/home/me/.kube/config']);
		expect(kubeconfigFiles({}, '/home/me')).toEqual(['/home/me/.kube/config']);
	});

	test('that do not exist are an error', async () => {
		await expect(read([join(folder, 'none')])).rejects.toMatchObject({
			message: expect.stringContaining('no such file'),
		});
	});
});

describe('inside a cluster', () => {
	test('the service account of the pod is used', async () => {
		const account = join(folder, 'account');
		await mkdir(account);
		await writeFile(join(account, 'token'), 'x');
		await writeFile(join(account, 'namespace'), 'ops\n');
		const env = {KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443'};
		expect(await readInClusterAccess(env, account)).toMatchObject({
			server: 'https://[fd00::1]:443',
			authority: {source: join(account, 'ca.crt')},
			namespace: 'ops',
			login: {by: {kind: 'token-file', token: {source: join(account, 'token')}}},
		});
		expect(await readInClusterAccess({}, account)).toBeUndefined();
		expect(await readInClusterAccess(env, join(folder, 'elsewhere'))).toBeUndefined();
	});
});
