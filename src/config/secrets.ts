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

/** Where a secret is kept; the file of configuration holds nothing but this. */
export type SecretReference =
	| {readonly kind: 'env'; readonly name: string}
	| {readonly kind: 'file'; readonly path: string}
	| {readonly kind: 'exec'; readonly argv: readonly [string, ...string[]]};

/** What stands in for a secret, for messages. */
export const referenceForms = '${env:NAME}, ${file:/path} or ${exec:[command, argument]}';

/** How long a command may take. */
const execTimeoutMs = 10_000;
/** The most that a command may print, in characters. */
const execLargest = 64 * 1024;
/** How long the answer of a command is used that does not say when it expires: long enough for a storm of reconnects to run it once. */
const execCacheMs = 60_000;
/** A secret is fetched anew this long before it expires, so that it does not expire on its way. */
const refreshMs = 60_000;

/**
 * Reads `${env:NAME}`, `${file:PATH}` and `${exec:[argv]}`.
 * @returns the reference, or the words that say what is wrong with it, which do not repeat it; undefined when the text is no reference at all.
 */
export function parseSecretReference(text: string): SecretReference | string | undefined {
	const found = /^\$\{([a-z]*):(.*)\}$/s.exec(text.trim());
	if (found === null) return undefined;
	const [, kind = '', rest = ''] = found;
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
	const wrong = 'a command needs a list of words in brackets, as in ${exec:[command, argument]}';
	let words: unknown;
	try {
		words = parse(rest, {schema: 'failsafe'});
	} catch {
		return wrong;
	}
	if (!Array.isArray(words) || !words.every(word => typeof word === 'string')) return wrong;
	const [command, ...args] = words;
	if (command === undefined || command === '') return wrong;
	// Any other path with a slash would start from the current directory.
	if (command.includes('/') && !isAbsolute(command) && !command.startsWith('~/'))
		return 'a command needs a name that PATH has, an absolute path, or one that begins with ~/';
	return {kind: 'exec', argv: [command, ...args]};
}

/** As it is written in the configuration, but for the words of a command: they may hold a token. */
const sourceOf = (reference: SecretReference): string => {
	if (reference.kind === 'env') return `\${env:${reference.name}}`;
	if (reference.kind === 'file') return `\${file:${reference.path}}`;
	const [command, ...words] = reference.argv;
	return `\${exec:[${command}${words.length > 0 ? ', …' : ''}]}`;
};

/** The secret behind a reference. Nothing is read until it is asked for; variables and files are read each time, so that they may change. */
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

/** A secret that is already at hand, or read in some other way. Its value is in a closure, where neither console.log nor JSON finds it. */
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

/** A command of the configuration. `path` is PATH. */
type Command = {
	readonly source: string;
	readonly argv: readonly [string, ...string[]];
	readonly path: string | undefined;
	readonly home: string;
};

/** Epoch milliseconds; `readAt` is a monotonic reading. */
type CommandSecret = {
	readonly value: string;
	readonly expiresAt: number;
	readonly freshUntil: number;
	readonly freshForMs: number;
	readonly readAt: number;
};

/** Runs the command once for all who ask at the same time. A command that fails does not take away an answer that still holds. */
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

/** By both clocks: the wall clock can be set back, and the monotonic one stops while the machine sleeps. */
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

const runManuallyHint = 'Run the command by hand to see what it says.';

/**
 * What the command prints. Without a shell and without our terminal (in a session of its own): it can neither ask on the screen that the
 * console draws on, nor outlive its time with children of its own. What it printed on stdout is part of no message: a command that fails
 * may have printed the very secret it fetched. Its stderr is, redacted, without the arguments of the command and without that stdout.
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
		let written = '';
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
			if (output.length > execLargest) stop(`printed more than ${execLargest / 1024} kB`);
		});
		child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
			written = (written + chunk).slice(-8000);
		});
		child.on('error', (error: NodeJS.ErrnoException) =>
			end(denied(`${source}: cannot be run: ${error.code ?? 'unknown reason'}`, runManuallyHint)),
		);
		child.on('close', (code, signal) => {
			if (code === 0) {
				end(undefined);
				return;
			}
			const words = summarizeErrorOutput(written, [...args, output]);
			const status = code === null ? signal : `status ${code}`;
			end(denied(`${source}: ended with ${status}${words === '' ? '' : `: ${words}`}`, runManuallyHint));
		});
	});
}

function killGroup(pid: number | undefined): void {
	if (pid === undefined) return;
	try {
		process.kill(-pid, 'SIGKILL');
	} catch {
		// It has ended meanwhile.
	}
}

/** The text as it is, or `{"secret": "...", "expires": "2026-01-31T12:00:00Z"}` from a command that knows when it expires. */
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
	// A secret that lives shorter than the margin is used for half its life.
	const freshUntil = Math.max(expires - refreshMs, now + (expires - now) / 2);
	return {value: answer.secret, expiresAt: expires, freshUntil, freshForMs: freshUntil - now};
}
