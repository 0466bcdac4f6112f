import type {Finding} from '../../contract/finding.ts';
import {createFinding} from '../../contract/finding-type.ts';
import type {Row, Severity} from '../../contract/row.ts';
import {compareSeverity} from '../../contract/severity.ts';
import type {Permission} from '../../contract/system.ts';
import type {RedisClientLine} from '../../port/redis.ts';
import {formatBytes, formatDuration, formatPercent} from '../../text/format.ts';
import {evaluateThreshold, type Threshold} from '../threshold.ts';
import {clientMonitors, clientOutputLarge} from './redis-finding-types.ts';

export type RedisClientRow = Row<'redis.client'> &
	Omit<RedisClientLine, 'id'> & {
		/** `clientId@address`: ids start again when the server restarts. */
		readonly id: string;
		readonly clientId: number;
		readonly role: RedisClientRole;
		/** Our permission to kill clients, as the server reported it. */
		readonly mayKill: Permission | undefined;
	};

/** `own` is a connection of this process. */
export type RedisClientRole = 'own' | 'primary' | 'replica' | 'monitor' | 'subscriber' | 'blocked' | 'client';

const mebibyte = 1024 ** 2;

/** Output waiting for a client that does not read: Redis itself ends a subscriber at 32 MiB (client-output-buffer-limit pubsub). */
export const outputWarnBytes = 32 * mebibyte;
export const outputCritBytes = 128 * mebibyte;
/** A smaller buffer is as severe when it is this share of maxmemory, or most of the memory in use. */
const outputMatters = 16 * mebibyte;
const outputLimitShare = 0.25;
const outputUsedShare = 0.5;

/** What the server holds and may hold, in bytes; `maxmemory` 0: no limit. */
type Memory = {readonly usedMemoryBytes: number; readonly maxmemoryBytes: number};

function outputThreshold({usedMemoryBytes, maxmemoryBytes}: Memory): Threshold {
	const large = Math.min(
		outputUsedShare * usedMemoryBytes,
		maxmemoryBytes > 0 ? outputLimitShare * maxmemoryBytes : Number.POSITIVE_INFINITY,
	);
	const crit = Math.min(outputCritBytes, Math.max(outputMatters, large));
	return {warn: Math.min(outputWarnBytes, crit), crit};
}

/** The letters of CLIENT LIST: redis.io/docs/latest/commands/client-list. */
function roleOf({id, flags, subscriptions}: RedisClientLine, own: readonly number[]): RedisClientRole {
	if (own.includes(id)) return 'own';
	if (flags.includes('M')) return 'primary';
	if (flags.includes('O')) return 'monitor';
	if (flags.includes('S')) return 'replica';
	if (flags.includes('P') || subscriptions > 0) return 'subscriber';
	return flags.includes('b') ? 'blocked' : 'client';
}

const clientRowId = ({id, address}: Pick<RedisClientLine, 'id' | 'address'>): string => `${id}@${address}`;

/** `app worker, 10.0.0.7:5121`. */
export const clientTitle = (client: Pick<RedisClientLine, 'name' | 'address'>): string =>
	client.name === '' ? client.address : `${client.name}, ${client.address}`;

export function clientRow(
	line: RedisClientLine,
	about: {
		readonly target: string;
		readonly own: readonly number[];
		readonly mayKill: Permission | undefined;
		readonly memory: Memory;
		/** Its severity at the previous read. */
		readonly before: (id: string) => Severity | undefined;
	},
): RedisClientRow {
	const {id: clientId, ...rest} = line;
	const role = roleOf(line, about.own);
	const output = evaluateThreshold(line.outputBytes, outputThreshold(about.memory), about.before(clientRowId(line)));
	const judged: Pick<Row, 'severity' | 'why'> =
		output !== 'ok'
			? {severity: output, why: `${formatBytes(line.outputBytes)} wait to be read by it`}
			: role === 'monitor'
				? {severity: 'warn', why: 'MONITOR slows the server down'}
				: {severity: 'ok'};
	return {
		...rest,
		...judged,
		id: clientRowId(line),
		kind: 'redis.client',
		target: about.target,
		clientId,
		role,
		mayKill: about.mayKill,
	};
}

/** The client with the largest buffers, for the row of the server. */
export type HeaviestClient = {
	/** Id of its row of the kind redis.client. */
	readonly rowId: string;
	readonly clientId: number;
	readonly title: string;
	/** Size of all its buffers. */
	readonly bytes: number;
};

/** The client with the largest buffers among those that may be killed: not replication connections and our own. */
export function heaviestClient(lines: readonly RedisClientLine[], own: readonly number[]): HeaviestClient | undefined {
	const bufferBytes = (line: RedisClientLine) => line.totalBytes ?? line.outputBytes + line.queryBytes;
	const [line] = lines
		.filter(one => !['own', 'primary', 'replica'].includes(roleOf(one, own)))
		.toSorted((a, b) => bufferBytes(b) - bufferBytes(a));
	return line && {rowId: clientRowId(line), clientId: line.id, title: clientTitle(line), bytes: bufferBytes(line)};
}

/** Orders clients by severity, then by output buffer, memory and age. */
export const compareClients = (a: RedisClientRow, b: RedisClientRow): number =>
	compareSeverity(a.severity, b.severity) ||
	b.outputBytes - a.outputBytes ||
	(b.totalBytes ?? b.queryBytes) - (a.totalBytes ?? a.queryBytes) ||
	b.ageSeconds - a.ageSeconds ||
	a.clientId - b.clientId;

export function clientFindings(rows: readonly RedisClientRow[]): readonly Finding[] {
	return rows.flatMap(row => {
		if (row.severity !== 'warn' && row.severity !== 'crit') return [];
		const monitor = row.role === 'monitor' && row.outputBytes < outputMatters;
		const who = `client ${row.clientId} (${clientTitle(row)})`;
		return [
			createFinding(monitor ? clientMonitors : clientOutputLarge, {
				id: `${row.target}/redis-client/${row.id}/${monitor ? 'monitor' : 'output'}`,
				target: row.target,
				severity: row.severity,
				sentence: monitor
					? `${who} runs MONITOR: every command is sent to it`
					: `${who} does not read its replies: ${formatBytes(row.outputBytes)} are buffered for it`,
				row: {kind: 'redis.client', id: row.id},
				kind: 'redis.client',
				evidence: [
					`omem ${row.outputBytes}, tot-mem ${row.totalBytes ?? 'not reported'}`,
					`connected for ${formatDuration(row.ageSeconds)}, last command ${row.command || 'none'}`,
					monitor
						? 'flags=O in CLIENT LIST'
						: `warn from ${formatBytes(outputWarnBytes)}; crit from ${formatBytes(outputCritBytes)}, or from ${formatBytes(outputMatters)} when it is ${formatPercent(outputLimitShare)} of maxmemory or ${formatPercent(outputUsedShare)} of used memory`,
				],
			}),
		];
	});
}
