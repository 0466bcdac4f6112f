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

/** How much fits, and how much the applications would store; bytes. */
type Capacity = {
	/** Of keys that the applications would fill without a limit. */
	readonly wanted: number;
	/** Of keys that fit now. */
	readonly available: number;
	/** The server is too small in this scenario. */
	readonly short: boolean;
};

/** `data`: bytes of keys. `at`: epoch milliseconds. */
type DataSet = {readonly data: number; readonly at: number; readonly counters: typeof totals};

/**
 * A cache whose data set is larger than maxmemory in the scenario `memory`: it evicts keys, which are then requested again. With enough
 * memory it grows to its full size and stops evicting; without a change it stays as it is.
 */
export function createDemoRedisServer(
	scenario: Scenario,
	sizes: {readonly bytesPerKey: number; readonly clientBytes: () => number},
): DemoRedisServer {
	const runId = runIdOf(scenario);
	const short = hasProblem(scenario, 'memory');
	const wanted = short ? 4.05 * gibibyte : 2.1 * gibibyte;
	let maxmemory = 4 * gibibyte;
	const availableBytes = () =>
		maxmemory === 0 ? Number.POSITIVE_INFINITY : Math.max(0, maxmemory * fullShare - overhead - sizes.clientBytes());
	const capacity = (): Capacity => ({wanted, available: availableBytes(), short});
	let state: DataSet = {data: Math.min(wanted, availableBytes()), at: scenario.now(), counters: totals};

	function advance(): void {
		state = advanceDataSet(state, scenario, capacity());
	}

	const keys = () => Math.floor(state.data / sizes.bytesPerKey);

	return {
		keys() {
			advance();
			return keys();
		},
		setMaxmemory(bytes) {
			advance();
			maxmemory = bytes;
			const data = Math.min(state.data, availableBytes());
			const evicted = state.counters.evicted + (state.data - data) / sizes.bytesPerKey;
			state = {...state, data, counters: {...state.counters, evicted}};
		},
		info(clients) {
			advance();
			const used = Math.round(state.data + overhead + clients.bytes);
			return {
				...identity,
				runId,
				uptimeSeconds: Math.floor((scenario.now() - scenario.startedAt) / 1000) + 23 * 86_400,
				usedMemoryBytes: used,
				usedMemoryPeak: Math.max(used, Math.round(3.97 * gibibyte)),
				usedMemoryDataset: Math.round(state.data),
				usedMemoryRss: Math.round(used * 1.09),
				maxmemoryBytes: maxmemory,
				fragmentationRatio: 1.09,
				fragmentationBytes: Math.round(used * 0.09),
				clientsMemoryBytes: clients.bytes,
				clients: clients.count,
				opsPerSecond: Math.round(ratesOf(state.data, scenario, capacity()).commands),
				...floored(state.counters),
				keys: {0: keys()},
			};
		},
	};
}

/** The facts of INFO that do not change. */
const identity = {
	server: 'Redis',
	version: '7.2.5',
	role: 'primary',
	loading: false,
	policy: 'allkeys-lru',
	systemMemoryBytes: 16 * gibibyte,
	notCountedForEviction: 0,
	blockedClients: 2,
	maxclients: 10_000,
	rejected: 0,
	upstream: undefined,
	replicas: [{address: '10.2.3.12:6379', state: 'online', lagBytes: 0}],
} satisfies Partial<RedisInfo>;

const runIdOf = (scenario: Scenario): string =>
	Array.from({length: 5}, (_, at) =>
		Math.floor(scenario.stableRandom(`run ${at}`) * 2 ** 32)
			.toString(16)
			.padStart(8, '0'),
	).join('');

const floored = ({hits, misses, commands, expired, evicted}: typeof totals): typeof totals => ({
	hits: Math.floor(hits),
	misses: Math.floor(misses),
	commands: Math.floor(commands),
	expired: Math.floor(expired),
	evicted: Math.floor(evicted),
});

/** How much each counter grows per second now. */
function ratesOf(data: number, scenario: Scenario, {wanted, available, short}: Capacity): typeof totals {
	const evicts = short && data >= available - mebibyte && wanted > available;
	/** The share of the full data set that does not fit, 0 to 1: it is evicted and requested again. */
	const missing = Math.max(0, 1 - data / wanted);
	const commands = scenario.name === 'still' ? 0 : 41_000 * (0.92 + 0.16 * scenario.smoothRandom('redis ops', 45_000));
	const lookups = commands * 0.7;
	const hitRate = evicts ? 0.83 - 0.04 * scenario.smoothRandom('redis hits', 30_000) : 0.972 - Math.min(0.1, missing);
	return {
		commands,
		hits: lookups * hitRate,
		misses: lookups * (1 - hitRate),
		evicted: evicts ? 280 + 70 * scenario.smoothRandom('redis evictions', 20_000) : 0,
		expired: commands * 0.006,
	};
}

/** The data set as it has become by now. */
function advanceDataSet(from: DataSet, scenario: Scenario, capacity: Capacity): DataSet {
	const now = scenario.now();
	const {wanted, available} = capacity;
	let {data, at, counters} = from;
	// Small steps, so that a long pause between two reads ends where many short ones would.
	while (at < now) {
		const seconds = Math.min(1, (now - at) / 1000);
		const rates = ratesOf(data, scenario, capacity);
		counters = {
			commands: counters.commands + rates.commands * seconds,
			hits: counters.hits + rates.hits * seconds,
			misses: counters.misses + rates.misses * seconds,
			evicted: counters.evicted + rates.evicted * seconds,
			expired: counters.expired + rates.expired * seconds,
		};
		data = Math.min(available, data + ((wanted - data) * seconds) / refillSeconds);
		at += seconds * 1000;
	}
	return {data, at, counters};
}
