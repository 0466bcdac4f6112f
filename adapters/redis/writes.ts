import {conflictError, readBeforeSending, readOnlyRefusal} from '../../src/errors.ts';
import type {RedisPort, RedisWriteContext} from '../../src/port/redis.ts';
import {describeClientConflict, findClient} from './client-identity.ts';
import {parseClientList} from './client-list.ts';
import type {RedisConnection} from './connection/redis-connection.ts';
import {replyText} from './connection/reply-text.ts';
import {readInfo} from './info.ts';
import {describeServerConflict} from './maxmemory-effect.ts';

export type RedisWrites = Pick<RedisPort, 'setMaxmemory' | 'killClient'> & {
	/** Ids of the connections that are open for a write. */
	connectionIds(): readonly number[];
	close(): void;
};

/** The writes. Each opens a connection named after its audit record, checks what it is bound to, sends one command, and closes it. */
export function createRedisWrites(
	connect: (name: string) => RedisConnection,
	{readOnly}: {readonly readOnly: boolean},
): RedisWrites {
	const open = new Set<RedisConnection>();

	async function withConnection<T>(
		{record}: RedisWriteContext,
		work: (connection: RedisConnection) => Promise<T>,
	): Promise<T> {
		if (readOnly) throw readOnlyRefusal();
		// CLIENT SETNAME takes no spaces.
		const connection = connect(`midwatch-${record.replaceAll(/[^\w.-]/g, '_')}`);
		open.add(connection);
		try {
			return await work(connection);
		} finally {
			open.delete(connection);
			connection.close();
		}
	}

	return {
		setMaxmemory: (change, context) =>
			withConnection(context, async connection => {
				const info = await readBeforeSending(readInfo(connection, context));
				const conflict = describeServerConflict(change, info);
				if (conflict !== undefined) throw conflictError(conflict);
				await connection.send('CONFIG SET', ['maxmemory', String(change.bytes)], context);
				return info;
			}),
		killClient: (client, context) =>
			withConnection(context, async connection => {
				const info = await readBeforeSending(readInfo(connection, context));
				if (info.runId !== client.runId) throw conflictError('the server was restarted: its clients have new ids');
				const list = await readBeforeSending(connection.send('CLIENT LIST', ['ID', client.id], context));
				const current = findClient(parseClientList(replyText(list)), client);
				const conflict = describeClientConflict(client, current);
				if (conflict !== undefined || current === undefined) throw conflictError(conflict ?? '');
				const killOptions = ['ID', client.id, 'ADDR', client.address, 'USER', client.user, 'SKIPME', 'yes'];
				const killed = Number(await connection.send('CLIENT KILL', killOptions, context));
				if (killed === 0) throw conflictError(`client ${client.id} at ${client.address} is not connected any more`);
				return current;
			}),
		connectionIds: () => [...open].flatMap(connection => connection.id() ?? []),
		close() {
			for (const connection of open) connection.close();
		},
	};
}
