import type {Context} from '../../src/contract/context.ts';
import {defineSource} from '../../src/contract/define.ts';
import type {Gauge, Note, Snapshot} from '../../src/contract/row.ts';
import type {Permission} from '../../src/contract/system.ts';
import type {Target} from '../../src/contract/target.ts';
import {AdapterError} from '../../src/errors.ts';
import {type HeaviestClient, heaviestClient} from '../../src/model/redis/redis-client.ts';
import {createRedisHistory, type RedisHistory} from '../../src/model/redis/redis-history.ts';
import {
	type CounterResetReason,
	countRecentEvents,
	lifetimeHitRate,
	type RedisCounters,
	redisRates,
} from '../../src/model/redis/redis-rates.ts';
import {
	areClientBuffersLarge,
	type RedisLevels,
	type RedisServerRow,
	redisMemoryLimit,
} from '../../src/model/redis/redis-server.ts';
import {evaluateRedisServer, redisServerFindings} from '../../src/model/redis/redis-server-findings.ts';
import type {RedisInfo, RedisPort, RedisSettings, SlowCommand} from '../../src/port/redis.ts';
import {formatDuration} from '../../src/text/format.ts';
import {redisCliCommand} from './cli-equivalent.ts';

const slowLogDepth = 32;

const resetNotes: Readonly<Record<CounterResetReason, (ago: string) => string>> = {
	restarted: ago => `the server restarted ${ago} ago: rates start again`,
	'counters-reset': ago => `the counters were reset ${ago} ago (CONFIG RESETSTAT): rates start again`,
};

const gaugeIds = ['memory', 'evictions', 'hit-rate', 'policy', 'fragmentation', 'clients', 'ops'] as const;

type RedisGauge = Gauge<(typeof gaugeIds)[number]>;

function gaugesOf(row: RedisServerRow): readonly RedisGauge[] {
	const limit = redisMemoryLimit(row);
	const secondRead = {text: 'a rate needs two reads'};
	const evictions: RedisGauge = {
		id: 'evictions',
		label: 'evict',
		value: row.evictedPerSecond,
		unit: 'per-second',
		severity: (row.evictedPerSecond ?? 0) > 0 || (row.evictedRecently?.keys ?? 0) > 0 ? 'warn' : 'ok',
		...(row.evictedPerSecond === undefined ? secondRead : {}),
	};
	return [
		{
			id: 'memory',
			label: row.maxmemoryBytes > 0 ? 'memory' : 'of machine',
			value: row.usedMemoryBytes,
			unit: 'bytes',
			...(limit === undefined ? {} : {limit}),
			severity: row.levels.memory,
		},
		evictions,
		{
			id: 'hit-rate',
			label: 'hit',
			value: row.hitRate,
			unit: 'ratio',
			severity: 'ok',
			...(row.hitRate === undefined ? (row.evictedPerSecond === undefined ? secondRead : {text: 'no lookups'}) : {}),
		},
		{id: 'policy', label: 'policy', value: undefined, unit: 'text', text: row.policy || 'not reported', severity: 'ok'},
		{
			id: 'fragmentation',
			label: 'frag',
			value: row.fragmentationRatio,
			unit: 'text',
			text: row.fragmentationRatio?.toFixed(2) ?? 'not reported',
			severity: 'ok',
		},
		{
			id: 'clients',
			label: 'clients',
			value: row.clients,
			unit: 'count',
			...(row.maxclients === undefined ? {} : {limit: row.maxclients}),
			severity: (row.rejectedRecently ?? 0) > 0 ? 'crit' : 'ok',
		},
		{id: 'ops', label: 'ops', value: row.opsPerSecond, unit: 'per-second', severity: 'ok'},
	];
}

const noteOf = (error: AdapterError, missing: string): Note => ({
	text: `${missing}: ${error.message}`,
	hint: error.hint,
	severity: 'unknown',
});

/** Returns a refusal instead of throwing it: the rest of the row is still shown. @throws AdapterError when the connection failed. */
async function readOptional<T>(read: Promise<T>): Promise<T | AdapterError> {
	try {
		return await read;
	} catch (error) {
		if (error instanceof AdapterError && error.harmless) return error;
		throw error;
	}
}

type ServerRead = {
	readonly counters: RedisCounters;
	/** The read before; undefined when there is none to compare with. */
	readonly previous: RedisCounters | undefined;
	readonly history: RedisHistory;
	readonly slowlog: readonly SlowCommand[] | undefined;
	readonly heaviest: HeaviestClient | undefined;
	readonly permissions: readonly Permission[];
};

/** The facts of one row, before its severity is known. */
function toServerFacts(
	name: string,
	endpoint: string,
	{counters, previous, history, slowlog, heaviest, permissions}: ServerRead,
): Parameters<typeof evaluateRedisServer>[0] {
	const {info, at} = counters;
	const rates = redisRates(previous, counters);
	const recent = countRecentEvents(history.recent);
	const newestSlow = (slowlog ?? []).slice(0, recent.slow ?? 0);
	return {
		id: endpoint,
		kind: 'redis.server',
		target: name,
		endpoint,
		version: `${info.server} ${info.version}`,
		runId: info.runId,
		role: info.role,
		uptimeSeconds: info.uptimeSeconds,
		loading: info.loading,
		usedMemoryBytes: info.usedMemoryBytes,
		maxmemoryBytes: info.maxmemoryBytes,
		policy: info.policy,
		systemMemoryBytes: info.systemMemoryBytes,
		fragmentationRatio: info.fragmentationRatio,
		fragmentationBytes: info.fragmentationBytes,
		clientsMemoryBytes: info.clientsMemoryBytes,
		heaviestClient: heaviest,
		evictedPerSecond: rates.evictedPerSecond,
		evictedRecently: recent.evicted,
		hitRate: rates.hitRate,
		hitRateBefore: lifetimeHitRate(info),
		opsPerSecond: info.opsPerSecond,
		clients: info.clients,
		blockedClients: info.blockedClients,
		maxclients: info.maxclients,
		keys: Object.values(info.keys).reduce((sum, keys) => sum + keys, 0),
		recentSeconds: recent.seconds,
		rejectedRecently: recent.rejected,
		slowRecently: recent.slow,
		slowest: newestSlow.toSorted((a, b) => b.microseconds - a.microseconds)[0],
		upstream: info.upstream,
		replicas: info.replicas,
		lostReplicas: history.findLostReplicas(at, info.replicas),
		permissions,
	};
}

/** The client with the largest buffers. CLIENT LIST is read only when client buffers are a large part of the memory. */
async function readHeaviestClient(
	port: RedisPort,
	info: RedisInfo,
	context: Context,
): Promise<HeaviestClient | undefined> {
	if (!areClientBuffersLarge(info)) return undefined;
	const list = await readOptional(port.clients(context));
	return list instanceof AdapterError ? undefined : heaviestClient(list.clients, list.own);
}

/** Reads one server again and again: rates, recent events and lost replicas come from the reads before. */
function createServerReader(
	port: RedisPort,
	target: Target<RedisSettings>,
): (context: Context) => Promise<Snapshot<RedisServerRow, RedisGauge['id']>> {
	const endpoint = `${target.settings.host}:${target.settings.port}`;
	const history = createRedisHistory();
	let levels: RedisLevels | undefined;

	return async context => {
		const [info, slowlogReply] = await Promise.all([
			port.info(context),
			readOptional(port.slowlog(slowLogDepth, context)),
		]);
		const at = context.now();
		const slowlog = slowlogReply instanceof AdapterError ? undefined : slowlogReply;
		const counters: RedisCounters = {at, info, slowId: slowlog === undefined ? undefined : (slowlog[0]?.id ?? -1)};
		const previous = history.add(counters);
		const heaviest = await readHeaviestClient(port, info, context);
		const permissions = await port.permissions(context);
		const facts = toServerFacts(target.name, endpoint, {counters, previous, history, slowlog, heaviest, permissions});
		const row = evaluateRedisServer(facts, at, levels);
		levels = row.levels;
		const notes: Note[] = [];
		const reset = history.recentReset(at);
		if (reset !== undefined) {
			const text = resetNotes[reset.reason](formatDuration((at - reset.at) / 1000));
			notes.push({text, severity: reset.reason === 'restarted' ? 'warn' : 'ok'});
		}
		if (slowlogReply instanceof AdapterError) notes.push(noteOf(slowlogReply, 'slow log not read'));
		return {rows: [row], gauges: gaugesOf(row), omitted: 0, notes};
	};
}

/** One row per target: its server, from INFO and the slow log. */
export const serverSource = defineSource<RedisServerRow, RedisPort, RedisSettings>()({
	kind: 'redis.server',
	title: 'Server',
	gauges: gaugeIds,
	intervalMs: 2000,
	timeoutMs: 10_000,
	cost: 'cheap',
	cliEquivalent: target => [
		redisCliCommand(target, ['INFO']),
		redisCliCommand(target, ['SLOWLOG', 'GET', String(slowLogDepth)]),
	],
	open: createServerReader,
	findings: (snapshot, _previous, {now}) => snapshot.rows.flatMap(row => redisServerFindings(row, now)),
});
