import type {Context} from '../../src/contract/context.ts';
import {AdapterError} from '../../src/errors.ts';
import type {RedisInfo, RedisReplica, RedisUpstream} from '../../src/port/redis.ts';
import type {RedisConnection} from './connection/redis-connection.ts';
import {replyText} from './connection/reply-text.ts';

const malformed = (what: string): AdapterError =>
	new AdapterError(
		'malformed',
		`INFO ${what}`,
		'Check that host and port are those of a Redis or Valkey server, and not of a proxy: `redis-cli INFO` must print used_memory.',
	);

/** `name:value` lines; section titles and blank lines are skipped. A value may contain colons. */
function fieldsOf(text: string): ReadonlyMap<string, string> {
	const fields = new Map<string, string>();
	for (const line of text.split(/\r?\n/)) {
		const colon = line.indexOf(':');
		if (colon > 0 && !line.startsWith('#')) fields.set(line.slice(0, colon), line.slice(colon + 1));
	}
	return fields;
}

/** `ip=10.0.0.7,port=6379,state=online` */
const pairsOf = (text: string): ReadonlyMap<string, string> =>
	new Map(
		text.split(',').map(pair => {
			const equals = pair.indexOf('=');
			return [pair.slice(0, equals), pair.slice(equals + 1)] as const;
		}),
	);

function upstreamOf(
	fields: ReadonlyMap<string, string>,
	numberOf: (name: string) => number | undefined,
): RedisUpstream {
	const silent = numberOf('master_last_io_seconds_ago');
	return {
		address: `${fields.get('master_host') ?? '?'}:${fields.get('master_port') ?? '?'}`,
		up: fields.get('master_link_status') === 'up',
		downSeconds: numberOf('master_link_down_since_seconds'),
		// -1 while the replication link is down.
		silentSeconds: silent === undefined || silent < 0 ? undefined : silent,
	};
}

function replicasOf(fields: ReadonlyMap<string, string>, offset: number | undefined): readonly RedisReplica[] {
	const replicas: RedisReplica[] = [];
	for (const [name, value] of fields) {
		if (!/^slave\d+$/.test(name)) continue;
		const pairs = pairsOf(value);
		const acknowledged = Number(pairs.get('offset'));
		replicas.push({
			address: `${pairs.get('ip') ?? '?'}:${pairs.get('port') ?? '?'}`,
			state: pairs.get('state') ?? 'unknown',
			lagBytes: offset === undefined || !Number.isFinite(acknowledged) ? undefined : Math.max(0, offset - acknowledged),
		});
	}
	return replicas;
}

function keysOf(fields: ReadonlyMap<string, string>): Readonly<Record<number, number>> {
	const keys: Record<number, number> = {};
	for (const [name, value] of fields) {
		const index = /^db(\d+)$/.exec(name)?.[1];
		const held = Number(pairsOf(value).get('keys'));
		if (index !== undefined && Number.isFinite(held)) keys[Number(index)] = held;
	}
	return keys;
}

/**
 * Parses the reply of INFO of Redis 6.2 to 8 and Valkey. Counters that a server omits are 0; other values that it omits are undefined.
 * @throws AdapterError `malformed` when it is not such a reply, or a value is not a number.
 */
export function parseInfo(text: string): RedisInfo {
	const fields = fieldsOf(text);
	const numberOf = (name: string): number | undefined => {
		const value = fields.get(name);
		if (value === undefined || value === '') return undefined;
		const number = Number(value);
		if (!Number.isFinite(number)) throw malformed(`says ${name}:${value.slice(0, 40)}, which is not a number`);
		return number;
	};
	const needed = (name: string): number => {
		const value = numberOf(name);
		if (value === undefined) throw malformed(`lacks ${name}`);
		return value;
	};
	const version = fields.get('valkey_version') ?? fields.get('redis_version');
	if (version === undefined) throw malformed('lacks redis_version');
	const role = fields.get('role') === 'slave' ? 'replica' : 'primary';
	return {
		server: fields.has('valkey_version') ? 'Valkey' : 'Redis',
		version,
		runId: fields.get('run_id') ?? '',
		uptimeSeconds: needed('uptime_in_seconds'),
		role,
		loading: fields.get('loading') === '1',
		usedMemoryBytes: needed('used_memory'),
		usedMemoryPeak: numberOf('used_memory_peak'),
		usedMemoryDataset: numberOf('used_memory_dataset'),
		usedMemoryRss: numberOf('used_memory_rss'),
		maxmemoryBytes: numberOf('maxmemory') ?? 0,
		policy: fields.get('maxmemory_policy') ?? '',
		systemMemoryBytes: numberOf('total_system_memory'),
		fragmentationRatio: numberOf('mem_fragmentation_ratio'),
		fragmentationBytes: numberOf('mem_fragmentation_bytes'),
		notCountedForEviction: numberOf('mem_not_counted_for_evict'),
		clientsMemoryBytes: numberOf('mem_clients_normal'),
		clients: numberOf('connected_clients') ?? 0,
		blockedClients: numberOf('blocked_clients') ?? 0,
		maxclients: numberOf('maxclients'),
		opsPerSecond: numberOf('instantaneous_ops_per_sec') ?? 0,
		commands: numberOf('total_commands_processed') ?? 0,
		hits: numberOf('keyspace_hits') ?? 0,
		misses: numberOf('keyspace_misses') ?? 0,
		evicted: numberOf('evicted_keys') ?? 0,
		expired: numberOf('expired_keys') ?? 0,
		rejected: numberOf('rejected_connections') ?? 0,
		keys: keysOf(fields),
		upstream: role === 'replica' ? upstreamOf(fields, numberOf) : undefined,
		replicas: replicasOf(fields, numberOf('master_repl_offset')),
	};
}

export const readInfo = async (connection: RedisConnection, context: Context): Promise<RedisInfo> =>
	parseInfo(replyText(await connection.send('INFO', [], context)));
