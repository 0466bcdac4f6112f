import {chownSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {stringify} from 'yaml';
import type {AlertmanagerServer, ExporterServer, PostgresServer, RedisServer} from './estate-record.ts';
import {debianProgram, httpGet} from './http-server.ts';
import {freePort, startServer, unprivileged, waitUntilReady} from './server-process.ts';

type Place = {
	readonly name: string;
	/** The folder of the estate; the server makes one of its own in it. */
	readonly folder: string;
	/** 0 takes any free port. */
	readonly port: number;
};

function makeFolder(folder: string, name: string): string {
	const ownFolder = join(folder, name);
	mkdirSync(ownFolder, {recursive: true, mode: 0o755});
	const {uid, gid} = unprivileged;
	if (uid !== undefined) chownSync(ownFolder, uid, gid ?? uid);
	return ownFolder;
}

/** Starts an Alertmanager with no alert and no silence, alone: it opens no port for others of its kind. */
export async function startAlertmanager({name, folder, port: wanted}: Place): Promise<AlertmanagerServer> {
	const ownFolder = makeFolder(folder, name);
	const port = await freePort(wanted);
	const file = join(ownFolder, 'alertmanager.yml');
	const route = {receiver: 'null', group_wait: '1s', group_interval: '1s', group_by: ['...']};
	writeFileSync(file, stringify({route, receivers: [{name: 'null'}]}));
	const args = [
		`--config.file=${file}`,
		`--storage.path=${join(ownFolder, 'data')}`,
		`--web.listen-address=127.0.0.1:${port}`,
		'--cluster.listen-address=',
		'--log.level=warn',
	];
	const binary = debianProgram('prometheus-alertmanager');
	const log = join(ownFolder, 'log');
	const running = startServer(binary, args, log);
	const server: AlertmanagerServer = {
		...{kind: 'alertmanager', name, version: '', host: '127.0.0.1', port, dataDir: ownFolder, log, binary, args},
		...running,
	};
	const status = `http://127.0.0.1:${port}/api/v2/status`;
	await waitUntilReady(name, running, async () => (await httpGet(status)).status === 200);
	const {versionInfo} = JSON.parse((await httpGet(status)).body) as {versionInfo: {version: string}};
	return {...server, version: versionInfo.version};
}

type Exporter = {
	readonly program: string;
	readonly args: readonly string[];
	readonly env?: Readonly<Record<string, string>>;
};

async function startExporter(
	{name, folder, port: wanted}: Place,
	{program, args, env}: Exporter,
): Promise<ExporterServer> {
	const ownFolder = makeFolder(folder, name);
	const port = await freePort(wanted);
	const log = join(ownFolder, 'log');
	const binary = debianProgram(program);
	const running = startServer(binary, [`--web.listen-address=127.0.0.1:${port}`, ...args], log, unprivileged, env);
	await waitUntilReady(name, running, async () => (await httpGet(`http://127.0.0.1:${port}/metrics`)).status === 200);
	return {kind: 'exporter', name, version: program, host: '127.0.0.1', port, dataDir: ownFolder, log, ...running};
}

export const startNodeExporter = (place: Place): Promise<ExporterServer> =>
	startExporter(place, {program: 'prometheus-node-exporter', args: ['--no-collector.systemd', '--log.level=error']});

export const startPostgresExporter = (place: Place, {host, port, logins}: PostgresServer): Promise<ExporterServer> =>
	startExporter(place, {
		program: 'prometheus-postgres-exporter',
		args: ['--log.level=error'],
		env: {
			DATA_SOURCE_NAME: `postgresql://${logins.monitor.user}:${logins.monitor.password}@${host}:${port}/postgres?sslmode=disable`,
		},
	});

export const startRedisExporter = (place: Place, {host, port, logins}: RedisServer): Promise<ExporterServer> =>
	startExporter(place, {
		program: 'prometheus-redis-exporter',
		args: [`--redis.addr=redis://${host}:${port}`],
		env: {REDIS_USER: logins.default.user, REDIS_PASSWORD: logins.default.password},
	});
