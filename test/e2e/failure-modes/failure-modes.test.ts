import {Client} from 'pg';
import {describePostgres, describeRedis} from '../../estate/describe-server.ts';
import {startDisposablePostgres, startDisposableRedis} from '../../estate/disposable-server.ts';
import {pgConfig, runQuery} from '../../estate/postgres.ts';
import {sendCommand} from '../../estate/redis.ts';
import {targetEntry} from '../../estate/target-config.ts';
import {describeFaultCases, entryOf, expiringCertificate, linkFaultCases, wrongPassword} from './failure-modes.ts';

describePostgres('postgres-15', 'failure modes of PostgreSQL', plain => {
	describePostgres('postgres-tls', 'and its certificate', valid => {
		describePostgres('postgres-tls-expired', 'which expires', expired => {
			// One connection is logged in, and one only checks that the server answers while a login is slow.
			describeFaultCases({title: 'Slow queries', pane: 3, healthy: /conns \d/, connections: 2}, async () => {
				const [own, watched] = await Promise.all([startDisposablePostgres(plain), startDisposablePostgres(plain)]);
				const watcher = {user: 'watcher', password: 'failure-modes-watcher'};
				await runQuery(
					watched.current(),
					`create role watcher login password '${watcher.password}' in role pg_monitor`,
				);
				const other = new Client(pgConfig(watched.current(), 'app', 'shop'));
				other.on('error', () => {});
				await other.connect();
				other.query('select pg_sleep(600)').catch(() => {});
				return {
					cases: [
						...(await linkFaultCases(plain, entryOf(plain), {
							refused: {
								expectedMessage: /ECONNREFUSED/,
								expectedHint: /Nothing listens there: check that the server runs/,
							},
							'silent after connect': {
								expectedMessage: /no answer within/,
								expectedHint: /Check the network/,
							},
							'half-open': {
								expectedMessage: /no answer within/,
								expectedHint: /Check the network/,
							},
							reset: {
								expectedMessage: /ECONNRESET|terminated/,
								expectedHint: /check the server and any proxy in front of it|opened again/,
							},
							'2 s slow': {expectedMessage: /no answer within/, expectedHint: /server is (?:overloaded|under load)/},
							'malformed reply': {
								expectedMessage: /the answer cannot be read/,
								expectedHint: /does not speak PostgreSQL/,
							},
						})),
						await wrongPassword(plain, plain.logins.operator, {
							expectedMessage: /password authentication failed for user "mw_operator"/,
							expectedHint: /Check the password of this target/,
						}),
						await expiringCertificate(valid, expired, entryOf(valid), {
							expectedMessage: /certificate has expired/,
							expectedHint: /renew it on the server/,
						}),
						{
							entry: (name, folder) => targetEntry(watched.current(), {name, folder, login: watcher}),
							...{mode: 'denied permission', reads: 'partly'},
							inject: async () => void (await runQuery(watched.current(), 'revoke pg_monitor from watcher')),
							end: async () => void (await runQuery(watched.current(), 'grant pg_monitor to watcher')),
							expectedMessage: /hidden from watcher/,
							expectedHint: /GRANT pg_monitor/i,
						},
						{
							entry: (name, folder) => targetEntry(own.current(), {name, folder}),
							...{mode: 'restarted server', reads: 'failed'},
							inject: () => own.stop(),
							end: () => own.restart(),
							expectedMessage: /ECONNREFUSED/,
							expectedHint: /Nothing listens there/,
						},
					],
					secrets: [...Object.values(plain.logins).map(login => login.password), watcher.password],
					end: async () => void (await Promise.all([own.end(), watched.end()])),
				};
			});
		});
	});
});

describeRedis('redis', 'failure modes of Redis', plain => {
	describeRedis('redis-tls', 'and its certificate', valid => {
		describeRedis('redis-tls-expired', 'which expires', expired => {
			describeFaultCases(
				{title: 'Redis memory', pane: 4, healthy: /allkeys-lru|noeviction/, connections: 2},
				async () => {
					const own = await startDisposableRedis(plain);
					const watched = await startDisposableRedis(plain);
					const watcher = {user: 'watcher', password: 'failure-modes-watcher'};
					const rule = (...words: readonly string[]) =>
						sendCommand(watched.current(), ['ACL', 'SETUSER', watcher.user, ...words]);
					await rule('on', `>${watcher.password}`, '~*', '&*', '+@all');
					return {
						cases: [
							...(await linkFaultCases(plain, entryOf(plain), {
								refused: {expectedMessage: /ECONNREFUSED/, expectedHint: /Nothing listens there: start the server/},
								'silent after connect': {expectedMessage: /did not answer|no answer/, expectedHint: /network/},
								'half-open': {expectedMessage: /did not answer|no answer/, expectedHint: /network/},
								reset: {expectedMessage: /closed the connection|ECONNRESET/, expectedHint: /Check/},
								'2 s slow': {
									expectedMessage: /Server of slow live, read [^,]*, took \d+(?:\.\d+)?s,/,
									expectedHint: /./,
									reads: 'slowly',
								},
								'malformed reply': {
									expectedMessage: /does not speak the Redis protocol/,
									expectedHint: /Correct host and port/,
								},
							})),
							await wrongPassword(plain, plain.logins.noconfig, {
								expectedMessage: /WRONGPASS/,
								expectedHint: /Correct username and password/,
							}),
							await expiringCertificate(valid, expired, entryOf(valid), {
								expectedMessage: /certificate has expired/,
								expectedHint: /renew it there/,
							}),
							{
								entry: (name, folder) => targetEntry(watched.current(), {name, folder, login: watcher}),
								...{mode: 'denied permission', reads: 'failed'},
								inject: async () => void (await rule('-info')),
								end: async () => void (await rule('+info')),
								expectedMessage: /NOPERM/,
								expectedHint: /ACL SETUSER watcher \+info/,
							},
							{
								entry: (name, folder) => targetEntry(own.current(), {name, folder}),
								...{mode: 'restarted server', reads: 'failed'},
								inject: () => own.stop(),
								end: () => own.restart(),
								expectedMessage: /ECONNREFUSED/,
								expectedHint: /Nothing listens there/,
							},
						],
						secrets: [...Object.values(plain.logins).map(login => login.password), watcher.password],
						end: async () => {
							await own.end();
							await watched.end();
						},
					};
				},
			);
		});
	});
});
