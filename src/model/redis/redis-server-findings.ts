import type {Finding} from '../../contract/finding.ts';
import {compareSeverity} from '../../contract/severity.ts';
import {
	formatBytes,
	formatCount,
	formatDuration,
	formatPercent,
	formatPercentPoints,
	formatRate,
	formatThousands,
} from '../../text/format.ts';
import {formatThreshold} from '../threshold.ts';
import {
	clientBuffersLarge,
	connectionsRejected,
	maxclientsNear,
	memoryFragmented,
	memoryShort,
	primaryLinkDown,
	replicaLost,
	replicaSyncing,
	serverLoading,
	slowCommands,
} from './redis-finding-types.ts';
import {
	areClientBuffersLarge,
	clientsShareWarn,
	fragmentationThreshold,
	maxclientsShare,
	maxclientsThreshold,
	memoryThreshold,
	type RedisLevels,
	type RedisServerRow,
	redisLevels,
	redisMemoryLimit,
	redisMemoryShare,
} from './redis-server.ts';

const mebibyte = 1024 ** 2;

/** Loss of hit rate during eviction that shows that the evicted keys are still in use. */
const hurtingHitLoss = 0.2;
const reportedHitLoss = 0.05;
const ratioText = (ratio: number): string => String(Math.round(ratio * 100) / 100);

/** Below this the ratio is meaningless (redis.io, INFO: the allocator's own overhead dominates on small data sets). */
const fragmentationMatters = 100 * mebibyte;
const swappedRatio = 0.9;
const slowWarn = 3;

/** A finding on a server before its target and id are complete. Without a `row` it is about the server's own row. */
type ServerProblem = Omit<Finding, 'target' | 'kind' | 'id'> & {readonly id: string; readonly short: string};

/** `hit rate 97 -> 81 %` when it fell, `hit rate 97 %` when it did not, empty without lookups. */
function hitText(row: RedisServerRow): string | undefined {
	if (row.hitRate === undefined) return undefined;
	const fell = row.hitRateBefore !== undefined && row.hitRateBefore - row.hitRate >= reportedHitLoss;
	return `hit rate ${fell ? `${formatPercentPoints(row.hitRateBefore)} -> ` : ''}${formatPercent(row.hitRate)}`;
}

/** `evicting 310/s`, and for a minute after it `41k keys evicted in the last 59s`: a burst between two reads must stay visible. */
function evictionText(row: RedisServerRow): string | undefined {
	if ((row.evictedPerSecond ?? 0) > 0) return `evicting ${formatRate(row.evictedPerSecond)}`;
	const {keys = 0, seconds} = row.evictedRecently ?? {};
	if (keys === 0) return undefined;
	return `${formatCount(keys)} ${keys === 1 ? 'key' : 'keys'} evicted in the last ${formatDuration(seconds)}`;
}

const joinPresent = (parts: readonly (string | undefined)[]): string =>
	parts.filter(part => part !== undefined).join(', ');

/** Helpful actions when no client is the cause. */
const memoryRemedies: Pick<typeof memoryShort, 'actions' | 'inspections'> = {
	actions: ['redis.set-maxmemory'],
	inspections: ['redis.memory', 'redis.clients'],
};

function memoryProblem(row: RedisServerRow): ServerProblem | undefined {
	const share = redisMemoryShare(row);
	const evicting = row.evictedPerSecond ?? 0;
	const evicted = row.evictedRecently?.keys ?? 0;
	const isMemoryShort = row.levels.memory !== 'ok';
	if (share === undefined || (!isMemoryShort && evicting === 0 && evicted === 0)) return undefined;
	const limited = row.maxmemoryBytes > 0;
	const stuck = limited && row.policy === 'noeviction';
	const lost = (row.hitRateBefore ?? 0) - (row.hitRate ?? row.hitRateBefore ?? 0);
	const hurting = evicting > 0 && lost >= hurtingHitLoss;
	const severity = row.levels.memory === 'crit' || hurting ? 'crit' : 'warn';
	const of = limited
		? `${formatPercent(share)} of maxmemory`
		: `no maxmemory, ${formatPercent(share)} of the machine's memory`;
	const cause = areClientBuffersLarge(row) ? clientsCause(row) : undefined;
	const symptom = stuck
		? share >= 1
			? `${of}, policy noeviction: writes fail now`
			: `${of}, policy noeviction: writes fail at the limit`
		: joinPresent(isMemoryShort ? [of, evictionText(row), hitText(row)] : [evictionText(row), of, hitText(row)]);
	const short = stuck
		? `${formatPercent(share)}, noeviction`
		: evicting > 0
			? `${formatPercent(share)}, evicting`
			: evicted > 0
				? `${formatPercent(share)}, ${formatCount(evicted)} evicted`
				: of;
	return {
		...memoryShort,
		id: 'memory',
		severity,
		short: cause === undefined ? short : `${cause.short}, ${short}`,
		// The cause comes first, and so do the actions against it.
		sentence: cause === undefined ? symptom : `${cause.sentence}: ${symptom}`,
		...(cause?.row === undefined ? {} : {row: cause.row}),
		evidence: [
			...(cause?.evidence ?? []),
			`used_memory ${formatBytes(row.usedMemoryBytes)} of ${limited ? 'maxmemory' : 'total_system_memory'} ${formatBytes(redisMemoryLimit(row))}`,
			formatThreshold(memoryThreshold, formatPercent),
			`maxmemory-policy ${row.policy || 'not reported'}`,
			`evicted ${formatRate(row.evictedPerSecond)} between the last two reads`,
			...(row.evictedRecently === undefined
				? []
				: [`evicted_keys grew by ${evicted} in the last ${formatDuration(row.evictedRecently.seconds)}`]),
			`hit rate ${formatPercent(row.hitRate)} between the last two reads, ${formatPercent(row.hitRateBefore)} since the counters began`,
			`client buffers ${formatBytes(row.clientsMemoryBytes)}`,
		],
		...(cause === undefined ? memoryRemedies : {}),
	};
}

/** The clients whose buffers fill the memory: one client when most of the buffers are its own, otherwise all of them. */
function clientsCause(row: RedisServerRow): Pick<ServerProblem, 'sentence' | 'short' | 'row' | 'evidence'> {
	const clientBufferBytes = row.clientsMemoryBytes ?? 0;
	const heaviest = row.heaviestClient;
	if (heaviest === undefined || heaviest.bytes < clientBufferBytes / 2) {
		const short = `clients hold ${formatBytes(clientBufferBytes)}`;
		const evidence = [`reported from ${formatPercent(clientsShareWarn)} of used memory in buffers of clients`];
		return {short, sentence: `${short} of buffers`, evidence};
	}
	return {
		short: `client ${heaviest.clientId} holds ${formatBytes(heaviest.bytes)}`,
		sentence: `client ${heaviest.clientId} (${heaviest.title}) holds ${formatBytes(heaviest.bytes)} of buffers`,
		row: {kind: 'redis.client', id: heaviest.rowId},
		evidence: [
			`CLIENT LIST: client ${heaviest.clientId} holds ${formatBytes(heaviest.bytes)} of the ${formatBytes(clientBufferBytes)} of all clients`,
		],
	};
}

/** The finding that client buffers are large. When memory is short there is none: the finding on memory names the clients as its cause. */
function clientsProblem(row: RedisServerRow): ServerProblem | undefined {
	if (!areClientBuffersLarge(row)) return undefined;
	const clientBufferBytes = row.clientsMemoryBytes ?? 0;
	const {short, sentence, row: client, evidence} = clientsCause(row);
	return {
		...clientBuffersLarge,
		id: 'client-buffers',
		severity: 'warn',
		short,
		sentence: `${sentence}, ${formatPercent(clientBufferBytes / row.usedMemoryBytes)} of used memory`,
		...(client === undefined ? {} : {row: client}),
		evidence: [
			...evidence,
			`mem_clients_normal ${formatBytes(clientBufferBytes)}, used_memory ${formatBytes(row.usedMemoryBytes)}`,
		],
	};
}

function fragmentationProblem(row: RedisServerRow): ServerProblem | undefined {
	const {fragmentationRatio: ratio, fragmentationBytes: wasted} = row;
	if (ratio === undefined || wasted === undefined || row.usedMemoryBytes < fragmentationMatters) return undefined;
	const swapped = ratio < swappedRatio;
	if (!swapped && (row.levels.fragmentation === 'ok' || wasted < fragmentationMatters)) return undefined;
	const short = swapped ? `${formatBytes(-wasted)} swapped out` : `${formatBytes(wasted)} fragmented`;
	return {
		...memoryFragmented,
		id: 'fragmentation',
		severity: 'warn',
		short,
		sentence: swapped
			? `${formatBytes(-wasted)} of used memory is not resident: it was swapped out (ratio ${ratio.toFixed(2)})`
			: `${formatBytes(wasted)} lost to fragmentation (ratio ${ratio.toFixed(2)})`,
		evidence: [
			`mem_fragmentation_bytes ${formatThousands(wasted)}, mem_fragmentation_ratio ${ratio.toFixed(2)}`,
			`${formatThreshold(fragmentationThreshold, ratioText)}; swapped out below ${swappedRatio}; reported when used_memory is over ${formatBytes(fragmentationMatters)}`,
		],
	};
}

function replicationProblems(row: RedisServerRow, now: number): readonly ServerProblem[] {
	const problems: ServerProblem[] = [];
	const {upstream} = row;
	if (upstream !== undefined && !upstream.up) {
		const since = upstream.downSeconds;
		problems.push({
			...primaryLinkDown,
			id: 'replica-link',
			severity: 'crit',
			short: 'replica link down',
			sentence: `the link to primary ${upstream.address} is down${since === undefined ? '' : ` for ${formatDuration(since)}`}: what is read here is old`,
			...(since === undefined ? {} : {since: now - since * 1000}),
			evidence: ['master_link_status down', `master_link_down_since_seconds ${since ?? 'not reported'}`],
		});
	}
	for (const replica of row.replicas.filter(one => one.state !== 'online')) {
		problems.push({
			...replicaSyncing,
			id: `replica-state/${replica.address}`,
			severity: 'warn',
			short: `replica ${replica.state}`,
			sentence: `replica ${replica.address} is not in step yet (${replica.state})`,
			evidence: [`INFO replication: state=${replica.state}`],
		});
	}
	for (const lost of row.lostReplicas) {
		problems.push({
			...replicaLost,
			id: `replica-lost/${lost.address}`,
			severity: 'warn',
			short: 'replica lost',
			sentence: `replica ${lost.address} is not connected any more`,
			since: lost.sinceMs,
			evidence: [`it was in INFO replication until ${new Date(lost.sinceMs).toISOString()}`],
		});
	}
	return problems;
}

function connectionProblems(row: RedisServerRow): readonly ServerProblem[] {
	const limit = row.maxclients;
	const rejected = row.rejectedRecently ?? 0;
	const problems: ServerProblem[] = [];
	if (rejected > 0) {
		problems.push({
			...connectionsRejected,
			id: 'rejected',
			severity: 'crit',
			short: `${formatCount(rejected)} rejected`,
			sentence: `${formatThousands(rejected)} connections rejected in the last ${formatDuration(row.recentSeconds)}${limit === undefined ? '' : ` (maxclients ${formatThousands(limit)})`}`,
			evidence: [
				`rejected_connections grew by ${rejected}`,
				`${row.clients} clients of maxclients ${limit ?? 'not reported'}`,
			],
		});
	} else if (row.levels.clients !== 'ok') {
		problems.push({
			...maxclientsNear,
			id: 'maxclients',
			severity: 'warn',
			short: `${formatPercent(maxclientsShare(row))} of maxclients`,
			sentence: `${formatThousands(row.clients)} of ${formatThousands(limit ?? 0)} connections are used`,
			evidence: [
				`connected_clients ${row.clients}, maxclients ${limit}`,
				formatThreshold(maxclientsThreshold, formatPercent),
			],
		});
	}
	return problems;
}

function slowCommandsProblem(row: RedisServerRow): ServerProblem | undefined {
	const slow = row.slowRecently ?? 0;
	if (slow < slowWarn) return undefined;
	const {slowest} = row;
	const worst =
		slowest === undefined ? '' : `, the slowest ${slowest.command} ${(slowest.microseconds / 1000).toFixed(1)} ms`;
	return {
		...slowCommands,
		id: 'slow-log',
		severity: 'warn',
		short: `${formatCount(slow)} slow commands`,
		sentence: `${formatThousands(slow)} commands entered the slow log in the last ${formatDuration(row.recentSeconds)}${worst}`,
		evidence: [`the id of the newest SLOWLOG entry grew by ${slow}`, `reported from ${slowWarn} per minute`],
	};
}

function loadingProblem(row: RedisServerRow): ServerProblem | undefined {
	if (!row.loading) return undefined;
	return {
		...serverLoading,
		id: 'loading',
		severity: 'warn',
		short: 'loading',
		sentence: 'the server is loading its data set: most commands are refused until it has',
		evidence: ['INFO persistence: loading 1'],
	};
}

/** All problems of the server, worst first. */
function serverProblems(row: RedisServerRow, now: number): readonly ServerProblem[] {
	return [
		...replicationProblems(row, now),
		memoryProblem(row) ?? clientsProblem(row),
		...connectionProblems(row),
		fragmentationProblem(row),
		slowCommandsProblem(row),
		loadingProblem(row),
	]
		.filter(problem => problem !== undefined)
		.sort((a, b) => compareSeverity(a.severity, b.severity));
}

/** Adds severity, levels and `why` to the facts of a row. `before`: the levels at the previous read. */
export function evaluateRedisServer(
	facts: Omit<RedisServerRow, 'severity' | 'why' | 'levels'>,
	now: number,
	before?: RedisLevels,
): RedisServerRow {
	const row: RedisServerRow = {...facts, levels: redisLevels(facts, before), severity: 'ok'};
	const problems = serverProblems(row, now);
	const worst = problems[0];
	return worst === undefined
		? row
		: {...row, severity: worst.severity, why: problems.map(problem => problem.short).join(' · ')};
}

export function redisServerFindings(row: RedisServerRow, now: number): readonly Finding[] {
	return serverProblems(row, now).map(({id, short: _, ...problem}) => ({
		...problem,
		id: `${row.target}/redis/${id}`,
		target: row.target,
		kind: problem.row?.kind ?? 'redis.server',
		row: problem.row ?? {kind: 'redis.server', id: row.id},
	}));
}
