import {describe, expect, test} from 'vitest';
import {parseClientList} from '../../../adapters/redis/client-list.ts';
import {parseInfo} from '../../../adapters/redis/info.ts';
import {parseSlowlog} from '../../../adapters/redis/slowlog.ts';
import {AdapterError} from '../../../src/errors.ts';

const least = ['# Server', 'redis_version:7.0.15', 'uptime_in_seconds:5', 'used_memory:1000'];
const info = (...lines: readonly string[]) => parseInfo([...least, ...lines].join('\r\n'));

describe('INFO', () => {
	test('of a service that reports little leaves the rest undefined, and its counters at 0', () => {
		expect(info()).toMatchObject({
			server: 'Redis',
			version: '7.0.15',
			usedMemoryBytes: 1000,
			maxmemoryBytes: 0,
			policy: '',
			systemMemoryBytes: undefined,
			fragmentationRatio: undefined,
			maxclients: undefined,
			evicted: 0,
			role: 'primary',
			upstream: undefined,
			keys: {},
		});
	});

	test('of Valkey has its own version, not the one it reports for old clients', () => {
		expect(info('server_name:valkey', 'valkey_version:8.1.0')).toMatchObject({server: 'Valkey', version: '8.1.0'});
	});

	test('of a replica has its replication link', () => {
		const link = ['role:slave', 'master_host:fd00::1', 'master_port:6379', 'master_link_status:down'];
		const times = ['master_last_io_seconds_ago:-1', 'master_link_down_since_seconds:40'];
		expect(info(...link, ...times).upstream).toEqual({
			address: 'fd00::1:6379',
			up: false,
			downSeconds: 40,
			silentSeconds: undefined,
		});
	});

	test('of a primary has its replicas and their lag', () => {
		const replicas = [
			'slave0:ip=10.0.0.2,port=6379,state=online,offset=90,lag=0',
			'slave1:ip=10.0.0.3,port=6380,state=wait_bgsave,offset=0,lag=1',
		];
		expect(info('role:master', 'master_repl_offset:100', ...replicas).replicas).toEqual([
			{address: '10.0.0.2:6379', state: 'online', lagBytes: 10},
			{address: '10.0.0.3:6380', state: 'wait_bgsave', lagBytes: 100},
		]);
	});

	test('counts keys by database', () => {
		expect(info('db0:keys=12,expires=1,avg_ttl=5', 'db11:keys=3,expires=0,avg_ttl=0').keys).toEqual({0: 12, 11: 3});
	});

	test.each([
		['nothing', '', 'INFO lacks redis_version'],
		['a web page', '<html><body>404</body></html>', 'INFO lacks redis_version'],
		['half of it', 'redis_version:7.0.15\r\nuptime_in_sec', 'INFO lacks uptime_in_seconds'],
		['no memory', 'redis_version:7.0.15\r\nuptime_in_seconds:5', 'INFO lacks used_memory'],
		[
			'a word for a figure',
			[...least, 'maxmemory:lots\u001b[2J'].join('\n'),
			'INFO says maxmemory:lots\u001b[2J, which is not a number',
		],
	])('that is %s is malformed', (_, text, message) => {
		const failed = (() => {
			try {
				return parseInfo(text);
			} catch (error) {
				return error;
			}
		})();
		expect(failed).toBeInstanceOf(AdapterError);
		expect(failed).toMatchObject({kind: 'malformed', message});
	});
});

describe('CLIENT LIST', () => {
	test('is read line by line, with names as raw as they are', () => {
		const text = [
			'id=3 addr=127.0.0.1:5 laddr=127.0.0.1:6 fd=8 name=a=b age=9 idle=1 flags=N db=2 sub=1 psub=2 ssub=0 multi=-1 qbuf=26 omem=77 tot-mem=900 cmd=config|get user=app',
			'id=4 addr=/run/redis.sock:0 name=\u202eevil age=0 idle=0 flags=U db=0 qbuf=0 omem=0 cmd=NULL',
			'',
		].join('\n');
		expect(parseClientList(text)).toEqual([
			{
				...{id: 3, address: '127.0.0.1:5', name: 'a=b', user: 'app', ageSeconds: 9, idleSeconds: 1, db: 2, flags: 'N'},
				...{command: 'config|get', outputBytes: 77, queryBytes: 26, totalBytes: 900, subscriptions: 3},
			},
			{
				...{
					id: 4,
					address: '/run/redis.sock:0',
					name: '\u202eevil',
					user: 'default',
					ageSeconds: 0,
					idleSeconds: 0,
					db: 0,
				},
				...{flags: 'U', command: 'NULL', outputBytes: 0, queryBytes: 0, totalBytes: undefined, subscriptions: 0},
			},
		]);
	});

	test('without clients is empty', () => {
		expect(parseClientList('')).toEqual([]);
	});
});

describe('SLOWLOG GET', () => {
	test('counts arguments and drops them, and gives times in milliseconds', () => {
		const entries = [
			[7, 1000, 12_000, ['set', 'secret-key', 'secret-value'], '10.0.0.7:5', 'worker'],
			[6, 999, 11_000, ['CONFIG', 'set', 'requirepass', 'hunter2'], '10.0.0.7:5', ''],
			[5, 998, 10_500, ['mset', ...Array.from({length: 30}, () => 'x'), '... (70 more arguments)'], '10.0.0.7:5', ''],
		];
		const read = parseSlowlog(entries);
		expect(read.map(({at}) => at)).toEqual([1_000_000, 999_000, 998_000]);
		expect(read.map(({id, command, args}) => [id, command, args])).toEqual([
			[7, 'SET', 2],
			[6, 'CONFIG SET', 2],
			[5, 'MSET', 100],
		]);
		expect(JSON.stringify(read)).not.toMatch(/secret|hunter2/);
	});

	test('of another shape is empty', () => {
		expect(parseSlowlog('what')).toEqual([]);
	});
});
