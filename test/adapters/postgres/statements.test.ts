import {afterAll, beforeAll, expect, test} from 'vitest';
import type {PostgresStatementRow} from '../../../src/model/postgres/postgres-statement.ts';
import {describePostgres, postgresVersions} from '../../estate/describe-server.ts';
import {runQuery} from '../../estate/postgres.ts';
import {
	type OtherSession,
	openPostgres,
	openSession,
	type PostgresFixture,
	readInspectionText,
} from './postgres-fixture.ts';

/** The server distinguishes statements by their shape, not by the names of their columns: each test has a shape of its own. */
const marked = (watch: PostgresFixture, mark: string) => async (): Promise<PostgresStatementRow | undefined> => {
	const {rows} = await watch.read('postgres.statement');
	return (rows as readonly PostgresStatementRow[]).find(row => row.query?.includes(mark));
};

for (const name of postgresVersions) {
	describePostgres(name, 'statements', server => {
		let watch: PostgresFixture;
		let app: OtherSession;

		beforeAll(async () => {
			// Older entries would come before those of these tests; no other statements matter here.
			await runQuery(server, 'SELECT pg_stat_statements_reset()');
			watch = await openPostgres(server, 'monitor');
			app = await openSession(server, 'statements');
		});
		afterAll(async () => {
			await app.end();
			await watch.close();
		});

		test('have no figures at first, and then those between the two reads', async () => {
			const look = marked(watch, 'AS between_reads');
			const run = () => app.client.query('SELECT pg_sleep(0.02) AS between_reads, 3 FROM generate_series(1, 2)');
			await run();
			expect(await look()).toMatchObject({
				user: 'app',
				database: 'postgres',
				calls: 1,
				callsPerSecond: undefined,
				meanMs: undefined,
				share: undefined,
			});
			for (let turn = 0; turn < 4; turn++) await run();
			const row = await look();
			expect(row?.calls).toBe(5);
			// Each sleeps twice: the server's own clock says at least that much of each call.
			expect(row?.meanMs).toBeGreaterThanOrEqual(40);
			expect(row?.callsPerSecond).toBeGreaterThan(0);
			expect((row?.rowsPerSecond ?? 0) / (row?.callsPerSecond ?? 1)).toBeCloseTo(2, 5);
			expect(row?.share).toBeGreaterThan(0);
			expect(row?.share).toBeLessThanOrEqual(1);
			expect(row?.history.filter(load => load !== undefined)).toHaveLength(1);
			const still = await look();
			expect(still).toMatchObject({callsPerSecond: 0, meanMs: undefined});
			expect(still?.id).toBe(row?.id);
		});

		test('a reset is reported, and all rows have no figures once', async () => {
			const look = marked(watch, 'AS after_reset');
			const run = () => app.client.query('SELECT pg_sleep(0.02), 1 AS after_reset');
			await run();
			await look();
			await runQuery(server, 'SELECT pg_stat_statements_reset()');
			await run();
			const {rows, notes} = await watch.read('postgres.statement');
			const row = (rows as readonly PostgresStatementRow[]).find(each => each.query?.includes('AS after_reset'));
			expect(row).toMatchObject({calls: 1, callsPerSecond: undefined});
			// Before PostgreSQL 14 the server does not report when it was reset: only the totals show it.
			if (!server.version.startsWith('13')) {
				expect(notes.map(note => note.text)).toContainEqual(
					expect.stringMatching(/^the statistics were reset at \d{4}-/),
				);
			}
			await run();
			expect((await look())?.callsPerSecond).toBeGreaterThan(0);
		});

		test('a text of megabytes is cut, and its inspection says so', async () => {
			await app.client.query(`SELECT pg_sleep(0.02), 1, 2 AS huge_${'x'.repeat(30)} /* ${'y'.repeat(400_000)} */`);
			const row = await marked(watch, 'AS huge_')();
			if (row === undefined) throw new Error('the statement is not among those shown');
			expect(row.query?.length).toBeLessThanOrEqual(2000);
			const text = await readInspectionText(watch, 'postgres.statement-text', row);
			expect(text).toContain('… cut after 200k characters');
			expect(text.length).toBeLessThan(201_000);
		});

		test('a text has its control characters unchanged: the table cleans them', async () => {
			await app.client.query('SELECT pg_sleep(0.02), 1, 2, 3 AS "\u001b[31mred\u202e"');
			expect((await marked(watch, '[31mred')())?.query).toContain('\u001b[31mred\u202e');
		});

		test('a database without the extension gets the statement that installs it; sessions are still shown', async () => {
			const other = await openPostgres(server, 'monitor', {settings: {database: 'template1'}});
			try {
				expect(await other.read('postgres.statement')).toMatchObject({
					rows: [],
					notes: [
						{
							text: 'no statements: pg_stat_statements is not installed in this database',
							hint: 'CREATE EXTENSION pg_stat_statements;',
							severity: 'unknown',
						},
					],
				});
				expect((await other.read('postgres.session')).gauges.length).toBeGreaterThan(0);
			} finally {
				await other.close();
			}
		});
	});
}
