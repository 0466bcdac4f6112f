import {spawn} from 'node:child_process';
import {AdapterError} from '../../../src/errors.ts';
import type {KubernetesSettings} from '../../../src/port/kubernetes.ts';
import type {ClusterAccess, ExecPlugin} from '../../../src/port/kubernetes-access.ts';
import {cleanLine} from '../../../src/text/clean.ts';
import {summarizeErrorOutput} from '../../../src/text/error-output.ts';
import {asObject} from '../../../src/text/json-values.ts';
import {redact} from '../../../src/text/redact.ts';
import type {Clock} from '../../../src/time/clock.ts';
import {kubectlCommandFor} from './cli-equivalent.ts';

/** Generous, because a plugin may call a distant server of its own. */
const pluginTimeoutMs = 30_000;
const maxOutputBytes = 1024 * 1024;

/** The credential that a plugin returned. Every field is secret. */
export type ExecCredential = {
	readonly token: string | undefined;
	readonly cert: string | undefined;
	readonly key: string | undefined;
	/** Epoch milliseconds; undefined: valid until the server refuses it. */
	readonly expiresAt: number | undefined;
};

/** Creates the error of a plugin that failed; `what` says how. */
type Failure = (what: string) => AdapterError;

/**
 * Returns the function that creates the errors of a plugin. They name the program but never its arguments, which may hold a token. The hint is
 * the plugin's `installHint`; without one, the kubectl command that runs the plugin visibly.
 */
const failureFactory =
	(plugin: ExecPlugin, loginCommand: string): Failure =>
	what => {
		const reproduce = `To see its full output: ${loginCommand}`;
		const hint = plugin.installHint === undefined ? reproduce : cleanLine(redact(plugin.installHint));
		return new AdapterError('denied', `login by ${plugin.command}: ${what}`, hint);
	};

/** KUBERNETES_EXEC_INFO. https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
async function execInfo(plugin: ExecPlugin, access: ClusterAccess, interactive: boolean): Promise<string> {
	const cluster = {
		server: access.server,
		...(access.servername === undefined ? {} : {'tls-server-name': access.servername}),
		...(access.insecure ? {'insecure-skip-tls-verify': true} : {}),
		...(access.authority === undefined
			? {}
			: {'certificate-authority-data': Buffer.from(await access.authority.reveal()).toString('base64')}),
		...(access.proxy === undefined ? {} : {'proxy-url': access.proxy}),
		...(plugin.config === undefined ? {} : {config: plugin.config}),
	};
	const spec = {interactive, ...(plugin.provideClusterInfo ? {cluster} : {})};
	return JSON.stringify({kind: 'ExecCredential', apiVersion: plugin.apiVersion, spec});
}

/** `background`: without a terminal and with empty stdin; its stderr becomes part of the error. `terminal`: interactive. */
export type PluginMode = 'background' | 'terminal';

/**
 * Runs the plugin once, after `plugin.permit()` has allowed it. In mode `terminal` it inherits stdin and stderr and has no timeout.
 * @throws AdapterError `denied` when it may not run, needs a terminal, fails, or prints something that is no credential.
 */
export async function runExecPlugin(
	plugin: ExecPlugin,
	access: ClusterAccess,
	clock: Clock,
	settings: KubernetesSettings,
	mode: PluginMode = 'background',
): Promise<ExecCredential> {
	await plugin.permit();
	const loginCommand = kubectlCommandFor({...settings, context: access.context}, 'version');
	if (plugin.interactive === 'Always' && mode === 'background') {
		const hint = `Log in from the list of watched systems, or in another terminal: ${loginCommand}`;
		throw new AdapterError('denied', `login by ${plugin.command} needs a terminal`, hint);
	}
	const env = {
		...settings.environment,
		...plugin.env,
		KUBERNETES_EXEC_INFO: await execInfo(plugin, access, mode === 'terminal'),
	};
	const failure = failureFactory(plugin, loginCommand);
	const run = {plugin, env, failure};
	const answer = await (mode === 'terminal' ? runAtTerminal(run) : runInBackground(run, clock));
	return readCredential(plugin, answer, clock, failure);
}

type Run = {readonly plugin: ExecPlugin; readonly env: NodeJS.ProcessEnv; readonly failure: Failure};

function runInBackground({plugin, env, failure}: Run, clock: Clock): Promise<string> {
	return new Promise((resolve, reject) => {
		// In a process group of its own, so that processes that the plugin starts are killed with it.
		const child = spawn(plugin.command, [...plugin.args], {
			env,
			cwd: plugin.cwd,
			stdio: ['ignore', 'pipe', 'pipe'],
			detached: true,
		});
		let out = '';
		let stderr = '';
		const stop = (what: string) => {
			cancelTimeout();
			try {
				if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
			} catch {
				// It has exited meanwhile.
			}
			child.stdout.destroy();
			child.stderr.destroy();
			reject(failure(what));
		};
		const cancelTimeout = clock.after(pluginTimeoutMs, () => stop(`no answer in ${pluginTimeoutMs / 1000} s`));
		child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
			out += chunk;
			if (out.length > maxOutputBytes) stop('it prints more than a credential');
		});
		child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
			stderr = (stderr + chunk).slice(-8000);
		});
		child.on('error', (error: NodeJS.ErrnoException) => stop(describeStartFailure(error)));
		child.on('close', (code, signal) => {
			cancelTimeout();
			if (code === 0) resolve(out);
			else {
				const summary = summarizeErrorOutput(stderr, [...plugin.args, ...Object.values(plugin.env), out]);
				reject(failure(`ended with ${code ?? signal}${summary === '' ? '' : `: ${summary}`}`));
			}
		});
	});
}

/** Runs it in our own process group: a terminal sends keys, Ctrl-C included, to the foreground group only. */
function runAtTerminal({plugin, env, failure}: Run): Promise<string> {
	return new Promise((resolve, reject) => {
		const child = spawn(plugin.command, [...plugin.args], {
			env,
			cwd: plugin.cwd,
			stdio: ['inherit', 'pipe', 'inherit'],
		});
		let out = '';
		child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
			out += chunk;
			if (out.length > maxOutputBytes) child.kill('SIGKILL');
		});
		child.on('error', (error: NodeJS.ErrnoException) => reject(failure(describeStartFailure(error))));
		child.on('close', (code, signal) => {
			if (code === 0) resolve(out);
			else
				reject(
					failure(out.length > maxOutputBytes ? 'it prints more than a credential' : `ended with ${code ?? signal}`),
				);
		});
	});
}

const describeStartFailure = (error: NodeJS.ErrnoException): string =>
	error.code === 'ENOENT' ? 'it is not installed, or not in PATH' : (error.code ?? error.message);

function readCredential(plugin: ExecPlugin, text: string, clock: Clock, failure: Failure): ExecCredential {
	let answer: unknown;
	try {
		answer = JSON.parse(text);
	} catch {
		// Without its output: it may hold the secret.
		throw failure('its answer is not JSON');
	}
	if (asObject(answer)['kind'] !== 'ExecCredential') throw failure('its answer is not an ExecCredential');
	if (asObject(answer)['apiVersion'] !== plugin.apiVersion) {
		throw failure(`it answers in another version than ${plugin.apiVersion}`);
	}
	const status = asObject(answer)['status'];
	const nonEmptyText = (name: string) => {
		const value = asObject(status)[name];
		return typeof value === 'string' && value !== '' ? value : undefined;
	};
	const token = nonEmptyText('token');
	const cert = nonEmptyText('clientCertificateData');
	const key = nonEmptyText('clientKeyData');
	if ((cert === undefined) !== (key === undefined)) throw failure('it gives a certificate without its key');
	if (token === undefined && cert === undefined) throw failure('it gives neither a token nor a certificate');
	const expires = Date.parse(nonEmptyText('expirationTimestamp') ?? '');
	// NaN when absent: the comparison is then false.
	if (expires <= clock.now()) throw failure('it gives a credential that has expired');
	return {token, cert, key, expiresAt: Number.isNaN(expires) ? undefined : expires};
}
