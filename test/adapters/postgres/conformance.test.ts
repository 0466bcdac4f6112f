import {readFileSync} from 'node:fs';
import {Client} from 'pg';
import {beforeAll} from 'vitest';
import {postgresSystem} from '../../../adapters/postgres/system.ts';
import type {Row} from '../../../src/contract/row.ts';
import type {Target} from '../../../src/contract/target.ts';
import type {PostgresSettings} from '../../../src/port/postgres.ts';
import {describePostgres, postgresVersions} from '../../estate/describe-server.ts';
import type {Login, PostgresServer} from '../../estate/estate-record.ts';
import {pgConfig, runQuery} from '../../estate/postgres.ts';
import {conformanceTests} from '../conformance.ts';
import type {ActionCase} from '../conformance-subject.ts';
import {targetAs} from './postgres-fixture.ts';

/** The server ends our own statements after this; short, so that a dead connection is detected soon. */
const limitMs = 1500;

const target = (
	server: PostgresServer,
	at: {readonly host: string; readonly port: number},
): Target<PostgresSettings> => ({
	...targetAs(server, least, {
		hosts: [{host: at.host, port: at.port}],
		connectTimeoutMs: limitMs,
		statementTimeoutMs: limitMs,
	}),
	production: true,
});

/** A role that was made by the lines of `midwatch doctor --grants`. */
const least: Login = {user: 'mw_least', password: 'conformance-least'};

async function makeLeast(server: PostgresServer): Promise<void> {
	await runQuery(server, `do $$ begin drop owned by ${least.user}; exception when undefined_object then end $$`);
	await runQuery(server, `drop role if exists ${least.user}`);
	const grants = postgresSystem.grants?.(target(server, server), undefined);
	for (const line of [...(grants?.forReading ?? []), ...(grants?.forActions ?? [])]) await runQuery(server, line);
	await runQuery(server, `alter role ${least.user} password '${least.password}'`);
}

/** An ordinary user's session. A pid alone does not identify a session: `isThere` compares its start too. */
async function session(server: PostgresServer, application: string) {
	const client = new Client({...pgConfig(server, 'app', 'shop'), application_name: application});
	let failed = false;
	client.on('error', () => (failed = true));
	await client.connect();
	const [row] = (
		await client.query('select pid, backend_start::text as started from pg_stat_activity where pid = pg_backend_pid()')
	).rows as {pid: number; started: string}[];
	if (row === undefined) throw new Error('the session does not see itself');
	const same = 'select 1 from pg_stat_activity where pid = $1 and backend_start::text = $2';
	const isThere = async () => (await runQuery(server, same, [row.pid, row.started])).length > 0;
	return {
		client,
		isThere,
		hasFailed: () => failed,
		cancel: () => runQuery(server, 'select pg_cancel_backend($1)', [row.pid]),
		async end() {
			await runQuery(server, 'select pg_terminate_backend($1)', [row.pid]);
			await client.end().catch(() => undefined);
			// The next scene has the same name, and must not be taken for this one.
			while (await isThere());
		},
	};
}

/** Waits until the server itself shows the session in this state. */
async function untilState(server: PostgresServer, application: string, state: string): Promise<void> {
	const text = 'select 1 from pg_stat_activity where application_name = $1 and state = $2';
	while ((await runQuery(server, text, [application, state])).length === 0);
}

const named = (application: string) => (row: Row) => 'application' in row && row.application === application;

/** Statements that change something; the log has every statement of every session. */
const writing =
	/(?:statement|execute [^:]*): (?:\s|\/\*.*?\*\/)*(?:insert|update|delete|merge|alter|create|drop|truncate|grant|revoke|vacuum|copy|call|do)\b/gi;
const signalling = /pg_(?:cancel_backend|terminate_backend|reload_conf)\s*\(|pg_stat_(?:statements_)?reset\s*\(/gi;

async function writes(server: PostgresServer): Promise<number> {
	const log = readFileSync(server.log, 'utf8');
	return (log.match(writing)?.length ?? 0) + (log.match(signalling)?.length ?? 0);
}

async function busy(server: PostgresServer) {
	const sleeper = await session(server, 'conformance-busy');
	const sleeping = sleeper.client.query('select pg_sleep(600)').catch(() => undefined);
	const repeats = await session(server, 'conformance-repeats');
	let ended = false;
	const repeating = (async () => {
		while (!ended) {
			await repeats.client.query('select count(*) as conformance from pg_class');
			await new Promise(resolve => setTimeout(resolve, 5));
		}
	})();
	await untilState(server, 'conformance-busy', 'active');
	return {
		steady: (row: Row) =>
			named('conformance-busy')(row) ||
			(row.kind === 'postgres.statement' && 'query' in row && /as conformance/.test(String(row.query))),
		async end() {
			ended = true;
			await repeating;
			await Promise.all([sleeper.end(), repeats.end()]);
			await sleeping;
		},
	};
}

/** A session that runs a statement which takes its time, and goes on to another one when it has to move. */
async function running(server: PostgresServer): Promise<ActionCase> {
	const scene = await session(server, 'conformance-scene');
	const start = () => {
		const statement = {failed: false, done: Promise.resolve()};
		statement.done = scene.client.query('select pg_sleep(600)').then(
			() => undefined,
			() => {
				statement.failed = true;
			},
		);
		return statement;
	};
	let current = start();
	await untilState(server, 'conformance-scene', 'active');
	return {
		params: {},
		isTarget: named('conformance-scene'),
		async changeServer() {
			await scene.cancel();
			await current.done;
			current = start();
			await untilState(server, 'conformance-scene', 'active');
		},
		isApplied: async () => current.failed || scene.hasFailed(),
		cleanUp: () => scene.end(),
	};
}

/** A session that has begun a transaction and does nothing, and begins another one when it has to move. */
async function idling(server: PostgresServer): Promise<ActionCase> {
	const scene = await session(server, 'conformance-scene');
	await scene.client.query('begin; select 1');
	return {
		params: {},
		isTarget: named('conformance-scene'),
		async changeServer() {
			await scene.client.query('commit');
			await scene.client.query('begin; select 1');
		},
		isApplied: async () => !(await scene.isThere()),
		cleanUp: () => scene.end(),
	};
}

for (const name of [...postgresVersions, 'postgres-tls'] as const) {
	describePostgres(name, 'conformance', server => {
		beforeAll(() => makeLeast(server));
		conformanceTests({
			hasLeastGrants: true,
			system: postgresSystem,
			server,
			target: at => target(server, at),
			generateLoad: () => busy(server),
			actionCases: {'postgres.cancel': () => running(server), 'postgres.terminate': () => idling(server)},
			testsConnectionFaults: name === 'postgres-15' || name === 'postgres-tls',
			countWrites: () => writes(server),
		});
	});
}
