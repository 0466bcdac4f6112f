import {expect, test} from 'vitest';
import {describePostgres} from '../../estate/describe-server.ts';
import {runQuery} from '../../estate/postgres.ts';
import {openPostgres, pollUntil} from './postgres-fixture.ts';

const lagOf = (gauges: readonly {readonly id: string}[]) => gauges.find(gauge => gauge.id === 'replication-lag');

describePostgres('postgres-15-replica', 'replication', replica => {
	test('a standby reports its lag, and what stops it', async () => {
		const watch = await openPostgres(replica, 'monitor');
		try {
			expect(await watch.connection.port.server({signal: AbortSignal.timeout(120_000)})).toMatchObject({standby: true});
			expect(lagOf((await watch.read('postgres.session')).gauges)).toMatchObject({value: 0, severity: 'ok'});
			await runQuery(replica, 'SELECT pg_wal_replay_pause()');
		} finally {
			await runQuery(replica, 'SELECT pg_wal_replay_resume()');
			await watch.close();
		}
	});
});

describePostgres('postgres-15', 'replication', primary => {
	test('a primary names the standby that follows it', async () => {
		const watch = await openPostgres(primary, 'monitor');
		try {
			const gauge = await pollUntil(async () => lagOf((await watch.read('postgres.session')).gauges));
			expect(gauge).toMatchObject({severity: 'ok', text: expect.stringMatching(/^\S+, \S+ behind/)});
		} finally {
			await watch.close();
		}
	});

	test('for a role that may not see the lag it is unknown, not zero', async () => {
		const watch = await openPostgres(primary, 'bare');
		try {
			const {gauges, notes} = await watch.read('postgres.session');
			expect(lagOf(gauges)).toBeUndefined();
			expect(notes).toContainEqual({
				text: 'the lag of the standbys is hidden from mw_bare',
				hint: 'GRANT pg_monitor TO mw_bare;',
				severity: 'unknown',
			});
		} finally {
			await watch.close();
		}
	});

	test('WAL that is retained for an unused slot is measured', async () => {
		const watch = await openPostgres(primary, 'monitor');
		await runQuery(primary, "SELECT pg_create_physical_replication_slot('mw_unused', true)");
		try {
			const {gauges} = await watch.read('postgres.session');
			expect(gauges.find(gauge => gauge.id === 'slot-wal')).toMatchObject({unit: 'bytes', text: 'slot mw_unused'});
		} finally {
			await runQuery(primary, "SELECT pg_drop_replication_slot('mw_unused')");
			await watch.close();
		}
	});
});
