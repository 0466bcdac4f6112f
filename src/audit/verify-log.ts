import {basename, dirname, join, resolve} from 'node:path';
import {messageOf} from '../errors.ts';
import {isErrno} from '../files/errno.ts';
import {readRegular} from '../files/regular-file.ts';
import {sha256} from './audit-record.ts';
import {type ChainFault, type ChainPosition, type ChainReport, chainStart, verifyChain} from './chain.ts';
import {lastRecord, listLogFiles, readHead} from './monthly-log-files.ts';
import {savedFilesDir} from './saved-files.ts';

/** What became of looking at one file. It is sound when there is neither fault nor doubt. */
export type FileReport = {
	readonly path: string;
	readonly records: number;
	/** Sequence numbers, undefined in an empty file. */
	readonly firstSeq: number | undefined;
	readonly lastSeq: number | undefined;
	/** Line 0 is about the file as a whole. */
	readonly faults: readonly ChainFault[];
	/** What cannot be told: the file may be sound or not. */
	readonly inconclusive: readonly ChainFault[];
	readonly notes: readonly ChainFault[];
};

/**
 * Looks at one month: its own lines, that it goes on where the month before ended, and, for the newest, that it ends where the mirror of the
 * head says. Without the mirror nobody can tell whether the end was cut off, nor
 * whether an empty file ever held anything. Whoever can write both the log and the mirror can still cut off the end of both; only a copy
 * elsewhere shows that.
 * @throws Error of node:fs when the file cannot be read.
 */
export async function verifyFile(path: string): Promise<FileReport> {
	const full = resolve(path);
	const bytes = await readRegular(full);
	const months = await listLogFiles(dirname(full));
	const index = months.indexOf(full);
	const from = (await lastRecord(months.slice(0, Math.max(0, index)))) ?? chainStart;
	const report = verifyChain(bytes, from);
	const lists = await compareLists(savedFilesDir(dirname(dirname(full))), report);
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

/** All months, oldest first. An absent or empty directory gives none, unless the mirror of the head says that there were records. */
export async function verifyDirectory(dir: string): Promise<readonly FileReport[]> {
	const reports: FileReport[] = [];
	for (const path of await listLogFiles(dir)) reports.push(await verifyFile(path));
	if (reports.length > 0) return reports;
	const end = await compareHead(dir, verifyChain(new Uint8Array(), chainStart), chainStart, 'no file');
	return end.faults.length > 0 ? [{path: dir, records: 0, firstSeq: undefined, lastSeq: undefined, ...end}] : [];
}

type Found = Pick<FileReport, 'faults' | 'inconclusive' | 'notes'>;

const nothing: Found = {faults: [], inconclusive: [], notes: []};
const fault = (text: string): Found => ({...nothing, faults: [{line: 0, text}]});
const doubt = (text: string): Found => ({...nothing, inconclusive: [{line: 0, text}]});
const note = (text: string): Found => ({...nothing, notes: [{line: 0, text}]});

async function compareHead(
	dir: string,
	report: ChainReport,
	from: ChainPosition,
	of: 'a file' | 'no file',
): Promise<Found> {
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
			: doubt('whether its end was cut off cannot be told: head.json, which says where it ends, is missing');
	}
	if (head.seq > end)
		return fault(`it ends with record ${end}, while record ${head.seq} had been written: the end was cut off`);
	const hash = head.seq === from.seq ? from.hash : report.hashes.get(head.seq);
	if (hash !== undefined && hash !== head.hash) return fault(`record ${head.seq} is not the one that had been written`);
	return head.seq < end ? note(`the mirror of the head is at record ${head.seq} of ${end}`) : nothing;
}

/** The files that hold the objects of large acts, against the digests in their records. One that was removed is no fault: the digest stays. */
async function compareLists(dir: string, {lists}: ChainReport): Promise<Pick<FileReport, 'faults' | 'notes'>> {
	const faults: ChainFault[] = [];
	const notes: ChainFault[] = [];
	for (const {line, all} of lists) {
		const path = join(dir, basename(all.file));
		try {
			if (sha256(await readRegular(path)) !== all.sha256)
				faults.push({line, text: `${path} is not the list of ${all.count} objects that was recorded`});
		} catch (error) {
			const why = isErrno(error, 'ENOENT') ? 'is not there' : `cannot be read: ${messageOf(error)}`;
			notes.push({line, text: `the list of ${all.count} objects cannot be compared: ${path} ${why}`});
		}
	}
	return {faults, notes};
}
