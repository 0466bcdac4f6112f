import {basename, dirname, join} from 'node:path';
import type {AuditRecord} from '../../src/audit/audit-record.ts';
import {readRecent} from '../../src/audit/monthly-log-files.ts';
import {savedFilesDir} from '../../src/audit/saved-files.ts';
import {messageOf} from '../../src/errors.ts';
import {demoStateDir, stateDir} from '../../src/state/state-dir.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {jsonValue} from './json-value.ts';

/**
 * Prints the records of this user, else those of the demo, that have this id or belong to it, oldest first, as JSON. Lower-case letters do for
 * those of the id.
 * @returns 0: there are some, 1: there is none, 2: the record could not be read.
 */
export async function runAuditShow(id: string, write: (text: string) => void): Promise<number> {
	const own = stateDir(process.env);
	const wanted = id.toUpperCase();
	for (const folder of [own, demoStateDir(own)].map(dir => join(dir, 'audit'))) {
		try {
			const found = (await readRecent(folder, Number.POSITIVE_INFINITY)).filter(record =>
				[record.id, record.of, record.undo_of].includes(wanted),
			);
			for (const record of found) write(`${JSON.stringify(jsonValue(shown(record, folder)), undefined, '\t')}\n`);
			if (found.length > 0) return 0;
		} catch (error) {
			write(`${folder}: cannot be read: ${cleanLine(messageOf(error))}\n`);
			return 2;
		}
	}
	write(`${join(own, 'audit')}: no record ${cleanLine(id)}\n`);
	return 1;
}

/** The record with the whole path of the file that lists its objects, when it has one. */
function shown(record: AuditRecord, folder: string): unknown {
	const {preview} = record;
	if (preview?.all === undefined) return record;
	const file = join(savedFilesDir(dirname(folder)), basename(preview.all.file));
	return {...record, preview: {...preview, all: {...preview.all, file}}};
}
