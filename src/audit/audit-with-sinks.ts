import {AuditError} from './audit-error.ts';
import type {Audit} from './audit-log.ts';
import type {AuditEntry, AuditRecord, RecordKind} from './audit-record.ts';
import type {BreakGlass} from './break-glass.ts';
import type {Delivery, UndeliveredSink} from './delivery.ts';

/** Kinds of records after which something is sent. */
const kindsBeforeEffect: ReadonlySet<RecordKind> = new Set(['intent', 'undo', 'inspect']);

/**
 * The audit log with copies in sinks. A record before an effect must also be accepted by every required sink, or break-glass must be active.
 * Otherwise `append` rejects, so that nothing is sent, and the log records that.
 */
export function createAuditWithSinks(options: {
	readonly audit: Audit;
	readonly delivery: Delivery;
	readonly breakGlass: Pick<BreakGlass, 'state'>;
	/** The key of the palette, for the hint about break-glass. */
	readonly paletteKey?: string;
	/** Why the sinks of this console are not those of the present configuration, or undefined. */
	stale?(): string | undefined;
}): Audit {
	const {audit, delivery, breakGlass, paletteKey = ':'} = options;
	const write = async (entry: AuditEntry): Promise<AuditRecord> => {
		const record = await audit.append(entry);
		delivery.push(record);
		return record;
	};

	async function append(entry: AuditEntry): Promise<AuditRecord> {
		if (!kindsBeforeEffect.has(entry.kind)) return write(entry);
		const stale = options.stale?.();
		if (stale !== undefined) throw new AuditError(stale, 'restart midwatch');
		const active = breakGlass.state.get()?.record;
		const record = await write(active === undefined ? entry : {...entry, break_glass: active});
		// With break-glass a silent sink does not delay the action.
		if (active !== undefined && breakGlass.state.get()?.record === active) return record;
		const missing = await delivery.undelivered(record);
		const [first] = missing;
		if (first === undefined) return record;
		const reason = `the record was not delivered to ${missing.map(({name}) => name).join(', ')}: ${first.message}`;
		await write(refusedOutcome(record, reason)).catch(() => {});
		throw new AuditError(reason, hintOf(first, paletteKey));
	}

	return {
		dir: audit.dir,
		get session() {
			return audit.session;
		},
		last: audit.last,
		lastGapRecord: audit.lastGapRecord,
		newId: audit.newId,
		recent: audit.recent,
		ageOf: audit.ageOf,
		saveFile: audit.saveFile,
		append,
	};
}

const hintOf = ({hint}: UndeliveredSink, paletteKey: string): string =>
	`${hint} In an emergency, press ${paletteKey} and type break-glass.`;

/** The outcome of an intent that is on disk but was not sent. */
const refusedOutcome = (
	{id, action, target, server, object, plan_hash, params, target_user}: AuditRecord,
	note: string,
): AuditEntry => ({
	kind: 'outcome',
	of: id,
	result: 'refused',
	note: `nothing was sent: ${note}`,
	...(action && {action}),
	...(target !== undefined && {target}),
	...(server && {server}),
	...(object !== undefined && {object}),
	...(plan_hash !== undefined && {plan_hash}),
	...(params && {params}),
	...(target_user !== undefined && {target_user}),
});
