import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {promisify} from 'node:util';
import {Client} from 'pg';
import {expect, test} from 'vitest';
import {describePostgres, postgresVersions} from '../../estate/describe-server.ts';
import {pgConfig, runQuery} from '../../estate/postgres.ts';
import {
	actionOf,
	isConnected,
	openPostgres,
	openSession,
	pollUntil,
	readRow,
	sharePostgres,
} from './postgres-fixture.ts';

const shell = promisify(execFile);

const cancel = actionOf('postgres.cancel');
const terminate = actionOf('postgres.terminate');

for (const name of postgresVersions) {
	describePostgres(name, 'acts', server => {
		const shared = sharePostgres(server);

		test('ending the blocking idle session unblocks the waiting ones; ending a waiting one unblocks none', async () => {
			const root = await shared.guest('acts-root');
			await root.client.query('BEGIN; SELECT pg_advisory_xact_lock(1)');
			const [first, second] = [await shared.guest('acts-waiter'), await shared.guest('acts-waiter')];
			const ends = [
				first.startQuery('SELECT pg_advisory_xact_lock(1)'),
				second.startQuery('SELECT pg_advisory_xact_lock(1)'),
			];
			const waiter = await readRow(shared.watch, first.pid, row => row.roots.length > 0);
			await readRow(shared.watch, root.pid, row => row.blocks === 2);

			const useless = await cancel.preview([waiter], {}, shared.watch.actionContext());
			expect(useless.unhelpful?.reason).toBe(`it only waits: pid ${root.pid} holds the lock`);
			await cancel.run(useless.plan, shared.watch.actionContext());
			expect(await ends[0]).toBe('57014');
			const row = await readRow(shared.watch, root.pid, each => each.blocks === 1);

			const preview = await terminate.preview([row], {}, shared.watch.actionContext());
			expect(preview).toMatchObject({risk: 'medium', object: String(root.pid)});
			expect(preview.unhelpful).toBeUndefined();
			expect(preview.impact).toMatch(
				/^The connection is closed\. Its transaction of \d+s is rolled back\. .* 1 session waits for it\.$/,
			);
			const receipt = await terminate.run(preview.plan, shared.watch.actionContext());
			expect(receipt.summary).toBe(
				`terminated pid ${root.pid}: idle in transaction: BEGIN; SELECT pg_advisory_xact_lock(1)`,
			);
			expect(receipt.before).toMatchObject({state: 'idle in transaction', transactionStart: row.transactionStart});
			await expect
				.poll(async () => (await terminate.verify(preview.plan, receipt, shared.watch.actionContext())).result)
				.toBe('done');
			expect(await isConnected(server, root.pid)).toBe(false);
			expect(await ends[1]).toBe('done');
		});

		test('an action is sent with the id of its record, which the server logs', async () => {
			const sleeper = await shared.guest('acts-record');
			const end = sleeper.startQuery('SELECT pg_sleep(60)');
			const row = await readRow(shared.watch, sleeper.pid, each => each.state === 'active');
			const actionContext = shared.watch.actionContext(`log-${sleeper.pid}`);
			const {plan} = await cancel.preview([row], {}, actionContext);
			await cancel.run(plan, actionContext);
			expect(await end).toBe('57014');
			const logged = readFileSync(server.log, 'utf8').split('\n');
			expect(
				logged.some(
					line =>
						line.includes(`mw_operator@postgres midwatch log-${sleeper.pid} `) && line.includes('pg_cancel_backend'),
				),
			).toBe(true);
		});

		test('the CLI equivalent does the same in a real shell', async () => {
			const sleeper = await shared.guest("acts 'quoted' \\ $HOME");
			const end = sleeper.startQuery('SELECT pg_sleep(60)');
			const row = await readRow(shared.watch, sleeper.pid, each => each.state === 'active');
			const {cliEquivalent: equivalent} = await cancel.preview([row], {}, shared.watch.actionContext());
			const env = {...process.env, PGPASSWORD: server.logins.operator.password};
			const {stdout} = await shell('/bin/sh', ['-c', equivalent], {env});
			expect(stdout).toMatch(new RegExp(`${sleeper.pid} \\| t`));
			expect(await end).toBe('57014');
			// The statement is over: the same line matches nothing now.
			expect((await shell('/bin/sh', ['-c', equivalent], {env})).stdout).toMatch(/\(0 rows\)/);

			await sleeper.client.query('BEGIN');
			const idle = await readRow(shared.watch, sleeper.pid, each => each.state === 'idle in transaction');
			const {cliEquivalent: ending} = await terminate.preview([idle], {}, shared.watch.actionContext());
			await sleeper.client.query('COMMIT; BEGIN');
			expect((await shell('/bin/sh', ['-c', ending], {env})).stdout).toMatch(/\(0 rows\)/);
			expect(await isConnected(server, sleeper.pid)).toBe(true);
		});

		test('the CLI equivalents run in a real shell', async () => {
			const env = {...process.env, PGPASSWORD: server.logins.operator.password};
			const {postgresSystem: postgres} = await import('../../../adapters/postgres/system.ts');
			for (const line of postgres.sources.flatMap(source => source.cliEquivalent(shared.watch.target))) {
				// The columns of the extension are named as from PostgreSQL 13 on.
				await expect(shell('/bin/sh', ['-c', line], {env})).resolves.toMatchObject({stderr: ''});
			}
		});

		test('cancelling is refused for an idle transaction, with what ends it', async () => {
			const idle = await shared.guest('acts-idle');
			await idle.client.query('BEGIN');
			const row = await readRow(shared.watch, idle.pid);
			const preview = await cancel.preview([row], {}, shared.watch.actionContext());
			expect(preview.unhelpful).toEqual({
				reason: 'it runs nothing: cancelling does not end an idle transaction',
				instead: 'postgres.terminate',
			});
			const checks = await cancel.preflight(preview.plan, shared.watch.actionContext());
			expect(checks).toContainEqual(
				expect.objectContaining({result: 'block', detail: expect.stringContaining('nothing to cancel')}),
			);
			await expect(cancel.run(preview.plan, shared.watch.actionContext())).rejects.toMatchObject({kind: 'conflict'});
			expect(await isConnected(server, idle.pid)).toBe(true);
			await idle.client.query('COMMIT');
		});

		test('a session that was shown as idle and runs a statement now is not ended', async () => {
			const idle = await shared.guest('acts-moved');
			await idle.client.query('BEGIN');
			const row = await readRow(shared.watch, idle.pid);
			const {plan} = await terminate.preview([row], {}, shared.watch.actionContext());
			const end = idle.startQuery('SELECT pg_sleep(1)');
			await readRow(shared.watch, idle.pid, each => each.state === 'active');
			expect(await terminate.preflight(plan, shared.watch.actionContext())).toEqual([
				expect.objectContaining({
					result: 'block',
					conflict: true,
					detail: expect.stringMatching(`^pid ${idle.pid} has changed: now SELECT pg_sleep\\(1\\) \\(active for `),
				}),
			]);
			await expect(terminate.run(plan, shared.watch.actionContext())).rejects.toMatchObject({kind: 'conflict'});
			expect(await end).toBe('done');
			await idle.client.query('COMMIT');
		});

		test('a row whose session has ended is refused before anything is bound', async () => {
			const brief = await shared.guest('acts-brief');
			await brief.client.query('BEGIN');
			const row = await readRow(shared.watch, brief.pid);
			await brief.end();
			await pollUntil(async () => ((await isConnected(server, brief.pid)) ? undefined : true));
			for (const action of [cancel, terminate]) {
				await expect(action.preview([row], {}, shared.watch.actionContext())).rejects.toMatchObject({kind: 'conflict'});
			}
		});

		test('the connection that midwatch reads with is not ended by midwatch', async () => {
			const {pid = 0} = await shared.watch.connection.port.server({signal: AbortSignal.timeout(120_000)});
			const idle = await shared.guest('acts-own');
			await idle.client.query('BEGIN');
			const row = await readRow(shared.watch, idle.pid);
			expect((await shared.watch.sessions()).some(each => each.pid === pid)).toBe(false);
			// Its own sessions are never rows: one is made up here.
			const [own] = await shared.watch.connection.port.sessionsByPid([pid], {signal: AbortSignal.timeout(120_000)});
			const changedRow = {...row, ...own};
			const {plan} = await terminate.preview([changedRow], {}, shared.watch.actionContext());
			expect(await terminate.preflight(plan, shared.watch.actionContext())).toContainEqual(
				expect.objectContaining({result: 'block', detail: 'it is the connection that midwatch reads with'}),
			);
		});
	});
}

describePostgres('postgres-15', 'actions in a database of another encoding', server => {
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

describePostgres('postgres-15', 'actions when all connections are in use', server => {
	test('the connection that reads sends the signal, with the id of the record, and continues to read', async () => {
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
			const actionContext = watch.actionContext('full-1');
			const {plan} = await cancel.preview([row], {}, actionContext);
			await cancel.run(plan, actionContext);
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
