import type {Redis} from 'ioredis';
import type {Context} from '../../../src/contract/context.ts';
import {type AdapterError, messageOf} from '../../../src/errors.ts';
import type {RedisEndpoint, RedisSettings} from '../../../src/port/redis.ts';
import {untilAborted} from '../../../src/time/deadline.ts';
import {redisError} from '../errors.ts';
import {createRedisClientSlot} from './client-slot.ts';
import {noAnswerError} from './no-answer.ts';

export type CommandArgument = string | number | Uint8Array;

/** One connection. The first command opens it, and the next one after it broke. It never reconnects or resends by itself. */
export type RedisConnection = {
	/** `host:port`. */
	readonly endpoint: string;
	/** Replies as text, numbers and arrays of them. `command` is upper case: `CONFIG GET`. @throws AdapterError */
	send(command: string, words: readonly CommandArgument[], context: Context): Promise<unknown>;
	/** Sends like `send`; texts in the reply are returned as bytes. */
	sendBytes(command: string, words: readonly CommandArgument[], context: Context): Promise<unknown>;
	/** Sends all in one pipeline; each has its own reply or refusal, in order. Rejects only when the connection fails. */
	sendAll(
		commands: readonly (readonly [command: string, words: readonly CommandArgument[]])[],
		context: Context,
	): Promise<readonly unknown[]>;
	/** The server's id of this connection; undefined before the first command and where the server reports none. */
	id(): number | undefined;
	/** Number of connections so far, this one included. */
	generation(): number;
	/** Drops the socket without waiting for the server. A closed connection stays closed. */
	close(): void;
};

/** `CONFIG GET` and its arguments as ioredis takes them. */
function splitCommand(command: string, words: readonly CommandArgument[]): [string, ...(string | number | Buffer)[]] {
	const [verb = command, ...rest] = command.split(' ');
	return [verb, ...rest, ...words.map(word => (word instanceof Uint8Array ? Buffer.from(word) : word))];
}

/**
 * A connection to `endpoint` with the user, TLS and database of `settings`. `name` is shown by CLIENT LIST. `onRefused` is called with
 * each command that the user's ACL refuses.
 */
export function createRedisConnection(
	settings: RedisSettings,
	endpoint: RedisEndpoint,
	name: string,
	onRefused: (command: string) => void = () => {},
): RedisConnection {
	const address = `${endpoint.host}:${endpoint.port}`;
	const user = settings.username ?? 'default';
	const describe = (command: string) => ({endpoint: address, user, command, tls: settings.tls !== undefined});
	const clients = createRedisClientSlot(settings, endpoint, name, describe);

	/**
	 * Replies come in order, so after a command without a reply no further one comes. ioredis would keep such a socket until its own
	 * timeout, and the next read would fail on it too.
	 */
	function replaceIfSilent(client: Redis, error: unknown): void {
		if (messageOf(error) === 'Command timed out') clients.replace(client);
	}

	function toFailure(error: unknown, command: string): AdapterError {
		if (/^NOPERM/.test(messageOf(error))) onRefused(command);
		return redisError(error, describe(command));
	}

	async function exchange<T>(command: string, context: Context, work: (client: Redis) => Promise<T>): Promise<T> {
		const client = await clients.get(context);
		let socketError: unknown;
		const remember = (error: unknown) => {
			socketError = error;
		};
		client.once('error', remember);
		try {
			return await untilAborted(work(client), context.signal, noAnswerError(address, command));
		} catch (error) {
			replaceIfSilent(client, error);
			throw toFailure(client.status === 'ready' ? error : (socketError ?? error), command);
		} finally {
			client.off('error', remember);
		}
	}

	return {
		endpoint: address,
		send: (command, words, context) =>
			exchange(command, context, client => client.call(...splitCommand(command, words))),
		sendBytes: (command, words, context) =>
			exchange(command, context, client => client.callBuffer(...splitCommand(command, words))),
		async sendAll(commands, context) {
			const label = commands[0]?.[0] ?? 'PING';
			const replies = await exchange(label, context, async client => {
				const calls = commands.map(([command, words]) => client.call(...splitCommand(command, words)));
				const settled = await Promise.allSettled(calls);
				for (const reply of settled) if (reply.status === 'rejected') replaceIfSilent(client, reply.reason);
				return settled;
			});
			return replies.map((reply, index) => {
				if (reply.status === 'fulfilled') return reply.value;
				const refused = toFailure(reply.reason, commands[index]?.[0] ?? label);
				if (!refused.harmless) throw refused;
				return refused;
			});
		},
		id: () => clients.id,
		generation: () => clients.generation,
		close: () => clients.close(),
	};
}
