import {basename, dirname, join} from 'node:path';
import type {AuditRecord} from '../../src/audit/audit-record.ts';
import {readRecent} from '../../src/audit/monthly-log-files.ts';
import {savedFilesDir} from '../../src/audit/saved-files.ts';
import {messageOf} from '../../src/errors.ts';
import {demoStateDir, stateDir} from '../../src/state/state-dir.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {jsonValue} from './json-value.ts';

/**
 * Prints the audit record with this id and the records that refer to it, oldest first, as JSON: those of this user, or if there are none,
 * those of the demo. The id may be in lower case.
 * @returns 0: found, 1: no such record, 2: the log could not be read.
 */
export async function runAuditShow(id: string, write: (text: string) => void): Promise<number> {
	const userStateDir = stateDir(process.env);
	const upperId = id.toUpperCase();
	for (const folder of [userStateDir, demoStateDir(userStateDir)].map(dir => join(dir, 'audit'))) {
		try {
			const records = (await readRecent(folder, Number.POSITIVE_INFINITY)).filter(record =>
				[record.id, record.of, record.undo_of].includes(upperId),
			);
			for (const record of records)
				write(`${JSON.stringify(jsonValue(withObjectListPath(record, folder)), undefined, '\t')}\n`);
			if (records.length > 0) return 0;
		} catch (error) {
			write(`${folder}: cannot be read: ${cleanLine(messageOf(error))}\n`);
			return 2;
		}
	}
	write(`${join(userStateDir, 'audit')}: no record ${cleanLine(id)}\n`);
	return 1;
}

/** Returns the record with the absolute path of the file that lists its objects, when it has one. */
function withObjectListPath(record: AuditRecord, folder: string): unknown {
	const {preview} = record;
	if (preview?.all === undefined) return record;
	const file = join(savedFilesDir(dirname(folder)), basename(preview.all.file));
	return {...record, preview: {...preview, all: {...preview.all, file}}};
}
