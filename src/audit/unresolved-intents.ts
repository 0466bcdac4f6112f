import type {Receipt} from '../contract/action.ts';
import type {AuditRecord} from './audit-record.ts';

/** Something that was begun and whose end nobody knows. */
export type UnresolvedIntent = {
	/** Id of the intent: what a `resolve` record names. */
	readonly id: string;
	/** ISO 8601. */
	readonly ts: string;
	readonly action: {readonly id: string; readonly title: string};
	readonly target: string;
	readonly object: string;
	readonly user: string;
	/** What is known of its end, in a sentence. */
	readonly why: string;
	/** What to look at, in a sentence. */
	readonly whatToCheck: string;
	readonly cliEquivalent: string | undefined;
	/** The plan as the record holds it, with secrets masked; undefined when it was too long for the record. */
	readonly plan?: unknown;
	readonly planHash?: string | undefined;
	/** How many objects. */
	readonly count?: number | undefined;
	/** What was answered, when it was. */
	readonly receipt?: Receipt | undefined;
	/** What the console saw when it looked again, in a sentence. */
	readonly lastObservation?: string;
};

/** Records, oldest first, give the unresolved, newest first. `live` holds the sessions that still run. */
export function findUnresolvedIntents(
	records: readonly AuditRecord[],
	live: ReadonlySet<string>,
): readonly UnresolvedIntent[] {
	const found = new Map<string, UnresolvedIntent>();
	for (const record of records) {
		if (record.kind === 'intent' || record.kind === 'undo') {
			if (!live.has(record.session)) found.set(record.id, toUnresolvedIntent(record));
		} else if (record.of !== undefined) {
			const open = found.get(record.of);
			if (!open) continue;
			if (record.kind === 'resolve' || !isOutcomeUnknown(record)) found.delete(record.of);
			else {
				const {receipt = open.receipt} = record;
				found.set(record.of, {
					...open,
					receipt,
					why: unresolvedReason(record),
					whatToCheck: checkHint(record) ?? open.whatToCheck,
				});
			}
		}
	}
	return [...found.values()].reverse();
}

/** Whether a record that belongs to an intent leaves its end open. */
export const isOutcomeUnknown = (record: AuditRecord): boolean =>
	record.result === 'unknown' || record.result === 'sent';

function unresolvedReason(record: AuditRecord): string {
	if (record.result === 'sent') return 'it was sent and answered, and the console ended before it looked afterwards';
	const said = record.error?.message ?? record.note;
	return said ? `the outcome is not known: ${said}` : 'the outcome is not known';
}

/** What was answered need not be looked for as if it might not have been done. */
const checkHint = ({target, receipt}: AuditRecord): string | undefined =>
	receipt === undefined ? undefined : `look on ${target} whether it came to what was meant: ${receipt.summary}`;

function toUnresolvedIntent(record: AuditRecord): UnresolvedIntent {
	const target = record.target ?? '';
	const bound = record.preview?.bound_to;
	return {
		id: record.id,
		ts: record.ts,
		action: record.action ?? {id: '', title: 'something'},
		target,
		object: record.object ?? '',
		user: record.actor.user,
		why: 'the console ended after it was begun: it may have been sent',
		whatToCheck: bound
			? `look on ${target} whether this is still as it was: ${bound}`
			: `look on ${target} whether it was done`,
		cliEquivalent: record.preview?.cli_equivalent,
		plan: record.plan,
		planHash: record.plan_hash,
		count: record.preview?.count,
		receipt: undefined,
	};
}
