import {constants} from 'node:fs';
import {type FileHandle, open, readdir, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {type Place, parseLine, type Tail, tailOf} from './chain.ts';
import {isErrno} from './errno.ts';
import {aboutToReplace, type Lock} from './lock-file.ts';
import type {AuditRecord} from './record.ts';
import {openRegular, readRegular} from './regular-file.ts';

/** Files of the audit directory: one log a month, and the mirror of the head. */

const monthFile = /^\d{4}-\d{2}\.jsonl$/;

/** Paths, oldest first. An absent directory has none. */
export async function listMonths(dir: string): Promise<readonly string[]> {
	try {
		const names = await readdir(dir);
		return names
			.filter(name => monthFile.test(name))
			.sort()
			.map(name => join(dir, name));
	} catch (error) {
		if (isErrno(error, 'ENOENT')) return [];
		throw error;
	}
}

/** Where the newest record stands according to the mirror; undefined when there is none. @throws Error when it cannot be read. */
export async function readHead(dir: string): Promise<Place | undefined> {
	let text: string;
	try {
		text = (await readRegular(join(dir, 'head.json'))).toString('utf8');
	} catch (error) {
		if (isErrno(error, 'ENOENT')) return undefined;
		throw error;
	}
	try {
		const {seq, hash} = JSON.parse(text) as Partial<Place>;
		if (typeof seq === 'number' && typeof hash === 'string') return {seq, hash};
	} catch {
		// Said below: a half-written mirror is the same as one that somebody spoilt.
	}
	throw new Error(`${join(dir, 'head.json')} cannot be read as the mirror of the head`);
}

/** Replaces the mirror in one step, and not when the writer lock was lost meanwhile. */
export async function writeHead(dir: string, place: Place, lock: Pick<Lock, 'token' | 'isMine'>): Promise<void> {
	const path = join(dir, 'head.json');
	const fresh = aboutToReplace(path, lock.token);
	const file = await open(fresh, 'wx', 0o600);
	try {
		await file.writeFile(`${JSON.stringify(place)}\n`);
		await file.sync();
	} finally {
		await file.close();
	}
	// In this order: who takes the lock after this look removes the fresh file before he writes anything.
	if (await lock.isMine()) await rename(fresh, path);
	else await rm(fresh, {force: true});
}

/** The end of one month, read backwards. */
export async function readTail(path: string): Promise<Tail> {
	const file = await openRegular(path, constants.O_RDONLY);
	try {
		const {size} = await file.stat();
		for (let length = 64 * 1024; ; length *= 8) {
			const from = Math.max(0, size - length);
			const tail = tailOf(await readFrom(file, from, size - from), from === 0);
			if (tail) return tail;
		}
	} finally {
		await file.close();
	}
}

/** Whole records of the newest months, oldest first, at most `limit`. Lines that are none are left out: `audit verify` tells of them. */
export async function readRecent(dir: string, limit: number): Promise<readonly AuditRecord[]> {
	const newestFirst: AuditRecord[] = [];
	for (const path of [...(await listMonths(dir))].reverse()) {
		const bytes = await readRegular(path);
		for (let end = bytes.length; end > 0 && newestFirst.length < limit; ) {
			const start = bytes.lastIndexOf(10, end - 1) + 1;
			const record = parseLine(bytes.subarray(start, end));
			if (record) newestFirst.push(record);
			end = start - 1;
		}
		if (newestFirst.length >= limit) break;
	}
	return newestFirst.reverse();
}

async function readFrom(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
	const buffer = Buffer.alloc(length);
	let filled = 0;
	while (filled < length) {
		const {bytesRead} = await file.read(buffer, filled, length - filled, position + filled);
		if (bytesRead === 0) break;
		filled += bytesRead;
	}
	return buffer.subarray(0, filled);
}
