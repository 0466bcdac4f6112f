import type {RedisInfo} from '../../port/redis.ts';

/** The counters of one read, and the time when it was complete. */
export type RedisCounters = {
	/** Epoch milliseconds. */
	readonly at: number;
	readonly info: RedisInfo;
	/** Id of the newest entry of the slow log; -1 when it is empty, undefined when it could not be read. */
	readonly slowId: number | undefined;
};

/** Why a reading can't be compared with the one before it. */
export type CounterResetReason = 'restarted' | 'counters-reset';

const counters = ['evicted', 'expired', 'hits', 'misses', 'rejected', 'commands'] as const;

/** Undefined when `current` continues `previous`. CONFIG RESETSTAT resets every counter, so one lower value is enough. */
export function findCounterReset(previous: RedisCounters, current: RedisCounters): CounterResetReason | undefined {
	if (previous.info.runId !== current.info.runId || current.info.uptimeSeconds < previous.info.uptimeSeconds) {
		return 'restarted';
	}
	return counters.some(name => current.info[name] < previous.info[name]) ? 'counters-reset' : undefined;
}

/** Rates between two reads. Undefined: there is no second read yet, or the denominator is 0. */
export type RedisRates = {
	/** Seconds between the two. */
	readonly seconds: number | undefined;
	readonly evictedPerSecond: number | undefined;
	readonly expiredPerSecond: number | undefined;
	/** Between 0 and 1; undefined when nothing was looked up. */
	readonly hitRate: number | undefined;
};

const unknownRates: RedisRates = {
	seconds: undefined,
	evictedPerSecond: undefined,
	expiredPerSecond: undefined,
	hitRate: undefined,
};

const share = (part: number, rest: number): number | undefined => (part + rest > 0 ? part / (part + rest) : undefined);

/** `previous` must be a reading that `current` continues. */
export function redisRates(previous: RedisCounters | undefined, current: RedisCounters): RedisRates {
	const seconds = previous === undefined ? 0 : (current.at - previous.at) / 1000;
	if (previous === undefined || seconds <= 0) return unknownRates;
	const delta = (name: (typeof counters)[number]) => current.info[name] - previous.info[name];
	return {
		seconds,
		evictedPerSecond: delta('evicted') / seconds,
		expiredPerSecond: delta('expired') / seconds,
		hitRate: share(delta('hits'), delta('misses')),
	};
}

/** Hits among lookups since the server started or its counters were reset. */
export const lifetimeHitRate = (info: RedisInfo): number | undefined => share(info.hits, info.misses);

/** Rare events are counted over the last minute, so that they do not flicker: one rejected client must stay visible. */
export const recentMs = 60_000;

export type RecentRedisEvents = {
	/** Seconds that the counts are over: less than a minute at first. Undefined before the second read. */
	readonly seconds: number | undefined;
	readonly rejected: number | undefined;
	readonly slow: number | undefined;
	/**
	 * Since the last change of the limit or the policy, if that was within the minute: evictions before a repair are not reported any more.
	 * Undefined when there were none.
	 */
	readonly evicted: {readonly keys: number; readonly seconds: number} | undefined;
};

/** `readings`: oldest first, the last is the current one; each continues the one before, and none is much older than a minute. */
export function countRecentEvents(readings: readonly RedisCounters[]): RecentRedisEvents {
	const first = readings[0];
	const last = readings.at(-1);
	if (first === undefined || last === undefined || last.at <= first.at) {
		return {seconds: undefined, rejected: undefined, slow: undefined, evicted: undefined};
	}
	const slowFrom = readings.find(reading => reading.slowId !== undefined)?.slowId;
	const changed = readings.findLastIndex(
		({info}) => info.maxmemoryBytes !== last.info.maxmemoryBytes || info.policy !== last.info.policy,
	);
	const evictedFrom = readings[changed + 1] ?? last;
	const evicted = last.info.evicted - evictedFrom.info.evicted;
	return {
		seconds: (last.at - first.at) / 1000,
		rejected: last.info.rejected - first.info.rejected,
		slow: last.slowId === undefined || slowFrom === undefined ? undefined : Math.max(0, last.slowId - slowFrom),
		evicted: evicted > 0 ? {keys: evicted, seconds: (last.at - evictedFrom.at) / 1000} : undefined,
	};
}
