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

/** What the target was when it was connected to: who it says we are, and which server it is. */
export type MetTarget = {readonly who?: string | undefined; readonly server?: ServerId | undefined};

/** What every record of a remedy tells. */
export const remedyEntryFields = (remedy: Remedy, {who, server}: MetTarget): Omit<AuditEntry, 'kind'> => ({
	action: remedy.action,
	target: remedy.target,
	params: remedy.params,
	...(remedy.preview ? {object: remedy.preview.object} : {}),
	...(remedy.hash ? {plan_hash: remedy.hash} : {}),
	...(remedy.undoOf ? {undo_of: remedy.undoOf} : {}),
	...(server ? {server} : {}),
	...(who ? {target_user: who} : {}),
});

const confirmationEntry = ({method, typed, count, reason}: Confirmation): NonNullable<AuditEntry['confirmation']> => ({
	method,
	typed,
	...(count === undefined ? {} : {count}),
	...(reason ? {reason} : {}),
});

/** Characters of JSON: the plan of some hundred sessions. */
const longestPlan = 32 * 1024;

/** Written before anything is sent. `list` holds every object of its preview. */
export function intentEntry(
	remedy: Extract<Remedy, {readonly state: 'intent'}>,
	met: MetTarget,
	{armed, list}: {readonly armed: ArmedBy | undefined; readonly list: ObjectList},
): AuditEntry {
	const {impact, cliEquivalent, boundTo, count, risk, undo} = remedy.preview;
	return {
		...remedyEntryFields(remedy, met),
		...(armed ? {armed} : {}),
		kind: remedy.undoOf === undefined ? 'intent' : 'undo',
		id: remedy.id,
		...(canonicalJson(remedy.preview.plan).length <= longestPlan ? {plan: remedy.preview.plan} : {}),
		preview: {impact, cli_equivalent: cliEquivalent, bound_to: boundTo, count, ...list, risk, undo},
		checks: remedy.checks,
		confirmation: confirmationEntry(remedy.confirmation),
	};
}

/** Nothing was sent, and why. */
export const refusalEntry = (remedy: Remedy, met: MetTarget): AuditEntry => ({
	...remedyEntryFields(remedy, met),
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
 * Why this action is not tried again on any of `locks`: it was done there three times within ten minutes, by any console of this user and
 * with whatever parameters, and did not help. Undefined when it may be tried, as an undo always may: it leads back from what did not help.
 */
export function futileReason(
	records: readonly AuditRecord[],
	{action, target, undoOf}: Remedy,
	locks: readonly string[],
	ageOf: (record: AuditRecord) => number,
): string | undefined {
	if (undoOf !== undefined) return undefined;
	const names = sanitizeForRecord(locks);
	const vain = records.filter(
		record =>
			record.kind === 'verify' &&
			record.result === 'ineffective' &&
			record.undo_of === undefined &&
			ageOf(record) < futileWindowMs &&
			record.action?.id === action.id &&
			record.target === sanitizeForRecord(target),
	);
	for (const name of names) {
		const times = vain.filter(record => record.locks?.includes(name)).length;
		if (times >= futileLimit) return `this was done ${times} times in the last 10 minutes to ${name} and did not help`;
	}
	return undefined;
}
