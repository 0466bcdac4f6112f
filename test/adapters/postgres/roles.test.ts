import {expect, test} from 'vitest';
import {describePostgres, postgresVersions} from '../../estate/describe-server.ts';
import {runQuery} from '../../estate/postgres.ts';
import {actionOf, openPostgres, openSession, pollUntil, readRow} from './postgres-fixture.ts';

for (const name of postgresVersions) {
	describePostgres(name, 'roles', server => {
		test('a role without grants sees how much is hidden and the statement that grants it; the rest is shown', async () => {
			const app = await openSession(server, 'roles-bare');
			const end = app.startQuery('SELECT pg_sleep(60)');
			const watch = await openPostgres(server, 'bare');
			try {
				const row = await readRow(watch, app.pid);
				expect(row).toMatchObject({
					id: `${app.pid}@hidden`,
					severity: 'unknown',
					hidden: true,
					user: 'app',
					application: 'roles-bare',
					state: undefined,
					backendStart: undefined,
				});
				expect(row.query).toBe('<insufficient privilege>');
				const {notes, gauges} = await watch.read('postgres.session');
				expect(notes).toContainEqual({
					text: expect.stringMatching(/^state, waits and statements of .* are hidden from mw_bare$/),
					hint: 'GRANT pg_monitor TO mw_bare;',
					severity: 'unknown',
				});
				expect(gauges.find(gauge => gauge.id === 'connections')?.value).toBeGreaterThan(0);
				for (const id of ['postgres.cancel', 'postgres.terminate']) {
					expect(actionOf(id).disabled([row])).toBe('its start is hidden from us: needs pg_read_all_stats');
				}
				await watch.read('postgres.statement');
				const statements = await watch.read('postgres.statement');
				expect(statements.notes).toContainEqual({
					text: expect.stringMatching(/^\d[\d,]* statements of other users are hidden from mw_bare$/),
					hint: 'GRANT pg_monitor TO mw_bare;',
					severity: 'unknown',
				});
			} finally {
				await runQuery(server, 'SELECT pg_cancel_backend($1)', [app.pid]);
				expect(await end).toBe('57014');
				await app.end();
				await watch.close();
			}
		});

		test('a bare role still sees who blocks whom', async () => {
			const root = await openSession(server, 'roles-root');
			await root.client.query('SELECT pg_advisory_lock(4712)');
			const waiter = await openSession(server, 'roles-waiter');
			const end = waiter.startQuery('SELECT pg_advisory_lock(4712)');
			const watch = await openPostgres(server, 'bare');
			try {
				const row = await readRow(watch, waiter.pid, each => each.roots.length > 0);
				expect(row.roots).toEqual([root.pid]);
			} finally {
				await root.end();
				await end;
				await waiter.end();
				await watch.close();
			}
		});

		test.each([
			['superuser', ['have', 'have', 'have', 'have'], []],
			['operator', ['have', 'have', 'have', 'have'], []],
			['monitor', ['have', 'lack', 'have', 'have'], ['GRANT pg_signal_backend TO mw_monitor;']],
			[
				'bare',
				['lack', 'lack', 'unknown', 'have'],
				[
					'GRANT pg_monitor TO mw_bare;',
					'GRANT pg_signal_backend TO mw_bare;',
					expect.stringContaining("shared_preload_libraries = 'pg_stat_statements'"),
				],
			],
		] as const)('permissions of %s', async (role, states, grants) => {
			const watch = await openPostgres(server, role);
			try {
				const permissions = await watch.connection.permissions({signal: AbortSignal.timeout(120_000), now: Date.now});
				expect(permissions.map(({name}) => name)).toEqual([
					'pg_read_all_stats',
					'pg_signal_backend',
					'pg_stat_statements loaded',
					'pg_stat_statements installed in postgres',
				]);
				expect(permissions.map(({state}) => state)).toEqual(states);
				expect(permissions.map(({grant}) => grant).filter(Boolean)).toEqual(grants);
			} finally {
				await watch.close();
			}
		});

		test('the reported statements grant it, whatever the name of the role', async () => {
			await runQuery(server, 'CREATE ROLE "Night Watch" LOGIN PASSWORD \'x\'');
			const user = 'Night Watch';
			const settings = {user, password: {source: 'the test', reveal: async () => 'x'}};
			const missing = async () => {
				const watch = await openPostgres(server, 'bare', {settings});
				const permissions = await watch.connection.permissions({signal: AbortSignal.timeout(120_000), now: Date.now});
				await watch.close();
				return permissions.filter(({state}) => state === 'lack').map(({grant}) => grant);
			};
			try {
				const lines = await missing();
				expect(lines).toEqual(['GRANT pg_monitor TO "Night Watch";', 'GRANT pg_signal_backend TO "Night Watch";']);
				for (const line of lines) await runQuery(server, line);
				expect(await missing()).toEqual([]);
			} finally {
				await runQuery(server, 'DROP ROLE "Night Watch"');
			}
		});

		test('without the permission, the check blocks with the statement that grants it, and the server refuses too', async () => {
			const app = await openSession(server, 'roles-monitor');
			const end = app.startQuery('SELECT pg_sleep(60)');
			const watch = await openPostgres(server, 'monitor');
			try {
				const row = await readRow(watch, app.pid, each => each.state === 'active');
				const cancel = actionOf('postgres.cancel');
				const {plan} = await cancel.preview([row], {}, watch.actionContext());
				expect(await cancel.preflight(plan, watch.actionContext())).toContainEqual(
					expect.objectContaining({result: 'block', detail: 'needs: GRANT pg_signal_backend TO mw_monitor;'}),
				);
				await expect(cancel.run(plan, watch.actionContext())).rejects.toMatchObject({kind: 'denied'});
				expect(await readRow(watch, app.pid)).toMatchObject({state: 'active', queryStart: row.queryStart});
			} finally {
				await runQuery(server, 'SELECT pg_cancel_backend($1)', [app.pid]);
				expect(await end).toBe('57014');
				await app.end();
				await watch.close();
			}
		});

		test("an operator's signal does not reach a superuser's session", async () => {
			const root = await openSession(server, 'roles-superuser', 'superuser');
			await root.client.query('BEGIN');
			const watch = await openPostgres(server, 'operator');
			try {
				const row = await readRow(watch, root.pid);
				const terminate = actionOf('postgres.terminate');
				const {plan} = await terminate.preview([row], {}, watch.actionContext());
				const checks = await terminate.preflight(plan, watch.actionContext());
				expect(checks).toContainEqual(
					expect.objectContaining({
						result: 'block',
						detail: expect.stringMatching(/^postgres is a superuser: only a superuser may/),
					}),
				);
				expect(checks.some(check => check.conflict)).toBe(false);
				await expect(terminate.run(plan, watch.actionContext())).rejects.toMatchObject({kind: 'denied'});
				expect(await pollUntil(async () => (await watch.sessions()).find(each => each.pid === root.pid))).toBeDefined();
			} finally {
				await root.end();
				await watch.close();
			}
		});
	});
}
