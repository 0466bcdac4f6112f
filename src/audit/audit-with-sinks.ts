import {type Audit, AuditError} from './audit-log.ts';
import type {AuditEntry, AuditRecord, RecordKind} from './audit-record.ts';
import type {BreakGlass} from './break-glass.ts';
import type {Delivery, UndeliveredSink} from './delivery.ts';

/** Something is sent once such a record is written. */
const kindsBeforeEffect: ReadonlySet<RecordKind> = new Set(['intent', 'undo', 'inspect']);

/**
 * The audit with copies outside. A record that comes before an effect is written only when every required sink has taken it too, or while
 * the glass is broken; where neither is so, what it announced is not done, and the log says so.
 */
export function createAuditWithSinks(options: {
	readonly audit: Audit;
	readonly delivery: Delivery;
	readonly glass: Pick<BreakGlass, 'state'>;
	/** The key that finds a command by its name, for the hint to break the glass. */
	readonly paletteKey?: string;
	/** Why the sinks here are not those that there have to be. */
	stale?(): string | undefined;
}): Audit {
	const {audit, delivery, glass, paletteKey = ':'} = options;
	const write = async (entry: AuditEntry): Promise<AuditRecord> => {
		const record = await audit.append(entry);
		delivery.push(record);
		return record;
	};

	async function append(entry: AuditEntry): Promise<AuditRecord> {
		if (!kindsBeforeEffect.has(entry.kind)) return write(entry);
		const stale = options.stale?.();
		if (stale !== undefined) throw new AuditError(stale, 'start midwatch again');
		const broken = glass.state.get()?.record;
		const record = await write(broken === undefined ? entry : {...entry, break_glass: broken});
		// In an emergency a silent sink must not hold up each act.
		if (broken !== undefined && glass.state.get()?.record === broken) return record;
		const missing = await delivery.undelivered(record);
		const [first] = missing;
		if (first === undefined) return record;
		const why = `the record was not delivered to ${missing.map(({name}) => name).join(', ')}: ${first.message}`;
		await write(refusedOutcome(record, why)).catch(() => {});
		throw new AuditError(why, hintOf(first, paletteKey));
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

/** The end of an intent that is on disk and led to nothing. */
const refusedOutcome = (
	{id, action, target, server, object, plan_hash, params, target_user: as}: AuditRecord,
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
	...(as !== undefined && {target_user: as}),
});
