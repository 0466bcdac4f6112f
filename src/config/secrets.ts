import {spawn} from 'node:child_process';
import {isAbsolute, join} from 'node:path';
import {parse} from 'yaml';
import type {Secret} from '../contract/target.ts';
import {AdapterError, messageOf} from '../errors.ts';
import {type EnvironmentVariables, homeDirectory} from '../files/base-directories.ts';
import {findProgram, workingDirectory} from '../files/find-program.ts';
import {summarizeErrorOutput} from '../text/error-output.ts';
import {type Clock, systemClock} from '../time/clock.ts';
import {createSingleflight} from '../time/singleflight.ts';
import {readSafeFile} from './safe-file.ts';

/** A reference to a secret. The configuration file holds references, never secrets. */
export type SecretReference =
	| {readonly kind: 'env'; readonly name: string}
	| {readonly kind: 'file'; readonly path: string}
	| {readonly kind: 'exec'; readonly argv: readonly [string, ...string[]]};

/** The forms of a reference, for messages. */
export const referenceForms = '${env:NAME}, ${file:/path} or ${exec:[command, argument]}';

const execTimeoutMs = 10_000;
/** The maximum output of a command, in characters. */
const maxExecOutput = 64 * 1024;
/** How long a secret without an expiry is cached, so that a burst of reconnects runs the command once. */
const execCacheMs = 60_000;
/** A secret is refreshed this long before it expires, so that it does not expire in transit. */
const refreshMarginMs = 60_000;

/**
 * Reads `${env:NAME}`, `${file:PATH}` and `${exec:[argv]}`.
 * @returns the reference, or a message that says what is wrong without repeating it; undefined when the text is not a reference.
 */
export function parseSecretReference(text: string): SecretReference | string | undefined {
	const match = /^\$\{([a-z]*):(.*)\}$/s.exec(text.trim());
	if (match === null) return undefined;
	const [, kind = '', rest = ''] = match;
	if (kind === 'env') {
		return /^[A-Za-z_]\w*$/.test(rest) ? {kind, name: rest} : 'the reference does not name an environment variable';
	}
	if (kind === 'file') {
		return rest.startsWith('/') || rest.startsWith('~/')
			? {kind, path: rest}
			: 'the reference to a file needs an absolute path, or one that begins with ~/';
	}
	if (kind === 'exec') return readCommand(rest);
	return `there is no such kind of reference; write ${referenceForms}`;
}

function readCommand(rest: string): SecretReference | string {
	const mistake = 'a command needs a list of words in brackets, as in ${exec:[command, argument]}';
	let argv: unknown;
	try {
		argv = parse(rest, {schema: 'failsafe'});
	} catch {
		return mistake;
	}
	if (!Array.isArray(argv) || !argv.every(arg => typeof arg === 'string')) return mistake;
	const [command, ...args] = argv;
	if (command === undefined || command === '') return mistake;
	// Any other path with a slash would be relative to the current directory.
	if (command.includes('/') && !isAbsolute(command) && !command.startsWith('~/'))
		return 'a command needs a name that PATH has, an absolute path, or one that begins with ~/';
	return {kind: 'exec', argv: [command, ...args]};
}

/** Formats a reference as in the configuration, without the arguments of a command: they may hold a token. */
const sourceOf = (reference: SecretReference): string => {
	if (reference.kind === 'env') return `\${env:${reference.name}}`;
	if (reference.kind === 'file') return `\${file:${reference.path}}`;
	const [command, ...args] = reference.argv;
	return `\${exec:[${command}${args.length > 0 ? ', …' : ''}]}`;
};

/** Returns the secret of a reference. It is read on `reveal()`; variables and files are read each time, so that they may change. */
export function secretFromReference(
	reference: SecretReference,
	{
		env = process.env,
		home = homeDirectory(env),
		clock = systemClock,
	}: {readonly env?: EnvironmentVariables; readonly home?: string; readonly clock?: Clock} = {},
): Secret {
	const source = sourceOf(reference);
	switch (reference.kind) {
		case 'env':
			return secretFromReader(source, async () => {
				const value = env[reference.name];
				if (value === undefined || value === '') {
					throw denied(
						`${source}: the environment variable ${reference.name} is not set`,
						'Set it before you start midwatch.',
					);
				}
				return value;
			});
		case 'file':
			return secretFromReader(source, () => readSecretFile(source, reference.path, home));
		case 'exec':
			return secretFromReader(source, cached({source, argv: reference.argv, path: env['PATH'], home}, clock));
	}
}

/** Returns a secret with its own read function. The value stays in a closure, where neither console.log nor JSON can reach it. */
export const secretFromReader = (source: string, reveal: () => Promise<string>): Secret => ({source, reveal});

const denied = (message: string, hint: string, cause?: unknown) => new AdapterError('denied', message, hint, {cause});

const underHome = (path: string, home: string): string => (path.startsWith('~/') ? join(home, path.slice(2)) : path);

async function readSecretFile(source: string, path: string, home: string): Promise<string> {
	const file = underHome(path, home);
	let text: string | undefined;
	try {
		text = await readSafeFile(file, {kind: 'secret'});
	} catch (error) {
		throw denied(messageOf(error), 'The file of a secret must be readable by you alone.', error);
	}
	if (text === undefined) throw denied(`${source}: there is no such file`, `Write the secret into ${file}, mode 600.`);
	const value = text.replace(/\r?\n$/, '');
	if (value === '') throw denied(`${source}: the file is empty`, `Write the secret into ${file}.`);
	return value;
}

/** A configured command that prints a secret. `path` is PATH. */
type Command = {
	readonly source: string;
	readonly argv: readonly [string, ...string[]];
	readonly path: string | undefined;
	readonly home: string;
};

/** `expiresAt` and `freshUntil` are in epoch milliseconds, `readAt` is monotonic time in milliseconds. */
type CommandSecret = {
	readonly value: string;
	readonly expiresAt: number;
	readonly freshUntil: number;
	readonly freshForMs: number;
	readonly readAt: number;
};

/** Runs the command as a singleflight and caches its secret. When it fails, a cached secret is used until it expires. */
function cached(command: Command, clock: Clock): () => Promise<string> {
	let last: CommandSecret | undefined;
	const flight = createSingleflight<CommandSecret>();
	return async () => {
		if (last !== undefined && isFresh(last, clock)) return last.value;
		try {
			last = await flight.run(() => runSecretCommand(command, clock));
		} catch (error) {
			if (last === undefined || clock.now() >= last.expiresAt) throw error;
		}
		return last.value;
	};
}

/** Checks both clocks: the wall clock can be set back, and the monotonic one stops while the machine sleeps. */
const isFresh = ({freshUntil, freshForMs, readAt}: CommandSecret, clock: Clock): boolean =>
	clock.now() < freshUntil && clock.monotonic() < readAt + freshForMs;

async function runSecretCommand(command: Command, clock: Clock): Promise<CommandSecret> {
	const {source} = command;
	const started = clock.now();
	const text = (await runAndCapture(command, clock)).replace(/\r?\n$/, '');
	const answer = {...parseCommandSecret(text, started), readAt: clock.monotonic()};
	if (answer.value === '') throw denied(`${source}: printed nothing`, runManuallyHint);
	if (answer.expiresAt <= started) throw denied(`${source}: gave a secret that has expired already`, runManuallyHint);
	return answer;
}

const runManuallyHint = 'Run the command in a shell to see its output.';

/**
 * Runs a command and returns its stdout. There is no shell, and the command runs in a session of its own, without our terminal: it cannot
 * prompt on the screen of the console, and its children end with it at the timeout. Messages never contain its stdout, because a command that
 * fails may have printed the secret. They contain its stderr, redacted, without the arguments of the command and without that stdout.
 */
function runAndCapture({source, argv: [name, ...args], path, home}: Command, clock: Clock): Promise<string> {
	const program = name.includes('/') ? underHome(name, home) : findProgram(name, path);
	if (program === undefined)
		throw denied(`${source}: PATH has no ${name}`, 'Install it, or name it by its absolute path.');
	return new Promise((resolve, reject) => {
		const child = spawn(program, args, {
			stdio: ['ignore', 'pipe', 'pipe'],
			detached: true,
			cwd: workingDirectory(home),
		});
		let output = '';
		let errorOutput = '';
		const end = (error: AdapterError | undefined) => {
			cancel();
			child.stdout.destroy();
			child.stderr.destroy();
			if (error === undefined) resolve(output);
			else reject(error);
		};
		const stop = (why: string) => {
			killGroup(child.pid);
			end(denied(`${source}: ${why}`, runManuallyHint));
		};
		const cancel = clock.after(execTimeoutMs, () => stop(`no answer in ${execTimeoutMs / 1000} s`));
		child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
			output += chunk;
			if (output.length > maxExecOutput) stop(`printed more than ${maxExecOutput / 1024} kB`);
		});
		child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
			errorOutput = (errorOutput + chunk).slice(-8000);
		});
		child.on('error', (error: NodeJS.ErrnoException) =>
			end(denied(`${source}: cannot be run: ${error.code ?? 'unknown reason'}`, runManuallyHint)),
		);
		child.on('close', (code, signal) => {
			if (code === 0) {
				end(undefined);
				return;
			}
			const reported = summarizeErrorOutput(errorOutput, [...args, output]);
			const status = code === null ? signal : `status ${code}`;
			end(denied(`${source}: ended with ${status}${reported === '' ? '' : `: ${reported}`}`, runManuallyHint));
		});
	});
}

function killGroup(pid: number | undefined): void {
	if (pid === undefined) return;
	try {
		process.kill(-pid, 'SIGKILL');
	} catch {
		// The process has already ended.
	}
}

/** Parses the output of a command: the plain secret, or `{"secret": "...", "expires": "2026-01-31T12:00:00Z"}` with its expiry. */
function parseCommandSecret(text: string, now: number): Omit<CommandSecret, 'readAt'> {
	const plain = {value: text, expiresAt: now + execCacheMs, freshUntil: now + execCacheMs, freshForMs: execCacheMs};
	if (!text.startsWith('{')) return plain;
	let answer: unknown;
	try {
		answer = JSON.parse(text);
	} catch {
		return plain;
	}
	if (typeof answer !== 'object' || answer === null || !('secret' in answer) || typeof answer.secret !== 'string')
		return plain;
	const expires = 'expires' in answer && typeof answer.expires === 'string' ? Date.parse(answer.expires) : Number.NaN;
	if (Number.isNaN(expires)) return {...plain, value: answer.secret};
	// A secret with a lifetime below the margin is used for half of its lifetime.
	const freshUntil = Math.max(expires - refreshMarginMs, now + (expires - now) / 2);
	return {value: answer.secret, expiresAt: expires, freshUntil, freshForMs: freshUntil - now};
}
