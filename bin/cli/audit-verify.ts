import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {compareCopy, parseCopiedRecords} from '../../src/audit/compare-copy.ts';
import {readRecordsAfter} from '../../src/audit/delivery-cursor.ts';
import {listLogFiles} from '../../src/audit/monthly-log-files.ts';
import {type FileReport, verifyDirectory, verifyFile} from '../../src/audit/verify-log.ts';
import {messageOf} from '../../src/errors.ts';
import {demoStateDir, stateDir} from '../../src/state/state-dir.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {shellLine} from '../../src/text/quote.ts';

const isSound = ({faults, inconclusive}: FileReport): boolean => faults.length === 0 && inconclusive.length === 0;
const countRecords = (count: number): string => `${count} ${count === 1 ? 'record' : 'records'}`;

/**
 * Verifies one file of the audit log, or all files of this user, and with `against` compares them with the records that a sink received.
 * @returns 0: sound, 1: changed, cut or damaged, or it is not known whether it is, 2: the log or the copy could not be read.
 */
export async function runAuditVerify(
	{file, against}: {readonly file: string | undefined; readonly against: string | undefined},
	write: (text: string) => void,
): Promise<number> {
	const userStateDir = stateDir(process.env);
	const folder = join(userStateDir, 'audit');
	let reports: readonly FileReport[];
	try {
		reports = file === undefined ? await verifyDirectory(folder) : [await verifyFile(file)];
	} catch (error) {
		write(`${file ?? folder}: cannot be read: ${cleanLine(messageOf(error))}\n`);
		return 2;
	}
	if (reports.length === 0) write(`${folder}: no records yet${await suggestDemoLog(userStateDir)}\n`);
	for (const line of reports.flatMap(reportLines)) write(`${line}\n`);
	const code = reports.every(isSound) ? 0 : 1;
	return against === undefined ? code : Math.max(code, await compareWithCopy(folder, against, write));
}

/** The faults, the open questions and the notes of one file, then its verdict. */
function reportLines(report: FileReport): readonly string[] {
	const {path, faults, inconclusive, notes, records, firstSeq, lastSeq} = report;
	const at = (line: number) => `${path}${line > 0 ? `:${line}` : ''}`;
	const span = firstSeq === undefined ? '' : `, ${firstSeq} to ${lastSeq}`;
	return [
		...[...faults, ...inconclusive].map(({line, text}) => `${at(line)}: ${cleanLine(text)}`),
		...notes.map(({line, text}) => `${at(line)}: note: ${cleanLine(text)}`),
		`${path}: ${countRecords(records)}${span}: ${verdict(report)}`,
	];
}

function verdict(report: FileReport): string {
	const count = report.faults.length;
	if (count > 0) return `not sound, ${count} ${count === 1 ? 'fault' : 'faults'}`;
	return isSound(report) ? 'sound' : 'not known to be sound';
}

/** Returns the command that verifies the newest log file of the demo, empty when there is none. */
async function suggestDemoLog(userStateDir: string): Promise<string> {
	const folder = join(demoStateDir(userStateDir), 'audit');
	const newest = (await listLogFiles(folder).catch(() => [])).at(-1);
	return newest === undefined ? '' : `; for those of the demo: midwatch audit verify ${shellLine([newest])}`;
}

/** @returns 0: the log holds every record of the copy unchanged, 1: it does not, or the copy has gaps, 2: one of them could not be read. */
async function compareWithCopy(folder: string, path: string, write: (text: string) => void): Promise<number> {
	try {
		const copy = parseCopiedRecords(await readFile(path, 'utf8'));
		const records = await readRecordsAfter(folder, 0, Number.POSITIVE_INFINITY);
		const {compared, faults, gaps} = compareCopy(new Map(records.map(({seq, hash}) => [seq, hash])), copy);
		for (const text of [...faults, ...gaps]) write(`${path}: ${cleanLine(text)}\n`);
		const result = faults.length === 0 ? 'same as in the log' : 'not the same as in the log';
		write(compared === 0 ? `${path}: no records\n` : `${path}: ${countRecords(compared)}: ${result}\n`);
		return compared > 0 && faults.length === 0 && gaps.length === 0 ? 0 : 1;
	} catch (error) {
		write(`${path}: cannot be read: ${cleanLine(messageOf(error))}\n`);
		return 2;
	}
}
