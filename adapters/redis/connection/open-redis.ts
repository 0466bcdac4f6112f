import type {Duplex} from 'node:stream';
import type {Redis} from 'ioredis';
import {AdapterError} from '../../../src/errors.ts';
import {readTlsOptions} from '../../../src/files/tls-files.ts';
import type {RedisEndpoint, RedisSettings} from '../../../src/port/redis.ts';
import {createReplyLimiter} from './reply-limits.ts';

/*
 * Measured on ioredis 6: with its defaults a dead connection leaves commands pending for ever, a command whose reply was lost is sent a
 * second time, and commandTimeout alone never replaces a dead socket. So a connection has both timeouts and no retries: the poller's next
 * read is the retry, and recovery takes one interval.
 */
const clientOptions = {
	protocol: 2,
	lazyConnect: true,
	connectTimeout: 3000,
	commandTimeout: 3000,
	socketTimeout: 4000,
	disconnectTimeout: 200,
	keepAlive: 10_000,
	enableOfflineQueue: false,
	enableReadyCheck: false,
	disableClientInfo: true,
	maxRetriesPerRequest: 0,
	autoResendUnfulfilledCommands: false,
	autoResubscribe: false,
	retryStrategy: null,
} as const;

/** A client that has not connected yet, and the password for its handshake. @throws AdapterError `denied` for unusable files or secrets. */
export async function createRedisLibraryClient(
	settings: RedisSettings,
	{host, port}: RedisEndpoint,
): Promise<{readonly client: Redis; readonly password: string | undefined}> {
	const [password, tls, library] = await Promise.all([
		settings.password?.reveal(),
		settings.tls === undefined ? undefined : readTlsOptions(settings.tls),
		import('ioredis'),
	]);
	const client = new library.Redis({host, port, ...(tls === undefined ? {} : {tls}), ...clientOptions});
	client.once('connect', () => guardDecoder(client.stream as Duplex, `${host}:${port}`));
	return {client, password};
}

/** Ends the connection instead of decoding a reply that would overflow the stack or the memory. */
function guardDecoder(stream: Duplex, address: string): void {
	const checkReply = createReplyLimiter();
	const emit = stream.emit.bind(stream) as (event: string | symbol, ...values: unknown[]) => boolean;
	stream.emit = (event: string | symbol, ...values: unknown[]) => {
		const [chunk] = values;
		const problem = event === 'data' && Buffer.isBuffer(chunk) ? checkReply(chunk) : undefined;
		if (problem === undefined) return emit(event, ...values);
		const hint = 'No Redis server answers so: check host and port, and any proxy before it.';
		stream.destroy(new AdapterError('malformed', `${address} sends ${problem}`, hint));
		return true;
	};
}
