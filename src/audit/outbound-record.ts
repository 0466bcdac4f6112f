import type {OutboundRecord} from '../port/audit-sink.ts';
import type {AuditRecord} from './audit-record.ts';

/**
 * What a sink may receive in addition to ids, hashes and numbers: `objects`, the names of what was changed (keys, pods, groups) · `text`, titles,
 * impact, checks and the command line, SQL included · `reason`, the text that the user typed.
 */
export const includableFields = ['objects', 'text', 'reason'] as const;
export type IncludableField = (typeof includableFields)[number];

/** The longest record, in bytes: what a syslog server accepts with its default settings. */
const maxRecordBytes = 8000;

const severities: Partial<Record<AuditRecord['kind'], OutboundRecord['severity']>> = {
	'break-glass': 1,
	refuse: 4,
	gap: 4,
	torn: 4,
	intent: 5,
	undo: 5,
	arm: 5,
};

/** The fields that every sink receives. With `seq`, `prev` and `hash` a receiver can prove that a record is missing. */
function mandatoryFields(record: AuditRecord): Readonly<Record<string, unknown>> {
	const {v, seq, id, ts, session, app, actor, kind, target, server, target_user, armed, break_glass, prev, hash} =
		record;
	const {action, plan_hash, preview, confirmation, result, error, of, undo_of, took_ms, lost} = record;
	return {
		...{v, seq, id, ts, session, app, actor, kind, target, server, target_user, armed, break_glass, prev, hash},
		...{plan_hash, result, of, undo_of, took_ms, lost},
		action: action?.id,
		count: preview?.count,
		risk: preview?.risk,
		undo: preview?.undo.class,
		method: confirmation?.method,
		error: error?.kind,
	};
}

function includedFields(record: AuditRecord, include: readonly IncludableField[]): Readonly<Record<string, unknown>> {
	const {object, action, params, preview, receipt, error, note, checks, confirmation} = record;
	return {
		...(include.includes('objects') && {object, touches: preview?.touches, bound_to: preview?.bound_to}),
		...(include.includes('text') && {
			title: action?.title,
			params,
			impact: preview?.impact,
			cli_equivalent: preview?.cli_equivalent,
			checks,
			receipt,
			message: error?.message,
			note,
		}),
		...(include.includes('reason') && {reason: confirmation?.reason}),
	};
}

const ascii = (value: unknown): string =>
	JSON.stringify(value).replace(
		/[\u007f-\uffff]/g,
		character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
	);

/** The record as a sink receives it. One that would be too long is sent without the included fields, which `left_out` then names. */
export function toOutboundRecord(record: AuditRecord, include: readonly IncludableField[]): OutboundRecord {
	const {id, seq, kind, ts, actor} = record;
	const mandatory = mandatoryFields(record);
	const complete = ascii({...mandatory, ...includedFields(record, include)});
	const isBad = ['failed', 'unknown', 'ineffective'].includes(record.result ?? '');
	return {
		...{id, seq, kind, ts, host: actor.host, pid: actor.pid},
		severity: severities[kind] ?? (isBad ? 4 : 6),
		json: complete.length <= maxRecordBytes ? complete : ascii({...mandatory, left_out: include}),
	};
}
