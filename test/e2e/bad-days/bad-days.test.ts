import {Client} from 'pg';
import {describePostgres, describeRedis} from '../../estate/describe-server.ts';
import {throwawayPostgres, throwawayRedis} from '../../estate/disposable-server.ts';
import {pgConfig, query} from '../../estate/postgres.ts';
import {command} from '../../estate/redis.ts';
import {targetEntry} from '../../estate/target-config.ts';
import {badLinks, entryOf, expiringCertificate, story, wrongPassword} from './bad-days.ts';

describePostgres('postgres-15', 'bad days of PostgreSQL', plain => {
	describePostgres('postgres-tls', 'and its certificate', valid => {
		describePostgres('postgres-tls-expired', 'which expires', expired => {
			// One that is logged in, and one that only asks whether the server answers while a login is slow.
			story({title: 'Slow queries', pane: 3, healthy: /conns \d/, connections: 2}, async () => {
				const [own, watched] = await Promise.all([throwawayPostgres(plain), throwawayPostgres(plain)]);
				const watcher = {user: 'watcher', password: 'bad-days-watcher'};
				await query(watched.current(), `create role watcher login password '${watcher.password}' in role pg_monitor`);
				const other = new Client(pgConfig(watched.current(), 'app', 'shop'));
				other.on('error', () => {});
				await other.connect();
				other.query('select pg_sleep(600)').catch(() => {});
				return {
					cases: [
						...(await badLinks(plain, entryOf(plain), {
							refused: {says: /ECONNREFUSED/, todo: /Nothing listens there: check that the server runs/},
							'silent after connect': {says: /no answer within/, todo: /Check the network|Look whether the server/},
							'half-open': {says: /no answer within/, todo: /Check the network|Look whether the server/},
							reset: {says: /ECONNRESET|terminated/, todo: /check the server and what stands before it|opened again/},
							'2 s slow': {says: /no answer within/, todo: /server is (?:overloaded|under load)/},
							'malformed reply': {says: /the answer cannot be read/, todo: /does not speak PostgreSQL/},
						})),
						await wrongPassword(plain, plain.logins.operator, {
							says: /password authentication failed for user "mw_operator"/,
							todo: /Check the password of this target/,
						}),
						await expiringCertificate(valid, expired, entryOf(valid), {
							says: /certificate has expired/,
							todo: /renew it on the server/,
						}),
						{
							entry: (name, folder) => targetEntry(watched.current(), {name, folder, login: watcher}),
							...{day: 'denied permission', reads: 'partly'},
							befall: async () => void (await query(watched.current(), 'revoke pg_monitor from watcher')),
							end: async () => void (await query(watched.current(), 'grant pg_monitor to watcher')),
							says: /hidden from watcher/,
							todo: /GRANT pg_monitor/i,
						},
						{
							entry: (name, folder) => targetEntry(own.current(), {name, folder}),
							...{day: 'restarted server', reads: 'failed'},
							befall: () => own.stop(),
							end: () => own.restart(),
							says: /ECONNREFUSED/,
							todo: /Nothing listens there/,
						},
					],
					secrets: [...Object.values(plain.logins).map(login => login.password), watcher.password],
					end: async () => void (await Promise.all([own.end(), watched.end()])),
				};
			});
		});
	});
});

describeRedis('redis', 'bad days of Redis', plain => {
	describeRedis('redis-tls', 'and its certificate', valid => {
		describeRedis('redis-tls-expired', 'which expires', expired => {
			story({title: 'Redis memory', pane: 4, healthy: /allkeys-lru|noeviction/, connections: 2}, async () => {
				const own = await throwawayRedis(plain);
				const watched = await throwawayRedis(plain);
				const watcher = {user: 'watcher', password: 'bad-days-watcher'};
				const rule = (...words: readonly string[]) =>
					command(watched.current(), ['ACL', 'SETUSER', watcher.user, ...words]);
				await rule('on', `>${watcher.password}`, '~*', '&*', '+@all');
				return {
					cases: [
						...(await badLinks(plain, entryOf(plain), {
							refused: {says: /ECONNREFUSED/, todo: /Nothing listens there: start the server/},
							'silent after connect': {says: /did not answer|no answer/, todo: /network/},
							'half-open': {says: /did not answer|no answer/, todo: /network/},
							reset: {says: /closed the connection|ECONNRESET/, todo: /Check/},
							'2 s slow': {says: /Server of slow live, read [^,]*, took \d+(?:\.\d+)?s,/, todo: /./, reads: 'slowly'},
							'malformed reply': {says: /does not speak the Redis protocol/, todo: /Correct host and port/},
						})),
						await wrongPassword(plain, plain.logins.noconfig, {
							says: /WRONGPASS/,
							todo: /Correct username and password/,
						}),
						await expiringCertificate(valid, expired, entryOf(valid), {
							says: /certificate has expired/,
							todo: /renew it there/,
						}),
						{
							entry: (name, folder) => targetEntry(watched.current(), {name, folder, login: watcher}),
							...{day: 'denied permission', reads: 'failed'},
							befall: async () => void (await rule('-info')),
							end: async () => void (await rule('+info')),
							says: /NOPERM/,
							todo: /ACL SETUSER watcher \+info/,
						},
						{
							entry: (name, folder) => targetEntry(own.current(), {name, folder}),
							...{day: 'restarted server', reads: 'failed'},
							befall: () => own.stop(),
							end: () => own.restart(),
							says: /ECONNREFUSED/,
							todo: /Nothing listens there/,
						},
					],
					secrets: [...Object.values(plain.logins).map(login => login.password), watcher.password],
					end: async () => {
						await own.end();
						await watched.end();
					},
				};
			});
		});
	});
});
