import {defineInspection} from '../../src/contract/define.ts';
import {clientRow, type RedisClientRow} from '../../src/model/redis/redis-client.ts';
import type {RedisPort, RedisSettings} from '../../src/port/redis.ts';
import {formatBytes, formatDuration, formatThousands} from '../../src/text/format.ts';
import {redisCliCommand} from './cli-equivalent.ts';

const roles: Readonly<Record<RedisClientRow['role'], string>> = {
	own: 'midwatch itself',
	primary: 'the link to the primary',
	replica: 'the link of a replica',
	monitor: 'runs MONITOR',
	subscriber: 'subscribed',
	blocked: 'waits in a blocking command',
	client: 'an ordinary client',
};

/** Everything known of one client, read again. */
export const inspectClient = defineInspection<RedisClientRow, RedisPort, RedisSettings>()({
	id: 'redis.client',
	title: 'Details',
	key: 'd',
	kind: 'redis.client',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const [{clients, own}, memory] = await Promise.all([port.clients(context), port.info(context)]);
		const line = clients.find(one => one.id === row.clientId && one.address === row.address);
		const about = {target: target.name, own, mayKill: row.mayKill, memory, before: () => row.severity};
		const now = line === undefined ? undefined : clientRow(line, about);
		const told = now ?? row;
		const fact = (label: string, value: string) => ({text: `${label.padEnd(16)}${value}`});
		return {
			title: `Client ${row.clientId} of ${target.name}`,
			lines: [
				...(now === undefined ? [{text: 'It is not connected any more. Last seen:', severity: 'warn' as const}] : []),
				...(told.why === undefined ? [] : [{text: told.why, severity: told.severity, loud: true}]),
				fact('id', String(told.clientId)),
				fact('address', told.address),
				fact('name', told.name || '(none)'),
				fact('user', told.user),
				fact('what it is', `${roles[told.role]} (flags ${told.flags})`),
				fact('connected for', formatDuration(told.ageSeconds)),
				fact('idle for', formatDuration(told.idleSeconds)),
				fact('last command', told.command || '(none)'),
				fact('database', String(told.db)),
				fact('subscriptions', formatThousands(told.subscriptions)),
				fact('output buffer', formatBytes(told.outputBytes)),
				fact('query buffer', formatBytes(told.queryBytes)),
				fact('memory in all', told.totalBytes === undefined ? 'not told by this server' : formatBytes(told.totalBytes)),
			],
			cliEquivalent: [redisCliCommand(target, ['CLIENT', 'LIST', 'ID', String(row.clientId)])],
		};
	},
});
