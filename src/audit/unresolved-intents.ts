import type {Receipt} from '../contract/action.ts';
import type {AuditRecord} from './audit-record.ts';

/** An intent whose outcome is not recorded or unknown. */
export type UnresolvedIntent = {
	/** Id of the intent; the `of` of a `resolve` record. */
	readonly id: string;
	/** ISO 8601. */
	readonly ts: string;
	readonly action: {readonly id: string; readonly title: string};
	readonly target: string;
	readonly object: string;
	readonly user: string;
	/** What is known of its outcome, one sentence. */
	readonly why: string;
	/** What to check on the server, one sentence. */
	readonly whatToCheck: string;
	readonly cliEquivalent: string | undefined;
	/** The plan in the record, with secrets masked; undefined when it was too long for the record. */
	readonly plan?: unknown;
	readonly planHash?: string | undefined;
	/** Number of objects. */
	readonly count?: number | undefined;
	/** The answer of the server, if there was one. */
	readonly receipt?: Receipt | undefined;
	/** What a later check by this console showed, one sentence. */
	readonly lastObservation?: string;
};

/** The unresolved intents, newest first. `records` are oldest first; `live` has the sessions of running consoles, whose intents are in flight. */
export function findUnresolvedIntents(
	records: readonly AuditRecord[],
	live: ReadonlySet<string>,
): readonly UnresolvedIntent[] {
	const unresolved = new Map<string, UnresolvedIntent>();
	for (const record of records) {
		if (record.kind === 'intent' || record.kind === 'undo') {
			if (!live.has(record.session)) unresolved.set(record.id, toUnresolvedIntent(record));
		} else if (record.of !== undefined) {
			const open = unresolved.get(record.of);
			if (!open) continue;
			if (record.kind === 'resolve' || !isOutcomeUnknown(record)) unresolved.delete(record.of);
			else {
				const {receipt = open.receipt} = record;
				unresolved.set(record.of, {
					...open,
					receipt,
					why: unresolvedReason(record),
					whatToCheck: checkHint(record) ?? open.whatToCheck,
				});
			}
		}
	}
	return [...unresolved.values()].reverse();
}

/** Whether the intent of this record is still without an outcome after it. */
export const isOutcomeUnknown = (record: AuditRecord): boolean =>
	record.result === 'unknown' || record.result === 'sent';

function unresolvedReason(record: AuditRecord): string {
	if (record.result === 'sent') return 'it was sent and answered, but the console ended before it verified the outcome';
	const detail = record.error?.message ?? record.note;
	return detail ? `the outcome is not known: ${detail}` : 'the outcome is not known';
}

/** After an answer only the effect has to be checked, not whether it was sent. */
const checkHint = ({target, receipt}: AuditRecord): string | undefined =>
	receipt === undefined ? undefined : `check on ${target} whether it had its effect: ${receipt.summary}`;

function toUnresolvedIntent(record: AuditRecord): UnresolvedIntent {
	const target = record.target ?? '';
	const boundTo = record.preview?.bound_to;
	return {
		id: record.id,
		ts: record.ts,
		action: record.action ?? {id: '', title: 'something'},
		target,
		object: record.object ?? '',
		user: record.actor.user,
		why: 'the console ended before an answer: it may have been sent',
		whatToCheck: boundTo
			? `check on ${target} whether this has changed: ${boundTo}`
			: `check on ${target} whether it was done`,
		cliEquivalent: record.preview?.cli_equivalent,
		plan: record.plan,
		planHash: record.plan_hash,
		count: record.preview?.count,
		receipt: undefined,
	};
}
