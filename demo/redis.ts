import {describeClientConflict, findClient} from '../adapters/redis/client-identity.ts';
import {describeServerConflict} from '../adapters/redis/maxmemory-effect.ts';
import {redisRequiredPermissions} from '../adapters/redis/permissions.ts';
import {redisSystem} from '../adapters/redis/system.ts';
import type {Context} from '../src/contract/context.ts';
import type {System} from '../src/contract/system.ts';
import {conflictError, readOnlyRefusal} from '../src/errors.ts';
import {defaultSamplerBudget, type RedisPort, type RedisSettings} from '../src/port/redis.ts';
import {formatBytes} from '../src/text/format.ts';
import {createDemoClients, type DemoClients, ownClientId} from './ports/redis-clients.ts';
import {bytesPerKey, demoKeyspace} from './ports/redis-keys.ts';
import {createDemoRedisServer, type DemoRedisServer} from './ports/redis-server.ts';
import type {Scenario} from './scenario.ts';

/** The settings of the demo's target, shown in CLI equivalents. */
export const demoRedisSettings: RedisSettings = {
	host: 'redis-main.example.test',
	port: 6379,
	db: 0,
	username: 'midwatch',
	replica: {host: 'redis-replica.example.test', port: 6379},
	sampler: {...defaultSamplerBudget, pauseMs: 1},
};

function assertAllowed(readOnly: boolean, {signal}: Context): void {
	signal.throwIfAborted();
	if (readOnly) throw readOnlyRefusal();
}

const grantedPermissions = redisRequiredPermissions.map(
	({needs, name}) => ({needs, name, state: 'have', grant: ''}) as const,
);

function demoPort(machine: DemoRedisServer, clients: DemoClients, scenario: Scenario, readOnly: boolean): RedisPort {
	const keyspace = demoKeyspace(scenario, () => machine.keys());
	const now = () => machine.info({count: clients.list().length, bytes: clients.bufferBytes()});
	return {
		async info({signal}) {
			signal.throwIfAborted();
			return now();
		},
		async slowlog(limit, {signal}) {
			signal.throwIfAborted();
			return clients.slowCommands().slice(0, limit);
		},
		async clients({signal}) {
			signal.throwIfAborted();
			return {clients: clients.list(), own: [ownClientId]};
		},
		async memory({signal}) {
			signal.throwIfAborted();
			const info = now();
			const data = info.usedMemoryDataset ?? 0;
			const stats = {
				'peak.allocated': info.usedMemoryPeak ?? 0,
				'total.allocated': info.usedMemoryBytes,
				'startup.allocated': 862_000,
				'replication.backlog': 16_777_216,
				'clients.normal': info.clientsMemoryBytes ?? 0,
				'overhead.total': info.usedMemoryBytes - data,
				'keys.count': info.keys[0] ?? 0,
				'keys.bytes-per-key': Math.round(bytesPerKey),
				'dataset.bytes': data,
				'dataset.percentage': (100 * data) / info.usedMemoryBytes,
				fragmentation: info.fragmentationRatio ?? 1,
				'fragmentation.bytes': info.fragmentationBytes ?? 0,
			};
			const full = info.maxmemoryBytes > 0 && info.usedMemoryBytes > info.maxmemoryBytes * 0.95;
			return {
				stats: Object.entries(stats).map(([name, value]) => ({name, value: String(value)})),
				doctor: full
					? `Sam, this instance is at its limit of ${formatBytes(info.maxmemoryBytes)} and evicts to stay there.`
					: "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.",
			};
		},
		async keyspace({signal}) {
			signal.throwIfAborted();
			return keyspace;
		},
		permissions: async () => grantedPermissions,
		readPermissions: async () => grantedPermissions,
		async setMaxmemory(change, context) {
			assertAllowed(readOnly, context);
			const info = now();
			const what = describeServerConflict(change, info);
			if (what !== undefined) throw conflictError(what);
			machine.setMaxmemory(change.bytes);
			return info;
		},
		async killClient(shown, context) {
			assertAllowed(readOnly, context);
			const client = findClient(clients.list(), shown);
			const what = describeClientConflict(shown, client);
			if (what !== undefined || client === undefined) throw conflictError(what ?? '');
			clients.kill(client.id);
			return client;
		},
	};
}

/**
 * The real Redis system on a small simulated server. `memory` and `default` heal when maxmemory is raised beyond what the cache wants; in
 * `storm` and `default` a client that does not read heals when it is killed. Neither heals the other.
 */
export function demoRedis(scenario: Scenario): System<RedisPort, RedisSettings> {
	const clients = createDemoClients(scenario);
	const machine = createDemoRedisServer(scenario, {bytesPerKey, clientBytes: () => clients.bufferBytes()});
	return {
		...redisSystem,
		async connect(_target, {readOnly}) {
			const port = demoPort(machine, clients, scenario, readOnly);
			return {
				port,
				async identify({signal}) {
					signal.throwIfAborted();
					return {version: 'Redis 7.2.5', who: 'midwatch', latencyMs: 1, channel: 'local'};
				},
				permissions: port.permissions,
				close: async () => {},
			};
		},
	};
}
