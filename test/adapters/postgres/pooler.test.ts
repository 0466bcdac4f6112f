import {readFileSync} from 'node:fs';
import pg from 'pg';
import {expect, test} from 'vitest';
import {createLoginLimiter} from '../../../adapters/postgres/connection/login-limiter.ts';
import {createPostgresConnection} from '../../../adapters/postgres/connection/postgres-connection.ts';
import {AdapterError} from '../../../src/errors.ts';
import {describePostgres} from '../../estate/describe-server.ts';
import {startDisposablePgbouncer} from '../../estate/disposable-server.ts';
import type {PostgresServer} from '../../estate/estate-record.ts';
import {serverBehind} from '../../estate/pgbouncer.ts';
import {pgConfig, runQuery} from '../../estate/postgres.ts';
import {actionOf, openPostgres, openSession, pollUntil, readRow, targetOf, testContext} from './postgres-fixture.ts';

/** Backends of this role that midwatch uses for a statement right now. */
async function running(server: PostgresServer, user: string): Promise<readonly {pid: number; waits: string | null}[]> {
	return runQuery(
		serverBehind(server),
		"SELECT pid, wait_event_type AS waits FROM pg_stat_activity WHERE usename = $1 AND application_name LIKE 'midwatch%' AND state = 'active'",
		[user],
	);
}

const linkTo = (server: PostgresServer, statementTimeoutMs = 3000, application = 'midwatch') => {
	const {settings} = targetOf(server, 'monitor', {statementTimeoutMs});
	return createPostgresConnection(pg, settings, {application, hosts: settings.hosts, gate: createLoginLimiter()});
};
const signal = () => AbortSignal.timeout(120_000);

const failure = (work: Promise<unknown>): Promise<AdapterError> =>
	work.then(
		() => Promise.reject(new Error('it could be read')),
		error => (error instanceof AdapterError ? error : Promise.reject(error)),
	);

describePostgres('pgbouncer', 'transaction pooling that drops the startup options', pooler => {
	const {monitor} = pooler.logins;

	test('sets the limits for each query, and leaves no setting for the next client', async () => {
		const link = linkTo(pooler);
		const names = [
			'statement_timeout',
			'lock_timeout',
			'idle_in_transaction_session_timeout',
			'search_path',
			'TimeZone',
		];
		const settings = names.map(name => `current_setting('${name}')`).join(" || ' ' || ");
		const text = `SELECT ${settings} AS limits, current_setting('transaction_read_only') AS read_only`;
		expect(await link.query(text, [], signal())).toEqual([{limits: '3s 500ms 5s pg_catalog UTC', read_only: 'on'}]);
		expect(link.connectedHost?.pooled).toBe(true);
		await link.close();
		const next = new pg.Client(pgConfig(pooler, 'monitor'));
		await next.connect();
		const {rows} = await next.query(
			"SELECT current_setting('statement_timeout') || ' ' || current_setting('lock_timeout') || ' ' || current_setting('search_path') AS limits",
		);
		await next.end();
		expect(rows).toEqual([{limits: '0 0 "$user", public'}]);
	});

	test('waiting for a lock ends at its limit, and no second backend ever waits', async () => {
		const watch = await openPostgres(pooler, 'monitor');
		const holder = await openSession(serverBehind(pooler), 'pooler-holder', 'superuser');
		let most = 0;
		let looking = true;
		const look = (async () => {
			while (looking) most = Math.max(most, (await running(pooler, monitor.user)).length);
		})();
		try {
			await watch.read('postgres.statement');
			await holder.client.query('BEGIN; LOCK TABLE pg_extension IN ACCESS EXCLUSIVE MODE');
			for (let read = 0; read < 4; read += 1) {
				expect(await failure(watch.read('postgres.statement'))).toMatchObject({
					kind: 'timeout',
					message: expect.stringContaining('lock timeout'),
				});
			}
		} finally {
			looking = false;
			await look;
			await holder.end();
		}
		expect(most).toBe(1);
		expect((await watch.read('postgres.statement')).rows.length).toBeGreaterThan(0);
		await watch.close();
	});

	test('an aborted read is cancelled on the server before the next one begins', async () => {
		const link = linkTo(pooler);
		for (let turn = 0; turn < 3; turn += 1) {
			const stop = new AbortController();
			const sleeping = failure(link.query('SELECT pg_sleep(20)', [], stop.signal));
			await pollUntil(async () => ((await running(pooler, monitor.user)).length > 0 ? true : undefined));
			stop.abort();
			expect((await sleeping).kind).toBe('timeout');
			expect(
				await link.query(
					'SELECT count(*) AS n FROM pg_stat_activity WHERE query ~ $1',
					['^SELECT pg_sleep\\(20'],
					signal(),
				),
			).toEqual([{n: '0'}]);
		}
		await link.close();
	});

	test('reads, knows its own sessions, reports the pooler, and acts', async () => {
		const watch = await openPostgres(pooler, 'operator');
		const {version, channel} = await watch.connection.identify(testContext());
		expect([version, channel]).toEqual([expect.stringMatching(/^PostgreSQL 15\.\d+ .*behind a pooler$/), 'local']);
		expect((await watch.connection.port.server(testContext())).pid).toBeUndefined();
		const guest = await openSession(serverBehind(pooler), 'pooler-guest');
		const ended = guest.startQuery('SELECT pg_sleep(60)');
		const row = await readRow(watch, guest.pid, ({state}) => state === 'active');
		expect((await watch.sessions()).filter(({application}) => application.startsWith('midwatch'))).toEqual([]);
		const cancel = actionOf('postgres.cancel');
		const {plan} = await cancel.preview([row], {}, watch.actionContext('record-pooled'));
		expect((await cancel.preflight(plan, watch.actionContext())).filter(({result}) => result !== 'pass')).toEqual([]);
		await cancel.run(plan, watch.actionContext('record-pooled'));
		expect(await ended).toBe('57014');
		// The name under which it acted is in the log of the server, as without a pooler.
		expect(readFileSync(readLog(pooler), 'utf8')).toMatch(/midwatch record-pooled LOG:.*pg_cancel_backend/);
		await guest.end();
		await watch.close();
	});
});

/** A pooler's record has its own log; that of the server is beside it. */
const readLog = (pooler: PostgresServer): string => pooler.log.replace(/[^/]+\/log$/, `${pooler.poolerOf?.name}/log`);

describePostgres('postgres-15', 'other poolers', server => {
	test.each([
		['session pooling', {mode: 'session'}],
		['a pooler that refuses startup options', {ignores: ['extra_float_digits']}],
	] as const)('%s: the limits are set for each query', async (_, options) => {
		const own = await startDisposablePgbouncer(server, options);
		const link = linkTo(own.current());
		try {
			expect(await link.query("SELECT current_setting('lock_timeout') AS lock", [], signal())).toEqual([
				{lock: '500ms'},
			]);
			expect(link.connectedHost?.pooled).toBe(true);
		} finally {
			await link.close();
			await own.end();
		}
	});

	test('statement pooling is refused: no limits can be set there', async () => {
		const own = await startDisposablePgbouncer(server, {mode: 'statement'});
		const link = linkTo(own.current());
		try {
			// PgBouncer may close while the query is still being sent: then only the next one reads why.
			await expect
				.poll(() => failure(link.query('SELECT 1', [], signal())), {timeout: 60_000})
				.toMatchObject({
					kind: 'unsupported',
					message: expect.stringContaining('statement pooling'),
					hint: expect.stringMatching(/transaction or session pooling/),
				});
		} finally {
			await link.close();
			await own.end();
		}
	});

	test('while a statement that cannot be cancelled still runs, no other one is begun', async () => {
		const link = linkTo(server, 5000, 'midwatch stuck');
		const stop = new AbortController();
		const sleeping = failure(link.query('SELECT pg_sleep(30) AS stuck', [], stop.signal));
		const [stuck] = await pollUntil(async () => {
			const found = await runQuery<{pid: number}>(
				server,
				"SELECT pid FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(30) AS stuck' AND state = 'active'",
			);
			return found.length > 0 ? found : undefined;
		});
		if (stuck === undefined) throw new Error('it does not run');
		process.kill(stuck.pid, 'SIGSTOP');
		try {
			stop.abort();
			await sleeping;
			for (let read = 0; read < 3; read += 1) {
				expect(await failure(link.query('SELECT 1', [], signal()))).toMatchObject({
					kind: 'timeout',
					message: `the last read still runs on the server, as pid ${stuck.pid}, though it was cancelled`,
				});
			}
			const [own] = await runQuery<{n: number}>(
				server,
				"SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'midwatch stuck'",
			);
			// The one that is stuck, and the one that looks whether it is.
			expect(own?.n).toBe(2);
		} finally {
			process.kill(stuck.pid, 'SIGCONT');
		}
		const answer = await pollUntil(async () => link.query('SELECT 1 AS one', [], signal()).catch(() => undefined));
		expect(answer).toEqual([{one: '1'}]);
		await link.close();
	});
});
