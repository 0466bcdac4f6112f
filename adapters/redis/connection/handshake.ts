import type {Redis} from 'ioredis';
import {messageOf} from '../../../src/errors.ts';
import type {RedisSettings} from '../../../src/port/redis.ts';
import {type RedisRequestContext, redisError} from '../errors.ts';

type HandshakeOptions = {
	readonly settings: RedisSettings;
	readonly password: string | undefined;
	/** Shown by CLIENT LIST. */
	readonly name: string;
	readonly describe: (command: string) => RedisRequestContext;
};

/**
 * Sends AUTH, SELECT, CLIENT SETNAME and CLIENT ID together. ioredis' own handshake prints to the terminal when a password is given and
 * none is needed, and hides a failed SELECT.
 * @returns the server's id of the connection; undefined where it has none or does not allow CLIENT.
 * @throws AdapterError when AUTH or SELECT fails.
 */
export async function performHandshake(
	client: Redis,
	{settings, password, name, describe}: HandshakeOptions,
): Promise<number | undefined> {
	const [, , , id] = await Promise.all([
		password === undefined ? undefined : authenticate(client, settings.username, password, describe),
		settings.db === 0 ? undefined : selectDatabase(client, settings.db, describe),
		undefinedIfRefused(client.call('CLIENT', 'SETNAME', name)),
		undefinedIfRefused(client.call('CLIENT', 'ID')),
	]);
	return Number(id) || undefined;
}

async function authenticate(
	client: Redis,
	username: string | undefined,
	password: string,
	describe: HandshakeOptions['describe'],
): Promise<void> {
	try {
		await client.call('AUTH', ...(username === undefined ? [] : [username]), password);
	} catch (error) {
		const isNotNeeded = /without any password configured|no password is set/.test(messageOf(error));
		if (!isNotNeeded) throw redisError(error, describe('AUTH'));
	}
}

async function selectDatabase(client: Redis, db: number, describe: HandshakeOptions['describe']): Promise<void> {
	try {
		await client.call('SELECT', db);
	} catch (error) {
		throw redisError(error, describe('SELECT'));
	}
}

async function undefinedIfRefused(reply: Promise<unknown>): Promise<unknown> {
	try {
		return await reply;
	} catch (error) {
		if (error instanceof Error && error.name === 'ReplyError') return undefined;
		throw error;
	}
}
