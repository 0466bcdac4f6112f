import {chmodSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {sessionsSource} from '../../../adapters/postgres/sessions.ts';
import {describePostgres} from '../../estate/describe-server.ts';
import type {PostgresServer} from '../../estate/estate-record.ts';
import {restartPostgres, runQuery, startPostgres, stopPostgres} from '../../estate/postgres.ts';
import {
	openPostgres,
	openSession,
	type PostgresFixture,
	pollUntil,
	readInspectionText,
	readRow,
} from './postgres-fixture.ts';

describePostgres('postgres-15', 'a server of its own, with the binaries', ({binaries}) => {
	let folder = '';
	let server: PostgresServer;
	let watch: PostgresFixture;

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), 'midwatch-own-'));
		chmodSync(folder, 0o755);
		server = await startPostgres({
			name: 'own',
			binaries,
			folder,
			port: 0,
			extra: ['max_prepared_transactions = 5', 'track_activity_query_size = 1MB'],
		});
		watch = await openPostgres(server, 'operator');
	});
	afterAll(async () => {
		await watch.close();
		await stopPostgres(server);
		rmSync(folder, {recursive: true});
	});

	test('a prepared transaction, which belongs to no session, is reported as the blocker', async () => {
		await runQuery(server, 'CREATE TABLE held (n int)');
		await runQuery(server, "BEGIN; LOCK held; PREPARE TRANSACTION 'left-over'");
		const waiter = await openSession(server, 'own-waiter', 'superuser');
		const end = waiter.startQuery('SELECT * FROM held');
		const row = await readRow(watch, waiter.pid, each => each.roots.length > 0);
		expect(row.roots).toEqual([0]);
		const finding = await pollUntil(async () => {
			const snapshot = await watch.read('postgres.session');
			return sessionsSource.findings(snapshot, undefined, {target: server.name, now: Date.now()})[0];
		});
		expect(finding).toMatchObject({sentence: '1 session waits for a prepared transaction', actions: []});
		expect(finding.row).toBeUndefined();
		expect(await readInspectionText(watch, 'postgres.lock-tree', row)).toMatch(
			/^A prepared transaction {2}\(1 waits for it\)\n.*pg_prepared_xacts.*\n.*└─ pid \d+ {2}waits/,
		);
		await runQuery(server, "ROLLBACK PREPARED 'left-over'");
		expect(await end).toBe('done');
		await waiter.end();
	});

	test('a statement of a megabyte is truncated in the table and in its inspection', async () => {
		const talker = await openSession(server, 'own-talker');
		const end = talker.startQuery(`SELECT pg_sleep(60) /* ${'z'.repeat(900_000)} */`);
		const row = await readRow(watch, talker.pid, each => each.state === 'active');
		expect(row.query).toHaveLength(2000);
		const text = await readInspectionText(watch, 'postgres.statement', row);
		expect(text).toContain('… cut after 200k characters');
		expect(text.length).toBeLessThan(202_000);
		await runQuery(server, 'SELECT pg_cancel_backend($1)', [talker.pid]);
		expect(await end).toBe('57014');
		await talker.end();
	});

	test('a restart between two reads fails one of them, and no figure is computed across it', async () => {
		await watch.read('postgres.session');
		await watch.read('postgres.statement');
		await stopPostgres(server);
		for (const kind of ['postgres.session', 'postgres.statement']) {
			await expect(watch.read(kind)).rejects.toMatchObject({name: 'AdapterError', kind: 'unreachable'});
		}
		server = await restartPostgres(server);
		const {gauges} = await watch.read('postgres.session');
		const hits = gauges.find(gauge => gauge.id === 'cache-hits')?.value;
		if (hits !== undefined) {
			expect(hits).toBeGreaterThanOrEqual(0);
			expect(hits).toBeLessThanOrEqual(1);
		}
		expect(await watch.connection.identify({signal: AbortSignal.timeout(120_000), now: Date.now})).toMatchObject({
			who: 'mw_operator',
		});
	});

	test('an extension that is installed and not loaded is distinguished from a missing one', async () => {
		await runQuery(server, "ALTER SYSTEM SET shared_preload_libraries = 'auto_explain'");
		server = await restartPostgres(server);
		const bare = await openPostgres(server, 'monitor');
		try {
			expect((await bare.read('postgres.statement')).notes).toEqual([
				{
					text: 'no statements: pg_stat_statements is installed but not loaded by the server',
					hint: 'Add it to shared_preload_libraries in postgresql.conf, keep what is there, and restart the server.',
					severity: 'unknown',
				},
			]);
			const permissions = await bare.connection.permissions({signal: AbortSignal.timeout(120_000), now: Date.now});
			expect(permissions.find(({name}) => name === 'pg_stat_statements loaded')?.state).toBe('lack');
		} finally {
			await bare.close();
		}
	});
});
