import {appendFileSync, chownSync, existsSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {Client, type ClientConfig} from 'pg';
import type {Login, PostgresServer} from './estate-record.ts';
import {freePort, runTool, startServer, stopProcess, unprivileged, waitUntilReady} from './server-process.ts';

type Role = keyof PostgresServer['logins'];

const logins: PostgresServer['logins'] = {
	superuser: {user: 'postgres', password: 'estate-superuser'},
	monitor: {user: 'mw_monitor', password: 'estate-monitor'},
	operator: {user: 'mw_operator', password: 'estate-operator'},
	bare: {user: 'mw_bare', password: 'estate-bare'},
	app: {user: 'app', password: 'estate-app'},
};

const roles = `
create extension pg_stat_statements;
create role mw_monitor login password '${logins.monitor.password}' in role pg_monitor;
create role mw_operator login password '${logins.operator.password}' in role pg_monitor, pg_signal_backend;
create role mw_bare login password '${logins.bare.password}';
create role app login password '${logins.app.password}';
`;

/** The server logs every statement, so that tests can read what was executed. */
const settings = [
	"listen_addresses = '127.0.0.1'",
	"unix_socket_directories = ''",
	"shared_preload_libraries = 'pg_stat_statements'",
	"password_encryption = 'scram-sha-256'",
	'fsync = off',
	'max_connections = 60',
	'track_io_timing = on',
	'wal_level = replica',
	'log_statement = all',
	'log_connections = on',
	"log_line_prefix = '%m [%p] %u@%d %a '",
	"log_timezone = 'UTC'",
	"timezone = 'UTC'",
];

export type PostgresOptions = {
	readonly name: string;
	/** Where initdb and postgres are. */
	readonly binaries: string;
	/** The folder of the estate; the server makes one of its own in it. */
	readonly folder: string;
	/** 0 takes any free port. */
	readonly port: number;
	/** PEM files; the key must be readable by the server alone. Plain connections are then refused. */
	readonly tls?: {readonly ca: string; readonly cert: string; readonly key: string; readonly expired: boolean};
	/** The server to follow: the data is copied from it with its version's pg_basebackup. */
	readonly replicaOf?: PostgresServer;
	/** Lines for postgresql.conf. */
	readonly extra?: readonly string[];
};

/** Makes a cluster, or a copy of `replicaOf`, starts it and waits until it answers. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
	const folder = join(options.folder, options.name);
	const dataDir = join(folder, 'data');
	mkdirSync(folder, {recursive: true, mode: 0o755});
	own(folder);
	const port = await freePort(options.port);
	if (options.replicaOf) copyFrom(options.replicaOf, options.binaries, dataDir);
	else initialise(options, folder, dataDir);
	const log = join(folder, 'log');
	const running = startServer(join(options.binaries, 'postgres'), ['-D', dataDir, '-p', String(port)], log);
	const server: PostgresServer = {
		kind: 'postgres',
		name: options.name,
		version: '',
		host: '127.0.0.1',
		port,
		dataDir,
		log,
		binaries: options.binaries,
		logins,
		...running,
		...(options.tls ? {tls: {ca: options.tls.ca, expired: options.tls.expired}} : {}),
		...(options.replicaOf ? {replicaOf: options.replicaOf.name} : {}),
	};
	try {
		await waitUntilReady(options.name, running, async () => (await runQuery(server, 'select 1')).length === 1);
		if (!options.replicaOf) {
			await runQuery(server, roles);
			await runQuery(server, 'create database shop owner app');
			// The statements that made the roles hold their passwords.
			await runQuery(server, 'select pg_stat_statements_reset()');
		}
		const [row] = await runQuery<{server_version: string}>(server, 'show server_version');
		// Debian adds its own name in parentheses.
		return {...server, version: row?.server_version.split(' ')[0] ?? ''};
	} catch (error) {
		await stopProcess(running, 'SIGINT');
		throw error;
	}
}

/** `fast` shutdown: open transactions are rolled back and sessions are ended. */
export const stopPostgres = (server: PostgresServer): Promise<void> => stopProcess(server, 'SIGINT');

/** Starts a stopped server on the port and data it had. The pid changes. */
export async function restartPostgres(server: PostgresServer): Promise<PostgresServer> {
	await stopPostgres(server);
	const args = ['-D', server.dataDir, '-p', String(server.port)];
	const restarted = {...server, ...startServer(join(server.binaries, 'postgres'), args, server.log)};
	await waitUntilReady(server.name, restarted, async () => (await runQuery(restarted, 'select 1')).length === 1);
	return restarted;
}

function initialise(options: PostgresOptions, folder: string, dataDir: string): void {
	const passwordFile = join(folder, 'password');
	writeFileSync(passwordFile, logins.superuser.password, {mode: 0o600});
	own(passwordFile);
	runTool(join(options.binaries, 'initdb'), [
		...['-D', dataDir, '-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', passwordFile],
		...['-E', 'UTF8', '--locale=C', '--no-sync'],
	]);
	const tls = options.tls
		? ['ssl = on', `ssl_ca_file = '${options.tls.ca}'`].concat(
				`ssl_cert_file = '${options.tls.cert}'`,
				`ssl_key_file = '${options.tls.key}'`,
			)
		: [];
	const lines = [...settings, ...tls, ...(options.extra ?? [])];
	appendFileSync(join(dataDir, 'postgresql.conf'), `\n${lines.join('\n')}\n`);
	if (options.tls) {
		writeFileSync(join(dataDir, 'pg_hba.conf'), 'hostssl all all 127.0.0.1/32 scram-sha-256\n');
	}
}

function copyFrom(primary: PostgresServer, binaries: string, dataDir: string): void {
	const tool = join(binaries, 'pg_basebackup');
	if (!existsSync(tool)) throw new Error(`a replica needs pg_basebackup, and ${binaries} has none`);
	const {user, password} = primary.logins.superuser;
	const from = ['-h', primary.host, '-p', String(primary.port), '-U', user];
	runTool(tool, [...from, '-D', dataDir, '-R', '-X', 'stream', '--checkpoint=fast'], {PGPASSWORD: password});
}

function own(path: string): void {
	if (unprivileged.uid !== undefined) chownSync(path, unprivileged.uid, unprivileged.gid ?? unprivileged.uid);
}

/** What `pg` needs to connect as one of the server's roles. An expired certificate is let through: this is the test's own way in. */
export function pgConfig(
	server: PostgresServer,
	role: Role | Login = 'superuser',
	database = 'postgres',
): ClientConfig {
	const {user, password} = typeof role === 'string' ? server.logins[role] : role;
	return {
		host: server.host,
		port: server.port,
		user,
		password,
		database,
		connectionTimeoutMillis: 5_000,
		...(server.tls ? {ssl: {rejectUnauthorized: false}} : {}),
	};
}

/** Runs one text on a connection of its own and gives the rows. */
export async function runQuery<R extends object = Record<string, unknown>>(
	server: PostgresServer,
	text: string,
	values: readonly unknown[] = [],
	role: Role | Login = 'superuser',
	database = 'postgres',
): Promise<R[]> {
	const client = new Client(pgConfig(server, role, database));
	client.on('error', () => {});
	await client.connect();
	try {
		// Without values the simple protocol is used, which takes several statements.
		const result = values.length > 0 ? await client.query(text, [...values]) : await client.query(text);
		return result.rows ?? [];
	} finally {
		await client.end();
	}
}
