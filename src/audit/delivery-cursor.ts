import {randomBytes} from 'node:crypto';
import {rename, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {makeDirectory} from '../files/make-directory.ts';
import {readRegular} from '../files/regular-file.ts';
import type {AuditRecord} from './audit-record.ts';
import {type ChainPosition, linesFromEnd, parseRecordLine} from './chain.ts';
import {lastRecord, listLogFiles} from './monthly-log-files.ts';

/*
 * The log itself is the queue of what has to leave: each sink has a file that says how far it has taken it. What waits survives a restart, is
 * shared by all consoles of a user, and costs nothing.
 */

/** How far a sink has taken the log. A file that is lost or spoilt is as none: then the receiver sees a gap in `seq`. */
export type DeliveryCursor = {
	read(): Promise<ChainPosition | undefined>;
	/** Never goes back unless `back` is given. */
	write(place: ChainPosition, back?: 'back'): Promise<void>;
};

/** `name` is a name of the configuration: letters, digits, dots and dashes. */
export function createDeliveryCursor(stateDir: string, name: string): DeliveryCursor {
	const dir = join(stateDir, 'outbound');
	const path = join(dir, `${name}.json`);

	async function read(): Promise<ChainPosition | undefined> {
		try {
			const {seq, hash} = JSON.parse((await readRegular(path)).toString('utf8')) as Partial<ChainPosition>;
			return Number.isInteger(seq) && typeof hash === 'string' ? {seq: Number(seq), hash} : undefined;
		} catch {
			return undefined;
		}
	}

	return {
		read,
		async write(place, back) {
			// Another console may have been faster.
			if (back === undefined && ((await read())?.seq ?? -1) >= place.seq) return;
			makeDirectory(dir);
			// No pid: consoles in containers of their own may have the same.
			const fresh = `${path}.${randomBytes(6).toString('hex')}`;
			await writeFile(fresh, `${JSON.stringify(place)}\n`, {mode: 0o600});
			await rename(fresh, path);
		},
	};
}

const seqMark = Buffer.from(',"seq":');

/** The `seq` of a line, read without understanding the line. */
function seqOf(line: Uint8Array): number | undefined {
	const at = Buffer.from(line.buffer, line.byteOffset, line.byteLength).lastIndexOf(seqMark);
	if (at < 0) return undefined;
	const start = at + seqMark.length;
	const found = Number.parseInt(Buffer.from(line.subarray(start, start + 16)).toString('latin1'), 10);
	return Number.isInteger(found) ? found : undefined;
}

/** The first `limit` whole records after `seq`, oldest first. Lines that are none are left out. @throws Error of node:fs */
export async function readRecordsAfter(dir: string, seq: number, limit: number): Promise<readonly AuditRecord[]> {
	const newestFirst: Uint8Array[] = [];
	let isReached = false;
	for (const path of [...(await listLogFiles(dir))].reverse()) {
		for (const line of linesFromEnd(await readRegular(path))) {
			const found = seqOf(line);
			isReached = found !== undefined && found <= seq;
			if (isReached) break;
			if (found !== undefined) newestFirst.push(line);
		}
		if (isReached) break;
	}
	const records: AuditRecord[] = [];
	for (let line = newestFirst.pop(); line !== undefined && records.length < limit; line = newestFirst.pop()) {
		const record = parseRecordLine(line);
		if (record !== undefined) records.push(record);
	}
	return records;
}

/** Where the log ends now; undefined while it is empty. */
export async function readLogEnd(dir: string): Promise<ChainPosition | undefined> {
	const last = await lastRecord(await listLogFiles(dir));
	return last && {seq: last.seq, hash: last.hash};
}
