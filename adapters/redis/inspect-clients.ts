import {defineInspection} from '../../src/contract/define.ts';
import type {Line} from '../../src/contract/document.ts';
import type {RedisServerRow} from '../../src/model/redis/redis-server.ts';
import type {RedisClientLine, RedisPort} from '../../src/port/redis.ts';
import {bytes, grouped} from '../../src/text/format.ts';
import {redisCli} from './cli-equivalent.ts';

const shown = 20;

const held = (clients: readonly RedisClientLine[]): number =>
	clients.reduce((sum, client) => sum + (client.totalBytes ?? client.outputBytes + client.queryBytes), 0);

/** `10.0.0.7:5121` without its port, also for `[::1]:5121`. */
const hostOf = (address: string): string => address.replace(/:\d+$/, '');

function grouping(
	title: string,
	clients: readonly RedisClientLine[],
	key: (client: RedisClientLine) => string,
): readonly Line[] {
	const groups = [...Map.groupBy(clients, key)].toSorted((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1));
	const more = groups.length - shown;
	return [
		{text: title, loud: true},
		...groups.slice(0, shown).map(([name, members]) => ({
			text: `${grouped(members.length).padStart(7)}  ${bytes(held(members)).padStart(6)}  ${name || '(no name)'}`,
		})),
		...(more > 0 ? [{text: `         … ${grouped(more)} more`}] : []),
		{text: ''},
	];
}

/** Who is connected, counted by name, address and user. */
export const inspectClients = defineInspection<RedisServerRow, RedisPort>()({
	id: 'redis.clients',
	title: 'Clients by name and address',
	key: 'w',
	kind: 'redis.server',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const {clients} = await port.clients(context);
		return {
			title: `${grouped(clients.length)} clients of ${row.endpoint}, ${bytes(held(clients))} of buffers`,
			lines: [
				...grouping('By name', clients, client => client.name),
				...grouping('By address', clients, client => hostOf(client.address)),
				...grouping('By user', clients, client => client.user),
				...grouping('By last command', clients, client => client.command),
			],
			reads: [redisCli(target, ['CLIENT', 'LIST'])],
		};
	},
});
