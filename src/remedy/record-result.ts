import type {Audit} from '../audit/audit-log.ts';
import type {AuditEntry} from '../audit/audit-record.ts';
import {messageOf} from '../errors.ts';
import type {CurrentRemedy} from './current-remedy.ts';
import {remedyEntryFields} from './remedy-entries.ts';
import type {Remedy} from './remedy-state.ts';
import type {RunContext} from './run-context.ts';

/**
 * Appends what became of a sent remedy to the audit log. Never rejects: the intent is on disk already, so a failed append becomes the
 * `recordFailure` of the remedy and is shown.
 */
export async function recordResult(
	{audit, current}: {readonly audit: Pick<Audit, 'append'>; readonly current: Pick<CurrentRemedy, 'step'>},
	{run, remedy, entry}: {readonly run: RunContext; readonly remedy: Remedy; readonly entry: AuditEntry},
): Promise<void> {
	try {
		await audit.append({...remedyEntryFields(remedy, run), ...entry, of: remedy.id});
	} catch (error) {
		current.step(run, {type: 'record-failed', message: messageOf(error)});
	}
}
