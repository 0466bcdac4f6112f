import {defineSource} from '../../src/contract/define.ts';
import type {Severity} from '../../src/contract/row.ts';
import {clientFindings, clientRow, compareClients, type RedisClientRow} from '../../src/model/redis/redis-client.ts';
import type {RedisPort, RedisSettings} from '../../src/port/redis.ts';
import {redisCliCommand} from './cli-equivalent.ts';

const shown = 500;

/** The clients that matter most: those with unread answers, much memory, or a long idle time. */
export const clientsSource = defineSource<RedisClientRow, RedisPort, RedisSettings>()({
	kind: 'redis.client',
	title: 'Clients',
	intervalMs: 5000,
	timeoutMs: 10_000,
	cost: 'costly',
	cliEquivalent: target => [redisCliCommand(target, ['CLIENT', 'LIST'])],
	open: (port, target) => {
		let severities: ReadonlyMap<string, Severity> = new Map();
		return async context => {
			const {clients: lines, own} = await port.clients(context);
			const info = await port.info(context);
			const mayKill = (await port.permissions(context)).find(({name}) => name === '+client|kill');
			const rowOptions = {target: target.name, own, mayKill, memory: info, before: (id: string) => severities.get(id)};
			const rows = lines.map(line => clientRow(line, rowOptions)).sort(compareClients);
			severities = new Map(rows.map(row => [row.id, row.severity]));
			return {rows: rows.slice(0, shown), gauges: [], omitted: Math.max(0, rows.length - shown), notes: []};
		};
	},
	findings: snapshot => clientFindings(snapshot.rows),
});
