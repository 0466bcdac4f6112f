import {afterAll, beforeAll, expect, test} from 'vitest';
import {sessionsSource} from '../../../adapters/postgres/sessions.ts';
import type {PostgresSessionRow} from '../../../src/model/postgres/postgres-session.ts';
import {describePostgres, postgresVersions} from '../../estate/describe-server.ts';
import {runQuery} from '../../estate/postgres.ts';
import {
	type OtherSession,
	openPostgres,
	openSession,
	type PostgresFixture,
	pollUntil,
	readInspectionText,
	readRow,
} from './postgres-fixture.ts';

for (const name of postgresVersions) {
	describePostgres(name, 'sessions', server => {
		let watch: PostgresFixture;
		const guests: OtherSession[] = [];
		const guest = async (application: string) => {
			const joined = await openSession(server, application, 'superuser');
			guests.push(joined);
			return joined;
		};

		beforeAll(async () => {
			watch = await openPostgres(server, 'monitor');
			await runQuery(server, 'CREATE TABLE IF NOT EXISTS mw_stock (id int PRIMARY KEY, n int)');
			await runQuery(server, 'INSERT INTO mw_stock SELECT 1, 1 ON CONFLICT DO NOTHING');
		});
		afterAll(async () => {
			await Promise.all(guests.map(each => each.end()));
			await watch.close();
			await runQuery(server, 'DROP TABLE mw_stock');
		});

		test('a waiting session is shown below the one it waits for, and the finding names the root', async () => {
			const root = await guest('sessions-root');
			await root.client.query('BEGIN');
			await root.client.query('UPDATE mw_stock SET n = n + 1');
			const waiters = [await guest('sessions-waiter'), await guest('sessions-waiter')];
			const ends = waiters.map(each => each.startQuery('UPDATE mw_stock SET n = n + 1'));
			await readRow(watch, root.pid, row => row.blocks === 2);

			const snapshot = await watch.read('postgres.session');
			const rows = snapshot.rows as readonly PostgresSessionRow[];
			const byPid = new Map(rows.map(row => [row.pid, row]));
			expect(byPid.get(root.pid)).toMatchObject({
				state: 'idle in transaction',
				roots: [],
				application: 'sessions-root',
			});
			for (const {pid} of waiters) {
				expect(byPid.get(pid)).toMatchObject({state: 'active', waitType: 'Lock', roots: [root.pid]});
				expect(byPid.get(pid)?.wait?.relation).toBe('public.mw_stock');
			}
			const gauges = Object.fromEntries(snapshot.gauges.map(gauge => [gauge.id, gauge.value]));
			expect(gauges).toMatchObject({blocked: 2});

			const tree = await readInspectionText(watch, 'postgres.lock-tree', rows[0] as PostgresSessionRow);
			expect(tree).toMatch(
				new RegExp(`^Pid ${root.pid}  idle in transaction \\d+s, app sessions-root  \\(2 wait for it\\)$`, 'm'),
			);
			expect(tree).toContain('holds RowExclusiveLock on public.mw_stock');
			expect(tree.match(/└─|├─/g)).toHaveLength(2);
			expect(tree).toMatch(/waits \d+s for ShareLock on public\.mw_stock \(transactionid\), app sessions-waiter/);

			await pollUntil(async () => {
				const now = await watch.read('postgres.session');
				const found = sessionsSource.findings(now, undefined, {
					target: server.name,
					now: Date.now(),
				});
				return found.find(
					finding =>
						finding.row?.id === byPid.get(root.pid)?.id &&
						/^2 sessions wait for pid \d+ \(idle in transaction \d+s, app sessions-root\)$/.test(finding.sentence),
				);
			});

			await root.client.query('ROLLBACK');
			expect(await Promise.all(ends)).toEqual(['done', 'done']);
			await pollUntil(async () => ((await watch.sessions()).some(row => row.roots.length > 0) ? undefined : true));
		});

		test('an idle session that blocks others with an advisory lock is shown too', async () => {
			const holder = await guest('sessions-advisory');
			await holder.client.query('SELECT pg_advisory_lock(4711)');
			const waiter = await guest('sessions-advisory-waiter');
			const end = waiter.startQuery('SELECT pg_advisory_lock(4711)');
			const row = await readRow(watch, holder.pid);
			expect(row).toMatchObject({state: 'idle', blocks: 1});
			await holder.client.query('SELECT pg_advisory_unlock_all()');
			expect(await end).toBe('done');
			await pollUntil(async () => ((await watch.sessions()).some(({pid}) => pid === holder.pid) ? undefined : true));
		});

		test('a relation of another database is shown by its OID and that database', async () => {
			await runQuery(server, 'CREATE TABLE IF NOT EXISTS mw_far (n int)', [], 'app', 'shop');
			const [holder, waiter] = [
				await openSession(server, 'far', 'app', 'shop'),
				await openSession(server, 'far', 'app', 'shop'),
			];
			await holder.client.query('BEGIN; LOCK mw_far');
			const end = waiter.startQuery('SELECT * FROM mw_far');
			const row = await readRow(watch, waiter.pid, each => each.wait !== undefined);
			expect(row.wait?.relation).toMatch(/^relation \d+ of shop$/);
			await holder.client.query('COMMIT');
			expect(await end).toBe('done');
			await Promise.all([holder.end(), waiter.end()]);
			await runQuery(server, 'DROP TABLE mw_far', [], 'app', 'shop');
		});

		test('counts connections by state as the server itself does', async () => {
			const {gauges} = await watch.read('postgres.session');
			const connections = gauges.find(gauge => gauge.id === 'connections');
			const [limit] = await runQuery<{n: number}>(
				server,
				`SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
					- coalesce(current_setting('reserved_connections', true), '0')::int AS n`,
			);
			expect(connections?.limit).toBe(limit?.n);
			const idle = [await guest('sessions-idle'), await guest('sessions-idle')];
			const groups = await watch.connection.port.connectionGroups({signal: AbortSignal.timeout(120_000)});
			expect(groups.filter(group => group.application === 'sessions-idle')).toEqual([
				expect.objectContaining({count: 2, state: 'idle', user: 'postgres', database: 'postgres'}),
			]);
			expect((await watch.sessions()).some(row => idle.some(({pid}) => pid === row.pid))).toBe(false);
		});

		test('the statement of a session is shown completely, with a note where the server cut it', async () => {
			const talker = await guest('sessions-long');
			const size = 300;
			const end = talker.startQuery(`SELECT pg_sleep(60) /* ${'x'.repeat(size)} */`);
			const row = await readRow(watch, talker.pid);
			const text = await readInspectionText(watch, 'postgres.statement', row);
			expect(text).toContain('x'.repeat(size));
			expect(text).not.toContain('cut by the server');
			await runQuery(server, 'SELECT pg_cancel_backend($1)', [talker.pid]);
			expect(await end).toBe('57014');

			const cut = talker.startQuery(`SELECT pg_sleep(60) /* ${'y'.repeat(5_000_000)} */`);
			const long = await readRow(watch, talker.pid, each => each.query?.includes('yyy') ?? false);
			expect(long.query?.length).toBeLessThanOrEqual(2000);
			expect(await readInspectionText(watch, 'postgres.statement', long)).toContain(
				'cut by the server, which stores 1Ki of each',
			);
			await runQuery(server, 'SELECT pg_cancel_backend($1)', [talker.pid]);
			expect(await cut).toBe('57014');
		});
	});
}
