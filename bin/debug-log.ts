import {closeSync, constants, fstatSync, openSync, renameSync, statSync, writeSync} from 'node:fs';
import {resolve} from 'node:path';
import {messageOf} from '../src/errors.ts';
import {cleanLine} from '../src/text/clean.ts';
import {redact} from '../src/text/redact.ts';
import {systemClock} from '../src/time/clock.ts';
import {UsageError} from './cli/arguments.ts';
import {exitCodes} from './cli/exit-codes.ts';

/** A log of what happens inside midwatch, for debugging: one JSON object a line. */
export type DebugLog = {
	/** Appends one line. Secrets in texts are redacted. Never throws: when the disk is full, the log ends and midwatch goes on. */
	write(event: string, fields: Readonly<Record<string, unknown>>): void;
};

/** At this size the file is renamed to `<path>.1`, which replaces the one before: together they take at most twice as much. */
const maxFileBytes = 5_000_000;

/** A longer text is cut: a line stays readable, and is written at once. */
const maxTextLength = 2000;

/**
 * Opens the log of `--log FILE`, or of MIDWATCH_LOG without it; undefined when neither is given.
 * @throws UsageError when the file cannot be written, or is not a file of this user that no one else can read; with the exit code of the
 * environment when MIDWATCH_LOG names it.
 */
export function openDebugLog(option: string | undefined, env: NodeJS.ProcessEnv = process.env): DebugLog | undefined {
	if (option !== undefined) return createDebugLog(resolve(option));
	const path = env['MIDWATCH_LOG'] ?? '';
	if (path === '') return undefined;
	try {
		return createDebugLog(resolve(path));
	} catch (error) {
		throw error instanceof UsageError ? new UsageError(error.message, exitCodes.configuration) : error;
	}
}

/** Opens the log file. @throws UsageError when it cannot be written. */
export function createDebugLog(path: string, now: () => number = systemClock.now, maxBytes = maxFileBytes): DebugLog {
	let file: number | undefined = openLogFile(path);
	let size = fstatSync(file).size;

	function rotate(descriptor: number): number {
		// Another console may have renamed it already.
		const isOurs = statSync(path, {throwIfNoEntry: false})?.ino === fstatSync(descriptor).ino;
		closeSync(descriptor);
		if (isOurs) renameSync(path, `${path}.1`);
		const next = openLogFile(path);
		size = fstatSync(next).size;
		return next;
	}

	return {
		write(event, fields) {
			if (file === undefined) return;
			const entry = {at: new Date(now()).toISOString(), pid: process.pid, event, ...fields};
			const line = Buffer.from(`${JSON.stringify(entry, (_name, value: unknown) => safeValue(value))}\n`);
			try {
				if (size + line.length > maxBytes) file = rotate(file);
				writeSync(file, line);
				size += line.length;
			} catch {
				file = undefined;
			}
		},
	};
}

function safeValue(value: unknown): unknown {
	if (typeof value === 'bigint') return String(value);
	if (typeof value !== 'string') return value;
	const text = redact(cleanLine(value));
	return text.length > maxTextLength ? `${text.slice(0, maxTextLength)}…` : text;
}

/** Creates the file with mode 0600, or opens an existing one at its end. A link is not followed, and nothing that is not a file is opened. */
function openLogFile(path: string): number {
	const {O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK} = constants;
	let file: number;
	try {
		file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
	} catch (error) {
		throw new UsageError(`the log ${path} cannot be written: ${messageOf(error)}`);
	}
	const stats = fstatSync(file);
	if (stats.isFile() && stats.uid === process.getuid?.() && (stats.mode & 0o77) === 0) return file;
	closeSync(file);
	throw new UsageError(`the log ${path} must be a file of yours that no one else can read: chmod 600 ${path}`);
}
