import {readFile} from 'node:fs/promises';
import {type CopyComparison, compareCopy, parseCopiedRecords} from '../../src/audit/compare-copy.ts';
import {readRecordsAfter} from '../../src/audit/delivery-cursor.ts';
import {listLogFiles} from '../../src/audit/monthly-log-files.ts';
import {type FileReport, verifyDirectory, verifyFile} from '../../src/audit/verify-log.ts';
import {messageOf} from '../../src/errors.ts';
import {stateDir, statePath} from '../../src/state/layout.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {shellLine} from '../../src/text/quote.ts';
import {exitCodes} from './exit-codes.ts';
import {jsonOutput} from './json-output.ts';

const isSound = ({faults, inconclusive}: FileReport): boolean => faults.length === 0 && inconclusive.length === 0;
const countRecords = (count: number): string => `${count} ${count === 1 ? 'record' : 'records'}`;

type Comparison = CopyComparison & {readonly path: string};

type VerifyReport = {
	readonly files: readonly FileReport[];
	/** Undefined without --against, or when one of the two could not be read. */
	readonly copy: Comparison | undefined;
	/** What could not be read, one line each. */
	readonly errors: readonly string[];
};

/**
 * Verifies one file of the audit log, or all files of this user, and with `against` compares them with the records that a sink received.
 * @returns 0: sound, 1: changed, cut or damaged, or it is not known whether it is, 2: the log or the copy could not be read.
 */
export async function runAuditVerify(
	options: {readonly file: string | undefined; readonly against: string | undefined; readonly json: boolean},
	write: (text: string) => void,
): Promise<number> {
	const userStateDir = stateDir(process.env);
	const folder = statePath(userStateDir, 'auditFolder');
	const report = await verify(folder, options);
	const code = exitCodeOf(report);
	if (options.json) {
		const files = report.files.map(file => ({...file, verdict: verdict(file)}));
		write(jsonOutput('audit-verify', code, {...report, files}));
		return code;
	}
	if (report.files.length === 0 && report.errors.length === 0)
		write(`${folder}: no records yet${await suggestDemoLog(userStateDir)}\n`);
	for (const line of [...report.files.flatMap(fileLines), ...copyLines(report.copy), ...report.errors])
		write(`${line}\n`);
	return code;
}

async function verify(
	folder: string,
	{file, against}: {readonly file: string | undefined; readonly against: string | undefined},
): Promise<VerifyReport> {
	const errorLine = (path: string, error: unknown) => `${path}: cannot be read: ${cleanLine(messageOf(error))}`;
	let files: readonly FileReport[];
	try {
		files = file === undefined ? await verifyDirectory(folder) : [await verifyFile(file)];
	} catch (error) {
		return {files: [], copy: undefined, errors: [errorLine(file ?? folder, error)]};
	}
	if (against === undefined) return {files, copy: undefined, errors: []};
	try {
		return {files, copy: {...(await compareWithCopy(folder, against)), path: against}, errors: []};
	} catch (error) {
		return {files, copy: undefined, errors: [errorLine(against, error)]};
	}
}

/** Compares the records of the log with those of the copy. */
async function compareWithCopy(folder: string, path: string): Promise<CopyComparison> {
	const copy = parseCopiedRecords(await readFile(path, 'utf8'));
	const records = await readRecordsAfter(folder, 0, Number.POSITIVE_INFINITY);
	return compareCopy(new Map(records.map(({seq, hash}) => [seq, hash])), copy);
}

function exitCodeOf({files, copy, errors}: VerifyReport): number {
	if (errors.length > 0) return exitCodes.unknown;
	const isEqual = copy === undefined || (copy.compared > 0 && copy.faults.length === 0 && copy.gaps.length === 0);
	return files.every(isSound) && isEqual ? exitCodes.ok : exitCodes.problem;
}

/** The faults, the open questions and the notes of one file, then its verdict. */
function fileLines(report: FileReport): readonly string[] {
	const {path, faults, inconclusive, notes, records, firstSeq, lastSeq} = report;
	const at = (line: number) => `${path}${line > 0 ? `:${line}` : ''}`;
	const span = firstSeq === undefined ? '' : `, ${firstSeq} to ${lastSeq}`;
	const count = faults.length === 0 ? '' : `, ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`;
	return [
		...[...faults, ...inconclusive].map(({line, text}) => `${at(line)}: ${cleanLine(text)}`),
		...notes.map(({line, text}) => `${at(line)}: note: ${cleanLine(text)}`),
		`${path}: ${countRecords(records)}${span}: ${verdict(report)}${count}`,
	];
}

function verdict(report: FileReport): 'sound' | 'not sound' | 'not known to be sound' {
	if (report.faults.length > 0) return 'not sound';
	return isSound(report) ? 'sound' : 'not known to be sound';
}

function copyLines(copy: Comparison | undefined): readonly string[] {
	if (copy === undefined) return [];
	const {path, compared, faults, gaps} = copy;
	const result = faults.length === 0 ? 'same as in the log' : 'not the same as in the log';
	return [
		...[...faults, ...gaps].map(text => `${path}: ${cleanLine(text)}`),
		compared === 0 ? `${path}: no records` : `${path}: ${countRecords(compared)}: ${result}`,
	];
}

/** Returns the command that verifies the newest log file of the demo, empty when there is none. */
async function suggestDemoLog(userStateDir: string): Promise<string> {
	const folder = statePath(statePath(userStateDir, 'demo'), 'auditFolder');
	const newest = (await listLogFiles(folder).catch(() => [])).at(-1);
	return newest === undefined ? '' : `; for those of the demo: midwatch audit verify ${shellLine([newest])}`;
}
