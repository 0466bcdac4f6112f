import {constants} from 'node:fs';
import {type FileHandle, readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {isErrno} from '../files/errno.ts';
import {openRegular, readRegular} from '../files/regular-file.ts';
import {replaceFile} from '../files/replace-file.ts';
import {stateFileName, stateLayout} from '../state/layout.ts';
import {type Lock, replacementPath} from '../state/lock-file.ts';
import type {AuditRecord} from './audit-record.ts';
import {type ChainPosition, type LogTail, linesFromEnd, parseLogTail, parseRecordLine} from './chain.ts';

/*
 * The files of the audit directory: one log for each month, `head.json`, a mirror of the position of the last record, and the lock of the
 * console that appends.
 */

const headPath = (dir: string): string => join(dir, stateFileName('auditHead'));
export const auditLockPath = (dir: string): string => join(dir, stateFileName('auditLock'));

/** `2026-11.jsonl`, and `2026-11.2.jsonl` for records that follow those of a clock that was ahead. */
const monthFile = /^(\d{4}-\d{2})(?:\.(\d+))?\.jsonl$/;

type MonthlyFile = {
	readonly path: string;
	/** `2026-11`. */
	readonly month: string;
	/** 1 for the file without a number in its name. */
	readonly number: number;
	/** Sequence number of its first record; undefined when it has none. */
	readonly first: number | undefined;
};

/** Lists the files in the order of the chain, which is the order of their names unless a clock was ahead. A file without records is sorted by its name. */
async function listMonthlyFiles(dir: string): Promise<readonly MonthlyFile[]> {
	let names: readonly string[];
	try {
		names = await readdir(dir);
	} catch (error) {
		if (isErrno(error, 'ENOENT')) return [];
		throw error;
	}
	const files = names.flatMap(name => {
		const [, month, number = '1'] = monthFile.exec(name) ?? [];
		return month === undefined ? [] : [{path: join(dir, name), month, number: Number(number)}];
	});
	files.sort((a, b) => (a.month === b.month ? a.number - b.number : a.month < b.month ? -1 : 1));
	const months: {readonly at: number; readonly month: MonthlyFile}[] = [];
	for (const file of files) {
		// An unreadable file fails where its records are read.
		const first = await firstSeq(file.path).catch(() => undefined);
		months.push({at: first ?? months.at(-1)?.at ?? 0, month: {...file, first}});
	}
	return months.toSorted((a, b) => a.at - b.at).map(({month}) => month);
}

async function firstSeq(path: string): Promise<number | undefined> {
	const file = await openRegular(path, constants.O_RDONLY);
	try {
		const {size} = await file.stat();
		for (let length = 16 * 1024; ; length *= 8) {
			const bytes = await readFrom(file, 0, Math.min(size, length));
			const record = firstRecord(bytes);
			if (record !== undefined || length >= size) return record?.seq;
		}
	} finally {
		await file.close();
	}
}

function firstRecord(bytes: Uint8Array): AuditRecord | undefined {
	let start = 0;
	for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
		const record = parseRecordLine(bytes.subarray(start, end));
		if (record !== undefined) return record;
		start = end + 1;
	}
	return parseRecordLine(bytes.subarray(start));
}

/** The paths in the order of the chain; none for an absent directory. */
export const listLogFiles = async (dir: string): Promise<readonly string[]> =>
	(await listMonthlyFiles(dir)).map(({path}) => path);

/** The last file, and those without records, which another console may be about to write to. */
export async function activeLogFiles(dir: string): Promise<readonly string[]> {
	const months = await listMonthlyFiles(dir);
	return months.filter(({first}, index) => first === undefined || index === months.length - 1).map(({path}) => path);
}

/** Consoles whose clocks differ by less than this share a file when the month ends. */
const skewMs = 3_600_000;

/**
 * The file for a record of time `ts`: that of its month, whatever the clock said when earlier records were written. A month whose file is followed
 * by that of another month gets a second file, so that each file is a contiguous part of the chain. `others` are the other files in the order of
 * the chain.
 */
export async function chooseLogFile(
	dir: string,
	ts: string,
): Promise<{readonly path: string; readonly others: readonly string[]}> {
	const months = await listMonthlyFiles(dir);
	const path = await chooseLogPath(months, dir, ts);
	return {path, others: months.flatMap(month => (month.path === path ? [] : [month.path]))};
}

async function chooseLogPath(months: readonly MonthlyFile[], dir: string, ts: string): Promise<string> {
	const wanted = ts.slice(0, 7);
	const last = months.findLast(({first}) => first !== undefined);
	if (last?.month === wanted) return last.path;
	if (last !== undefined) {
		const tail = await readTail(last.path);
		// A line that was cut is reported in its own file.
		if (tail.torn.length > 0) return last.path;
		const end = tail.last?.ts ?? ts;
		const isSkew = end.startsWith(last.month) && end > ts && Date.parse(end) - Date.parse(ts) <= skewMs;
		if (isSkew) return last.path;
	}
	const same = months.filter(({month}) => month === wanted).toSorted((a, b) => a.number - b.number);
	const newest = same.at(-1);
	if (newest === undefined) return join(dir, stateFileName('auditLog', {month: wanted}));
	return newest.first === undefined
		? newest.path
		: join(dir, stateFileName('auditLog', {month: `${wanted}.${newest.number + 1}`}));
}

/** The position of the newest record by the head mirror; undefined without a mirror. @throws Error when it cannot be read */
export async function readHead(dir: string): Promise<ChainPosition | undefined> {
	let text: string;
	try {
		text = (await readRegular(headPath(dir), stateLayout.auditHead.maxBytes)).toString('utf8');
	} catch (error) {
		if (isErrno(error, 'ENOENT')) return undefined;
		throw error;
	}
	try {
		const {seq, hash} = JSON.parse(text) as Partial<ChainPosition>;
		if (typeof seq === 'number' && typeof hash === 'string') return {seq, hash};
	} catch {
		// Reported below, like a mirror with other contents.
	}
	throw new Error(`${headPath(dir)} cannot be read as the mirror of the head`);
}

/** Replaces the head mirror atomically, unless the writer lock was lost. */
export async function writeHead(
	dir: string,
	position: ChainPosition,
	lock: Pick<Lock, 'token' | 'isHeld'>,
): Promise<void> {
	const path = headPath(dir);
	// A process that takes the lock after this check removes the temporary file before it writes anything.
	const mayReplace = () => lock.isHeld();
	await replaceFile(path, `${JSON.stringify(position)}\n`, {temporary: replacementPath(path, lock.token), mayReplace});
}

/** The end of one file, read backwards. */
export async function readTail(path: string): Promise<LogTail> {
	const file = await openRegular(path, constants.O_RDONLY);
	try {
		const {size} = await file.stat();
		for (let length = 64 * 1024; ; length *= 8) {
			const from = Math.max(0, size - length);
			const tail = parseLogTail(await readFrom(file, from, size - from), from === 0);
			if (tail) return tail;
		}
	} finally {
		await file.close();
	}
}

/** The last record of these files, which are in the order of the chain. */
export async function lastRecord(paths: readonly string[]): Promise<AuditRecord | undefined> {
	for (const path of paths.toReversed()) {
		const {last} = await readTail(path);
		if (last !== undefined) return last;
	}
	return undefined;
}

/** The newest valid records, at most `limit`, oldest first. Other lines are skipped: `audit verify` reports them. */
export async function readRecent(dir: string, limit: number): Promise<readonly AuditRecord[]> {
	const newestFirst: AuditRecord[] = [];
	for (const path of [...(await listLogFiles(dir))].reverse()) {
		for (const line of linesFromEnd(await readRegular(path))) {
			if (newestFirst.length >= limit) break;
			const record = parseRecordLine(line);
			if (record) newestFirst.push(record);
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
