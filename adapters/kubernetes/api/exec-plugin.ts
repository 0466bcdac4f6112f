import {spawn} from 'node:child_process';
import {AdapterError} from '../../../src/errors.ts';
import type {KubernetesSettings} from '../../../src/port/kubernetes.ts';
import type {ClusterAccess, ExecPlugin} from '../../../src/port/kubernetes-access.ts';
import {cleanLine} from '../../../src/text/clean.ts';
import {summarizeErrorOutput} from '../../../src/text/error-output.ts';
import {redact} from '../../../src/text/redact.ts';
import type {Clock} from '../../../src/time/clock.ts';
import {kubectlCommandFor} from './cli-equivalent.ts';

/** A plugin may ask a server of its own, which may be far away. */
const pluginTimeoutMs = 30_000;
const maxOutputBytes = 1024 * 1024;

/** What a plugin answered. Secret as a whole. */
export type ExecCredential = {
	readonly token: string | undefined;
	readonly cert: string | undefined;
	readonly key: string | undefined;
	/** Epoch milliseconds; undefined: until it is refused. */
	readonly expiresAt: number | undefined;
};

type Failure = (what: string) => AdapterError;

/** Never the arguments: they may hold a token. kubectl runs the same program with them and shows all that it says. */
const failureOf =
	(plugin: ExecPlugin, login: string): Failure =>
	what => {
		const byHand = `To see all that it says: ${login}`;
		const hint = plugin.installHint === undefined ? byHand : cleanLine(redact(plugin.installHint));
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

/** `screen`: behind the deck, without a terminal; its input is empty, and what it says to a person is kept for the error. */
export type PluginMode = 'screen' | 'terminal';

/**
 * Asks the plugin once. At a terminal it has the person's input and stderr, and all the time it wants.
 * @throws AdapterError `denied` when it may not run, needs a terminal, fails, or answers what cannot be read.
 */
export async function runExecPlugin(
	plugin: ExecPlugin,
	access: ClusterAccess,
	clock: Clock,
	settings: KubernetesSettings,
	seat: PluginMode = 'screen',
): Promise<ExecCredential> {
	await plugin.permit();
	const login = kubectlCommandFor({...settings, context: access.context}, 'version');
	if (plugin.interactive === 'Always' && seat === 'screen') {
		const hint = `Log in from the list of watched systems, or in another terminal: ${login}`;
		throw new AdapterError('denied', `login by ${plugin.command} needs a terminal`, hint);
	}
	const env = {
		...settings.environment,
		...plugin.env,
		KUBERNETES_EXEC_INFO: await execInfo(plugin, access, seat === 'terminal'),
	};
	const failed = failureOf(plugin, login);
	const run = {plugin, env, failed};
	const answer = await (seat === 'terminal' ? runAtTerminal(run) : runInBackground(run, clock));
	return readCredential(plugin, answer, clock, failed);
}

type Run = {readonly plugin: ExecPlugin; readonly env: NodeJS.ProcessEnv; readonly failed: Failure};

function runInBackground({plugin, env, failed}: Run, clock: Clock): Promise<string> {
	return new Promise((resolve, reject) => {
		// A group of its own, so that whatever the plugin starts ends with it.
		const child = spawn(plugin.command, [...plugin.args], {
			env,
			cwd: plugin.cwd,
			stdio: ['ignore', 'pipe', 'pipe'],
			detached: true,
		});
		let out = '';
		let said = '';
		const stop = (what: string) => {
			callOff();
			try {
				if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
			} catch {
				// It has ended meanwhile.
			}
			child.stdout.destroy();
			child.stderr.destroy();
			reject(failed(what));
		};
		const callOff = clock.after(pluginTimeoutMs, () => stop(`no answer in ${pluginTimeoutMs / 1000} s`));
		child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
			out += chunk;
			if (out.length > maxOutputBytes) stop('it prints more than a credential');
		});
		child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
			said = (said + chunk).slice(-8000);
		});
		child.on('error', (error: NodeJS.ErrnoException) => stop(describeStartFailure(error)));
		child.on('close', (code, signal) => {
			callOff();
			if (code === 0) resolve(out);
			else {
				const words = summarizeErrorOutput(said, [...plugin.args, ...Object.values(plugin.env), out]);
				reject(failed(`ended with ${code ?? signal}${words === '' ? '' : `: ${words}`}`));
			}
		});
	});
}

/** In our own group: a terminal gives its keys to that group alone, Ctrl-C included. */
function runAtTerminal({plugin, env, failed}: Run): Promise<string> {
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
		child.on('error', (error: NodeJS.ErrnoException) => reject(failed(describeStartFailure(error))));
		child.on('close', (code, signal) => {
			if (code === 0) resolve(out);
			else
				reject(
					failed(out.length > maxOutputBytes ? 'it prints more than a credential' : `ended with ${code ?? signal}`),
				);
		});
	});
}

const describeStartFailure = (error: NodeJS.ErrnoException): string =>
	error.code === 'ENOENT' ? 'it is not installed, or not in PATH' : (error.code ?? error.message);

const field = (value: unknown, name: string): unknown =>
	typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;

function readCredential(plugin: ExecPlugin, text: string, clock: Clock, failed: Failure): ExecCredential {
	let answer: unknown;
	try {
		answer = JSON.parse(text);
	} catch {
		// Never its words: they may hold the secret.
		throw failed('its answer is not JSON');
	}
	if (field(answer, 'kind') !== 'ExecCredential') throw failed('its answer is not an ExecCredential');
	if (field(answer, 'apiVersion') !== plugin.apiVersion) {
		throw failed(`it answers in another version than ${plugin.apiVersion}`);
	}
	const status = field(answer, 'status');
	const words = (name: string) => {
		const value = field(status, name);
		return typeof value === 'string' && value !== '' ? value : undefined;
	};
	const token = words('token');
	const cert = words('clientCertificateData');
	const key = words('clientKeyData');
	if ((cert === undefined) !== (key === undefined)) throw failed('it gives a certificate without its key');
	if (token === undefined && cert === undefined) throw failed('it gives neither a token nor a certificate');
	const expires = Date.parse(words('expirationTimestamp') ?? '');
	if (expires <= clock.now()) throw failed('it gives a credential that has expired');
	return {token, cert, key, expiresAt: Number.isNaN(expires) ? undefined : expires};
}
