import {basename, dirname, join, resolve} from 'node:path';
import {messageOf} from '../errors.ts';
import {isErrno} from '../files/errno.ts';
import {readRegular} from '../files/regular-file.ts';
import {statePath} from '../state/layout.ts';
import {sha256} from './audit-record.ts';
import {type ChainFault, type ChainPosition, type ChainReport, chainStart, verifyChain} from './chain.ts';
import {lastRecord, listLogFiles, readHead} from './monthly-log-files.ts';

/** The result of verifying one file. It is intact when `faults` and `inconclusive` are empty. */
export type FileReport = {
	readonly path: string;
	readonly records: number;
	/** Sequence numbers, undefined in an empty file. */
	readonly firstSeq: number | undefined;
	readonly lastSeq: number | undefined;
	/** Line 0 is the entire file. */
	readonly faults: readonly ChainFault[];
	/** What could not be verified. */
	readonly inconclusive: readonly ChainFault[];
	readonly notes: readonly ChainFault[];
};

/**
 * Verifies one monthly file: its lines, that it continues the file before it, and, for the newest, that it ends where the head mirror says.
 * Without the mirror it is unknown whether the end was cut off, or whether an empty file ever had records. A user who can write both the log and
 * the mirror can still cut off both; only a copy elsewhere shows that.
 * @throws Error of node:fs when the file cannot be read
 */
export async function verifyFile(path: string): Promise<FileReport> {
	const full = resolve(path);
	const bytes = await readRegular(full);
	const months = await listLogFiles(dirname(full));
	const index = months.indexOf(full);
	const from = (await lastRecord(months.slice(0, Math.max(0, index)))) ?? chainStart;
	const report = verifyChain(bytes, from);
	const lists = await compareLists(statePath(dirname(dirname(full)), 'savedFiles'), report);
	const isNewest = index >= 0 && index === months.length - 1;
	const end = isNewest ? await compareHead(dirname(full), report, from, 'a file') : nothing;
	return {
		path: full,
		records: report.records,
		firstSeq: report.first?.seq,
		lastSeq: report.last?.seq,
		faults: [...report.faults, ...lists.faults, ...end.faults],
		inconclusive: end.inconclusive,
		notes: [...report.notes, ...lists.notes, ...end.notes],
	};
}

/** Verifies all files, oldest first. An absent or empty directory has no report, unless the head mirror says that there were records. */
export async function verifyDirectory(dir: string): Promise<readonly FileReport[]> {
	const reports: FileReport[] = [];
	for (const path of await listLogFiles(dir)) reports.push(await verifyFile(path));
	if (reports.length > 0) return reports;
	const end = await compareHead(dir, verifyChain(new Uint8Array(), chainStart), chainStart, 'no file');
	return end.faults.length > 0 ? [{path: dir, records: 0, firstSeq: undefined, lastSeq: undefined, ...end}] : [];
}

type Findings = Pick<FileReport, 'faults' | 'inconclusive' | 'notes'>;

const nothing: Findings = {faults: [], inconclusive: [], notes: []};
const fault = (text: string): Findings => ({...nothing, faults: [{line: 0, text}]});
const inconclusive = (text: string): Findings => ({...nothing, inconclusive: [{line: 0, text}]});
const note = (text: string): Findings => ({...nothing, notes: [{line: 0, text}]});

async function compareHead(
	dir: string,
	report: ChainReport,
	from: ChainPosition,
	of: 'a file' | 'no file',
): Promise<Findings> {
	const end = report.last?.seq ?? from.seq;
	let head: ChainPosition | undefined;
	try {
		head = await readHead(dir);
	} catch (error) {
		return fault(messageOf(error));
	}
	if (!head) {
		return of === 'no file'
			? nothing
			: inconclusive('whether its end was cut off is unknown: head.json, which says where it ends, is missing');
	}
	if (head.seq > end)
		return fault(`it ends with record ${end}, but record ${head.seq} had been written: the end was cut off`);
	const hash = head.seq === from.seq ? from.hash : report.hashes.get(head.seq);
	if (hash !== undefined && hash !== head.hash) return fault(`record ${head.seq} is not the one that had been written`);
	return head.seq < end ? note(`the mirror of the head is at record ${head.seq} of ${end}`) : nothing;
}

/** Compares the files with the objects of large actions with the digests in their records. A removed file is not a fault: the digest remains. */
async function compareLists(dir: string, {lists}: ChainReport): Promise<Pick<FileReport, 'faults' | 'notes'>> {
	const faults: ChainFault[] = [];
	const notes: ChainFault[] = [];
	for (const {line, all} of lists) {
		const path = join(dir, basename(all.file));
		try {
			if (sha256(await readRegular(path)) !== all.sha256)
				faults.push({line, text: `${path} is not the list of ${all.count} objects that was recorded`});
		} catch (error) {
			const why = isErrno(error, 'ENOENT') ? 'does not exist' : `cannot be read: ${messageOf(error)}`;
			notes.push({line, text: `the list of ${all.count} objects cannot be compared: ${path} ${why}`});
		}
	}
	return {faults, notes};
}
