import {existsSync} from 'node:fs';
import {expect, test} from 'vitest';
import {describePostgres, describeRedis} from './describe-server.ts';
import {throwawayPostgres, throwawayRedis} from './disposable-server.ts';
import {query} from './postgres.ts';
import {command} from './redis.ts';
import {isRunning} from './server-process.ts';

describePostgres('postgres-15', 'a server of its own', like => {
	test('restarts on its port with its data, and leaves nothing behind', async () => {
		const own = await throwawayPostgres(like, ['max_connections = 7']);
		const first = own.current();
		try {
			await query(first, 'create table kept as select 1 as one');
			await own.restart();
			const second = own.current();
			expect(second.port).toBe(first.port);
			expect(second.pid).not.toBe(first.pid);
			expect(await query(second, 'select one from kept')).toEqual([{one: 1}]);
			expect(await query(second, 'show max_connections')).toEqual([{max_connections: '7'}]);
			await own.stop();
			await expect(query(second, 'select 1')).rejects.toThrow('ECONNREFUSED');
		} finally {
			await own.end();
		}
		expect(isRunning(own.current())).toBe(false);
		expect(existsSync(first.dataDir)).toBe(false);
	});
});

describeRedis('redis', 'a server of its own', like => {
	test('restarts on its port without its data, and leaves nothing behind', async () => {
		const own = await throwawayRedis(like);
		const first = own.current();
		try {
			await command(first, ['SET', 'key', 'value']);
			await own.restart();
			expect(own.current().port).toBe(first.port);
			expect(await command(own.current(), ['GET', 'key'])).toBeNull();
		} finally {
			await own.end();
		}
		expect(isRunning(own.current())).toBe(false);
		expect(existsSync(first.dataDir)).toBe(false);
	});
});
