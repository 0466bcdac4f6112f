import {spawnSync} from 'node:child_process';
import {chmodSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Redis} from 'ioredis';
import {redisSystem} from '../../../adapters/redis/system.ts';
import type {Action} from '../../../src/contract/action.ts';
import type {Context} from '../../../src/contract/context.ts';
import type {Row, Snapshot} from '../../../src/contract/row.ts';
import {defaultSamplerBudget, type RedisPort, type RedisSettings} from '../../../src/port/redis.ts';
import type {Login, RedisServer} from '../../estate/estate-record.ts';
import {redisOptions, startRedis} from '../../estate/redis.ts';
import {stopProcess} from '../../estate/server-process.ts';
import {findAction, openSystemFixture, type SystemFixture} from '../system-fixture.ts';

export const neverAborted = new AbortController().signal;
export const testContext: Context = {signal: neverAborted, now: () => Date.now()};

export const settingsFor = (server: Pick<RedisServer, 'host' | 'port'>, login?: Login): RedisSettings => ({
	host: server.host,
	port: server.port,
	db: 0,
	...(login === undefined
		? {}
		: {username: login.user, password: {source: 'test', reveal: async () => login.password}}),
	sampler: defaultSamplerBudget,
});

export type RedisFixture = SystemFixture<RedisPort, RedisSettings>;

export const openRedis = (settings: RedisSettings, options?: {readonly readOnly: boolean}): Promise<RedisFixture> =>
	openSystemFixture(redisSystem, {name: 'redis-main', kind: 'redis', production: false, settings}, options);

export const actionOf = (id: string): Action => findAction(redisSystem, id);

export const onlyRow = <R extends Row>(snapshot: Snapshot<R>): R => {
	const [row] = snapshot.rows;
	if (row === undefined) throw new Error('no row');
	return row;
};

/** The output of redis-cli as the user `default`, to compare with. */
export function runRedisCli(server: RedisServer, ...words: readonly string[]): string {
	const args = ['-h', server.host, '-p', String(server.port), ...words];
	const done = spawnSync('redis-cli', args, {
		encoding: 'utf8',
		env: {PATH: process.env['PATH'] ?? '', REDISCLI_AUTH: server.logins.default.password},
	});
	if (done.status !== 0) throw new Error(`redis-cli ${words.join(' ')}: ${done.stderr}${done.stdout}`);
	return done.stdout.trim();
}

/** A figure of INFO by redis-cli. */
export const readInfoField = (server: RedisServer, name: string): string =>
	new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(runRedisCli(server, 'INFO'))?.[1] ?? `no ${name}`;

/** A connected client of a test, that says nothing when it is killed. */
export async function connectClient(server: RedisServer, name: string): Promise<Redis> {
	const client = new Redis({...redisOptions(server), connectionName: name, disableClientInfo: true});
	client.on('error', () => {});
	await client.connect();
	return client;
}

/** Calls by command, also those that were refused. MONITOR would not do: it hides CONFIG, CLIENT KILL and all other admin commands. */
function calls(server: RedisServer): ReadonlyMap<string, number> {
	const lines = runRedisCli(server, 'INFO', 'commandstats').matchAll(
		/^cmdstat_(.+?):calls=(\d+),.*rejected_calls=(\d+),failed_calls=(\d+)/gm,
	);
	return new Map([...lines].map(([, name = '', ran, rejected]) => [name, Number(ran) + Number(rejected)]));
}

/** How often the server ran each command while `work` ran: `config|set`, `client|kill`. Reading the counts takes one `info`. */
export async function countCommandsDuring(
	server: RedisServer,
	work: () => Promise<unknown>,
): Promise<Readonly<Record<string, number>>> {
	const before = calls(server);
	await work();
	const after = [...calls(server)].map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const);
	return Object.fromEntries(after.filter(([name, count]) => count > 0 && name !== 'auth'));
}

/** A server for one test file, which may fill it, stop it and break it. */
export async function startDedicatedRedis(
	like: RedisServer,
	name: string,
	extra: readonly string[] = [],
	replicaOf?: RedisServer,
): Promise<RedisServer & {end(): Promise<void>}> {
	const folder = mkdtempSync(join(tmpdir(), 'midwatch-redis-'));
	// The server runs as somebody else.
	chmodSync(folder, 0o755);
	const server = await startRedis({name, binary: like.binary, folder, port: 0, extra, ...(replicaOf && {replicaOf})});
	const owned: RedisServer & {end(): Promise<void>} = {
		...server,
		async end() {
			// Not the one that was started: a test may have started it again, under another pid.
			await stopProcess(owned);
			rmSync(folder, {recursive: true, force: true});
		},
	};
	return owned;
}
