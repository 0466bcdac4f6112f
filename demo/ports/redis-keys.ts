import type {KeyFacts, Keyspace} from '../../src/port/redis.ts';
import {globMatches} from '../../src/text/glob.ts';
import type {Scenario} from '../scenario.ts';

type Family = {
	/** Share of all keys. */
	readonly share: number;
	readonly type: string;
	/** Mean bytes of a key; single keys differ by up to a half. */
	readonly bytes: number;
	/** The longest time to live in milliseconds; undefined: none. */
	readonly ttlMs: number | undefined;
	name(random: (salt: string) => number, at: number): string;
};

const hex = (random: (salt: string) => number): string =>
	['a', 'b', 'c']
		.map(salt =>
			Math.floor(random(salt) * 2 ** 32)
				.toString(16)
				.padStart(8, '0'),
		)
		.join('');

const byte = (random: number): number => Math.floor(random * 254) + 1;

const hour = 3_600_000;

const families: readonly Family[] = [
	{share: 0.55, type: 'hash', bytes: 1250, ttlMs: undefined, name: (_, at) => `cache:product:${at}`},
	{share: 0.13, type: 'string', bytes: 1650, ttlMs: 24 * hour, name: random => `session:${hex(random)}`},
	{
		share: 0.24,
		type: 'string',
		bytes: 120,
		ttlMs: hour / 60,
		name: random => `rate_limit:10.${byte(random('x'))}.${byte(random('y'))}.${byte(random('z'))}:minute`,
	},
	{share: 0.05, type: 'hash', bytes: 1100, ttlMs: 7 * 24 * hour, name: (_, at) => `cart:${at}:items`},
	{share: 0.02, type: 'zset', bytes: 3200, ttlMs: undefined, name: (_, at) => `rank:category:${at % 4000}`},
	{share: 0.01, type: 'stream', bytes: 5200, ttlMs: undefined, name: (_, at) => `queue:mail:${at % 64}`},
];

/** Mean bytes of one key: what the data set of so many keys takes. */
export const bytesPerKey = families.reduce((sum, {share, bytes}) => sum + share * bytes, 0);

function familyOf(random: number): Family | undefined {
	let upTo = 0;
	for (const family of families) {
		upTo += family.share;
		if (random < upTo) return family;
	}
	return families[0];
}

/** Whether a Redis glob matches, of which prefixes use only stars and escaped characters. */
const matches = (glob: string, name: string): boolean => globMatches(glob.replaceAll(/\\(.)/gs, '$1'), name);

/** Keys that are generated on request, the same ones every time. `size` returns how many there are now. */
export function demoKeyspace(scenario: Scenario, size: () => number): Keyspace {
	const nameOf = (at: number): string => {
		const random = (salt: string) => scenario.stableRandom(`key ${at} ${salt}`);
		return familyOf(random('family'))?.name(random, at) ?? `key:${at}`;
	};
	function factsOf(name: string): KeyFacts {
		const family = families.find(one => one.name(() => 0, 0).split(':')[0] === name.split(':')[0]);
		const random = (salt: string) => scenario.stableRandom(`${name} ${salt}`);
		return {
			type: family?.type ?? 'string',
			bytes: Math.round((family?.bytes ?? 100) * (0.5 + random('bytes'))),
			ttlMs: family?.ttlMs === undefined ? -1 : Math.round(family.ttlMs * random('ttl')),
		};
	}
	return {
		endpoint: 'redis-replica.example.test:6379',
		role: 'replica',
		async size({signal}) {
			signal.throwIfAborted();
			return size();
		},
		async ping({signal}) {
			signal.throwIfAborted();
			return 0.4;
		},
		async scan(cursor, {count, match}, {signal}) {
			signal.throwIfAborted();
			const from = Number(cursor);
			const to = Math.min(from + count, size());
			const names = Array.from({length: Math.max(0, to - from)}, (_, at) => nameOf(from + at));
			return {
				cursor: to >= size() ? '0' : String(to),
				keys: names.filter(name => match === undefined || matches(match, name)).map(name => Buffer.from(name)),
			};
		},
		async describe(keys, {signal}) {
			signal.throwIfAborted();
			return keys.map(key => factsOf(Buffer.from(key).toString()));
		},
	};
}
