import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {promisify} from 'node:util';
import {Client} from 'pg';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {describePostgres, postgresVersions} from '../../estate/describe-server.ts';
import type {PostgresServer} from '../../estate/estate-record.ts';
import {pgConfig, runQuery} from '../../estate/postgres.ts';
import {
	actionOf,
	type OtherSession,
	openPostgres,
	openSession,
	type PostgresFixture,
	pollUntil,
	readRow,
} from './postgres-fixture.ts';

const shell = promisify(execFile);

const cancel = actionOf('postgres.cancel');
const terminate = actionOf('postgres.terminate');

const isThere = async (server: PostgresServer, pid: number): Promise<boolean> =>
	(await runQuery(server, 'SELECT 1 FROM pg_stat_activity WHERE pid = $1', [pid])).length > 0;

for (const name of postgresVersions) {
	describePostgres(name, 'acts', server => {
		let watch: PostgresFixture;
		let guests: OtherSession[] = [];
		const guest = async (application: string, role: 'app' | 'superuser' = 'app') => {
			const joined = await openSession(server, application, role);
			guests.push(joined);
			return joined;
		};

		beforeAll(async () => {
			watch = await openPostgres(server, 'operator');
		});
		afterAll(async () => {
			await Promise.all(guests.map(each => each.end()));
			guests = [];
			await watch.close();
		});

		test('ending the blocking idle session unblocks the waiting ones; ending a waiting one unblocks none', async () => {
			const root = await guest('acts-root');
			await root.client.query('BEGIN; SELECT pg_advisory_xact_lock(1)');
			const [first, second] = [await guest('acts-waiter'), await guest('acts-waiter')];
			const ends = [
				first.startQuery('SELECT pg_advisory_xact_lock(1)'),
				second.startQuery('SELECT pg_advisory_xact_lock(1)'),
			];
			const waiter = await readRow(watch, first.pid, row => row.roots.length > 0);
			await readRow(watch, root.pid, row => row.blocks === 2);

			const useless = await cancel.preview([waiter], {}, watch.actionContext());
			expect(useless.unhelpful?.reason).toBe(`it only waits: pid ${root.pid} holds the lock`);
			await cancel.run(useless.plan, watch.actionContext());
			expect(await ends[0]).toBe('57014');
			const row = await readRow(watch, root.pid, each => each.blocks === 1);

			const preview = await terminate.preview([row], {}, watch.actionContext());
			expect(preview).toMatchObject({risk: 'medium', object: String(root.pid)});
			expect(preview.unhelpful).toBeUndefined();
			expect(preview.impact).toMatch(
				/^The connection is closed\. Its transaction of \d+s is rolled back\. .* 1 session waits for it\.$/,
			);
			const receipt = await terminate.run(preview.plan, watch.actionContext());
			expect(receipt.summary).toBe(
				`terminated pid ${root.pid}: idle in transaction: BEGIN; SELECT pg_advisory_xact_lock(1)`,
			);
			expect(receipt.before).toMatchObject({state: 'idle in transaction', transactionStart: row.transactionStart});
			await expect
				.poll(async () => (await terminate.verify(preview.plan, receipt, watch.actionContext())).result)
				.toBe('done');
			expect(await isThere(server, root.pid)).toBe(false);
			expect(await ends[1]).toBe('done');
		});

		test('the record travels with the act: the server logs it under its id', async () => {
			const sleeper = await guest('acts-record');
			const end = sleeper.startQuery('SELECT pg_sleep(60)');
			const row = await readRow(watch, sleeper.pid, each => each.state === 'active');
			const about = watch.actionContext(`log-${sleeper.pid}`);
			const {plan} = await cancel.preview([row], {}, about);
			await cancel.run(plan, about);
			expect(await end).toBe('57014');
			const logged = readFileSync(server.log, 'utf8').split('\n');
			expect(
				logged.some(
					line =>
						line.includes(`mw_operator@postgres midwatch log-${sleeper.pid} `) && line.includes('pg_cancel_backend'),
				),
			).toBe(true);
		});

		test('the line for the shell does the same, in a real shell', async () => {
			const sleeper = await guest("acts 'quoted' \\ $HOME");
			const end = sleeper.startQuery('SELECT pg_sleep(60)');
			const row = await readRow(watch, sleeper.pid, each => each.state === 'active');
			const {cliEquivalent: equivalent} = await cancel.preview([row], {}, watch.actionContext());
			const env = {...process.env, PGPASSWORD: server.logins.operator.password};
			const {stdout} = await shell('/bin/sh', ['-c', equivalent], {env});
			expect(stdout).toMatch(new RegExp(`${sleeper.pid} \\| t`));
			expect(await end).toBe('57014');
			// The statement is over: the same line matches nothing now.
			expect((await shell('/bin/sh', ['-c', equivalent], {env})).stdout).toMatch(/\(0 rows\)/);

			await sleeper.client.query('BEGIN');
			const idle = await readRow(watch, sleeper.pid, each => each.state === 'idle in transaction');
			const {cliEquivalent: ending} = await terminate.preview([idle], {}, watch.actionContext());
			await sleeper.client.query('COMMIT; BEGIN');
			expect((await shell('/bin/sh', ['-c', ending], {env})).stdout).toMatch(/\(0 rows\)/);
			expect(await isThere(server, sleeper.pid)).toBe(true);
		});

		test('the CLI equivalents run in a real shell', async () => {
			const env = {...process.env, PGPASSWORD: server.logins.operator.password};
			const {postgresSystem: postgres} = await import('../../../adapters/postgres/system.ts');
			for (const line of postgres.sources.flatMap(source => source.cliEquivalent(watch.target))) {
				// The columns of the extension are named as from PostgreSQL 13 on.
				await expect(shell('/bin/sh', ['-c', line], {env})).resolves.toMatchObject({stderr: ''});
			}
		});

		test('cancelling does not end an idle transaction, and says what does', async () => {
			const idle = await guest('acts-idle');
			await idle.client.query('BEGIN');
			const row = await readRow(watch, idle.pid);
			const preview = await cancel.preview([row], {}, watch.actionContext());
			expect(preview.unhelpful).toEqual({
				reason: 'it runs nothing: cancelling does not end an idle transaction',
				instead: 'postgres.terminate',
			});
			const checks = await cancel.preflight(preview.plan, watch.actionContext());
			expect(checks).toContainEqual(
				expect.objectContaining({result: 'block', detail: expect.stringContaining('nothing to cancel')}),
			);
			await expect(cancel.run(preview.plan, watch.actionContext())).rejects.toMatchObject({kind: 'conflict'});
			expect(await isThere(server, idle.pid)).toBe(true);
			await idle.client.query('COMMIT');
		});

		test('a session that went on from idle to work is not ended for having been idle', async () => {
			const idle = await guest('acts-moved');
			await idle.client.query('BEGIN');
			const row = await readRow(watch, idle.pid);
			const {plan} = await terminate.preview([row], {}, watch.actionContext());
			const end = idle.startQuery('SELECT pg_sleep(1)');
			await readRow(watch, idle.pid, each => each.state === 'active');
			expect(await terminate.preflight(plan, watch.actionContext())).toEqual([
				expect.objectContaining({
					result: 'block',
					conflict: true,
					detail: expect.stringMatching(`^pid ${idle.pid} has changed: now SELECT pg_sleep\\(1\\) \\(active for `),
				}),
			]);
			await expect(terminate.run(plan, watch.actionContext())).rejects.toMatchObject({kind: 'conflict'});
			expect(await end).toBe('done');
			await idle.client.query('COMMIT');
		});

		test('a row whose session has ended is refused before anything is bound', async () => {
			const brief = await guest('acts-brief');
			await brief.client.query('BEGIN');
			const row = await readRow(watch, brief.pid);
			await brief.end();
			await pollUntil(async () => ((await isThere(server, brief.pid)) ? undefined : true));
			for (const action of [cancel, terminate]) {
				await expect(action.preview([row], {}, watch.actionContext())).rejects.toMatchObject({kind: 'conflict'});
			}
		});

		test('the connection that midwatch reads with is not ended by midwatch', async () => {
			const {pid = 0} = await watch.connection.port.server({signal: AbortSignal.timeout(120_000)});
			const idle = await guest('acts-own');
			await idle.client.query('BEGIN');
			const row = await readRow(watch, idle.pid);
			expect((await watch.sessions()).some(each => each.pid === pid)).toBe(false);
			// Its own sessions are never rows: one is made up here.
			const [own] = await watch.connection.port.sessionsByPid([pid], {signal: AbortSignal.timeout(120_000)});
			const made = {...row, ...own};
			const {plan} = await terminate.preview([made], {}, watch.actionContext());
			expect(await terminate.preflight(plan, watch.actionContext())).toContainEqual(
				expect.objectContaining({result: 'block', detail: 'it is the connection that midwatch reads with'}),
			);
		});
	});
}

describePostgres('postgres-15', 'acts in a database of another encoding', server => {
	test('a statement that cannot be converted does not make a signal that was sent look refused', async () => {
		const database = 'acts_euc_jp';
		const kind = "TEMPLATE template0 ENCODING 'EUC_JP' LC_COLLATE 'C' LC_CTYPE 'C'";
		await runQuery(server, `DROP DATABASE IF EXISTS ${database}`);
		await runQuery(server, `CREATE DATABASE ${database} ${kind}`);
		const utf8 = await openPostgres(server, 'operator');
		const japanese = await openPostgres(server, 'operator', {settings: {database}});
		const sleeper = await openSession(server, 'acts-encoding');
		try {
			const end = sleeper.startQuery("SELECT pg_sleep(60), 'caf\u00e9'");
			const row = await readRow(utf8, sleeper.pid, each => each.state === 'active');
			const {pid, backendStart, transactionStart, queryStart, state} = row;
			if (backendStart === undefined || transactionStart === undefined) throw new Error('it has no start');
			if (queryStart === undefined || state === undefined) throw new Error('it runs nothing');
			const identity = {pid, backendStart, transactionStart, queryStart, state};
			const {port} = japanese.connection;
			const results = await port.cancel([identity], 'encoding', {signal: AbortSignal.timeout(120_000)});
			expect(results.get(pid)).toMatchObject({
				result: 'sent',
				at: {state: 'active', query: "SELECT pg_sleep(60), 'caf?'"},
			});
			expect(await end).toBe('57014');
		} finally {
			await Promise.all([utf8.close(), japanese.close(), sleeper.end()]);
			await runQuery(server, `DROP DATABASE ${database} WITH (FORCE)`);
		}
	});
});

describePostgres('postgres-15', 'acts when all connections are taken', server => {
	test('the one connection that reads acts, under the record, and goes on reading', async () => {
		const watch = await openPostgres(server, 'operator');
		const sleeper = await openSession(server, 'acts-full');
		const end = sleeper.startQuery('SELECT pg_sleep(60)');
		const row = await readRow(watch, sleeper.pid, each => each.state === 'active');
		const crowd: Client[] = [];
		try {
			for (;;) {
				const client = new Client({...pgConfig(server, 'app', 'postgres'), application_name: 'acts-crowd'});
				client.on('error', () => {});
				const full = await client.connect().then(
					() => false,
					(error: {code?: string}) => error.code === '53300',
				);
				if (full) break;
				crowd.push(client);
			}
			const about = watch.actionContext('full-1');
			const {plan} = await cancel.preview([row], {}, about);
			await cancel.run(plan, about);
			expect(await end).toBe('57014');
			expect(readFileSync(server.log, 'utf8')).toMatch(/midwatch full-1 .*pg_cancel_backend/);
			const {gauges} = await watch.read('postgres.session');
			expect(gauges.find(gauge => gauge.id === 'connections')).toMatchObject({severity: 'crit'});
		} finally {
			await Promise.all(crowd.map(client => client.end().catch(() => undefined)));
			await sleeper.end();
			await watch.close();
		}
	});
});
