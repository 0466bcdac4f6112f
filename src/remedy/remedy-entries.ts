import {
	type ArmedBy,
	type AuditEntry,
	type AuditRecord,
	canonicalJson,
	type ObjectList,
} from '../audit/audit-record.ts';
import type {ServerId} from '../contract/identity.ts';
import {sanitizeForRecord} from '../state/sanitize-record.ts';
import type {Confirmation, Remedy} from './remedy-state.ts';

/** Our user and the server, as the target reported them when it was connected. */
export type TargetIdentity = {readonly targetUser?: string | undefined; readonly server?: ServerId | undefined};

/** The fields that every record of a remedy has. */
export const remedyEntryFields = (remedy: Remedy, {targetUser, server}: TargetIdentity): Omit<AuditEntry, 'kind'> => ({
	action: remedy.action,
	target: remedy.target,
	params: remedy.params,
	...(remedy.preview ? {object: remedy.preview.object} : {}),
	...(remedy.hash ? {plan_hash: remedy.hash} : {}),
	...(remedy.undoOf ? {undo_of: remedy.undoOf} : {}),
	...(server ? {server} : {}),
	...(targetUser ? {target_user: targetUser} : {}),
});

const confirmationEntry = ({method, typed, count, reason}: Confirmation): NonNullable<AuditEntry['confirmation']> => ({
	method,
	typed,
	...(count === undefined ? {} : {count}),
	...(reason ? {reason} : {}),
});

/** The longest plan that is recorded, in characters of JSON: the plan of some hundred sessions. */
const maxPlanLength = 32 * 1024;

/** The record that is written before anything is sent. `list` holds every object of the preview. */
export function intentEntry(
	remedy: Extract<Remedy, {readonly state: 'intent'}>,
	identity: TargetIdentity,
	{armed, list}: {readonly armed: ArmedBy | undefined; readonly list: ObjectList},
): AuditEntry {
	const {impact, cliEquivalent, checkedIdentity, count, risk, undo} = remedy.preview;
	return {
		...remedyEntryFields(remedy, identity),
		...(armed ? {armed} : {}),
		kind: remedy.undoOf === undefined ? 'intent' : 'undo',
		id: remedy.id,
		...(canonicalJson(remedy.preview.plan).length <= maxPlanLength ? {plan: remedy.preview.plan} : {}),
		preview: {impact, cli_equivalent: cliEquivalent, bound_to: checkedIdentity, count, ...list, risk, undo},
		checks: remedy.checks,
		confirmation: confirmationEntry(remedy.confirmation),
	};
}

/** The record of a remedy that ended before anything was sent, with the reason. */
export const refusalEntry = (remedy: Remedy, identity: TargetIdentity): AuditEntry => ({
	...remedyEntryFields(remedy, identity),
	kind: 'refuse',
	id: remedy.id,
	result:
		remedy.state === 'stale' || remedy.state === 'blocked' || remedy.state === 'failed' ? remedy.state : 'refused',
	note: remedy.reason ?? '',
	...(remedy.failure ? {error: remedy.failure} : {}),
	...(remedy.confirmation ? {confirmation: confirmationEntry(remedy.confirmation)} : {}),
	...(remedy.checks.length > 0 ? {checks: remedy.checks} : {}),
});

const futileLimit = 3;
const futileWindowMs = 10 * 60_000;

/**
 * The reason to refuse a futile action: it was done on one of `locks` three times in the last ten minutes, by any console of this user and
 * with any parameters, and did not help. Undefined when it may be tried. An undo always may: it takes back what did not help.
 */
export function futileReason(
	records: readonly AuditRecord[],
	{action, target, undoOf}: Remedy,
	locks: readonly string[],
	ageOf: (record: AuditRecord) => number,
): string | undefined {
	if (undoOf !== undefined) return undefined;
	const names = sanitizeForRecord(locks);
	const ineffective = records.filter(
		record =>
			record.kind === 'verify' &&
			record.result === 'ineffective' &&
			record.undo_of === undefined &&
			ageOf(record) < futileWindowMs &&
			record.action?.id === action.id &&
			record.target === sanitizeForRecord(target),
	);
	for (const name of names) {
		const times = ineffective.filter(record => record.locks?.includes(name)).length;
		if (times >= futileLimit) return `this was done ${times} times in the last 10 minutes to ${name} and did not help`;
	}
	return undefined;
}
