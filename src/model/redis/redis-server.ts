import type {Row} from '../../contract/row.ts';
import type {Permission} from '../../contract/system.ts';
import type {RedisReplica, RedisUpstream, SlowCommand} from '../../port/redis.ts';
import {evaluateThreshold, type Threshold, type ThresholdLevel} from '../threshold.ts';
import type {HeaviestClient} from './redis-client.ts';
import type {LostReplica} from './redis-history.ts';

export type RedisServerRow = Row<'redis.server'> & {
	/** `host:port`, also the row's id: there is one server row for each target. */
	readonly endpoint: string;
	/** `Redis 7.0.15`. */
	readonly version: string;
	readonly runId: string;
	readonly role: 'primary' | 'replica';
	readonly uptimeSeconds: number;
	readonly loading: boolean;
	readonly usedMemoryBytes: number;
	/** Bytes; 0: no limit. */
	readonly maxmemoryBytes: number;
	readonly policy: string;
	/** Memory of the machine in bytes; undefined when the server does not report it. */
	readonly systemMemoryBytes: number | undefined;
	readonly fragmentationRatio: number | undefined;
	readonly fragmentationBytes: number | undefined;
	/** Bytes of client buffers. */
	readonly clientsMemoryBytes: number | undefined;
	/** Read only when client buffers are a large part of the memory (`areClientBuffersLarge`). */
	readonly heaviestClient: HeaviestClient | undefined;
	readonly evictedPerSecond: number | undefined;
	/** Within the last minute, under the current limit and policy; undefined when there were none. */
	readonly evictedRecently: {readonly keys: number; readonly seconds: number} | undefined;
	/** Between the last two reads, 0 to 1. */
	readonly hitRate: number | undefined;
	/** Since the counters started. */
	readonly hitRateBefore: number | undefined;
	readonly opsPerSecond: number;
	readonly clients: number;
	readonly blockedClients: number;
	readonly maxclients: number | undefined;
	/** Keys in all databases. */
	readonly keys: number;
	/** Seconds that the two counts below cover; undefined before the second read. */
	readonly recentSeconds: number | undefined;
	readonly rejectedRecently: number | undefined;
	readonly slowRecently: number | undefined;
	/** The slowest command among the recent ones. */
	readonly slowest: SlowCommand | undefined;
	readonly upstream: RedisUpstream | undefined;
	readonly replicas: readonly RedisReplica[];
	/** Replicas that were connected earlier and are not now. */
	readonly lostReplicas: readonly LostReplica[];
	/** Our permissions, as far as the server reported them. */
	readonly permissions: readonly Permission[];
	readonly levels: RedisLevels;
};

/** The levels of the figures that have a threshold, with hysteresis from the previous read. */
export type RedisLevels = {
	readonly memory: ThresholdLevel;
	readonly clients: ThresholdLevel;
	readonly fragmentation: ThresholdLevel;
};

const onlyWarns = (warn: number): Threshold => ({warn, crit: Number.POSITIVE_INFINITY});

/** Share of the memory limit. */
export const memoryThreshold: Threshold = {warn: 0.8, crit: 0.95};
/** Share of maxclients. */
export const maxclientsThreshold = onlyWarns(0.9);
/** Value of mem_fragmentation_ratio. */
export const fragmentationThreshold = onlyWarns(1.5);

type ThresholdFigures = Pick<
	RedisServerRow,
	'maxmemoryBytes' | 'systemMemoryBytes' | 'usedMemoryBytes' | 'clients' | 'maxclients' | 'fragmentationRatio'
>;

export const redisLevels = (row: ThresholdFigures, before: RedisLevels | undefined): RedisLevels => ({
	memory: evaluateThreshold(redisMemoryShare(row) ?? 0, memoryThreshold, before?.memory),
	clients: evaluateThreshold(maxclientsShare(row), maxclientsThreshold, before?.clients),
	fragmentation: evaluateThreshold(row.fragmentationRatio ?? 0, fragmentationThreshold, before?.fragmentation),
});

/** 0 where the server reports no limit. */
export const maxclientsShare = ({clients, maxclients = 0}: Pick<ThresholdFigures, 'clients' | 'maxclients'>): number =>
	maxclients === 0 ? 0 : clients / maxclients;

export const clientsShareWarn = 0.25;
const clientsMatter = 16 * 1024 ** 2;

/** Whether client buffers are such a large part of the memory that they are its main use. */
export const areClientBuffersLarge = ({
	clientsMemoryBytes: clientsMemory = 0,
	usedMemoryBytes: usedMemory,
}: Pick<RedisServerRow, 'clientsMemoryBytes' | 'usedMemoryBytes'>) =>
	clientsMemory >= clientsMatter && clientsMemory >= clientsShareWarn * usedMemory;

/** The memory limit: maxmemory, or without one the memory of the machine. */
export function redisMemoryLimit(
	row: Pick<RedisServerRow, 'maxmemoryBytes' | 'systemMemoryBytes'>,
): number | undefined {
	return row.maxmemoryBytes > 0 ? row.maxmemoryBytes : row.systemMemoryBytes;
}

export function redisMemoryShare(
	row: Pick<RedisServerRow, 'maxmemoryBytes' | 'systemMemoryBytes' | 'usedMemoryBytes'>,
): number | undefined {
	const limit = redisMemoryLimit(row);
	return limit === undefined || limit === 0 ? undefined : row.usedMemoryBytes / limit;
}

/** The permission of this name, as the server reported it. */
export const findPermission = (row: RedisServerRow, name: string): Permission | undefined =>
	row.permissions.find(permission => permission.name === name);
