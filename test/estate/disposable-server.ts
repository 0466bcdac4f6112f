import {chmodSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type CertificateFiles, certificate} from './certificates.ts';
import type {KafkaServer, PostgresServer, PrometheusServer, RedisServer} from './estate-record.ts';
import {type KafkaOptions, restartKafka, startKafka, stopKafka} from './kafka/kafka.ts';
import {type PgbouncerOptions, startPgbouncer} from './pgbouncer.ts';
import {restartPostgres, startPostgres, stopPostgres} from './postgres.ts';
import {type PrometheusOptions, restartPrometheus, selfScrapeFiles, startPrometheus} from './prometheus.ts';
import {restartRedis, startRedis} from './redis.ts';
import {stopProcess} from './server-process.ts';

/** A server for one test, which may stop, restart, fill and break it. The estate's record does not have it: the test must call `end`. */
export type DisposableServer<S> = {
	/** The server as it runs now; its pid changes with each restart. */
	current(): S;
	/** Restarts the server on the same port. PostgreSQL and Kafka keep their data, Redis loses it. */
	restart(): Promise<void>;
	stop(): Promise<void>;
	/** Stops it and deletes its data. */
	end(): Promise<void>;
};

async function own<S>(
	start: (folder: string) => Promise<S>,
	restart: (server: S) => Promise<S>,
	halt: (server: S) => Promise<void>,
): Promise<DisposableServer<S>> {
	const folder = mkdtempSync(join(tmpdir(), 'midwatch-throwaway-'));
	chmodSync(folder, 0o755);
	const forget = () => rmSync(folder, {recursive: true, force: true});
	let server = await start(folder).catch(error => {
		forget();
		throw error;
	});
	return {
		current: () => server,
		async restart() {
			server = await restart(server);
		},
		stop: () => halt(server),
		async end() {
			await halt(server);
			forget();
		},
	};
}

/** Starts an empty PostgreSQL of the same version as `like`. */
export const startDisposablePostgres = (
	like: PostgresServer,
	extra: readonly string[] = [],
): Promise<DisposableServer<PostgresServer>> =>
	own(
		folder => startPostgres({name: 'postgres-throwaway', binaries: like.binaries, folder, port: 0, extra}),
		restartPostgres,
		stopPostgres,
	);

/** Starts a pooler in front of `of`. */
export const startDisposablePgbouncer = (
	of: PostgresServer,
	options: Pick<PgbouncerOptions, 'mode' | 'ignores'> = {},
): Promise<DisposableServer<PostgresServer>> => {
	const start = (folder: string) => startPgbouncer({name: 'pgbouncer-throwaway', folder, port: 0, of, ...options});
	return own(
		start,
		() => Promise.reject(new Error('a pooler is not restarted')),
		server => stopProcess(server),
	);
};

/** Starts an empty Redis of the same version as `like`, without a memory limit unless `extra` sets one. */
export const startDisposableRedis = (
	like: RedisServer,
	extra: readonly string[] = [],
): Promise<DisposableServer<RedisServer>> =>
	own(
		folder => startRedis({name: 'redis-throwaway', binary: like.binary, folder, port: 0, extra}),
		restartRedis,
		server => stopProcess(server),
	);

type Doors = NonNullable<NonNullable<KafkaOptions['guarded']>['doors']>;

/**
 * Starts one empty broker of the same version as `like`. With `doors` it also has the listeners with logins and TLS, and grants.
 * `valid`: its certificate, and the authority that it trusts; new ones when absent.
 */
export const startDisposableKafka = (
	like: KafkaServer,
	doors?: Doors,
	valid?: CertificateFiles,
): Promise<DisposableServer<KafkaServer>> =>
	own(
		folder => {
			const guarded = doors && {
				...{valid: valid ?? certificate(folder, false), expired: certificate(folder, true), doors},
			};
			const {jars, version} = like;
			return startKafka({
				...{name: 'kafka-throwaway', jars, version, folder, port: 0, brokers: 1},
				...(guarded && {guarded}),
			});
		},
		restartKafka,
		stopKafka,
	);

/** Scrapes only itself and can be reloaded, unless `options` say otherwise. A restart keeps its data and reads its files again. */
export const startDisposablePrometheus = (
	options: Partial<PrometheusOptions> = {},
): Promise<DisposableServer<PrometheusServer>> =>
	own(
		folder =>
			startPrometheus({
				name: 'prometheus-throwaway',
				port: 0,
				lifecycle: true,
				files: selfScrapeFiles(),
				...options,
				folder,
			}),
		restartPrometheus,
		server => stopProcess(server),
	);
