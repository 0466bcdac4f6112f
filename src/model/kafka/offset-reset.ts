/** The offset that a group should continue from. `ago`: milliseconds before the plan is made. */
export type ResetSpec =
	| {readonly kind: 'earliest' | 'latest'}
	| {readonly kind: 'time'; readonly at: number}
	| {readonly kind: 'ago'; readonly ms: number}
	| {readonly kind: 'shift'; readonly by: number}
	| {readonly kind: 'exact'; readonly offset: number};

/** `partition` undefined: every partition of the topic. */
export type ResetItem = {readonly partition: number | undefined; readonly spec: ResetSpec};

const units: Readonly<Record<string, number>> = {s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000};

/** `-15m`, `-1h30m`: at least one figure, the units from large to small. */
const durationPattern = /^-(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;
/** The zone is required, so that a time is never read in the zone of the wrong machine. */
const timePattern = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:?\d\d))?$/;

const parseSafeInteger = (text: string): number | undefined => {
	const value = Number(text);
	return Number.isSafeInteger(value) ? value : undefined;
};

function parseSpec(text: string): ResetSpec | undefined {
	if (text === 'earliest' || text === 'latest') return {kind: text};
	if (/^[+-]\d+$/.test(text)) {
		const by = parseSafeInteger(text);
		return by === undefined || by === 0 ? undefined : {kind: 'shift', by};
	}
	if (/^\d+$/.test(text)) {
		const offset = parseSafeInteger(text);
		return offset === undefined ? undefined : {kind: 'exact', offset};
	}
	const lasts = durationPattern.exec(text);
	if (lasts !== null) {
		const ms = lasts
			.slice(1)
			.reduce((sum, figure, at) => sum + Number(figure ?? 0) * (units['dhms'.charAt(at)] ?? 0), 0);
		return ms > 0 && Number.isSafeInteger(ms) ? {kind: 'ago', ms} : undefined;
	}
	if (!timePattern.test(text)) return undefined;
	const at = Date.parse(text.replace(' ', 'T'));
	return Number.isNaN(at) ? undefined : {kind: 'time', at};
}

/**
 * Parses the typed offsets: `earliest`, `latest`, a time with its zone (`2026-11-21T14:00Z`, or a day of UTC), `-15m` (ago), `+1` and `-1`
 * (further, back), an offset, or a list of these by partition: `7:+1, 8:482012`. Undefined for any other text, and when it names a
 * partition twice.
 */
export function parseOffsetReset(text: string): readonly ResetItem[] | undefined {
	const parts = text.split(',').map(part => part.trim());
	const items: ResetItem[] = [];
	for (const part of parts) {
		const named = /^(\d{1,6}):(\S.*)$/.exec(part);
		const spec = parseSpec(named?.[2] ?? part);
		if (spec === undefined || (named === null && parts.length > 1)) return undefined;
		items.push({partition: named === null ? undefined : Number(named[1]), spec});
	}
	const partitions = items.flatMap(({partition}) => partition ?? []);
	return new Set(partitions).size === partitions.length ? items : undefined;
}

/** The offsets of a partition when the reset is planned. `found`: the offset at the requested time or age. */
export type ResetInput = {
	readonly partition: number;
	/** Undefined: none was ever committed. */
	readonly committed: number | undefined;
	readonly metadata: string;
	readonly start: number;
	readonly end: number;
	readonly found: number | undefined;
};

/** The change of one offset. `from` null: there was none. `to` null: it is deleted. JSON, because it is part of a plan. */
export type OffsetMove = {
	readonly partition: number;
	readonly from: number | null;
	readonly to: number | null;
	/** The metadata that the group committed with the offset `from`. */
	readonly metadata: string;
	/** The metadata that is committed with the offset `to`. */
	readonly note: string;
	readonly start: number;
	readonly end: number;
	/** The requested offset when it does not exist: `to` is the nearest that does. */
	readonly requested: number | null;
};

/** Plans the move of one partition. Undefined for a shift of an offset that does not exist. */
export function planOffsetMove(ground: ResetInput, spec: ResetSpec): OffsetMove | undefined {
	const {partition, committed, metadata, start, end} = ground;
	const requested = requestedOffset(spec, ground);
	if (requested === undefined) return undefined;
	const to = Math.min(Math.max(requested, start), end);
	return {
		partition,
		from: committed ?? null,
		to,
		metadata,
		note: '',
		start,
		end,
		requested: to === requested ? null : requested,
	};
}

function requestedOffset(spec: ResetSpec, {committed, start, end, found}: ResetInput): number | undefined {
	switch (spec.kind) {
		case 'earliest':
			return start;
		case 'latest':
			return end;
		case 'exact':
			return spec.offset;
		case 'shift':
			return committed === undefined ? undefined : committed + spec.by;
		default:
			return found;
	}
}

/** Counts the existing messages that this move skips, or that the group reads again. Both are 0 when there is no offset before or after. */
export function countMovedMessages({from, to, start, end}: OffsetMove): {
	readonly skipped: number;
	readonly again: number;
} {
	const at = (offset: number | null) => Math.min(Math.max(offset ?? start, start), end);
	if (from === null || to === null) return {skipped: 0, again: 0};
	return {skipped: Math.max(0, at(to) - at(from)), again: Math.max(0, at(from) - at(to))};
}
