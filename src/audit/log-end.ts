import {type AuditEntry, type AuditRecord, sha256} from './audit-record.ts';
import {lastRecord, readHead, readRecent, readTail} from './monthly-log-files.ts';

/** The end of the log, as the next record finds it. */
export type LogEnd = {
	readonly last: AuditRecord | undefined;
	/** Entries to write before the next record: that a line was cut, that records were lost. */
	readonly repairs: readonly AuditEntry[];
	/** The last line lacks its line feed. */
	readonly isOpen: boolean;
};

/**
 * Reads the end of the log before a record is appended to the file `path`. `own` is the last record that this console wrote: it is missing when
 * the directory was removed or replaced together with the head mirror.
 */
export async function checkLogEnd(
	dir: string,
	{path, others}: {readonly path: string; readonly others: readonly string[]},
	own: AuditRecord | undefined,
): Promise<LogEnd> {
	const tail = await readTail(path);
	const last = tail.last ?? (await lastRecord(others));
	const repairs: AuditEntry[] = [];
	const head = await readHead(dir).catch(() => undefined);
	if (tail.torn.length > 0) {
		const lost = {bytes: tail.torn.length, sha256: sha256(tail.torn)};
		repairs.push({kind: 'torn', note: 'the line before this one was cut by a crash while it was written', lost});
	}
	if (head && (head.seq > (last?.seq ?? 0) || (head.seq === last?.seq && head.hash !== last.hash))) {
		const note = `the log ended with record ${last?.seq ?? 0}, but record ${head.seq} had been written: lines were lost or changed`;
		repairs.push({kind: 'gap', note, lost: head});
	} else if (own && !(await isInLog(own, last, dir))) {
		const note = `record ${own.seq}, which this console wrote, is no longer in the log: lines were lost, or the log was replaced`;
		repairs.push({kind: 'gap', note, lost: {seq: own.seq, hash: own.hash}});
	}
	if (!head && last) {
		// The mirror is written again with this record, so this is the only trace that it was missing.
		const note = `head.json was missing or unreadable: whether records after record ${last.seq} were cut off is unknown`;
		repairs.push({kind: 'gap', note});
	}
	return {last, repairs, isOpen: tail.open};
}

/** `last` is the last record of the log. */
async function isInLog(record: AuditRecord, last: AuditRecord | undefined, dir: string): Promise<boolean> {
	if (last === undefined || last.seq < record.seq) return false;
	if (last.hash === record.hash) return true;
	// Other consoles have written since.
	const recent = await readRecent(dir, last.seq - record.seq + 1);
	return recent.some(({hash}) => hash === record.hash);
}
