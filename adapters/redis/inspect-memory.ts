import {defineInspection} from '../../src/contract/define.ts';
import type {DocumentLine} from '../../src/contract/document.ts';
import type {RedisServerRow} from '../../src/model/redis/redis-server.ts';
import type {RedisPort, RedisSettings} from '../../src/port/redis.ts';
import {formatBytes, formatPercent} from '../../src/text/format.ts';
import {redisCliCommand} from './cli-equivalent.ts';

/** MEMORY STATS by its own names, with what each means: redis.io/docs/latest/commands/memory-stats. */
const parts: readonly (readonly [name: string, meaning: string])[] = [
	['dataset.bytes', 'keys and values'],
	['overhead.total', 'everything else'],
	['startup.allocated', 'the server itself, empty'],
	['replication.backlog', 'replication backlog'],
	['clients.slaves', 'buffers of replicas'],
	['clients.normal', 'buffers of clients'],
	['cluster.links', 'links of the cluster'],
	['aof.buffer', 'append-only file buffers'],
	['lua.caches', 'Lua scripts'],
	['functions.caches', 'functions'],
];

const figures: readonly (readonly [name: string, label: string])[] = [
	['keys.count', 'keys'],
	['keys.bytes-per-key', 'bytes per key'],
	['dataset.percentage', 'percent that is data'],
	['fragmentation', 'fragmentation ratio'],
	['fragmentation.bytes', 'fragmentation bytes'],
	['allocator-fragmentation.bytes', 'of it in the allocator'],
	['rss-overhead.bytes', 'of it outside the allocator'],
];

/** The memory of the server by use. */
export const inspectMemory = defineInspection<RedisServerRow, RedisPort, RedisSettings>()({
	id: 'redis.memory',
	title: 'Memory breakdown',
	key: 'd',
	kind: 'redis.server',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const [info, report] = await Promise.all([port.info(context), port.memory(context)]);
		const stats = new Map(report.stats.map(({name, value}) => [name, Number(value)]));
		const total = stats.get('total.allocated') ?? info.usedMemoryBytes;
		const known = (names: readonly (readonly [string, string])[]) => names.filter(([name]) => stats.has(name));
		const lines: DocumentLine[] = [
			{text: `${formatBytes(total)} allocated, peak ${formatBytes(stats.get('peak.allocated'))}`, loud: true},
			{
				text: `maxmemory ${info.maxmemoryBytes === 0 ? 'no limit' : formatBytes(info.maxmemoryBytes)}, policy ${info.policy || 'not reported'}`,
			},
			{text: ''},
			...known(parts).map(([name, meaning]) => {
				const size = stats.get(name);
				const share = formatPercent((size ?? 0) / total);
				return {text: `${formatBytes(size).padStart(8)} ${share.padStart(5)}  ${meaning} (${name})`};
			}),
			{text: ''},
			...known(figures).map(([name, label]) => {
				const value = stats.get(name) ?? 0;
				const text =
					name.endsWith('bytes') && name.startsWith('keys') === false
						? formatBytes(value)
						: String(Number(value.toFixed(2)));
				return {text: `${text.padStart(14)}  ${label} (${name})`};
			}),
			{text: ''},
			report.doctor === undefined
				? {
						text: `MEMORY DOCTOR failed: ${report.doctorProblem ?? 'no reason was given'}`,
						severity: 'unknown' as const,
					}
				: {text: 'MEMORY DOCTOR reports:', loud: true},
			...(report.doctor ?? '').split('\n').map(text => ({text})),
		];
		return {
			title: `Memory of ${row.endpoint}`,
			lines,
			cliEquivalent: [redisCliCommand(target, ['MEMORY', 'STATS']), redisCliCommand(target, ['MEMORY', 'DOCTOR'])],
		};
	},
});
