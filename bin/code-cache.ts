import {lstat, mkdir, readdir, rename, rm, stat, writeFile} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {crc32} from 'node:zlib';
import {withDefaultFlags} from './small-heap.ts';

/** The running program as scripts/build.mjs started it. */
export type RunningCode = {
	/** Where what Node compiled of it is kept; undefined where there is no place for a cache. */
	readonly file: string | undefined;
	/** Bytes of what was kept and taken at this start; 0 when there was none. */
	readonly kept: number;
	/** What has been compiled by now: what was kept, and all that ran since. Takes the event loop 15 to 30 ms. */
	compiled(): Uint8Array;
};

declare const __midwatchCode: RunningCode | undefined;

/** Undefined when the program runs from its sources, which Node compiles its own way. */
export const runningCode = typeof __midwatchCode === 'undefined' ? undefined : __midwatchCode;

/** What else has been compiled must be worth writing it all again. */
const minimumGrowth = 1.1;

let drafts = 0;

/** Of other builds and other Nodes: who goes back to one of them finds it there. */
const mostFiles = 4;

/**
 * Keeps what Node has compiled for the next start, unless it is kept already. Call it once the first frame stands and the first reads are
 * over: what a start needs has been compiled then, and Node has not yet thrown away what is not used again. What is kept is replaced by
 * what is larger by a tenth, as after a first start that showed another kind of system. Two consoles may do so at once: each writes a
 * file of its own and renames it, and the last one wins.
 * @returns true when it was written. Never throws: a cache that cannot be written is none.
 */
export async function saveCodeCache(code: RunningCode | undefined): Promise<boolean> {
	if (code?.file === undefined) return false;
	const {file} = code;
	const folder = dirname(file);
	drafts += 1;
	const draft = `${file}.${process.pid}-${drafts}`;
	try {
		await mkdir(folder, {recursive: true, mode: 0o700});
		const {uid, mode} = await lstat(folder);
		if (uid !== process.getuid?.() || (mode & 0o22) !== 0) return false;
		const data = withDefaultFlags(code.compiled);
		if (data.length < code.kept * minimumGrowth) return false;
		const sum = Buffer.alloc(4);
		sum.writeUInt32LE(crc32(data));
		await writeFile(draft, Buffer.concat([data, sum]), {mode: 0o600, flag: 'wx'});
		await rename(draft, file);
		await removeOld(folder, basename(file));
		return true;
	} catch {
		await rm(draft, {force: true}).catch(() => {});
		return false;
	}
}

async function removeOld(folder: string, newest: string): Promise<void> {
	const names = (await readdir(folder)).filter(name => name.startsWith('code-') && name !== newest);
	const dated = await Promise.all(
		names.map(async name => {
			const found = await stat(join(folder, name)).catch(() => undefined);
			// What is gone is the draft of another console, in its place by now.
			return found === undefined ? [] : [{name, at: found.mtimeMs}];
		}),
	);
	const old = dated
		.flat()
		.toSorted((a, b) => b.at - a.at)
		.slice(mostFiles - 1);
	await Promise.all(old.map(({name}) => rm(join(folder, name), {force: true})));
}
