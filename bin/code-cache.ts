import {lstat, mkdir, readdir, rename, rm, stat, writeFile} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {crc32} from 'node:zlib';
import {withDefaultFlags} from './small-heap.ts';

/** The compiled code of the running program, as the starter of the bundle passes it (scripts/build.mjs). */
export type RunningCode = {
	/** Path of the code cache file; undefined when there is no cache directory. */
	readonly file: string | undefined;
	/** Bytes of cached code that this start used; 0 when it used none. */
	readonly cachedBytes: number;
	/** Returns V8's code cache: the cached functions and all that ran since. Holds the event loop for 15 to 30 ms. */
	createCachedData(): Uint8Array;
};

declare const __midwatchCode: RunningCode | undefined;

/** Undefined when the program runs from its sources, which Node compiles itself. */
export const runningCode = typeof __midwatchCode === 'undefined' ? undefined : __midwatchCode;

/** The cache is written again only when it has grown by this factor. */
const minGrowth = 1.1;

/** Code caches of other builds and Node versions that are retained, so that going back to one of them starts fast. */
const maxFiles = 4;

/**
 * Writes V8's code cache for the next start, unless the cache that this start used is as good. Call it after the first frame and the first
 * reads: by then everything that a start needs is compiled, and V8 has not yet discarded code that runs only once. A cache that is larger
 * by a tenth replaces the old one, as after a first start that showed another kind of system. Two consoles may write at the same time:
 * each writes a file of its own and renames it, and the last one wins.
 * @returns true when it was written. Never throws: without a cache midwatch only starts more slowly.
 */
export async function saveCodeCache(code: RunningCode | undefined): Promise<boolean> {
	if (code?.file === undefined) return false;
	const {file} = code;
	const folder = dirname(file);
	const draft = `${file}.${process.pid}-${crypto.randomUUID()}`;
	try {
		await mkdir(folder, {recursive: true, mode: 0o700});
		const {uid, mode} = await lstat(folder);
		if (uid !== process.getuid?.() || (mode & 0o22) !== 0) return false;
		const data = withDefaultFlags(() => code.createCachedData());
		if (data.length < code.cachedBytes * minGrowth) return false;
		const checksum = Buffer.alloc(4);
		checksum.writeUInt32LE(crc32(data));
		await writeFile(draft, Buffer.concat([data, checksum]), {mode: 0o600, flag: 'wx'});
		await rename(draft, file);
		await removeOldCaches(folder, basename(file));
		return true;
	} catch {
		await rm(draft, {force: true}).catch(() => {});
		return false;
	}
}

/** Removes all caches but the newest ones. */
async function removeOldCaches(folder: string, newest: string): Promise<void> {
	const names = (await readdir(folder)).filter(name => name.startsWith('code-') && name !== newest);
	const dated = await Promise.all(
		names.map(async name => {
			const stats = await stat(join(folder, name)).catch(() => undefined);
			// A missing file was the draft of another console, which has renamed it.
			return stats === undefined ? [] : [{name, mtimeMs: stats.mtimeMs}];
		}),
	);
	const old = dated
		.flat()
		.toSorted((a, b) => b.mtimeMs - a.mtimeMs)
		.slice(maxFiles - 1);
	await Promise.all(old.map(({name}) => rm(join(folder, name), {force: true})));
}
