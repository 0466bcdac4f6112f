import {chownSync, existsSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {PostgresServer} from './estate-record.ts';
import {runQuery} from './postgres.ts';
import {freePort, startServer, stopProcess, unprivileged, waitUntilReady} from './server-process.ts';

export type PgbouncerOptions = {
	readonly name: string;
	/** The folder of the estate; the server makes one of its own in it. */
	readonly folder: string;
	/** 0 takes any free port. */
	readonly port: number;
	/** The server behind it. It passes all databases and roles on. */
	readonly of: PostgresServer;
	readonly mode?: 'transaction' | 'session' | 'statement';
	/** Startup parameters that it drops; it refuses others that it does not know. */
	readonly ignores?: readonly string[];
};

function binary(): string {
	const found = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer'].find(existsSync);
	if (found) return found;
	throw new Error('pgbouncer is not installed: apt-get install pgbouncer');
}

/** Starts a pooler and waits until it answers. Its record is that of the server behind it, on another port. */
export async function startPgbouncer(options: PgbouncerOptions): Promise<PostgresServer> {
	const {of, mode = 'transaction', ignores = ['extra_float_digits', 'options']} = options;
	const folder = join(options.folder, options.name);
	mkdirSync(folder, {recursive: true, mode: 0o755});
	const port = await freePort(options.port);
	const users = join(folder, 'users.txt');
	const file = join(folder, 'pgbouncer.ini');
	const quoted = Object.values(of.logins).map(({user, password}) => `"${user}" "${password}"`);
	writeFileSync(users, `${quoted.join('\n')}\n`, {mode: 0o600});
	const lines = [
		...['[databases]', `* = host=${of.host} port=${of.port}`, '[pgbouncer]'],
		...['listen_addr = 127.0.0.1', `listen_port = ${port}`, 'unix_socket_dir ='],
		...['auth_type = scram-sha-256', `auth_file = ${users}`, `admin_users = ${of.logins.superuser.user}`],
		...[`pool_mode = ${mode}`, `ignore_startup_parameters = ${ignores.join(',')}`],
		...['default_pool_size = 10', 'max_client_conn = 100'],
	];
	writeFileSync(file, `${lines.join('\n')}\n`, {mode: 0o600});
	const {uid, gid} = unprivileged;
	if (uid !== undefined) for (const path of [folder, users, file]) chownSync(path, uid, gid ?? uid);
	const log = join(folder, 'log');
	const running = startServer(binary(), [file], log);
	const server: PostgresServer = {
		...of,
		...{name: options.name, port, dataDir: folder, log, poolerOf: {name: of.name, port: of.port}},
		...running,
	};
	try {
		await waitUntilReady(options.name, running, async () => (await runQuery(server, 'select 1')).length === 1);
		return server;
	} catch (error) {
		await stopProcess(running);
		throw error;
	}
}

/** The server behind a pooler. */
export function serverBehind(pooler: PostgresServer): PostgresServer {
	const {poolerOf, ...server} = pooler;
	return poolerOf === undefined ? pooler : {...server, ...poolerOf};
}
