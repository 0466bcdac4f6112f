import type {Duplex} from 'node:stream';
import type {Redis} from 'ioredis';
import type {Context} from '../../../src/contract/context.ts';
import {AdapterError, messageOf} from '../../../src/errors.ts';
import {readTlsOptions} from '../../../src/files/tls-files.ts';
import type {RedisEndpoint, RedisSettings} from '../../../src/port/redis.ts';
import {untilAborted} from '../../../src/time/deadline.ts';
import {redisError} from '../errors.ts';
import {createReplyLimiter} from './reply-limits.ts';

export type CommandArgument = string | number | Uint8Array;

/** One connection, opened by the first command and again by the next one after it broke. It never reconnects or resends by itself. */
export type RedisConnection = {
	/** `host:port`. */
	readonly endpoint: string;
	/** Replies as text, numbers and arrays of them. `command` is upper case: `CONFIG GET`. @throws AdapterError */
	send(command: string, words: readonly CommandArgument[], context: Context): Promise<unknown>;
	/** As `send`, with text as bytes. */
	sendBytes(command: string, words: readonly CommandArgument[], context: Context): Promise<unknown>;
	/** Sent together; each has its own reply or refusal, in order. Rejects only when the connection fails. */
	sendAll(
		commands: readonly (readonly [command: string, words: readonly CommandArgument[]])[],
		context: Context,
	): Promise<readonly unknown[]>;
	/** What the server calls this connection; undefined before the first command and where it does not tell. */
	id(): number | undefined;
	/** How many connections there were, this one included. */
	generation(): number;
	/** Drops the socket. Never waits for the server. A closed link stays closed. */
	close(): void;
};

/*
 * Measured on ioredis 6: with its defaults a dead link leaves commands pending for ever, a command whose reply was lost is sent a second
 * time, and commandTimeout alone never replaces a dead socket. A link therefore has both timeouts and no retries; the poller's next read
 * is the retry, so that recovery takes one interval.
 */
const connectTimeout = 3000;
const commandTimeout = 3000;
const socketTimeout = 4000;

/** Ends the connection instead of decoding a reply that would overflow the stack or the memory. */
function guardDecoder(stream: Duplex, address: string): void {
	const check = createReplyLimiter();
	const emit = stream.emit.bind(stream) as (event: string | symbol, ...values: unknown[]) => boolean;
	stream.emit = (event: string | symbol, ...values: unknown[]) => {
		const [chunk] = values;
		const wrong = event === 'data' && Buffer.isBuffer(chunk) ? check(chunk) : undefined;
		if (wrong === undefined) return emit(event, ...values);
		const hint = 'No Redis server answers so: check host and port, and any proxy before it.';
		stream.destroy(new AdapterError('malformed', `${address} sends ${wrong}`, hint));
		return true;
	};
}

/** One try to connect. Reads that come meanwhile wait for the same one; when the last of them gave up, so does it. */
type ConnectAttempt = {readonly ready: Promise<Redis>; readonly stop: AbortController; waiting: number};

const toArgument = (word: CommandArgument): string | number | Buffer =>
	word instanceof Uint8Array ? Buffer.from(word) : word;

/**
 * A link to `endpoint` with the user, TLS and database of `settings`. `name` is shown by CLIENT LIST. `denied` is called with each command
 * that the ACL of the user refuses.
 */
export function createRedisConnection(
	settings: RedisSettings,
	endpoint: RedisEndpoint,
	name: string,
	denied: (command: string) => void = () => {},
): RedisConnection {
	const address = `${endpoint.host}:${endpoint.port}`;
	const user = settings.username ?? 'default';
	/** Set once it is ready. */
	let current: Redis | undefined;
	let opening: ConnectAttempt | undefined;
	let closed = false;
	let ownId: number | undefined;
	let generation = 0;

	const asked = (command: string) => ({endpoint: address, user, command, tls: settings.tls !== undefined});
	const opens = 'a connection';
	const closedHere = () =>
		new AdapterError('unreachable', `the connection to ${address} was closed`, 'Start midwatch again.');
	const late = (command: string) => () =>
		new AdapterError(
			'timeout',
			`${address} did not answer ${command} in time`,
			'The server is busy or hangs, or the network drops packets: look at its slow log and CPU.',
		);

	async function authenticate(client: Redis, password: string): Promise<void> {
		try {
			await client.call('AUTH', ...(settings.username === undefined ? [] : [settings.username]), password);
		} catch (error) {
			const needless = /without any password configured|no password is set/.test(messageOf(error));
			if (!needless) throw redisError(error, asked('AUTH'));
		}
	}

	async function select(client: Redis): Promise<void> {
		try {
			await client.call('SELECT', settings.db);
		} catch (error) {
			throw redisError(error, asked('SELECT'));
		}
	}

	/**
	 * Our own handshake, sent in one go: ioredis would print to the console when a password is given and none is needed, and hide that
	 * SELECT failed.
	 */
	async function greet(client: Redis, password: string | undefined): Promise<void> {
		const [, , , id] = await Promise.all([
			password === undefined ? undefined : authenticate(client, password),
			settings.db === 0 ? undefined : select(client),
			optional(client.call('CLIENT', 'SETNAME', name)),
			optional(client.call('CLIENT', 'ID')),
		]);
		ownId = Number(id) || undefined;
	}

	/** Users that may not run CLIENT go without a name and an id. */
	async function optional(reply: Promise<unknown>): Promise<unknown> {
		try {
			return await reply;
		} catch (error) {
			if (error instanceof Error && error.name === 'ReplyError') return undefined;
			throw error;
		}
	}

	async function open(giveUp: AbortSignal): Promise<Redis> {
		let broke: unknown;
		let client: Redis | undefined;
		try {
			const [password, tls, library] = await Promise.all([
				settings.password?.reveal(),
				settings.tls === undefined ? undefined : readTlsOptions(settings.tls),
				import('ioredis'),
			]);
			if (closed || giveUp.aborted) throw closedHere();
			client = new library.Redis({
				host: endpoint.host,
				port: endpoint.port,
				...(tls === undefined ? {} : {tls}),
				protocol: 2,
				lazyConnect: true,
				connectTimeout,
				commandTimeout,
				socketTimeout,
				disconnectTimeout: 200,
				keepAlive: 10_000,
				enableOfflineQueue: false,
				enableReadyCheck: false,
				disableClientInfo: true,
				maxRetriesPerRequest: 0,
				autoResendUnfulfilledCommands: false,
				autoResubscribe: false,
				retryStrategy: null,
			});
			const opened = client;
			client.once('connect', () => guardDecoder(opened.stream as Duplex, address));
			giveUp.addEventListener('abort', () => opened.disconnect(), {once: true});
			// Without a listener ioredis prints every error over the screen. The command that failed tells it once.
			client.on('error', error => {
				broke = error;
				// After a reply that makes no sense it calls itself ready for a while yet, and fails everything.
				if (current === opened) {
					current = undefined;
					opened.disconnect();
				}
			});
			client.on('close', () => {
				if (current === opened) current = undefined;
			});
			await client.connect();
			await greet(client, password);
		} catch (error) {
			client?.disconnect();
			throw redisError(broke ?? error, asked(opens));
		}
		if (closed || giveUp.aborted) client.disconnect();
		else {
			current = client;
			generation += 1;
		}
		return client;
	}

	async function connected(context: Context): Promise<Redis> {
		if (closed)
			throw new AdapterError('unreachable', `the connection to ${address} was closed`, 'Start midwatch again.');
		if (current !== undefined && current.status === 'ready') return current;
		opening ??= begin();
		const attempt = opening;
		attempt.waiting += 1;
		try {
			return await untilAborted(attempt.ready, context.signal, late(opens));
		} finally {
			attempt.waiting -= 1;
			// Else the next read would join it, and end with it, though the server may answer a new one.
			if (attempt.waiting === 0) drop(attempt);
		}
	}

	function begin(): ConnectAttempt {
		const stop = new AbortController();
		const ready = open(stop.signal).finally(() => {
			if (opening === attempt) opening = undefined;
		});
		const attempt: ConnectAttempt = {ready, stop, waiting: 0};
		return attempt;
	}

	/** Does nothing to an attempt that has ended. */
	function drop(attempt: ConnectAttempt): void {
		if (opening !== attempt) return;
		opening = undefined;
		attempt.stop.abort();
	}

	/**
	 * Replies come in order, so that a command without one means that nothing comes any more. ioredis would keep such a socket until its own
	 * timeout, and the next read would fail on it too.
	 */
	function replaceSilent(client: Redis, error: unknown): void {
		if (messageOf(error) !== 'Command timed out') return;
		if (current === client) current = undefined;
		client.stream?.destroy(new Error('socket timed out'));
	}

	/** As `redisError`, and says what the ACL refused. */
	function failure(error: unknown, command: string): AdapterError {
		if (/^NOPERM/.test(messageOf(error))) denied(command);
		return redisError(error, asked(command));
	}

	async function exchange(command: string, context: Context, work: (client: Redis) => Promise<unknown>) {
		const client = await connected(context);
		let broke: unknown;
		const remember = (error: unknown) => {
			broke = error;
		};
		client.once('error', remember);
		try {
			return await untilAborted(work(client), context.signal, late(command));
		} catch (error) {
			replaceSilent(client, error);
			throw failure(client.status === 'ready' ? error : (broke ?? error), command);
		} finally {
			client.off('error', remember);
		}
	}

	const split = (command: string, words: readonly CommandArgument[]): [string, ...(string | number | Buffer)[]] => {
		const [verb = command, ...rest] = command.split(' ');
		return [verb, ...rest, ...words.map(toArgument)];
	};

	return {
		endpoint: address,
		send: (command, words, context) => exchange(command, context, client => client.call(...split(command, words))),
		sendBytes: (command, words, context) =>
			exchange(command, context, client => client.callBuffer(...split(command, words))),
		async sendAll(commands, context) {
			const label = commands[0]?.[0] ?? 'PING';
			const settled = await exchange(label, context, async client => {
				const replies = await Promise.allSettled(
					commands.map(([command, words]) => client.call(...split(command, words))),
				);
				for (const reply of replies) if (reply.status === 'rejected') replaceSilent(client, reply.reason);
				return replies;
			});
			const replies = settled as readonly PromiseSettledResult<unknown>[];
			return replies.map((reply, at) => {
				if (reply.status === 'fulfilled') return reply.value;
				const refused = failure(reply.reason, commands[at]?.[0] ?? label);
				if (!refused.harmless) throw refused;
				return refused;
			});
		},
		id: () => ownId,
		generation: () => generation,
		close() {
			closed = true;
			opening?.stop.abort();
			current?.disconnect();
			current = undefined;
		},
	};
}
