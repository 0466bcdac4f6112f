import {rename} from 'node:fs/promises';
import {dirname} from 'node:path';
import type {ZodType} from 'zod';
import {messageOf} from '../errors.ts';
import {FileTooLargeError, readChecked} from '../files/checked-file.ts';
import {makeDirectory} from '../files/make-directory.ts';
import {replaceFile, syncPath} from '../files/replace-file.ts';
import {lazy} from '../lazy.ts';
import {type DocumentName, stateLayout, statePath} from './layout.ts';
import {type Lock, LostLockError, replacementPath, withLock} from './lock-file.ts';
import {ownIdentity} from './process-identity.ts';

/** A JSON document of the state directory, which several consoles read and change. */
export type StateDocument<T> = {
	/** @throws FileError when the file cannot be read, or another user can read or write it. Error of node:fs */
	read(): Promise<T>;
	/**
	 * Reads the document, changes it and writes it, while no other console does; resolves with the new value when it is on disk. `change` may
	 * be called several times. @throws like `read`; LockHeldError; StateDocumentError when the new value is too large
	 */
	update(change: (value: T) => T): Promise<T>;
};

/** A value was not written. */
export class StateDocumentError extends Error {
	override readonly name = 'StateDocumentError';
}

export type StateDocumentOptions<T> = {
	readonly schema: ZodType<T>;
	/** The value without a file. */
	readonly initial: T;
	/**
	 * Called with one sentence when the file is broken: too large, not JSON, or not of the schema. It was renamed to `<name>.broken`, so that
	 * the next read finds none; if that failed, the sentence says so and is not repeated.
	 */
	readonly report: (text: string) => void;
};

/** A process that loses the lock while it writes has slept for longer than a lease, which hardly happens twice. */
const maxAttempts = 3;

type Parsed<T> = {readonly value: T} | {readonly problem: string};

export function createStateDocument<T>(
	stateDir: string,
	name: DocumentName,
	{schema, initial, report}: StateDocumentOptions<T>,
): StateDocument<T> {
	const path = statePath(stateDir, name);
	const {maxBytes} = stateLayout[name];
	const identity = lazy(ownIdentity);
	let reported: string | undefined;

	const underLock = <R>(work: (lock: Lock) => Promise<R>): Promise<R> => {
		makeDirectory(dirname(path));
		const options = {about: 'another midwatch console', identity: identity()};
		return withLock(statePath(stateDir, 'documentsLock'), options, lock => {
			// A previous holder that wakes up does no harm: its replacement file was removed.
			lock.markFenced();
			return work(lock);
		});
	};

	async function load(): Promise<Parsed<T>> {
		let text: string | undefined;
		try {
			text = await readChecked(path, {kind: 'secret'}, maxBytes);
		} catch (error) {
			if (error instanceof FileTooLargeError) return {problem: error.problem};
			throw error;
		}
		return text === undefined ? {value: initial} : parse(text, schema);
	}

	/** Renames a broken file; the caller holds the lock, so that it is not one that another console has just written. */
	async function setAside(problem: string): Promise<void> {
		const broken = `${path}.broken`;
		await rename(path, broken);
		report(`${path} ${problem}: it was renamed to ${broken}, and starts empty`);
	}

	async function loadLocked(): Promise<T> {
		const loaded = await load();
		if ('value' in loaded) return loaded.value;
		await setAside(loaded.problem);
		return initial;
	}

	return {
		async read() {
			const loaded = await load();
			if ('value' in loaded) return loaded.value;
			try {
				return await underLock(loadLocked);
			} catch (error) {
				const text = `${path} ${loaded.problem}, and cannot be renamed: ${messageOf(error)}`;
				if (reported !== text) report(text);
				reported = text;
				return initial;
			}
		},
		async update(change) {
			for (let attempt = 1; ; attempt += 1) {
				const written = await underLock(async lock => {
					const value = change(await loadLocked());
					return (await write(path, encode(path, value, maxBytes), lock)) ? {value} : undefined;
				});
				if (written !== undefined) return written.value;
				if (attempt === maxAttempts) throw new LostLockError(path);
			}
		},
	};
}

/** @throws StateDocumentError when the text is too large. */
function encode(path: string, value: unknown, maxBytes: number): string {
	const text = `${JSON.stringify(value, undefined, '\t')}\n`;
	const size = Buffer.byteLength(text);
	if (size <= maxBytes) return text;
	throw new StateDocumentError(`${path} would have ${size} bytes, and must have at most ${maxBytes}`);
}

/** Writes the file durably. @returns false when the lock was lost before: then it was not written. */
async function write(path: string, text: string, lock: Lock): Promise<boolean> {
	const temporary = replacementPath(path, lock.token);
	const isWritten = await replaceFile(path, text, {temporary, mayReplace: () => lock.isHeld()});
	if (isWritten) await syncPath(dirname(path));
	return isWritten;
}

function parse<T>(text: string, schema: ZodType<T>): Parsed<T> {
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch {
		return {problem: 'is not JSON'};
	}
	const parsed = schema.safeParse(json);
	if (parsed.success) return {value: parsed.data};
	const [issue] = parsed.error.issues;
	const place = issue?.path.map(String).join('.') ?? '';
	return {problem: `has unexpected contents${place === '' ? '' : ` at ${place}`}`};
}
