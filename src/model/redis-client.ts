import type {Finding, Permission, Row} from '../contract.ts';
import type {RedisClientLine} from '../port/redis.ts';
import {bySeverity} from '../severity.ts';
import {bytes, duration} from '../text/figures.ts';

export type RedisClientRow = Row &
	Omit<RedisClientLine, 'id'> & {
		/** `clientId@address`: ids begin anew when the server restarts. */
		readonly id: string;
		readonly clientId: number;
		readonly role: RedisClientRole;
		/** What the server says of our right to kill clients. */
		readonly mayKill: Permission | undefined;
	};

/** `own` is a connection of this midwatch. */
export type RedisClientRole = 'own' | 'primary' | 'replica' | 'monitor' | 'subscriber' | 'blocked' | 'client';

const mebibyte = 1024 ** 2;

/** Output waiting for a client that does not read: Redis itself ends a subscriber at 32 MiB (client-output-buffer-limit pubsub). */
export const outputWarn = 32 * mebibyte;
export const outputCrit = 128 * mebibyte;

/** The letters of CLIENT LIST: redis.io/docs/latest/commands/client-list. */
function roleOf({id, flags, subscriptions}: RedisClientLine, own: readonly number[]): RedisClientRole {
	if (own.includes(id)) return 'own';
	if (flags.includes('M')) return 'primary';
	if (flags.includes('O')) return 'monitor';
	if (flags.includes('S')) return 'replica';
	if (flags.includes('P') || subscriptions > 0) return 'subscriber';
	return flags.includes('b') ? 'blocked' : 'client';
}

/** `app worker, 10.0.0.7:5121`: what a person calls it. */
export const clientTitle = (client: Pick<RedisClientLine, 'name' | 'address'>): string =>
	client.name === '' ? client.address : `${client.name}, ${client.address}`;

export function clientRow(
	line: RedisClientLine,
	about: {readonly target: string; readonly own: readonly number[]; readonly mayKill: Permission | undefined},
): RedisClientRow {
	const {id: clientId, ...rest} = line;
	const role = roleOf(line, about.own);
	const output = line.outputBytes;
	const judged: Pick<Row, 'severity' | 'why'> =
		output >= outputWarn
			? {severity: output >= outputCrit ? 'crit' : 'warn', why: `${bytes(output)} wait to be read by it`}
			: role === 'monitor'
				? {severity: 'warn', why: 'MONITOR slows the server down'}
				: {severity: 'ok'};
	return {
		...rest,
		...judged,
		id: `${clientId}@${line.address}`,
		target: about.target,
		clientId,
		role,
		mayKill: about.mayKill,
	};
}

/** The most telling first: what is wrong, then by output, memory and age. */
export const compareClients = (a: RedisClientRow, b: RedisClientRow): number =>
	bySeverity(a.severity, b.severity) ||
	b.outputBytes - a.outputBytes ||
	(b.totalBytes ?? b.queryBytes) - (a.totalBytes ?? a.queryBytes) ||
	b.ageSeconds - a.ageSeconds ||
	a.clientId - b.clientId;

export function clientFindings(rows: readonly RedisClientRow[]): readonly Finding[] {
	return rows.flatMap(row => {
		if (row.severity !== 'warn' && row.severity !== 'crit') return [];
		const monitor = row.outputBytes < outputWarn;
		const who = `client ${row.clientId} (${clientTitle(row)})`;
		return [
			{
				id: `${row.target}/redis-client/${row.id}/${monitor ? 'monitor' : 'output'}`,
				target: row.target,
				severity: row.severity,
				sentence: monitor
					? `${who} runs MONITOR: every command is sent to it`
					: `${who} does not read: ${bytes(row.outputBytes)} of answers wait for it`,
				row: {kind: 'redis.client', id: row.id},
				kind: 'redis.client',
				evidence: [
					`omem ${row.outputBytes}, tot-mem ${row.totalBytes ?? 'not told'}`,
					`connected for ${duration(row.ageSeconds)}, last command ${row.command || 'none'}`,
					monitor ? 'flags=O in CLIENT LIST' : `warn from ${bytes(outputWarn)}, crit from ${bytes(outputCrit)}`,
				],
				actions: ['redis.kill-client'],
				inspections: ['redis.client'],
			} satisfies Finding,
		];
	});
}
