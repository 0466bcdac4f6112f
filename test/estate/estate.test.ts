import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {query} from './postgres.ts';
import {describePostgres, describeRedis, postgresVersions} from './read-estate.ts';
import {command, field} from './redis.ts';

for (const name of postgresVersions) {
	describePostgres(name, 'the estate', server => {
		test('is the version in its name, and has pg_stat_statements', async () => {
			const [row] = await query<{n: string}>(server, 'select count(*) as n from pg_stat_statements');
			expect(Number(row?.n)).toBeGreaterThan(0);
			expect(server.version).toMatch(new RegExp(`^${name.slice('postgres-'.length)}\\.`));
		});

		test('has roles that differ in what they may see and do', async () => {
			const may = async (role: 'monitor' | 'operator' | 'bare', group: string) =>
				(await query<{may: boolean}>(server, "select pg_has_role(current_user, $1, 'member') as may", [group], role))[0]
					?.may;
			expect(await may('monitor', 'pg_monitor')).toBe(true);
			expect(await may('monitor', 'pg_signal_backend')).toBe(false);
			expect(await may('operator', 'pg_signal_backend')).toBe(true);
			expect(await may('bare', 'pg_monitor')).toBe(false);
		});

		test('refuses a wrong password', async () => {
			const login = {user: 'mw_monitor', password: 'not this'};
			await expect(query(server, 'select 1', [], login)).rejects.toThrow('password authentication failed');
		});

		test('tells in its log what was executed', async () => {
			await query(server, "select 'seen by the log'");
			expect(readFileSync(server.log, 'utf8')).toContain("select 'seen by the log'");
		});
	});
}

describePostgres('postgres-15-replica', 'the estate', server => {
	test('streams from its primary', async () => {
		const [row] = await query<{status: string}>(server, 'select status from pg_stat_wal_receiver');
		expect(row?.status).toBe('streaming');
	});
});

describeRedis('redis', 'the estate', server => {
	test('has the limit that makes it evict', async () => {
		const memory = await command(server, ['INFO', 'memory']);
		expect(field(memory, 'maxmemory')).toBe(String(64 * 1024 * 1024));
		expect(field(memory, 'maxmemory_policy')).toBe('allkeys-lru');
	});

	test('has users that lack the command in their name', async () => {
		await expect(command(server, ['CONFIG', 'GET', 'maxmemory'], 'noconfig')).rejects.toThrow('NOPERM');
		await expect(command(server, ['CLIENT', 'LIST'], 'noclient')).rejects.toThrow('NOPERM');
		await expect(command(server, ['SCAN', '0'], 'noscan')).rejects.toThrow('NOPERM');
		await expect(command(server, ['CLIENT', 'LIST'], 'noscan')).resolves.toContain('addr=');
	});
});

describeRedis('redis-replica', 'the estate', server => {
	test('follows its primary', async () => {
		expect(field(await command(server, ['INFO', 'replication']), 'master_link_status')).toBe('up');
	});
});
