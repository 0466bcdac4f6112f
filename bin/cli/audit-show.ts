import {basename, dirname, join} from 'node:path';
import type {AuditRecord} from '../../src/audit/audit-record.ts';
import {readRecent} from '../../src/audit/monthly-log-files.ts';
import {messageOf} from '../../src/errors.ts';
import {stateDir, statePath} from '../../src/state/layout.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {exitCodes} from './exit-codes.ts';
import {jsonOutput} from './json-output.ts';
import {jsonValue} from './json-value.ts';

/**
 * Prints the audit record with this id and the records that refer to it, oldest first, as JSON: those of this user, or if there are none,
 * those of the demo. The id may be in lower case. With `json` they are in one document with an envelope.
 * @returns 0: found, 1: no such record, 2: the log could not be read.
 */
export async function runAuditShow(
	{record, json}: {readonly record: string; readonly json: boolean},
	write: (text: string) => void,
): Promise<number> {
	const userStateDir = stateDir(process.env);
	const folders = [userStateDir, statePath(userStateDir, 'demo')].map(dir => statePath(dir, 'auditFolder'));
	const {records, errors} = await findRecords(record.toUpperCase(), folders);
	const code = errors.length > 0 ? exitCodes.unknown : records.length > 0 ? exitCodes.ok : exitCodes.problem;
	if (json) {
		write(jsonOutput('audit-show', code, {records, errors}));
		return code;
	}
	for (const found of records) write(`${JSON.stringify(jsonValue(found), undefined, '\t')}\n`);
	for (const error of errors) write(`${error}\n`);
	if (code === exitCodes.problem) write(`${folders[0]}: no record ${cleanLine(record)}\n`);
	return code;
}

/** Searches the folders in their order, and stops at the first one that has records with the id or cannot be read. */
async function findRecords(
	id: string,
	folders: readonly string[],
): Promise<{readonly records: readonly unknown[]; readonly errors: readonly string[]}> {
	for (const folder of folders) {
		try {
			const all = await readRecent(folder, Number.POSITIVE_INFINITY);
			const records = all.filter(record => [record.id, record.of, record.undo_of].includes(id));
			if (records.length > 0) return {records: records.map(record => withObjectListPath(record, folder)), errors: []};
		} catch (error) {
			return {records: [], errors: [`${folder}: cannot be read: ${cleanLine(messageOf(error))}`]};
		}
	}
	return {records: [], errors: []};
}

/** Returns the record with the absolute path of the file that lists its objects, when it has one. */
function withObjectListPath(record: AuditRecord, folder: string): unknown {
	const {preview} = record;
	if (preview?.all === undefined) return record;
	const file = join(statePath(dirname(folder), 'savedFiles'), basename(preview.all.file));
	return {...record, preview: {...preview, all: {...preview.all, file}}};
}
