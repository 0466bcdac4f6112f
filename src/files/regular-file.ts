import {constants} from 'node:fs';
import {type FileHandle, lstat, open, stat} from 'node:fs/promises';
import {isErrno} from './errno.ts';

/** The path of a file leads to something else. `what`: `a directory`. */
export class NotAFileError extends Error {
	override readonly name = 'NotAFileError';
	readonly what: string;

	constructor(path: string, what: string, options?: {readonly cause?: unknown}) {
		super(`${path} is ${what}`, options);
		this.what = what;
	}
}

const danglingLink = 'a symbolic link that leads nowhere';

/**
 * Opens a file and never waits for the other end of a FIFO. `flags` are those of open(2).
 * @throws NotAFileError for a directory, a FIFO, a socket or a link that leads nowhere; Error of node:fs.
 */
export async function openRegular(path: string, flags: number, mode?: number): Promise<FileHandle> {
	// With O_CREAT a link that leads nowhere would make a file somewhere else.
	if ((flags & constants.O_CREAT) !== 0) await refuseDanglingLink(path);
	let file: FileHandle;
	try {
		file = await open(path, flags | constants.O_NONBLOCK, mode);
	} catch (error) {
		const what = await describeNonFile(path);
		if (what !== undefined) throw new NotAFileError(path, what, {cause: error});
		throw error;
	}
	try {
		const stats = await file.stat();
		if (stats.isFIFO() || stats.isDirectory()) throw new NotAFileError(path, nameOf(stats));
		return file;
	} catch (error) {
		await file.close();
		throw error;
	}
}

/** Reads all of a file. @throws as openRegular, and NotAFileError when it is larger than `maxBytes`. */
export async function readRegular(path: string, maxBytes = Number.POSITIVE_INFINITY): Promise<Buffer> {
	const file = await openRegular(path, constants.O_RDONLY);
	try {
		if ((await file.stat()).size > maxBytes)
			throw new NotAFileError(path, `a file of more than ${Math.round(maxBytes / 1024)} kB`);
		return await file.readFile();
	} finally {
		await file.close();
	}
}

/** Returns what is at the path: `a directory`; undefined for a file, and when nothing is there. */
async function describeNonFile(path: string): Promise<string | undefined> {
	const link = await lstat(path).catch(() => undefined);
	if (link === undefined) return undefined;
	const end = link.isSymbolicLink() ? await stat(path).catch(() => undefined) : link;
	if (end === undefined) return danglingLink;
	return end.isFile() ? undefined : nameOf(end);
}

async function refuseDanglingLink(path: string): Promise<void> {
	try {
		if (!(await lstat(path)).isSymbolicLink()) return;
	} catch (error) {
		if (isErrno(error, 'ENOENT')) return;
		throw error;
	}
	if ((await describeNonFile(path)) === danglingLink) throw new NotAFileError(path, danglingLink);
}

type Kind = {isFIFO(): boolean; isDirectory(): boolean; isSocket(): boolean};

function nameOf(stats: Kind): string {
	if (stats.isDirectory()) return 'a directory';
	if (stats.isFIFO()) return 'a FIFO';
	return stats.isSocket() ? 'a socket' : 'a device';
}
