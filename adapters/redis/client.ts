import type {Context} from '../../src/contract/context.ts';
import {AdapterError, readBeforeSending, readOnlyRefusal} from '../../src/errors.ts';
import {createPermissionCache} from '../../src/model/permission-cache.ts';
import type {KeyFacts, Keyspace, RedisPort, RedisSettings, RedisWriteContext} from '../../src/port/redis.ts';
import {describeClientConflict, findClient} from './client-identity.ts';
import {parseClientList} from './client-list.ts';
import {createRedisConnection, type RedisConnection} from './connection/redis-connection.ts';
import {aclCommandName} from './errors.ts';
import {parseInfo} from './info.ts';
import {describeServerConflict} from './maxmemory-effect.ts';
import {readRedisPermissions} from './permissions.ts';
import {parseSlowlog} from './slowlog.ts';

const text = (reply: unknown): string => (typeof reply === 'string' ? reply : String(reply ?? ''));

/** MEMORY STATS is a list of pairs whose values may be lists of pairs. */
function flatten(reply: unknown, path: string): readonly {readonly name: string; readonly value: string}[] {
	if (!Array.isArray(reply)) return [{name: path, value: text(reply)}];
	const items: readonly unknown[] = reply;
	return items.flatMap((item, at) =>
		at % 2 === 0 ? flatten(items[at + 1], path === '' ? text(item) : `${path}/${text(item)}`) : [],
	);
}

/** A key's type, size and expiry, or undefined when any of the three says that it is gone. @throws the refusal of any of them. */
function keyFacts([bytes, ttl, type]: readonly unknown[]): KeyFacts | undefined {
	for (const reply of [bytes, ttl, type]) if (reply instanceof AdapterError) throw reply;
	const gone = bytes === null || ttl === -2 || type === 'none';
	return gone ? undefined : {type: text(type), bytes: Number(bytes), ttlMs: Number(ttl)};
}

function keyspaceOf(link: RedisConnection, role: Keyspace['role'], remark: string | undefined): Keyspace {
	return {
		endpoint: link.endpoint,
		role,
		...(remark === undefined ? {} : {remark}),
		size: async context => Number(await link.send('DBSIZE', [], context)),
		async ping(context) {
			const from = performance.now();
			await link.send('PING', [], context);
			return performance.now() - from;
		},
		async scan(cursor, {count, match}, context) {
			const words = [cursor, ...(match === undefined ? [] : ['MATCH', match]), 'COUNT', count];
			const reply = await link.sendBytes('SCAN', words, context);
			const [next, keys]: readonly unknown[] = Array.isArray(reply) ? reply : [];
			if (!(next instanceof Uint8Array) || !Array.isArray(keys)) {
				throw new AdapterError(
					'malformed',
					'SCAN answered without a cursor',
					'Check what stands before the server: a proxy?',
				);
			}
			return {cursor: next.toString(), keys: keys.filter(key => key instanceof Uint8Array)};
		},
		async describe(keys, context) {
			const replies = await link.sendAll(
				keys.flatMap(key => [
					['MEMORY USAGE', [key, 'SAMPLES', 5]] as const,
					['PTTL', [key]] as const,
					['TYPE', [key]] as const,
				]),
				context,
			);
			return keys.map((_, at) => keyFacts(replies.slice(at * 3, at * 3 + 3)));
		},
	};
}

export type RedisClient = {
	readonly port: RedisPort;
	/** The ACL user that the server takes us for. */
	whoami(context: Context): Promise<string>;
	close(): void;
};

/** The port on a real server. Nothing is connected before the first read. */
export function createRedisClient(settings: RedisSettings, options: {readonly readOnly: boolean}): RedisClient {
	const denied = (command: string) => permissions.refused(`+${aclCommandName(command)}`);
	const main = createRedisConnection(settings, settings, 'midwatch', denied);
	const permissions = createPermissionCache(
		context => readRedisPermissions(main, settings.username, context),
		() => main.generation(),
	);
	// A connection of its own: CLIENT NO-TOUCH belongs to a connection, and its pipelines must not hold up INFO.
	const primarySampler = createRedisConnection(settings, settings, 'midwatch-sampler', denied);
	const replicaSampler =
		settings.replica === undefined ? undefined : createRedisConnection(settings, settings.replica, 'midwatch-sampler');
	const acting = new Set<RedisConnection>();

	const info = async (link: RedisConnection, context: Context) => parseInfo(text(await link.send('INFO', [], context)));

	async function untouching(link: RedisConnection, context: Context): Promise<void> {
		// TYPE, PTTL and MEMORY USAGE leave a key's LRU age alone; this keeps whatever is read later from touching it too (7.2 and newer).
		await link.send('CLIENT NO-TOUCH', ['ON'], context).catch((error: unknown) => {
			if (error instanceof AdapterError && error.harmless) return;
			throw error;
		});
	}

	async function keyspace(context: Context): Promise<Keyspace> {
		let remark: string | undefined;
		if (replicaSampler !== undefined) {
			try {
				await untouching(replicaSampler, context);
				return keyspaceOf(replicaSampler, 'replica', undefined);
			} catch (error) {
				if (!(error instanceof AdapterError) || context.signal.aborted) throw error;
				remark = `replica ${replicaSampler.endpoint} could not be read (${error.message}): the primary was sampled`;
			}
		}
		await untouching(primarySampler, context);
		return keyspaceOf(primarySampler, 'primary', remark);
	}

	/** A connection for one act, named after its audit record, gone when the act is over. */
	async function act<T>(context: RedisWriteContext, work: (link: RedisConnection) => Promise<T>): Promise<T> {
		if (options.readOnly) throw readOnlyRefusal();
		// CLIENT SETNAME takes no spaces.
		const link = createRedisConnection(
			settings,
			settings,
			`midwatch-${context.record.replaceAll(/[^\w.-]/g, '_')}`,
			denied,
		);
		acting.add(link);
		try {
			return await work(link);
		} finally {
			acting.delete(link);
			link.close();
		}
	}

	const moved = (what: string): AdapterError =>
		new AdapterError('conflict', what, 'Nothing was sent. Look at the server as it is now, and decide again.');

	const port: RedisPort = {
		info: context => info(main, context),
		slowlog: async (limit, context) => parseSlowlog(await main.send('SLOWLOG GET', [limit], context)),
		clients: async context => ({
			clients: parseClientList(text(await main.send('CLIENT LIST', [], context))),
			own: [main, primarySampler, ...acting].flatMap(link => link.id() ?? []),
		}),
		async memory(context) {
			const stats = flatten(await main.send('MEMORY STATS', [], context), '');
			try {
				return {stats, doctor: text(await main.send('MEMORY DOCTOR', [], context))};
			} catch (error) {
				if (!(error instanceof AdapterError) || !error.harmless) throw error;
				return {stats, doctor: undefined, doctorProblem: `${error.message}. ${error.hint}`};
			}
		},
		keyspace,
		permissions: context => permissions.read(context),
		readPermissions: (context, names) => readRedisPermissions(main, settings.username, context, names),
		setMaxmemory: (change, context) =>
			act(context, async link => {
				const now = await readBeforeSending(info(link, context));
				const what = describeServerConflict(change, now);
				if (what !== undefined) throw moved(what);
				await link.send('CONFIG SET', ['maxmemory', String(change.bytes)], context);
				return now;
			}),
		killClient: (client, context) =>
			act(context, async link => {
				const now = await readBeforeSending(info(link, context));
				if (now.runId !== client.runId) throw moved('the server was restarted: its clients have new ids');
				const list = await readBeforeSending(link.send('CLIENT LIST', ['ID', client.id], context));
				const clients = parseClientList(text(list));
				const found = findClient(clients, client);
				const what = describeClientConflict(client, found);
				if (what !== undefined || found === undefined) throw moved(what ?? '');
				const words = ['ID', client.id, 'ADDR', client.address, 'USER', client.user, 'SKIPME', 'yes'];
				const killed = Number(await link.send('CLIENT KILL', words, context));
				if (killed === 0) throw moved(`client ${client.id} at ${client.address} is not connected any more`);
				return found;
			}),
	};

	return {
		port,
		async whoami(context) {
			try {
				return text(await main.send('ACL WHOAMI', [], context));
			} catch (error) {
				// Servers and users without ACL have the one user they connected as.
				if (error instanceof AdapterError && error.harmless) return settings.username ?? 'default';
				throw error;
			}
		},
		close() {
			for (const link of [main, primarySampler, replicaSampler, ...acting]) link?.close();
		},
	};
}
