import type {RedisInfo} from '../../src/port/redis.ts';
import {hasProblem, type Scenario} from '../scenario.ts';

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;

/** Memory that is not for keys: the server, its replication backlog, the buffers of ordinary clients. */
const overhead = 90 * mebibyte;
/** Time constant in seconds with which the data set grows to its desired size. */
const refillSeconds = 20;
/** Evictions stop a little below the limit. */
const fullShare = 0.985;
const totals = {hits: 974_000_000, misses: 30_000_000, commands: 4_100_000_000, expired: 61_000_000, evicted: 0};

export type DemoRedisServer = {
	/** INFO as it is now. `clients`: how many are connected, and the bytes that they hold. */
	info(clients: {readonly count: number; readonly bytes: number}): RedisInfo;
	/** The current number of keys. */
	keys(): number;
	setMaxmemory(bytes: number): void;
};

/**
 * A cache whose data set is larger than maxmemory in the scenario `memory`: it evicts keys, which are then requested again. With enough
 * memory it grows to its full size and stops evicting; without a change it stays as it is.
 */
export function createDemoRedisServer(
	scenario: Scenario,
	sizes: {readonly bytesPerKey: number; readonly clientBytes: () => number},
): DemoRedisServer {
	const runId = Array.from({length: 5}, (_, at) =>
		Math.floor(scenario.stableRandom(`run ${at}`) * 2 ** 32)
			.toString(16)
			.padStart(8, '0'),
	).join('');
	const short = hasProblem(scenario, 'memory');
	/** Bytes of keys that the applications would fill without a limit. */
	const wanted = short ? 4.05 * gibibyte : 2.1 * gibibyte;
	const counters = {...totals};
	let maxmemory = 4 * gibibyte;
	let data = 0;
	let at = scenario.now();
	const availableBytes = () =>
		maxmemory === 0 ? Number.POSITIVE_INFINITY : Math.max(0, maxmemory * fullShare - overhead - sizes.clientBytes());
	data = Math.min(wanted, availableBytes());

	/** The share of the full data set that does not fit, 0 to 1: it is evicted and requested again. */
	const missing = () => Math.max(0, 1 - data / wanted);
	const evictsNow = () => short && data >= availableBytes() - mebibyte && wanted > availableBytes();
	const rates = () => {
		const ops = scenario.name === 'still' ? 0 : 41_000 * (0.92 + 0.16 * scenario.smoothRandom('redis ops', 45_000));
		const lookups = ops * 0.7;
		const hitRate = evictsNow()
			? 0.83 - 0.04 * scenario.smoothRandom('redis hits', 30_000)
			: 0.972 - Math.min(0.1, missing());
		return {
			ops,
			hits: lookups * hitRate,
			misses: lookups * (1 - hitRate),
			evicted: evictsNow() ? 280 + 70 * scenario.smoothRandom('redis evictions', 20_000) : 0,
			expired: ops * 0.006,
		};
	};

	function advance(): void {
		const now = scenario.now();
		// Small steps, so that a long pause between two reads ends where many short ones would.
		while (at < now) {
			const seconds = Math.min(1, (now - at) / 1000);
			const {ops, hits, misses, evicted, expired} = rates();
			counters.commands += ops * seconds;
			counters.hits += hits * seconds;
			counters.misses += misses * seconds;
			counters.evicted += evicted * seconds;
			counters.expired += expired * seconds;
			data = Math.min(availableBytes(), data + ((wanted - data) * seconds) / refillSeconds);
			at += seconds * 1000;
		}
	}

	const keys = () => Math.floor(data / sizes.bytesPerKey);

	return {
		keys() {
			advance();
			return keys();
		},
		setMaxmemory(bytes) {
			advance();
			const before = data;
			maxmemory = bytes;
			data = Math.min(data, availableBytes());
			counters.evicted += (before - data) / sizes.bytesPerKey;
		},
		info(clients) {
			advance();
			const used = Math.round(data + overhead + clients.bytes);
			const floor = (value: number) => Math.floor(value);
			return {
				server: 'Redis',
				version: '7.2.5',
				runId,
				uptimeSeconds: Math.floor((scenario.now() - scenario.startedAt) / 1000) + 23 * 86_400,
				role: 'primary',
				loading: false,
				usedMemory: used,
				usedMemoryPeak: Math.max(used, Math.round(3.97 * gibibyte)),
				usedMemoryDataset: Math.round(data),
				usedMemoryRss: Math.round(used * 1.09),
				maxmemory,
				policy: 'allkeys-lru',
				systemMemory: 16 * gibibyte,
				fragmentationRatio: 1.09,
				fragmentationBytes: Math.round(used * 0.09),
				notCountedForEviction: 0,
				clientsMemory: clients.bytes,
				clients: clients.count,
				blockedClients: 2,
				maxclients: 10_000,
				opsPerSecond: Math.round(rates().ops),
				commands: floor(counters.commands),
				hits: floor(counters.hits),
				misses: floor(counters.misses),
				evicted: floor(counters.evicted),
				expired: floor(counters.expired),
				rejected: 0,
				keys: {0: keys()},
				upstream: undefined,
				replicas: [{address: '10.2.3.12:6379', state: 'online', lagBytes: 0}],
			};
		},
	};
}
