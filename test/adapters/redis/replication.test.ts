import {expect, test} from 'vitest';
import type {RedisServerRow} from '../../../src/model/redis/redis-server.ts';
import {describeRedis} from '../../estate/describe-server.ts';
import {stopProcess} from '../../estate/server-process.ts';
import {onlyRow, openRedis, readInfoField, runRedisCli, settingsFor, startDedicatedRedis} from './redis-fixture.ts';

const until = async (is: () => boolean): Promise<void> => {
	while (!is()) await new Promise(resolve => setTimeout(resolve, 20));
};

describeRedis('redis', 'replication', estate => {
	test('a lost replica is reported by its primary until it is back', async () => {
		const primary = await startDedicatedRedis(estate, 'primary', ['repl-diskless-sync-delay 0']);
		const replica = await startDedicatedRedis(estate, 'replica', [], primary);
		const fixture = await openRedis(settingsFor(primary, primary.logins.default));
		const findings = async () => fixture.findings('redis.server', await fixture.read('redis.server'));
		await until(() => readInfoField(primary, 'slave0').includes('state=online'));
		expect(onlyRow(await fixture.read<RedisServerRow>('redis.server')).replicas).toEqual([
			{address: `127.0.0.1:${replica.port}`, state: 'online', lagBytes: expect.any(Number)},
		]);
		runRedisCli(replica, 'REPLICAOF', 'NO', 'ONE');
		await until(() => readInfoField(primary, 'connected_slaves') === '0');
		expect(await findings()).toEqual([`warn: replica 127.0.0.1:${replica.port} is not connected any more`]);
		runRedisCli(replica, 'REPLICAOF', '127.0.0.1', String(primary.port));
		await until(() => readInfoField(primary, 'slave0').includes('state=online'));
		expect(await findings()).toEqual([]);
		await fixture.connection.close();
		await replica.end();
		await primary.end();
	});

	test('a replica whose primary is down is reported with its link down, and since when', async () => {
		const primary = await startDedicatedRedis(estate, 'primary', ['repl-diskless-sync-delay 0']);
		const replica = await startDedicatedRedis(estate, 'replica', [], primary);
		const fixture = await openRedis(settingsFor(replica, replica.logins.default));
		expect(fixture.findings('redis.server', await fixture.read('redis.server'))).toEqual([]);
		await stopProcess(primary);
		await until(() => readInfoField(replica, 'master_link_status') === 'down');
		const snapshot = await fixture.read<RedisServerRow>('redis.server');
		expect(onlyRow(snapshot).severity).toBe('crit');
		expect(fixture.findings('redis.server', snapshot)[0]).toMatch(
			new RegExp(
				`^crit: the link to primary 127\\.0\\.0\\.1:${primary.port} is down for \\d+s: what is read here is old$`,
			),
		);
		await fixture.connection.close();
		await replica.end();
		await primary.end();
	});
});
