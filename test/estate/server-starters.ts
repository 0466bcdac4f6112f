import {existsSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {certificate} from './certificates.ts';
import type {PostgresServer, RedisServer, Server} from './estate-record.ts';
import {startKafka} from './kafka/kafka.ts';
import {kafkaJars, kafkaVersions} from './kafka/kafka-jars.ts';
import {startKubernetes} from './kubernetes.ts';
import {startAlertmanager, startNodeExporter, startPostgresExporter, startRedisExporter} from './monitoring.ts';
import {packagedPostgres} from './packages.ts';
import {startPgbouncer} from './pgbouncer.ts';
import {startPostgres} from './postgres.ts';
import {estatePrometheusFiles, guardedLogin, selfScrapeFiles, startPrometheus} from './prometheus.ts';
import {startRedis} from './redis.ts';
import {startVictoriaMetrics} from './victoria-metrics.ts';

/** How one server of the estate is started. @throws Error with the reason and what to install when it cannot be. */
export type ServerStarter = {
	readonly name: string;
	/** The servers that must be up before. */
	readonly after?: string | readonly string[];
	start(folder: string, up: readonly Server[]): Promise<Server>;
};

/** Debian's own PostgreSQL: the only one with pg_basebackup, psql and pgbench. */
function debianPostgres(): string {
	const folder = '/usr/lib/postgresql/15/bin';
	if (existsSync(join(folder, 'postgres'))) return folder;
	throw new Error('PostgreSQL 15 is not installed: apt-get install postgresql-15');
}

function redisBinary(): string {
	const found = (process.env['PATH'] ?? '')
		.split(delimiter)
		.concat('/usr/bin', '/usr/local/bin')
		.map(folder => join(folder, 'redis-server'))
		.find(existsSync);
	if (found) return found;
	throw new Error('redis-server is not installed: apt-get install redis-server');
}

const postgresNamed = (up: readonly Server[], name: string): PostgresServer => {
	const found = up.find(server => server.name === name);
	if (found?.kind === 'postgres') return found;
	throw new Error(`${name} is not up`);
};

const redisNamed = (up: readonly Server[], name: string): RedisServer => {
	const found = up.find(server => server.name === name);
	if (found?.kind === 'redis') return found;
	throw new Error(`${name} is not up`);
};

const kafkaNames = {newest: 'kafka-4', old: 'kafka-3.9'} as const;

/** The servers in the order in which they are started. Their ports are below the ephemeral ones; when one is in use, another is taken. */
export const serverStarters: readonly ServerStarter[] = [
	{
		name: 'postgres-15',
		start: folder => startPostgres({name: 'postgres-15', binaries: debianPostgres(), folder, port: 25415}),
	},
	{
		name: 'postgres-15-replica',
		after: 'postgres-15',
		start(folder, up) {
			const replicaOf = postgresNamed(up, 'postgres-15');
			return startPostgres({
				name: 'postgres-15-replica',
				binaries: debianPostgres(),
				folder,
				port: 25425,
				replicaOf,
			});
		},
	},
	...([13, 16, 18] as const).map(major => ({
		name: `postgres-${major}`,
		start: (folder: string) =>
			startPostgres({
				name: `postgres-${major}`,
				binaries: packagedPostgres(major),
				folder,
				port: 25400 + major,
			}),
	})),
	...[false, true].map(expired => ({
		name: expired ? 'postgres-tls-expired' : 'postgres-tls',
		start: (folder: string) =>
			startPostgres({
				name: expired ? 'postgres-tls-expired' : 'postgres-tls',
				binaries: debianPostgres(),
				folder,
				port: expired ? 25432 : 25431,
				tls: certificate(folder, expired),
			}),
	})),
	{
		name: 'pgbouncer',
		after: 'postgres-15',
		start: (folder, up) =>
			startPgbouncer({name: 'pgbouncer', folder, port: 25433, of: postgresNamed(up, 'postgres-15')}),
	},
	{
		name: 'redis',
		start: folder =>
			startRedis({
				name: 'redis',
				binary: redisBinary(),
				folder,
				port: 26379,
				extra: ['maxmemory 64mb', 'maxmemory-policy allkeys-lru'],
			}),
	},
	{
		name: 'redis-replica',
		after: 'redis',
		start(folder, up) {
			const replicaOf = redisNamed(up, 'redis');
			return startRedis({name: 'redis-replica', binary: redisBinary(), folder, port: 26380, replicaOf});
		},
	},
	...[false, true].map(expired => ({
		name: expired ? 'redis-tls-expired' : 'redis-tls',
		start: (folder: string) =>
			startRedis({
				name: expired ? 'redis-tls-expired' : 'redis-tls',
				binary: redisBinary(),
				folder,
				port: expired ? 26382 : 26381,
				tls: certificate(folder, expired),
			}),
	})),
	...(['newest', 'old'] as const).map((age, at) => ({
		name: kafkaNames[age],
		start: (folder: string) =>
			startKafka({
				name: kafkaNames[age],
				jars: kafkaJars(kafkaVersions[age]),
				version: kafkaVersions[age],
				folder,
				port: 29092 + at * 10,
				brokers: 1,
				guarded: {valid: certificate(folder, false), expired: certificate(folder, true)},
			}),
	})),
	{
		name: 'kafka-cluster',
		start: folder =>
			startKafka({
				name: 'kafka-cluster',
				jars: kafkaJars(kafkaVersions.newest),
				version: kafkaVersions.newest,
				folder,
				port: 29112,
				brokers: 3,
			}),
	},
	{name: 'kubernetes', start: folder => startKubernetes({name: 'kubernetes', folder, port: 26443})},
	{name: 'alertmanager', start: folder => startAlertmanager({name: 'alertmanager', folder, port: 25194})},
	{name: 'node-exporter', start: folder => startNodeExporter({name: 'node-exporter', folder, port: 25100})},
	{
		name: 'postgres-exporter',
		after: 'postgres-15',
		start: (folder, up) =>
			startPostgresExporter({name: 'postgres-exporter', folder, port: 25187}, postgresNamed(up, 'postgres-15')),
	},
	{
		name: 'redis-exporter',
		after: 'redis',
		start: (folder, up) => startRedisExporter({name: 'redis-exporter', folder, port: 25121}, redisNamed(up, 'redis')),
	},
	{
		name: 'prometheus',
		after: ['alertmanager', 'node-exporter'],
		start: (folder, up) =>
			startPrometheus({name: 'prometheus', folder, port: 25190, files: estatePrometheusFiles(up), lifecycle: true}),
	},
	{
		name: 'prometheus-guarded',
		start: folder =>
			startPrometheus({
				name: 'prometheus-guarded',
				folder,
				port: 25191,
				files: selfScrapeFiles({login: guardedLogin}),
				lifecycle: false,
				login: guardedLogin,
			}),
	},
	{
		name: 'victoria-metrics',
		start: folder => startVictoriaMetrics({name: 'victoria-metrics', folder, port: 25195}),
	},
	...[false, true].map(expired => ({
		name: expired ? 'prometheus-tls-expired' : 'prometheus-tls',
		start(folder: string) {
			const tls = certificate(folder, expired);
			return startPrometheus({
				name: expired ? 'prometheus-tls-expired' : 'prometheus-tls',
				folder,
				port: expired ? 25193 : 25192,
				files: selfScrapeFiles({tls}),
				lifecycle: true,
				tls,
			});
		},
	})),
];
