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

/** All facts of one client, read again. */
export const inspectClient = defineInspection<RedisClientRow, RedisPort, RedisSettings>()({
	id: 'redis.client',
	title: 'Details',
	key: 'd',
	kind: 'redis.client',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const [{clients, own}, memory] = await Promise.all([port.clients(context), port.info(context)]);
		const line = clients.find(one => one.id === row.clientId && one.address === row.address);
		const rowOptions = {target: target.name, own, mayKill: row.mayKill, memory, before: () => row.severity};
		const now = line === undefined ? undefined : clientRow(line, rowOptions);
		const client = now ?? row;
		const fact = (label: string, value: string) => ({text: `${label.padEnd(16)}${value}`});
		return {
			title: `Client ${row.clientId} of ${target.name}`,
			lines: [
				...(now === undefined ? [{text: 'It is not connected any more. Last seen:', severity: 'warn' as const}] : []),
				...(client.why === undefined ? [] : [{text: client.why, severity: client.severity, loud: true}]),
				fact('id', String(client.clientId)),
				fact('address', client.address),
				fact('name', client.name || '(none)'),
				fact('user', client.user),
				fact('kind', `${roles[client.role]} (flags ${client.flags})`),
				fact('connected for', formatDuration(client.ageSeconds)),
				fact('idle for', formatDuration(client.idleSeconds)),
				fact('last command', client.command || '(none)'),
				fact('database', String(client.db)),
				fact('subscriptions', formatThousands(client.subscriptions)),
				fact('output buffer', formatBytes(client.outputBytes)),
				fact('query buffer', formatBytes(client.queryBytes)),
				fact(
					'memory in all',
					client.totalBytes === undefined ? 'not reported by this server' : formatBytes(client.totalBytes),
				),
			],
			cliEquivalent: [redisCliCommand(target, ['CLIENT', 'LIST', 'ID', String(row.clientId)])],
		};
	},
});
