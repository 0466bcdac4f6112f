import type {Context} from '../contract/context.ts';
import type {Permission} from '../contract/system.ts';
import type {Secret} from '../contract/target.ts';
import type {TlsSettings} from './tls.ts';

/*
 * What the Redis pane needs from a server: Redis 6.2 or newer, or Valkey. The real client and the demo implement `RedisPort`.
 * Every member rejects with AdapterError, and at once when `context.signal` aborts, even if the server is silent.
 */

export type RedisEndpoint = {readonly host: string; readonly port: number};

/** What one pass of the key sampler may cost. It ends at whichever comes first. */
export type SamplerBudget = {
	/** Milliseconds. */
	readonly timeMs: number;
	readonly keys: number;
	/** Milliseconds between two batches. */
	readonly pauseMs: number;
	/** Milliseconds: the sampler stops when a PING takes longer. */
	readonly slowPingMs: number;
};

/** 2 s, 20,000 keys, 5 ms pauses and 20 ms of PING: measured to leave other clients alone on a server with 1 M keys. */
export const defaultSamplerBudget: SamplerBudget = {timeMs: 2000, keys: 20_000, pauseMs: 5, slowPingMs: 20};

/** What configuration gives for one target of kind `redis`. */
export type RedisSettings = {
	readonly host: string;
	readonly port: number;
	/** Index of the database whose keys are sampled. */
	readonly db: number;
	/** ACL user; the server's `default` when absent. */
	readonly username?: string | undefined;
	readonly password?: Secret | undefined;
	/** Present, even when empty: the connection uses TLS. */
	readonly tls?: TlsSettings | undefined;
	/** A replica that the key sampler reads instead of the primary. Same user, password, database and TLS. */
	readonly replica?: RedisEndpoint | undefined;
	readonly sampler: SamplerBudget;
};

/** The replication link of a replica, as it sees it. */
export type RedisUpstream = {
	/** `host:port` of the primary. */
	readonly address: string;
	readonly up: boolean;
	/** Seconds since the link went down. */
	readonly downSeconds?: number | undefined;
	/** Seconds since the last byte from the primary. */
	readonly silentSeconds?: number | undefined;
};

/** A replica as its primary sees it. */
export type RedisReplica = {readonly address: string; readonly state: string; readonly lagBytes: number | undefined};

/** Parsed INFO. A figure is undefined when this server does not report it. Bytes are bytes, counters count since start or CONFIG RESETSTAT. */
export type RedisInfo = {
	readonly server: 'Redis' | 'Valkey';
	readonly version: string;
	/** New at every start of the server. */
	readonly runId: string;
	readonly uptimeSeconds: number;
	readonly role: 'primary' | 'replica';
	readonly loading: boolean;
	readonly usedMemoryBytes: number;
	readonly usedMemoryPeak: number | undefined;
	readonly usedMemoryDataset: number | undefined;
	readonly usedMemoryRss: number | undefined;
	/** 0: no limit. */
	readonly maxmemoryBytes: number;
	/** `noeviction`, `allkeys-lru`, …; empty when this server does not report it. */
	readonly policy: string;
	readonly systemMemoryBytes: number | undefined;
	readonly fragmentationRatio: number | undefined;
	readonly fragmentationBytes: number | undefined;
	/** Replication and AOF buffers: used, but not counted against maxmemory. */
	readonly notCountedForEviction: number | undefined;
	readonly clientsMemoryBytes: number | undefined;
	readonly clients: number;
	readonly blockedClients: number;
	readonly maxclients: number | undefined;
	/** Smoothed by the server over its last 1.6 s. */
	readonly opsPerSecond: number;
	readonly commands: number;
	readonly hits: number;
	readonly misses: number;
	readonly evicted: number;
	readonly expired: number;
	readonly rejected: number;
	/** Keys by index of the database; databases without keys are absent. */
	readonly keys: Readonly<Record<number, number>>;
	readonly upstream: RedisUpstream | undefined;
	readonly replicas: readonly RedisReplica[];
};

/** One entry of the slow log. Arguments are counted, never carried: they hold users' data. */
export type SlowCommand = {
	/** Grows by one with every slow command; not set back by SLOWLOG RESET. */
	readonly id: number;
	/** Epoch milliseconds, by the server's clock, which reports seconds. */
	readonly at: number;
	readonly microseconds: number;
	/** Upper case; a container command has its subcommand: `CONFIG GET`. */
	readonly command: string;
	/** How many arguments followed. */
	readonly args: number;
	readonly client: string;
	readonly clientName: string;
};

/** One line of CLIENT LIST. */
export type RedisClientLine = {
	/** Never reused while the server runs. */
	readonly id: number;
	/** `ip:port`, or the path of a socket. */
	readonly address: string;
	readonly name: string;
	readonly user: string;
	readonly ageSeconds: number;
	readonly idleSeconds: number;
	readonly db: number;
	/** The server's letters: `M` our primary, `S` a replica, `O` MONITOR, `b` blocked, `N` none. */
	readonly flags: string;
	/** The last command, lower case: `config|get`. */
	readonly command: string;
	/** Bytes waiting to be sent to it. */
	readonly outputBytes: number;
	readonly queryBytes: number;
	readonly totalBytes: number | undefined;
	readonly subscriptions: number;
};

export type RedisClients = {
	readonly clients: readonly RedisClientLine[];
	/** Ids of midwatch's own connections to this server. */
	readonly own: readonly number[];
};

export type RedisMemoryReport = {
	/** MEMORY STATS, flat: `clients.normal`, `db.0/overhead.hashtable.main`. */
	readonly stats: readonly {readonly name: string; readonly value: string}[];
	/** MEMORY DOCTOR in the server's own words; undefined with its reason when it was refused. */
	readonly doctor: string | undefined;
	readonly doctorProblem?: string;
};

export type KeyFacts = {
	readonly type: string;
	/** Estimated from 5 nested elements. */
	readonly bytes: number;
	/** -1: never expires. */
	readonly ttlMs: number;
};

/** Where keys are looked at: the primary, or the replica that was named. Keys are bytes, not text. */
export type Keyspace = {
	/** `host:port`. */
	readonly endpoint: string;
	readonly role: 'primary' | 'replica';
	/** Why it is not the replica that was named, or why reading may refresh LRU. */
	readonly remark?: string;
	size(context: Context): Promise<number>;
	/** Milliseconds that a PING took. */
	ping(context: Context): Promise<number>;
	/** `cursor` is `0` at the start and again at the end. `match` is a Redis glob. May return a key twice, and returns empty batches. */
	scan(
		cursor: string,
		options: {readonly count: number; readonly match?: string},
		context: Context,
	): Promise<{readonly cursor: string; readonly keys: readonly Uint8Array[]}>;
	/** The facts of these keys, in the same order; undefined where the key was deleted in the meantime. */
	describe(keys: readonly Uint8Array[], context: Context): Promise<readonly (KeyFacts | undefined)[]>;
};

export type MaxmemoryChange = {
	/** 0: no limit. */
	readonly bytes: number;
	readonly expected: {
		readonly runId: string;
		readonly maxmemory: number;
		readonly policy: string;
		readonly role: RedisInfo['role'];
		/** Whether what is used is below the new limit, so that nothing is evicted or refused at once. */
		readonly fits: boolean;
	};
};

/** A client as it was shown. */
export type RedisClientIdentity = {
	readonly id: number;
	readonly address: string;
	readonly user: string;
	readonly name: string;
	/** The flags that distinguish an ordinary client from the connection of a replica or primary, and from MONITOR. */
	readonly kind: string;
	readonly runId: string;
};

/** For an act: `record` is the id of its audit record, and becomes part of the connection's name. */
export type RedisWriteContext = Context & {readonly record: string};

export type RedisPort = {
	info(context: Context): Promise<RedisInfo>;
	/** The newest first. */
	slowlog(limit: number, context: Context): Promise<readonly SlowCommand[]>;
	clients(context: Context): Promise<RedisClients>;
	memory(context: Context): Promise<RedisMemoryReport>;
	keyspace(context: Context): Promise<Keyspace>;
	/** What this user may do here, from a cache for this connection: for what is shown. */
	permissions(context: Context): Promise<readonly Permission[]>;
	/** The same, queried now without executing anything; only these names, if any are given. */
	readPermissions(context: Context, names?: readonly string[]): Promise<readonly Permission[]>;
	/**
	 * CONFIG SET maxmemory, once, on a connection of its own, after reading that `expected` still holds there. Resolves with what was read.
	 * @throws AdapterError `conflict` when it does not (nothing was sent); `denied` on a connection that was opened read-only.
	 */
	setMaxmemory(change: MaxmemoryChange, context: RedisWriteContext): Promise<RedisInfo>;
	/**
	 * CLIENT KILL by id, address and user together, so that no other client can be hit, after reading on the same connection that it still has
	 * the name and the kind that it had. Resolves with the client as it was read.
	 * @throws AdapterError `conflict` when no such client is connected (nothing happened); `denied` on a read-only connection.
	 */
	killClient(client: RedisClientIdentity, context: RedisWriteContext): Promise<RedisClientLine>;
};
