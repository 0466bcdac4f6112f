import {type Cell, defineSection, type Pane} from '../../src/contract/pane.ts';
import type {RedisClientRow} from '../../src/model/redis/redis-client.ts';
import type {RedisPrefixRow} from '../../src/model/redis/redis-prefix.ts';
import {type RedisServerRow, redisMemoryLimit, redisMemoryShare} from '../../src/model/redis/redis-server.ts';
import {
	formatBytes,
	formatCount,
	formatDuration,
	formatPercent,
	formatPercentPoints,
	formatRate,
} from '../../src/text/format.ts';
import {drawBar} from '../../src/text/inline-charts.ts';
import {byId, dim, loudIfWrong} from './cells.ts';

const barCells = 12;

function memoryBar(row: RedisServerRow): Cell {
	const share = redisMemoryShare(row);
	return share === undefined ? dim('no limit') : loudIfWrong(row, drawBar(share, barCells));
}

/** `-` when no key was looked up since the last read; `?` before the second read, when the rate of evictions is unknown too. */
function hits(row: RedisServerRow): Cell {
	const none = row.hitRate === undefined && row.evictedPerSecond !== undefined;
	return none ? dim('-') : formatPercentPoints(row.hitRate);
}

const servers = defineSection<RedisServerRow>({
	kind: 'redis.server',
	title: 'Server',
	weight: 1,
	empty: 'no server was read yet',
	orders: [
		{
			title: 'share of the limit',
			compare: (a, b) => (redisMemoryShare(b) ?? 0) - (redisMemoryShare(a) ?? 0) || byId(a, b),
		},
		{title: 'memory', compare: (a, b) => b.usedMemoryBytes - a.usedMemoryBytes || byId(a, b)},
		{title: 'address', compare: byId},
	],
	columns: [
		{header: 'SERVER', field: 'server', width: 14, grow: true, cut: 'middle', hideOrder: 1, cell: row => row.endpoint},
		{header: 'MEMORY', field: 'memory', width: barCells, hideOrder: 7, cell: memoryBar},
		{header: 'USED', field: 'used', width: 6, align: 'right', cell: row => formatBytes(row.usedMemoryBytes)},
		{
			header: 'LIMIT',
			field: 'limit',
			width: 6,
			align: 'right',
			hideOrder: 6,
			cell: row => dim(row.maxmemoryBytes === 0 ? 'none' : formatBytes(redisMemoryLimit(row))),
		},
		{
			header: '%',
			field: 'share',
			width: 4,
			align: 'right',
			cell: row => loudIfWrong(row, formatPercentPoints(redisMemoryShare(row))),
		},
		{
			header: 'EVICT',
			field: 'evict',
			width: 6,
			align: 'right',
			hideOrder: 8,
			cell: row => formatRate(row.evictedPerSecond),
		},
		{header: '%HIT', field: 'hit', width: 4, align: 'right', hideOrder: 5, cell: hits},
		{header: 'KEYS', field: 'keys', width: 5, align: 'right', hideOrder: 4, cell: row => formatCount(row.keys)},
		{header: 'ROLE', field: 'role', width: 7, hideOrder: 3, cell: row => dim(row.role)},
		{header: 'POLICY', field: 'policy', width: 15, hideOrder: 2, cell: row => dim(row.policy)},
	],
});

const prefixes = defineSection<RedisPrefixRow>({
	kind: 'redis.prefix',
	title: 'Prefixes',
	weight: 3,
	empty: 'no keys in this database',
	orders: [
		{title: 'memory', compare: (a, b) => b.bytes - a.bytes || byId(a, b)},
		{title: 'keys', compare: (a, b) => b.keys - a.keys || byId(a, b)},
		{title: 'without TTL', compare: (a, b) => b.noTtl - a.noTtl || b.bytes - a.bytes || byId(a, b)},
		{title: 'largest key', compare: (a, b) => b.largestKeyBytes - a.largestKeyBytes || byId(a, b)},
		{title: 'prefix', compare: byId},
	],
	columns: [
		{header: 'PREFIX', field: 'prefix', width: 16, grow: true, cut: 'middle', cell: row => row.prefix},
		{header: '~MEM', field: 'mem', width: 6, align: 'right', cell: row => formatBytes(row.bytes)},
		{
			header: 'SHARE',
			field: 'share',
			width: 5,
			align: 'right',
			cell: row => loudIfWrong(row, formatPercent(row.share)),
		},
		{header: '~KEYS', field: 'keys', width: 5, align: 'right', hideOrder: 4, cell: row => formatCount(row.keys)},
		{header: 'NO TTL', field: 'nottl', width: 6, align: 'right', hideOrder: 3, cell: row => formatPercent(row.noTtl)},
		{
			header: 'LARGEST',
			field: 'largest',
			width: 7,
			align: 'right',
			hideOrder: 2,
			cell: row => dim(formatBytes(row.largestKeyBytes)),
		},
		{header: 'TYPE', field: 'type', width: 7, hideOrder: 1, cell: row => dim(row.types.join(','))},
	],
});

const clients = defineSection<RedisClientRow>({
	kind: 'redis.client',
	title: 'Clients',
	weight: 2,
	empty: 'no client is connected',
	orders: [
		{title: 'output buffer', compare: (a, b) => b.outputBytes - a.outputBytes || byMemory(a, b)},
		{title: 'memory', compare: (a, b) => byMemory(a, b)},
		{title: 'age', compare: (a, b) => b.ageSeconds - a.ageSeconds || a.clientId - b.clientId},
		{title: 'idle', compare: (a, b) => b.idleSeconds - a.idleSeconds || a.clientId - b.clientId},
		{title: 'name', compare: (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.clientId - b.clientId)},
	],
	columns: [
		{header: 'ID', field: 'id', width: 6, align: 'right', hideOrder: 4, cell: row => dim(String(row.clientId))},
		{
			header: 'NAME',
			field: 'name',
			width: 12,
			grow: true,
			cut: 'middle',
			cell: row => (row.name === '' ? dim('-') : row.role === 'own' ? dim(row.name) : row.name),
		},
		{header: 'ADDRESS', field: 'address', width: 16, grow: true, cut: 'middle', hideOrder: 5, cell: row => row.address},
		{header: 'USER', field: 'user', width: 8, cut: 'middle', hideOrder: 1, cell: row => dim(row.user)},
		{
			header: 'OUT',
			field: 'out',
			width: 6,
			align: 'right',
			cell: row => loudIfWrong(row, formatBytes(row.outputBytes)),
		},
		{header: 'MEM', field: 'mem', width: 6, align: 'right', hideOrder: 6, cell: row => formatBytes(row.totalBytes)},
		{header: 'AGE', field: 'age', width: 6, align: 'right', cell: row => formatDuration(row.ageSeconds)},
		{
			header: 'IDLE',
			field: 'idle',
			width: 6,
			align: 'right',
			hideOrder: 3,
			cell: row => dim(formatDuration(row.idleSeconds)),
		},
		{header: 'COMMAND', field: 'command', width: 10, hideOrder: 2, cell: row => dim(row.command)},
	],
});

function byMemory(a: RedisClientRow, b: RedisClientRow): number {
	return (b.totalBytes ?? 0) - (a.totalBytes ?? 0) || a.clientId - b.clientId;
}

export const redisMemoryPane: Pane = {
	id: 'redis-memory',
	title: 'Redis memory',
	tab: 'Redis',
	systems: ['redis'],
	gauges: ['memory', 'evictions', 'hit-rate', 'policy', 'fragmentation', 'clients', 'ops'],
	sections: [servers, prefixes, clients],
};
