import {constants} from 'node:fs';
import {access, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {secretFromReader} from '../../../src/config/secrets.ts';
import type {Secret} from '../../../src/contract/target.ts';
import {AdapterError} from '../../../src/errors.ts';
import {findProgram, workingDirectory} from '../../../src/files/find-program.ts';
import type {ClusterAccess, ClusterLogin, ExecPlugin, Impersonation} from '../../../src/port/kubernetes-access.ts';
import {readRequiredCredentialFile} from './credential-file.ts';
import {createExecPermission, type ExecRules} from './exec-permission.ts';
import {
	type KubeCluster,
	type Kubeconfig,
	type KubeconfigEntry,
	type KubeUser,
	readKubeconfig,
	resolveFromFile,
} from './kubeconfig.ts';
import {type PluginPolicy, readPluginPolicy} from './kuberc.ts';

export type ClusterAccessRequest = {
	readonly files: readonly string[];
	/** The current context when absent. */
	readonly context: string | undefined;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly home: string;
	readonly rules: ExecRules;
};

const accounts = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Returns the secret of a kubeconfig key that ends in `-data`, whose value is base64. */
const inlineSecret = (data: string, source: string): Secret =>
	secretFromReader(source, async () => Buffer.from(data, 'base64').toString('utf8'));

const fileSecret = (file: string): Secret => secretFromReader(file, () => readRequiredCredentialFile(file));

/** Returns the inline text or the file of a PEM. As in client-go, the text has precedence. */
function pemOf(data: string | undefined, path: string | undefined, file: string, key: string): Secret | undefined {
	if (data !== undefined) return inlineSecret(data, `${file} ${key}-data`);
	return path === undefined ? undefined : fileSecret(resolveFromFile(path, file));
}

function pluginOf(
	exec: NonNullable<KubeUser['exec']>,
	cluster: KubeCluster,
	file: string,
	policy: PluginPolicy,
	{env, home, rules}: ClusterAccessRequest,
): ExecPlugin {
	const apiVersion = exec.apiVersion ?? '';
	if (!/^client\.authentication\.k8s\.io\/v1(?:beta1)?$/.test(apiVersion)) {
		throw new AdapterError(
			'unsupported',
			`${file}: the plugin ${exec.command} speaks ${apiVersion || 'no version'}`,
			'Renew the kubeconfig: only client.authentication.k8s.io/v1 and v1beta1 are in use.',
		);
	}
	// As in client-go, a bare name is looked up in PATH; a path with a slash is relative to the folder of the kubeconfig.
	const command = exec.command.includes('/')
		? resolveFromFile(exec.command, file)
		: (findProgram(exec.command, env['PATH']) ?? exec.command);
	const args = exec.args ?? [];
	const own = cluster.extensions?.find(({name}) => name === 'client.authentication.k8s.io/exec');
	const additions = Object.fromEntries((exec.env ?? []).map(({name, value}) => [name, value]));
	const permission = createExecPermission(
		{
			program: command,
			args,
			env: additions,
			server: cluster.server,
			requestedBy: file,
			installHint: exec.installHint,
			forbidden: policy(command, name => findProgram(name, env['PATH'])),
		},
		rules,
	);
	return {
		apiVersion,
		command,
		args,
		env: additions,
		interactive: exec.interactiveMode ?? 'IfAvailable',
		provideClusterInfo: exec.provideClusterInfo ?? false,
		config: own?.extension,
		installHint: exec.installHint,
		cwd: workingDirectory(home),
		...permission,
	};
}

function certificateOf(user: KubeUser, file: string): ClusterLogin['certificate'] {
	const cert = pemOf(user['client-certificate-data'], user['client-certificate'], file, 'client-certificate');
	const key = pemOf(user['client-key-data'], user['client-key'], file, 'client-key');
	if (cert !== undefined && key !== undefined) return {cert, key};
	if (cert === undefined && key === undefined) return undefined;
	throw new AdapterError(
		'denied',
		`${file}: a client certificate needs both client-certificate and client-key`,
		'Fix the kubeconfig, or log in again.',
	);
}

/** Returns the login in the order of client-go: a token file before a token, and a plugin only when there is nothing else. */
function loginMethod(
	{value: user, file}: KubeconfigEntry<KubeUser>,
	plugin: () => ExecPlugin | undefined,
): ClusterLogin['by'] {
	if (user.tokenFile !== undefined)
		return {kind: 'token-file', token: fileSecret(resolveFromFile(user.tokenFile, file))};
	const {token, username, password} = user;
	if (token !== undefined) return {kind: 'token', token: secretFromReader(`${file} token`, async () => token)};
	if (username !== undefined) {
		return {kind: 'basic', username, password: secretFromReader(`${file} password`, async () => password ?? '')};
	}
	const execPlugin = plugin();
	if (execPlugin !== undefined) return {kind: 'exec', plugin: execPlugin};
	if (user['auth-provider'] == null) return {kind: 'none'};
	throw new AdapterError(
		'unsupported',
		`${file}: auth-provider ${user['auth-provider'].name} was removed from Kubernetes 1.26`,
		'Renew the kubeconfig with the tool of your provider, which writes an exec plugin now.',
	);
}

function impersonationOf(user: KubeUser): Impersonation | undefined {
	if (user.as === undefined) return undefined;
	return {user: user.as, uid: user['as-uid'], groups: user['as-groups'] ?? [], extra: user['as-user-extra'] ?? {}};
}

const notFoundError = (config: Kubeconfig, what: string, name: string): AdapterError =>
	new AdapterError(
		'denied',
		`${config.files.join(', ')}: there is no ${what} ${name}`,
		`There are the contexts ${config.contexts.join(', ') || 'none'}: name one of them, or fix the kubeconfig.`,
	);

/**
 * Reads the kubeconfig files and resolves one context.
 * @throws AdapterError `denied` or `unsupported` when it cannot be used.
 */
export async function readClusterAccess(request: ClusterAccessRequest): Promise<ClusterAccess> {
	const config = await readKubeconfig(request.files);
	const name = request.context ?? config.currentContext;
	if (name === undefined) {
		const hint = `Choose one of ${config.contexts.join(', ') || 'none'}: kubectl config use-context NAME`;
		throw new AdapterError('denied', `${config.files.join(', ')}: there is no current context`, hint);
	}
	const context = config.context(name);
	if (context === undefined) throw notFoundError(config, 'context', name);
	const cluster = config.cluster(context.value.cluster);
	if (cluster === undefined) throw notFoundError(config, 'cluster', context.value.cluster);
	const user = context.value.user === undefined ? undefined : config.user(context.value.user);
	if (user === undefined && context.value.user !== undefined) throw notFoundError(config, 'user', context.value.user);
	const server = URL.parse(
		cluster.value.server.includes('://') ? cluster.value.server : `https://${cluster.value.server}`,
	);
	if (server === null || !/^https?:$/.test(server.protocol)) {
		const hint = 'It has to be of the form https://host:6443.';
		throw new AdapterError('denied', `${cluster.file}: the server of cluster ${context.value.cluster} is no URL`, hint);
	}
	const policy = user?.value.exec == null ? undefined : await readPluginPolicy(request.env, request.home);
	const plugin = () =>
		user?.value.exec == null || policy === undefined
			? undefined
			: pluginOf(user.value.exec, cluster.value, user.file, policy, request);
	const {value} = cluster;
	return {
		context: name,
		server: server.href.replace(/\/$/, ''),
		authority: pemOf(
			value['certificate-authority-data'],
			value['certificate-authority'],
			cluster.file,
			'certificate-authority',
		),
		insecure: value['insecure-skip-tls-verify'] ?? false,
		servername: value['tls-server-name'],
		proxy: value['proxy-url'],
		namespace: context.value.namespace ?? 'default',
		login:
			user === undefined
				? {certificate: undefined, by: {kind: 'none'}}
				: {certificate: certificateOf(user.value, user.file), by: loginMethod(user, plugin)},
		impersonate: user === undefined ? undefined : impersonationOf(user.value),
	};
}

/**
 * Returns the access to the cluster that this process runs in, with the service account of its pod; undefined outside a cluster.
 * https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/#directly-accessing-the-rest-api
 */
export async function readInClusterAccess(
	env: Readonly<Record<string, string | undefined>>,
	folder = accounts,
): Promise<ClusterAccess | undefined> {
	const host = env['KUBERNETES_SERVICE_HOST'];
	const port = env['KUBERNETES_SERVICE_PORT'];
	if (!host || !port) return undefined;
	const token = join(folder, 'token');
	try {
		await access(token, constants.R_OK);
	} catch {
		return undefined;
	}
	const namespace = await readFile(join(folder, 'namespace'), 'utf8').catch(() => 'default');
	return {
		context: 'in-cluster',
		server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
		authority: fileSecret(join(folder, 'ca.crt')),
		insecure: false,
		servername: undefined,
		proxy: undefined,
		namespace: namespace.trim(),
		login: {certificate: undefined, by: {kind: 'token-file', token: fileSecret(token)}},
		impersonate: undefined,
	};
}
