import type {RedisReplica} from '../../port/redis.ts';
import {type CounterResetReason, findCounterReset, type RedisCounters, recentMs} from './redis-rates.ts';

/** A replica that disconnected is shown as lost for this long, unless it comes back. */
const lostReplicaShownMs = 15 * 60_000;

export type LostReplica = {
	readonly address: string;
	/** Epoch milliseconds. */
	readonly sinceMs: number;
};

/** The state that is needed between the reads of one server. */
export type RedisHistory = {
	/** Adds a read. Returns the one before, unless the counters were reset in between. */
	add(counters: RedisCounters): RedisCounters | undefined;
	/** The reads of the last minute since the last reset, oldest first. */
	readonly recent: readonly RedisCounters[];
	/** The last reset of the counters, if it was within the last minute. */
	recentReset(now: number): {readonly reason: CounterResetReason; readonly at: number} | undefined;
	/** Replicas of earlier reads that are not connected now. */
	findLostReplicas(at: number, connected: readonly RedisReplica[]): readonly LostReplica[];
};

export function createRedisHistory(): RedisHistory {
	let recent: readonly RedisCounters[] = [];
	let reset: {readonly reason: CounterResetReason; readonly at: number} | undefined;
	/** Replicas by address. The value: since when it has been lost; undefined while it is connected. */
	const replicas = new Map<string, number | undefined>();

	return {
		add(counters) {
			const previous = recent.at(-1);
			const reason = previous === undefined ? undefined : findCounterReset(previous, counters);
			if (reason !== undefined) {
				reset = {reason, at: counters.at};
				recent = [];
			}
			recent = [...recent.filter(({at}) => counters.at - at <= recentMs), counters];
			return reason === undefined ? previous : undefined;
		},
		get recent() {
			return recent;
		},
		recentReset: now => (reset !== undefined && now - reset.at <= recentMs ? reset : undefined),
		findLostReplicas(at, connected) {
			const addresses = new Set(connected.map(({address}) => address));
			for (const address of addresses) replicas.set(address, undefined);
			const lost: LostReplica[] = [];
			for (const [address, sinceMs = at] of replicas) {
				if (addresses.has(address)) continue;
				if (at - sinceMs > lostReplicaShownMs) {
					replicas.delete(address);
					continue;
				}
				replicas.set(address, sinceMs);
				lost.push({address, sinceMs});
			}
			return lost;
		},
	};
}
