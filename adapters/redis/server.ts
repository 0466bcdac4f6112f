import type {Context} from '../../src/contract/context.ts';
import {defineSource} from '../../src/contract/define.ts';
import type {Gauge, Note, Snapshot} from '../../src/contract/row.ts';
import type {Target} from '../../src/contract/target.ts';
import {AdapterError} from '../../src/errors.ts';
import {heaviestClient} from '../../src/model/redis/redis-client.ts';
import {
	type CounterResetReason,
	countRecentEvents,
	findCounterReset,
	lifetimeHitRate,
	type RedisCounters,
	recentMs,
	redisRates,
} from '../../src/model/redis/redis-rates.ts';
import {
	areClientBuffersLarge,
	type RedisLevels,
	type RedisServerRow,
	redisMemoryLimit,
} from '../../src/model/redis/redis-server.ts';
import {evaluateRedisServer, redisServerFindings} from '../../src/model/redis/redis-server-findings.ts';
import type {RedisPort, RedisSettings, SlowCommand} from '../../src/port/redis.ts';
import {formatDuration} from '../../src/text/format.ts';
import {redisCliCommand} from './cli-equivalent.ts';

/** A replica that went is told for so long, unless it comes back. */
const lostReplicaShownMs = 15 * 60_000;
const slowLogDepth = 32;

const notesOfReset: Readonly<Record<CounterResetReason, (ago: string) => string>> = {
	restarted: ago => `the server restarted ${ago} ago: rates begin anew`,
	'counters-reset': ago => `the counters were reset ${ago} ago (CONFIG RESETSTAT): rates begin anew`,
};

function gaugesOf(row: RedisServerRow): readonly Gauge[] {
	const limit = redisMemoryLimit(row);
	const secondRead = {text: 'a rate needs two reads'};
	const evictions: Gauge = {
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
			label: row.maxmemory > 0 ? 'memory' : 'of machine',
			value: row.usedMemory,
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
		{id: 'policy', label: 'policy', value: undefined, unit: 'text', text: row.policy || 'not told', severity: 'ok'},
		{
			id: 'fragmentation',
			label: 'frag',
			value: row.fragmentationRatio,
			unit: 'text',
			text: row.fragmentationRatio?.toFixed(2) ?? 'not told',
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

/** Runs a read whose refusal leaves the rest worth showing. @throws AdapterError when the connection itself failed. */
async function readOptional<T>(read: Promise<T>): Promise<T | AdapterError> {
	try {
		return await read;
	} catch (error) {
		if (error instanceof AdapterError && error.harmless) return error;
		throw error;
	}
}

/** Follows one server over its reads. */
function createServerReader(
	port: RedisPort,
	target: Target<RedisSettings>,
): (context: Context) => Promise<Snapshot<RedisServerRow>> {
	const {host, port: portNumber} = target.settings;
	const endpoint = `${host}:${portNumber}`;
	let readings: RedisCounters[] = [];
	let levels: RedisLevels | undefined;
	let reset: {readonly kind: CounterResetReason; readonly at: number} | undefined;
	const replicas = new Map<string, number | undefined>();

	function remember(reading: RedisCounters): RedisCounters | undefined {
		const before = readings.at(-1);
		const broken = before === undefined ? undefined : findCounterReset(before, reading);
		if (broken !== undefined) {
			reset = {kind: broken, at: reading.at};
			readings = [];
		}
		readings = [...readings.filter(one => reading.at - one.at <= recentMs), reading];
		return broken === undefined ? before : undefined;
	}

	function lostReplicas({at, info}: RedisCounters): RedisServerRow['lostReplicas'] {
		const present = new Set(info.replicas.map(replica => replica.address));
		for (const address of present) replicas.set(address, undefined);
		const lost: {address: string; sinceMs: number}[] = [];
		for (const [address, since = at] of replicas) {
			if (present.has(address)) continue;
			if (at - since > lostReplicaShownMs) {
				replicas.delete(address);
				continue;
			}
			replicas.set(address, since);
			lost.push({address, sinceMs: since});
		}
		return lost;
	}

	return async context => {
		const [info, slowlog] = await Promise.all([port.info(context), readOptional(port.slowlog(slowLogDepth, context))]);
		const at = context.now();
		const slow: readonly SlowCommand[] | undefined = slowlog instanceof AdapterError ? undefined : slowlog;
		const reading: RedisCounters = {at, info, slowId: slow === undefined ? undefined : (slow[0]?.id ?? -1)};
		const rates = redisRates(remember(reading), reading);
		const recent = countRecentEvents(readings);
		const listed = areClientBuffersLarge(info) ? await readOptional(port.clients(context)) : undefined;
		const heaviest =
			listed === undefined || listed instanceof AdapterError ? undefined : heaviestClient(listed.clients, listed.own);
		const newest = (slow ?? []).slice(0, recent.slow ?? 0);
		const row = evaluateRedisServer(
			{
				id: endpoint,
				target: target.name,
				endpoint,
				version: `${info.server} ${info.version}`,
				runId: info.runId,
				role: info.role,
				uptimeSeconds: info.uptimeSeconds,
				loading: info.loading,
				usedMemory: info.usedMemory,
				maxmemory: info.maxmemory,
				policy: info.policy,
				systemMemory: info.systemMemory,
				fragmentationRatio: info.fragmentationRatio,
				fragmentationBytes: info.fragmentationBytes,
				clientsMemory: info.clientsMemory,
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
				slowest: newest.toSorted((a, b) => b.microseconds - a.microseconds)[0],
				upstream: info.upstream,
				replicas: info.replicas,
				lostReplicas: lostReplicas(reading),
				permissions: await port.permissions(context),
			},
			at,
			levels,
		);
		levels = row.levels;
		const notes: Note[] = [];
		if (reset !== undefined && at - reset.at <= recentMs) {
			const ago = formatDuration((at - reset.at) / 1000);
			notes.push({text: notesOfReset[reset.kind](ago), severity: reset.kind === 'restarted' ? 'warn' : 'ok'});
		}
		if (slowlog instanceof AdapterError) notes.push(noteOf(slowlog, 'slow log not read'));
		return {rows: [row], gauges: gaugesOf(row), omitted: 0, notes};
	};
}

/** One row a target: its server, by INFO and the slow log. */
export const serverSource = defineSource<RedisServerRow, RedisPort, RedisSettings>()({
	kind: 'redis.server',
	title: 'Server',
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
