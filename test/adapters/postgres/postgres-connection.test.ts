import pg from 'pg';
import {expect, test} from 'vitest';
import {createLoginLimiter} from '../../../adapters/postgres/connection/login-limiter.ts';
import {createPostgresConnection} from '../../../adapters/postgres/connection/postgres-connection.ts';
import {describePostgres, postgresVersions} from '../../estate/describe-server.ts';
import {targetOf} from './postgres-fixture.ts';

for (const name of postgresVersions) {
	describePostgres(name, 'a connection', server => {
		const open = (application = 'midwatch') => {
			const {settings} = targetOf(server, 'monitor');
			return createPostgresConnection(pg, settings, {application, hosts: settings.hosts, gate: createLoginLimiter()});
		};
		const signal = () => AbortSignal.timeout(120_000);

		test('configures its session before the first statement: timeouts, UTC and read-only', async () => {
			const link = open('midwatch 0123456789');
			const names = [
				'statement_timeout',
				'lock_timeout',
				'idle_in_transaction_session_timeout',
				'default_transaction_read_only',
				'search_path',
				'TimeZone',
				'DateStyle',
				'application_name',
			];
			const [row] = await link.query(
				`SELECT ${names.map(setting => `current_setting('${setting}') AS "${setting}"`).join(', ')}`,
				[],
				signal(),
			);
			expect(row).toEqual({
				statement_timeout: '3s',
				lock_timeout: '500ms',
				idle_in_transaction_session_timeout: '5s',
				default_transaction_read_only: 'on',
				search_path: 'pg_catalog',
				TimeZone: 'UTC',
				DateStyle: expect.stringMatching(/^ISO/),
				application_name: 'midwatch 0123456789',
			});
			await expect(link.query('CREATE TABLE public.mw_written (n int)', [], signal())).rejects.toMatchObject({
				name: 'AdapterError',
			});
			await link.close();
		});

		test('returns every value as the text of the server', async () => {
			const link = open();
			const [row] = await link.query(
				`SELECT 9007199254740993::bigint AS big, '2026-11-21 14:05:20.123456+00'::timestamptz AS at, true AS yes, NULL AS none`,
				[],
				signal(),
			);
			expect(row).toEqual({big: '9007199254740993', at: '2026-11-21 14:05:20.123456+00', yes: 't', none: null});
			await link.close();
		});

		test('runs one statement after the other; a refused one affects neither the next nor the connection', async () => {
			const link = open();
			const pid = async () => (await link.query('SELECT pg_backend_pid() AS pid', [], signal()))[0]?.['pid'];
			const [before, failed, after] = await Promise.allSettled([pid(), link.query('SELECT 1/0', [], signal()), pid()]);
			expect(failed.status).toBe('rejected');
			expect(before).toEqual(after);
			expect(before.status).toBe('fulfilled');
			await link.close();
		});

		test('cancels an aborted query, and runs the next one on the same connection', async () => {
			const link = open();
			const pid = async () => (await link.query('SELECT pg_backend_pid() AS pid', [], signal()))[0]?.['pid'];
			const first = await pid();
			const stop = new AbortController();
			const sleeping = link.query('SELECT pg_sleep(20)', [], stop.signal);
			const queued = link.query('SELECT 1', [], stop.signal);
			setTimeout(() => stop.abort(), 50);
			await expect(sleeping).rejects.toMatchObject({name: 'AdapterError', kind: 'timeout'});
			await expect(queued).rejects.toMatchObject({name: 'AdapterError', kind: 'timeout'});
			expect(await pid()).toBe(first);
			await link.close();
			await expect(pid()).rejects.toMatchObject({kind: 'unreachable', message: 'the connection was closed'});
		});
	});
}
