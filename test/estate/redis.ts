import {chownSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {Redis} from 'ioredis';
import type {Login, RedisServer} from './estate-record.ts';
import {freePort, startServer, stopProcess, unprivileged, waitUntilReady} from './server-process.ts';

type User = keyof RedisServer['logins'];

const logins: RedisServer['logins'] = {
	default: {user: 'default', password: 'estate-default'},
	noconfig: {user: 'noconfig', password: 'estate-noconfig'},
	noclient: {user: 'noclient', password: 'estate-noclient'},
	noscan: {user: 'noscan', password: 'estate-noscan'},
};

const everything = '~* &* +@all';

const settings = [
	'bind 127.0.0.1',
	'save ""',
	'appendonly no',
	'daemonize no',
	'enable-debug-command local',
	'latency-monitor-threshold 5',
	'slowlog-log-slower-than 1000',
	`user default on >${logins.default.password} ${everything}`,
	`user noconfig on >${logins.noconfig.password} ${everything} -config`,
	`user noclient on >${logins.noclient.password} ${everything} -client`,
	`user noscan on >${logins.noscan.password} ${everything} -scan`,
];

export type RedisServerOptions = {
	readonly name: string;
	readonly binary: string;
	/** The folder of the estate; the server makes one of its own in it. */
	readonly folder: string;
	/** 0 takes any free port. */
	readonly port: number;
	/** PEM files; plain connections are then refused. */
	readonly tls?: {readonly ca: string; readonly cert: string; readonly key: string; readonly expired: boolean};
	readonly replicaOf?: RedisServer;
	/** Lines for redis.conf. */
	readonly extra?: readonly string[];
};

/** Starts a server with nothing in it and waits until it answers; a replica, until it follows. */
export async function startRedis(options: RedisServerOptions): Promise<RedisServer> {
	const folder = join(options.folder, options.name);
	mkdirSync(folder, {recursive: true, mode: 0o755});
	const port = await freePort(options.port);
	const listen = options.tls
		? [
				...['port 0', `tls-port ${port}`, 'tls-auth-clients no'],
				...[`tls-ca-cert-file ${options.tls.ca}`, `tls-cert-file ${options.tls.cert}`],
				`tls-key-file ${options.tls.key}`,
			]
		: [`port ${port}`];
	const follow = options.replicaOf
		? [
				`replicaof ${options.replicaOf.host} ${options.replicaOf.port}`,
				`masteruser ${logins.default.user}`,
				`masterauth ${logins.default.password}`,
				'repl-diskless-load swapdb',
			]
		: [];
	const file = join(folder, 'redis.conf');
	const lines = [`dir ${folder}`, ...listen, ...settings, ...follow, ...(options.extra ?? [])];
	writeFileSync(file, `${lines.join('\n')}\n`, {mode: 0o600});
	const {uid, gid} = unprivileged;
	if (uid !== undefined) for (const path of [folder, file]) chownSync(path, uid, gid ?? uid);
	const log = join(folder, 'log');
	const running = startServer(options.binary, [file], log);
	const server: RedisServer = {
		kind: 'redis',
		name: options.name,
		version: '',
		host: '127.0.0.1',
		port,
		dataDir: folder,
		log,
		binary: options.binary,
		logins,
		...running,
		...(options.tls ? {tls: {ca: options.tls.ca, expired: options.tls.expired}} : {}),
		...(options.replicaOf ? {replicaOf: options.replicaOf.name} : {}),
	};
	try {
		await waitUntilReady(options.name, running, async () => isReady(server));
		return {...server, version: infoField(await sendCommand(server, ['INFO', 'server']), 'redis_version')};
	} catch (error) {
		await stopProcess(running);
		throw error;
	}
}

/** Starts a stopped server on the port and settings it had, with nothing in it. The pid changes. */
export async function restartRedis(server: RedisServer): Promise<RedisServer> {
	await stopProcess(server);
	const restarted = {...server, ...startServer(server.binary, [join(server.dataDir, 'redis.conf')], server.log)};
	await waitUntilReady(server.name, restarted, async () => isReady(restarted));
	return restarted;
}

async function isReady(server: RedisServer): Promise<boolean> {
	if (server.replicaOf === undefined) return (await sendCommand(server, ['PING'])) === 'PONG';
	return infoField(await sendCommand(server, ['INFO', 'replication']), 'master_link_status') === 'up';
}

/** One `name:value` of INFO; empty when it is not there. */
export const infoField = (info: unknown, name: string): string =>
	new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(String(info))?.[1] ?? '';

/** What ioredis needs to connect as one of the server's users. An expired certificate is let through: this is the test's own way in. */
export function redisOptions(server: RedisServer, user: User | Login = 'default') {
	const login = typeof user === 'string' ? server.logins[user] : user;
	return {
		host: server.host,
		port: server.port,
		username: login.user,
		password: login.password,
		lazyConnect: true,
		enableReadyCheck: false,
		retryStrategy: () => null,
		connectTimeout: 5_000,
		...(server.tls ? {tls: {rejectUnauthorized: false}} : {}),
	};
}

/** Sends one command on a connection of its own and gives the reply. */
export async function sendCommand(
	server: RedisServer,
	words: readonly (string | number)[],
	user: User | Login = 'default',
): Promise<unknown> {
	const client = new Redis(redisOptions(server, user));
	client.on('error', () => {});
	try {
		await client.connect();
		const [name = 'PING', ...args] = words.map(String);
		return await client.call(name, ...args);
	} finally {
		client.disconnect();
	}
}
