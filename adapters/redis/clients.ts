import {defineSource} from '../../src/define.ts';
import {clientFindings, clientRow, compareClients, type RedisClientRow} from '../../src/model/redis-client.ts';
import type {RedisPort} from '../../src/port/redis.ts';
import {redisCli} from './by-hand.ts';

const shown = 100;

/** The clients that tell most: with answers waiting, much memory, or old. */
export const clients = defineSource<RedisClientRow, RedisPort>()({
	kind: 'redis.client',
	title: 'Clients',
	intervalMs: 5000,
	timeoutMs: 5000,
	cost: 'costly',
	reads: target => [redisCli(target, ['CLIENT', 'LIST'])],
	open: (port, target) => async context => {
		const {clients: lines, own} = await port.clients(context);
		const rows = lines.map(line => clientRow(line, {target: target.name, own})).sort(compareClients);
		return {rows: rows.slice(0, shown), gauges: [], omitted: Math.max(0, rows.length - shown), notes: []};
	},
	findings: snapshot => clientFindings(snapshot.rows),
});
