import {defineInspection} from '../../src/contract/define.ts';
import type {DocumentLine} from '../../src/contract/document.ts';
import type {RedisServerRow} from '../../src/model/redis/redis-server.ts';
import type {RedisClientLine, RedisPort, RedisSettings} from '../../src/port/redis.ts';
import {formatBytes, formatThousands} from '../../src/text/format.ts';
import {redisCliCommand} from './cli-equivalent.ts';

const shown = 20;

const clientBytes = (clients: readonly RedisClientLine[]): number =>
	clients.reduce((sum, client) => sum + (client.totalBytes ?? client.outputBytes + client.queryBytes), 0);

/** `10.0.0.7:5121` without its port, also for `[::1]:5121`. */
const hostOf = (address: string): string => address.replace(/:\d+$/, '');

function groupLines(
	title: string,
	clients: readonly RedisClientLine[],
	key: (client: RedisClientLine) => string,
): readonly DocumentLine[] {
	const groups = [...Map.groupBy(clients, key)].toSorted((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1));
	const hiddenGroups = groups.length - shown;
	return [
		{text: title, loud: true},
		...groups.slice(0, shown).map(([name, members]) => ({
			text: `${formatThousands(members.length).padStart(7)}  ${formatBytes(clientBytes(members)).padStart(6)}  ${name || '(no name)'}`,
		})),
		...(hiddenGroups > 0 ? [{text: `         … ${formatThousands(hiddenGroups)} more`}] : []),
		{text: ''},
	];
}

/** The connected clients, counted by name, address, user and last command. */
export const inspectClients = defineInspection<RedisServerRow, RedisPort, RedisSettings>()({
	id: 'redis.clients',
	title: 'Clients by name and address',
	key: 'w',
	kind: 'redis.server',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const {clients} = await port.clients(context);
		return {
			title: `${formatThousands(clients.length)} clients of ${row.endpoint}, ${formatBytes(clientBytes(clients))} of buffers`,
			lines: [
				...groupLines('By name', clients, client => client.name),
				...groupLines('By address', clients, client => hostOf(client.address)),
				...groupLines('By user', clients, client => client.user),
				...groupLines('By last command', clients, client => client.command),
			],
			cliEquivalent: [redisCliCommand(target, ['CLIENT', 'LIST'])],
		};
	},
});
