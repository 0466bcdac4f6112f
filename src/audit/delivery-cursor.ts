import {randomBytes} from 'node:crypto';
import {dirname} from 'node:path';
import {makeDirectory} from '../files/make-directory.ts';
import {readRegular} from '../files/regular-file.ts';
import {replaceFile} from '../files/replace-file.ts';
import {stateLayout, statePath} from '../state/layout.ts';
import type {AuditRecord} from './audit-record.ts';
import {type ChainPosition, linesFromEnd, parseRecordLine} from './chain.ts';
import {lastRecord, listLogFiles} from './monthly-log-files.ts';

/*
 * The log itself is the queue of each sink, and a file per sink has the position up to which it has accepted the log. So pending records survive
 * a restart, are shared by all consoles of a user, and need no copy.
 */

/** How far a sink has accepted the log. A lost or unreadable file counts as absent: the receiver then sees a gap in `seq`. */
export type DeliveryCursor = {
	read(): Promise<ChainPosition | undefined>;
	/** Never moves back unless `back` is given. */
	write(position: ChainPosition, back?: 'back'): Promise<void>;
};

/** `name` is the configured name of the sink: letters, digits, dots and dashes. */
export function createDeliveryCursor(stateDir: string, name: string): DeliveryCursor {
	const path = statePath(stateDir, 'deliveryCursor', {sink: name});

	async function read(): Promise<ChainPosition | undefined> {
		try {
			const {seq, hash} = JSON.parse(
				(await readRegular(path, stateLayout.deliveryCursor.maxBytes)).toString('utf8'),
			) as Partial<ChainPosition>;
			return Number.isInteger(seq) && typeof hash === 'string' ? {seq: Number(seq), hash} : undefined;
		} catch {
			return undefined;
		}
	}

	return {
		read,
		async write(position, back) {
			// Another console may have sent further.
			if (back === undefined && ((await read())?.seq ?? -1) >= position.seq) return;
			makeDirectory(dirname(path));
			// Not by pid: consoles in different containers may have the same one.
			const temporary = `${path}.${randomBytes(6).toString('hex')}`;
			await replaceFile(path, `${JSON.stringify(position)}\n`, {temporary});
		},
	};
}

const seqMark = Buffer.from(',"seq":');

/** The `seq` of a line, read without parsing it. */
function seqOf(line: Uint8Array): number | undefined {
	const at = Buffer.from(line.buffer, line.byteOffset, line.byteLength).lastIndexOf(seqMark);
	if (at < 0) return undefined;
	const start = at + seqMark.length;
	const seq = Number.parseInt(Buffer.from(line.subarray(start, start + 16)).toString('latin1'), 10);
	return Number.isInteger(seq) ? seq : undefined;
}

/** The first `limit` valid records after `after`, oldest first. Other lines are skipped. @throws Error of node:fs */
export async function readRecordsAfter(dir: string, after: number, limit: number): Promise<readonly AuditRecord[]> {
	const newestFirst: Uint8Array[] = [];
	let isReached = false;
	for (const path of [...(await listLogFiles(dir))].reverse()) {
		for (const line of linesFromEnd(await readRegular(path))) {
			const seq = seqOf(line);
			isReached = seq !== undefined && seq <= after;
			if (isReached) break;
			if (seq !== undefined) newestFirst.push(line);
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

/** The present end of the log; undefined while it is empty. */
export async function readLogEnd(dir: string): Promise<ChainPosition | undefined> {
	const last = await lastRecord(await listLogFiles(dir));
	return last && {seq: last.seq, hash: last.hash};
}
