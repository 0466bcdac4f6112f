import {existsSync} from 'node:fs';
import {expect, test} from 'vitest';
import {describePostgres, describeRedis} from './describe-server.ts';
import {startDisposablePostgres, startDisposableRedis} from './disposable-server.ts';
import {runQuery} from './postgres.ts';
import {sendCommand} from './redis.ts';
import {isRunning} from './server-process.ts';

describePostgres('postgres-15', 'a server of its own', like => {
	test('restarts on its port with its data, and leaves nothing behind', async () => {
		const own = await startDisposablePostgres(like, ['max_connections = 7']);
		const first = own.current();
		try {
			await runQuery(first, 'create table stored as select 1 as one');
			await own.restart();
			const second = own.current();
			expect(second.port).toBe(first.port);
			expect(second.pid).not.toBe(first.pid);
			expect(await runQuery(second, 'select one from stored')).toEqual([{one: 1}]);
			expect(await runQuery(second, 'show max_connections')).toEqual([{max_connections: '7'}]);
			await own.stop();
			await expect(runQuery(second, 'select 1')).rejects.toThrow('ECONNREFUSED');
		} finally {
			await own.end();
		}
		expect(isRunning(own.current())).toBe(false);
		expect(existsSync(first.dataDir)).toBe(false);
	});
});

describeRedis('redis', 'a server of its own', like => {
	test('restarts on its port without its data, and leaves nothing behind', async () => {
		const own = await startDisposableRedis(like);
		const first = own.current();
		try {
			await sendCommand(first, ['SET', 'key', 'value']);
			await own.restart();
			expect(own.current().port).toBe(first.port);
			expect(await sendCommand(own.current(), ['GET', 'key'])).toBeNull();
		} finally {
			await own.end();
		}
		expect(isRunning(own.current())).toBe(false);
		expect(existsSync(first.dataDir)).toBe(false);
	});
});
