import type {Redis} from 'ioredis';
import type {Context} from '../../../src/contract/context.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {RedisEndpoint, RedisSettings} from '../../../src/port/redis.ts';
import {untilAborted} from '../../../src/time/deadline.ts';
import {type RedisRequestContext, redisError} from '../errors.ts';
import {performHandshake} from './handshake.ts';
import {noAnswerError} from './no-answer.ts';
import {createRedisLibraryClient} from './open-redis.ts';
import {createSharedAttempt} from './shared-attempt.ts';

const opening = 'a connection';

/** Holds the one client of a connection: `get` connects when there is none, and a client that broke leaves by itself. */
export type RedisClientSlot = {
	/** Resolves with the connected client; connects if there is none. @throws AdapterError of the failed attempt; `timeout` when the signal fires first; `unreachable` once it is closed. */
	get(context: Context): Promise<Redis>;
	/** Drops a client that no longer answers: the next `get` connects again. */
	replace(client: Redis): void;
	/** The server's id of the last connection; undefined where it is not known. */
	readonly id: number | undefined;
	/** Number of connections so far, this one included. */
	readonly generation: number;
	/** Drops the socket without waiting for the server. */
	close(): void;
};

export function createRedisClientSlot(
	settings: RedisSettings,
	endpoint: RedisEndpoint,
	name: string,
	describe: (command: string) => RedisRequestContext,
): RedisClientSlot {
	const address = `${endpoint.host}:${endpoint.port}`;
	let current: Redis | undefined;
	let isClosed = false;
	let id: number | undefined;
	let generation = 0;

	const closedError = () =>
		new AdapterError('unreachable', `the connection to ${address} was closed`, 'Start midwatch again.');

	/** @returns whether it was the current client. */
	function remove(client: Redis): boolean {
		if (current !== client) return false;
		current = undefined;
		return true;
	}

	async function connect(stop: AbortSignal): Promise<Redis> {
		let client: Redis | undefined;
		let socketError: unknown;
		try {
			const created = await createRedisLibraryClient(settings, endpoint);
			if (isClosed || stop.aborted) throw closedError();
			client = created.client;
			watchClient(client, remove, error => {
				socketError = error;
			});
			stop.addEventListener('abort', () => created.client.disconnect(), {once: true});
			await client.connect();
			id = await performHandshake(client, {settings, password: created.password, name, describe});
		} catch (error) {
			client?.disconnect();
			throw redisError(socketError ?? error, describe(opening));
		}
		if (isClosed || stop.aborted) client.disconnect();
		else {
			current = client;
			generation += 1;
		}
		return client;
	}

	const attempt = createSharedAttempt(connect);

	return {
		async get(context) {
			if (isClosed) throw closedError();
			if (current !== undefined && current.status === 'ready') return current;
			return attempt.join(ready => untilAborted(ready, context.signal, noAnswerError(address, opening)));
		},
		replace(client) {
			remove(client);
			client.stream?.destroy(new Error('socket timed out'));
		},
		get id() {
			return id;
		},
		get generation() {
			return generation;
		},
		close() {
			isClosed = true;
			attempt.abort();
			current?.disconnect();
			current = undefined;
		},
	};
}

/** Removes a client that fails or whose connection ends, and reports its errors. Without a listener ioredis prints them to the terminal. */
function watchClient(client: Redis, remove: (client: Redis) => boolean, report: (error: unknown) => void): void {
	client.on('error', error => {
		report(error);
		// After a reply that cannot be parsed, ioredis stays `ready` for a while and fails every command.
		if (remove(client)) client.disconnect();
	});
	client.on('close', () => remove(client));
}
