import type {Context} from '../../src/contract/context.ts';
import {AdapterError} from '../../src/errors.ts';
import {createPermissionCache} from '../../src/model/permission-cache.ts';
import type {RedisPort, RedisSettings} from '../../src/port/redis.ts';
import {parseClientList} from './client-list.ts';
import {createRedisConnection, type RedisConnection} from './connection/redis-connection.ts';
import {replyText} from './connection/reply-text.ts';
import {aclCommandName} from './errors.ts';
import {readInfo} from './info.ts';
import {createKeyspaceReader} from './keyspace.ts';
import {readRedisPermissions} from './permissions.ts';
import {parseSlowlog} from './slowlog.ts';
import {createRedisWrites} from './writes.ts';

/** MEMORY STATS is a list of pairs whose values may be lists of pairs: their names are joined with a slash. */
function flattenPairs(reply: unknown, path: string): readonly {readonly name: string; readonly value: string}[] {
	if (!Array.isArray(reply)) return [{name: path, value: replyText(reply)}];
	const items: readonly unknown[] = reply;
	return items.flatMap((item, index) =>
		index % 2 === 0 ? flattenPairs(items[index + 1], path === '' ? replyText(item) : `${path}/${replyText(item)}`) : [],
	);
}

async function readMemory(connection: RedisConnection, context: Context): ReturnType<RedisPort['memory']> {
	const stats = flattenPairs(await connection.send('MEMORY STATS', [], context), '');
	try {
		return {stats, doctor: replyText(await connection.send('MEMORY DOCTOR', [], context))};
	} catch (error) {
		if (!(error instanceof AdapterError) || !error.harmless) throw error;
		return {stats, doctor: undefined, doctorProblem: `${error.message}. ${error.hint}`};
	}
}

export type RedisClient = {
	readonly port: RedisPort;
	/** The name of the ACL user that this connection acts as. */
	whoami(context: Context): Promise<string>;
	close(): void;
};

/** The port on a real server. The first read connects. */
export function createRedisClient(settings: RedisSettings, options: {readonly readOnly: boolean}): RedisClient {
	const onRefused = (command: string) => permissions.refused(`+${aclCommandName(command)}`);
	const connect = (name: string) => createRedisConnection(settings, settings, name, onRefused);
	const main = connect('midwatch');
	const permissions = createPermissionCache(
		context => readRedisPermissions(main, settings.username, context),
		() => main.generation(),
	);
	// A second connection: CLIENT NO-TOUCH applies to one connection, and the sampler's pipelines must not delay INFO.
	const sampler = connect('midwatch-sampler');
	const replicaSampler =
		settings.replica === undefined ? undefined : createRedisConnection(settings, settings.replica, 'midwatch-sampler');
	const writes = createRedisWrites(connect, options);

	const port: RedisPort = {
		info: context => readInfo(main, context),
		slowlog: async (limit, context) => parseSlowlog(await main.send('SLOWLOG GET', [limit], context)),
		clients: async context => ({
			clients: parseClientList(replyText(await main.send('CLIENT LIST', [], context))),
			own: [...[main, sampler].flatMap(connection => connection.id() ?? []), ...writes.connectionIds()],
		}),
		memory: context => readMemory(main, context),
		keyspace: createKeyspaceReader(sampler, replicaSampler),
		permissions: context => permissions.read(context),
		readPermissions: (context, names) => readRedisPermissions(main, settings.username, context, names),
		setMaxmemory: writes.setMaxmemory,
		killClient: writes.killClient,
	};

	return {
		port,
		async whoami(context) {
			try {
				return replyText(await main.send('ACL WHOAMI', [], context));
			} catch (error) {
				// Without ACL there is only the user that the connection logged in as.
				if (error instanceof AdapterError && error.harmless) return settings.username ?? 'default';
				throw error;
			}
		},
		close() {
			for (const connection of [main, sampler, replicaSampler]) connection?.close();
			writes.close();
		},
	};
}
