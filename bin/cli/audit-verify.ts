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

/**
 * Checks one file of the audit, or all of this user's, and compares it with what was delivered outside when a file of that is given.
 * @returns 0: sound, 1: changed, cut or damaged, or nobody can tell whether it was, 2: it could not be read.
 */
export async function runAuditVerify(
	{file, against}: {readonly file: string | undefined; readonly against: string | undefined},
	write: (text: string) => void,
): Promise<number> {
	const own = stateDir(process.env);
	const folder = join(own, 'audit');
	let reports: readonly FileReport[];
	try {
		reports = file === undefined ? await verifyDirectory(folder) : [await verifyFile(file)];
	} catch (error) {
		write(`${file ?? folder}: cannot be read: ${cleanLine(messageOf(error))}\n`);
		return 2;
	}
	if (reports.length === 0) write(`${folder}: no records yet${await demoRecords(own)}\n`);
	for (const report of reports) {
		for (const {line, text} of [...report.faults, ...report.inconclusive])
			write(`${report.path}${line > 0 ? `:${line}` : ''}: ${cleanLine(text)}\n`);
		for (const {line, text} of report.notes)
			write(`${report.path}${line > 0 ? `:${line}` : ''}: note: ${cleanLine(text)}\n`);
		const span = report.firstSeq === undefined ? '' : `, ${report.firstSeq} to ${report.lastSeq}`;
		const verdict =
			report.faults.length === 0
				? report.inconclusive.length === 0
					? 'sound'
					: 'not known to be sound'
				: `not sound, ${report.faults.length} ${report.faults.length === 1 ? 'fault' : 'faults'}`;
		write(`${report.path}: ${report.records} ${report.records === 1 ? 'record' : 'records'}${span}: ${verdict}\n`);
	}
	const code = reports.every(({faults, inconclusive: doubts}) => faults.length === 0 && doubts.length === 0) ? 0 : 1;
	return against === undefined ? code : Math.max(code, await compare(folder, against, write));
}

/** Where the records of the demo are, when there are some: a file of them is checked by its path. */
async function demoRecords(own: string): Promise<string> {
	const folder = join(demoStateDir(own), 'audit');
	const last = (await listLogFiles(folder).catch(() => [])).at(-1);
	return last === undefined ? '' : `; for those of the demo: midwatch audit verify ${shellLine([last])}`;
}

/** @returns 0: all that the copy has is here as it was delivered, 1: it is not, or the copy has gaps, 2: it could not be read. */
async function compare(folder: string, path: string, write: (text: string) => void): Promise<number> {
	try {
		const copy = parseCopiedRecords(await readFile(path, 'utf8'));
		const records = await readRecordsAfter(folder, 0, Number.POSITIVE_INFINITY);
		const {compared, faults, gaps} = compareCopy(new Map(records.map(({seq, hash}) => [seq, hash])), copy);
		for (const text of [...faults, ...gaps]) write(`${path}: ${cleanLine(text)}\n`);
		if (compared === 0) write(`${path}: no records\n`);
		else
			write(
				`${path}: ${compared} ${compared === 1 ? 'record' : 'records'}: ${faults.length === 0 ? 'as here' : 'not as here'}\n`,
			);
		return compared > 0 && faults.length === 0 && gaps.length === 0 ? 0 : 1;
	} catch (error) {
		write(`${path}: cannot be read: ${cleanLine(messageOf(error))}\n`);
		return 2;
	}
}
