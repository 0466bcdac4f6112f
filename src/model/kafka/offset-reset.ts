/** Where a group's offset should go. `ago`: milliseconds before the moment it is planned. */
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
/** With a zone: at night nobody remembers which one a server is in. */
const timePattern = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:?\d\d))?$/;

const whole = (text: string): number | undefined => {
	const value = Number(text);
	return Number.isSafeInteger(value) ? value : undefined;
};

function parseSpec(text: string): ResetSpec | undefined {
	if (text === 'earliest' || text === 'latest') return {kind: text};
	if (/^[+-]\d+$/.test(text)) {
		const by = whole(text);
		return by === undefined || by === 0 ? undefined : {kind: 'shift', by};
	}
	if (/^\d+$/.test(text)) {
		const offset = whole(text);
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
 * Reads what was typed: `earliest`, `latest`, a time with its zone (`2026-11-21T14:00Z`, or a day of UTC), `-15m` (ago), `+1` and `-1`
 * (further, back), an offset, or a list of these by partition: `7:+1, 8:482012`. Undefined when it is none of them, or names a partition
 * twice.
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

/** What is known of a partition when it is planned. `found`: where a time or an age leads. */
export type ResetInput = {
	readonly partition: number;
	/** Undefined: none was ever committed. */
	readonly committed: number | undefined;
	readonly metadata: string;
	readonly start: number;
	readonly end: number;
	readonly found: number | undefined;
};

/** `from` null: there was none. `to` null: it is taken away. JSON, because it is part of a plan. */
export type OffsetMove = {
	readonly partition: number;
	readonly from: number | null;
	readonly to: number | null;
	/** What the group had written beside the offset `from`. */
	readonly metadata: string;
	/** What is written beside the offset `to`. */
	readonly note: string;
	readonly start: number;
	readonly end: number;
	/** Where it was asked to go, when there is nothing: it goes to the nearest that is there. */
	readonly asked: number | null;
};

/** Undefined when it leads nowhere: a shift of an offset that is not there. */
export function planOffsetMove(ground: ResetInput, spec: ResetSpec): OffsetMove | undefined {
	const {partition, committed, metadata, start, end} = ground;
	const asked = requestedOffset(spec, ground);
	if (asked === undefined) return undefined;
	const to = Math.min(Math.max(asked, start), end);
	return {
		partition,
		from: committed ?? null,
		to,
		metadata,
		note: '',
		start,
		end,
		asked: to === asked ? null : asked,
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

/** Messages that this move skips, or gives to the group again; of what exists. A partition without an offset has everything before it. */
export function countMovedMessages({from, to, start, end}: OffsetMove): {
	readonly skipped: number;
	readonly again: number;
} {
	const at = (offset: number | null) => Math.min(Math.max(offset ?? start, start), end);
	if (from === null || to === null) return {skipped: 0, again: 0};
	return {skipped: Math.max(0, at(to) - at(from)), again: Math.max(0, at(from) - at(to))};
}
