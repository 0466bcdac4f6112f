import {describe} from 'vitest';
import {
	type KafkaServer,
	type KubernetesServer,
	type PostgresServer,
	type PrometheusServer,
	type RedisServer,
	readEstateRecord,
	type Server,
} from './estate-record.ts';
import {isRunning} from './server-process.ts';
import {skipOrFail} from './skip-or-fail.ts';

const estate = readEstateRecord();

const running = (name: string): Server | undefined =>
	estate?.servers.find(server => server.name === name && isRunning(server));

const reason = (name: string): string =>
	estate?.missing[name] ?? `the server ${name} is not up: run \`npm run estate -- up\` first`;

type Kinds = {
	readonly postgres: PostgresServer;
	readonly redis: RedisServer;
	readonly kubernetes: KubernetesServer;
	readonly kafka: KafkaServer;
	readonly prometheus: PrometheusServer;
};
export type PostgresName =
	| `postgres-${13 | 15 | 16 | 18}`
	| 'postgres-15-replica'
	| 'postgres-tls'
	| 'postgres-tls-expired'
	| 'pgbouncer';
export type KafkaName = 'kafka-4' | 'kafka-3.9' | 'kafka-cluster';
export type PrometheusName =
	| 'victoria-metrics'
	| 'prometheus'
	| 'prometheus-guarded'
	| 'prometheus-tls'
	| 'prometheus-tls-expired';
export type RedisName = 'redis' | 'redis-replica' | 'redis-tls' | 'redis-tls-expired';

const find = <K extends keyof Kinds>(kind: K, name: string): Kinds[K] | undefined => {
	const server = running(name);
	if (server === undefined) return undefined;
	if (server.kind !== kind) throw new Error(`${name} is a ${server.kind}`);
	return server as Kinds[K];
};

function describeOn<S>(name: string, title: string, server: S | undefined, body: (server: S) => void): void {
	describe(`${title} on ${name}`, () => {
		if (server !== undefined) return body(server);
		skipOrFail('server', reason(name));
	});
}

/**
 * A `describe` on one PostgreSQL of the estate. When the server is not up, the body is not run; instead one test is
 * skipped with the reason (or fails, with MIDWATCH_REQUIRE=all).
 */
export const describePostgres = (name: PostgresName, title: string, body: (server: PostgresServer) => void): void =>
	describeOn(name, title, find('postgres', name), body);

/** A `describe` on one Redis of the estate; without it, one skipped or failed test. */
export const describeRedis = (name: RedisName, title: string, body: (server: RedisServer) => void): void =>
	describeOn(name, title, find('redis', name), body);

/** A `describe` on the Kubernetes API of the estate; without it, one skipped or failed test. */
export const describeKubernetes = (title: string, body: (server: KubernetesServer) => void): void =>
	describeOn('kubernetes', title, find('kubernetes', 'kubernetes'), body);

/** A `describe` on one Kafka of the estate; without it, one skipped or failed test. */
export const describeKafka = (name: KafkaName, title: string, body: (server: KafkaServer) => void): void =>
	describeOn(name, title, find('kafka', name), body);

/** A `describe` on one Prometheus of the estate; without it, one skipped or failed test. */
export const describePrometheus = (
	name: PrometheusName,
	title: string,
	body: (server: PrometheusServer) => void,
): void => describeOn(name, title, find('prometheus', name), body);

/** Every writable PostgreSQL, the oldest first: for what must hold on each version. */
export const postgresVersions: readonly PostgresName[] = ['postgres-13', 'postgres-15', 'postgres-16', 'postgres-18'];
