import {afterAll, beforeAll, expect, test} from 'vitest';
import {describePostgres, postgresVersions} from '../../estate/describe-server.ts';
import {runQuery} from '../../estate/postgres.ts';
import {
	actionOf,
	openPostgres,
	openSession,
	type PostgresFixture,
	pollUntil,
	readInspectionText,
	readRow,
} from './postgres-fixture.ts';

for (const name of postgresVersions) {
	describePostgres(name, 'secrets in statements', server => {
		let watch: PostgresFixture;

		beforeAll(async () => {
			watch = await openPostgres(server, 'operator');
			await runQuery(server, 'CREATE ROLE mw_secret');
		});
		afterAll(async () => {
			await watch.close();
			await runQuery(server, 'DROP ROLE mw_secret');
		});

		test.each([
			["PASSWORD 's3cr''s3cr'", 'PASSWORD \\*\\*\\*'],
			["PASSWORD E's3cr\\'s3cr'", 'PASSWORD \\*\\*\\*'],
			['PASSWORD $$s3cr$$', 'PASSWORD \\*\\*\\*'],
		])('%s reaches neither rows, nor texts, nor a plan', async (clause, shown) => {
			const admin = await openSession(server, 'secrets-admin', 'superuser');
			try {
				await admin.client.query('BEGIN');
				await admin.client.query(`ALTER ROLE mw_secret ${clause} VALID UNTIL 'infinity'`);
				const row = await readRow(watch, admin.pid, each => each.query?.startsWith('ALTER') ?? false);
				const masked = new RegExp(`^ALTER ROLE mw_secret ${shown} VALID UNTIL 'infinity'$`);
				expect(row.query).toMatch(masked);
				const text = await readInspectionText(watch, 'postgres.statement', row);
				expect(text).toMatch(new RegExp(masked.source, 'm'));
				const preview = await actionOf('postgres.terminate').preview([row], {}, watch.actionContext());
				expect(JSON.stringify([preview, text, await watch.read('postgres.session')])).not.toContain('s3cr');
			} finally {
				await admin.client.query('ROLLBACK');
				await admin.end();
			}
			// pg_stat_statements keeps the text as it was written.
			const {rows} = await pollUntil(async () => {
				const snapshot = await watch.read('postgres.statement');
				return snapshot.rows.some(row => 'query' in row && /ALTER ROLE mw_secret/.test(String(row.query)))
					? snapshot
					: undefined;
			});
			expect(JSON.stringify(rows)).not.toContain('s3cr');
		});
	});
}
