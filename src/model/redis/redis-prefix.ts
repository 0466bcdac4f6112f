import type {Row} from '../../contract/row.ts';
import type {KeyFacts} from '../../port/redis.ts';
import {formatPercent} from '../../text/format.ts';

/** A sampled key. `name` is raw, as the server sent it. */
export type SampledKey = KeyFacts & {readonly name: string};

/** Counts of keys by time to live. */
export type RedisExpiry = {
	readonly never: number;
	readonly minute: number;
	readonly hour: number;
	readonly day: number;
	readonly later: number;
};

export type RedisPrefixRow = Row<'redis.prefix'> & {
	/** Names with their changing parts as `*`: `cache:product:*`. Also the row's id. */
	readonly prefix: string;
	readonly db: number;
	/** Bytes of all its keys, estimated from the sampled ones. */
	readonly bytes: number;
	/** Its share of the memory of all keys, 0 to 1. */
	readonly share: number;
	/** All its keys, estimated; exact when every key was read. */
	readonly keys: number;
	readonly sampled: number;
	/** Share of its keys that never expire. */
	readonly noTtl: number;
	/** How the sampled keys expire. */
	readonly expiry: RedisExpiry;
	/** Types of the sampled keys, the most frequent first. */
	readonly types: readonly string[];
	/** Bytes of its largest sampled key. */
	readonly largestKeyBytes: number;
};

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** Digits, hex of 8 and more with a digit in it, and tokens of 16 and more with a digit in them: the parts of a name that are ids. */
const isId = (segment: string): boolean => /^\d+$/.test(segment) || /^(?=.*\d)(?:[0-9a-f]{8,}|\w{16,})$/i.test(segment);

function masked(segment: string): string {
	const tag = /^\{(.*)\}$/.exec(segment)?.[1];
	if (tag !== undefined) return `{${masked(tag)}}`;
	return isId(segment) ? '*' : segment.replace(/_\d+$/, '_*');
}

/** The name with its ids as `*`: `user:42:cart` is `user:*:cart`, `backup-2026-11-21` is `backup-*`. */
export function redisPrefix(name: string): string {
	return name
		.replace(uuid, '*')
		.split(/([:./-])/)
		.map((part, at) => (at % 2 === 1 ? part : masked(part)))
		.join('')
		.replace(/\*(?:[.-]\*)+/g, '*');
}

/** This many rare names that differ in one part belong to one prefix, whose part we did not recognize as an id. */
const manyNames = 24;
const rare = 2;
const foldings = 3;

/** The prefix with one more of its parts as `*`, once for each other part; the last part first. */
function foldedVariants(prefix: string): readonly string[] {
	const parts = prefix.split(/([:./-])/);
	return parts.flatMap((part, at) => (at % 2 === 1 || part === '*' ? [] : [parts.with(at, '*').join('')])).toReversed();
}

/** Keys grouped by their common prefix. */
export function groupKeys(keys: readonly SampledKey[]): ReadonlyMap<string, readonly SampledKey[]> {
	let groups = Map.groupBy(keys, key => redisPrefix(key.name));
	for (let folding = 0; folding < foldings; folding += 1) {
		const folds = new Map(
			[...groups].flatMap(([prefix, held]) => (held.length > rare ? [] : [[prefix, foldedVariants(prefix)] as const])),
		);
		const names = new Map<string, number>();
		for (const fold of [...folds.values()].flat()) names.set(fold, (names.get(fold) ?? 0) + 1);
		const namesOf = (fold: string) => names.get(fold) ?? 0;
		const folded = new Map<string, SampledKey[]>();
		for (const [prefix, held] of groups) {
			const best = (folds.get(prefix) ?? []).toSorted((a, b) => namesOf(b) - namesOf(a))[0];
			const together = best !== undefined && namesOf(best) > manyNames ? best : prefix;
			const group = folded.get(together) ?? [];
			group.push(...held);
			folded.set(together, group);
		}
		if (folded.size === groups.size) break;
		groups = folded;
	}
	return groups;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

function expiryOf(keys: readonly SampledKey[]): RedisExpiry {
	const between = (from: number, to: number) => keys.filter(({ttlMs}) => ttlMs >= from && ttlMs < to).length;
	return {
		never: keys.filter(({ttlMs}) => ttlMs < 0).length,
		minute: between(0, minute),
		hour: between(minute, hour),
		day: between(hour, day),
		later: between(day, Number.POSITIVE_INFINITY),
	};
}

/** When memory is short, a prefix with at least this share that never expires is a cause. */
const fillingShare = 0.25;
const fillingNoTtl = 0.95;
const fillingBytes = 16 * 1024 ** 2;

export type PrefixContext = {
	readonly target: string;
	readonly db: number;
	/** Keys in the database. */
	readonly total: number;
	/** Every key was read, so counts are exact. */
	readonly complete: boolean;
	/** Memory is near its limit: only then is a prefix that never expires a problem. */
	readonly pressed: boolean;
};

/** One row per prefix, largest first. */
export function prefixRows(keys: readonly SampledKey[], context: PrefixContext): readonly RedisPrefixRow[] {
	const {target, db, total, complete, pressed} = context;
	const scale = complete || keys.length === 0 ? 1 : Math.max(1, total / keys.length);
	const sum = (held: readonly SampledKey[]) => held.reduce((bytes, key) => bytes + key.bytes, 0);
	const all = sum(keys);
	return [...groupKeys(keys)]
		.map(([prefix, held]) => {
			const sampledBytes = sum(held);
			const expiry = expiryOf(held);
			const types = [...Map.groupBy(held, key => key.type)].toSorted((a, b) => b[1].length - a[1].length);
			const share = all === 0 ? 0 : sampledBytes / all;
			const noTtl = expiry.never / held.length;
			const bytes = Math.round(sampledBytes * scale);
			const fills = pressed && share >= fillingShare && noTtl >= fillingNoTtl && bytes >= fillingBytes;
			return {
				id: prefix,
				kind: 'redis.prefix' as const,
				target,
				severity: fills ? ('warn' as const) : ('ok' as const),
				...(fills ? {why: `${formatPercent(share)} of the keys' memory, never expires`} : {}),
				prefix,
				db,
				bytes,
				share,
				keys: Math.round(held.length * scale),
				sampled: held.length,
				noTtl,
				expiry,
				types: types.map(([type]) => type),
				largestKeyBytes: held.reduce((most, key) => Math.max(most, key.bytes), 0),
			};
		})
		.toSorted((a, b) => b.bytes - a.bytes || (a.prefix < b.prefix ? -1 : 1));
}

/** A Redis glob that matches the keys of a prefix: its `*` stay, other glob characters are escaped. */
export const prefixGlob = (prefix: string): string => prefix.replace(/[\\?[\]]/g, '\\$&');
