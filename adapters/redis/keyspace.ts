import type {Context} from '../../src/contract/context.ts';
import {AdapterError} from '../../src/errors.ts';
import type {KeyFacts, Keyspace, RedisPort} from '../../src/port/redis.ts';
import {systemClock} from '../../src/time/clock.ts';
import type {RedisConnection} from './connection/redis-connection.ts';
import {replyText} from './connection/reply-text.ts';

/** A key's type, size and expiry; undefined when one of the three replies shows that it no longer exists. @throws a refusal among them. */
function decodeKeyFacts([bytes, ttl, type]: readonly unknown[]): KeyFacts | undefined {
	for (const reply of [bytes, ttl, type]) if (reply instanceof AdapterError) throw reply;
	const isMissing = bytes === null || ttl === -2 || type === 'none';
	return isMissing ? undefined : {type: replyText(type), bytes: Number(bytes), ttlMs: Number(ttl)};
}

function openKeyspace(connection: RedisConnection, role: Keyspace['role'], remark: string | undefined): Keyspace {
	return {
		endpoint: connection.endpoint,
		role,
		...(remark === undefined ? {} : {remark}),
		size: async context => Number(await connection.send('DBSIZE', [], context)),
		async ping(context) {
			const startedAt = systemClock.monotonic();
			await connection.send('PING', [], context);
			return systemClock.monotonic() - startedAt;
		},
		async scan(cursor, {count, match}, context) {
			const words = [cursor, ...(match === undefined ? [] : ['MATCH', match]), 'COUNT', count];
			const reply = await connection.sendBytes('SCAN', words, context);
			const [next, keys]: readonly unknown[] = Array.isArray(reply) ? reply : [];
			if (!(next instanceof Uint8Array) || !Array.isArray(keys)) {
				throw new AdapterError(
					'malformed',
					'SCAN answered without a cursor',
					'Check whether a proxy is between midwatch and the server.',
				);
			}
			return {cursor: next.toString(), keys: keys.filter(key => key instanceof Uint8Array)};
		},
		async describe(keys, context) {
			const replies = await connection.sendAll(
				keys.flatMap(key => [
					['MEMORY USAGE', [key, 'SAMPLES', 5]] as const,
					['PTTL', [key]] as const,
					['TYPE', [key]] as const,
				]),
				context,
			);
			return keys.map((_, index) => decodeKeyFacts(replies.slice(index * 3, index * 3 + 3)));
		},
	};
}

/**
 * Keeps reads from changing the LRU age of keys (Redis 7.2 and newer). TYPE, PTTL and MEMORY USAGE never do; this covers commands added
 * later. Older servers refuse it, without harm.
 */
async function setNoTouch(connection: RedisConnection, context: Context): Promise<void> {
	await connection.send('CLIENT NO-TOUCH', ['ON'], context).catch((error: unknown) => {
		if (error instanceof AdapterError && error.harmless) return;
		throw error;
	});
}

/** Opens the keys of the replica where one is configured and answers, otherwise those of the primary with a remark that says why. */
export function createKeyspaceReader(
	primary: RedisConnection,
	replica: RedisConnection | undefined,
): RedisPort['keyspace'] {
	return async context => {
		let remark: string | undefined;
		if (replica !== undefined) {
			try {
				await setNoTouch(replica, context);
				return openKeyspace(replica, 'replica', undefined);
			} catch (error) {
				if (!(error instanceof AdapterError) || context.signal.aborted) throw error;
				remark = `replica ${replica.endpoint} could not be read (${error.message}): the primary was sampled`;
			}
		}
		await setNoTouch(primary, context);
		return openKeyspace(primary, 'primary', remark);
	};
}
