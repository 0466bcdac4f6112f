import {afterAll, beforeAll, expect, test} from 'vitest';
import {describePostgres} from '../../estate/describe-server.ts';
import {type DisposableServer, startDisposablePostgres} from '../../estate/disposable-server.ts';
import type {PostgresServer} from '../../estate/estate-record.ts';
import {type OtherSession, openPostgres, openSession, type PostgresFixture, pollUntil} from './postgres-fixture.ts';

describePostgres('postgres-15', 'a server on which logins wait for a lock', like => {
	let disposable: DisposableServer<PostgresServer>;
	let locker: OtherSession;
	let watch: PostgresFixture;
	/** Taken before the lock: it needs no further login. */
	let looker: OtherSession;

	beforeAll(async () => {
		disposable = await startDisposablePostgres(like);
		locker = await openSession(disposable.current(), 'locker', 'superuser');
		looker = await openSession(disposable.current(), 'looker', 'superuser');
		watch = await openPostgres(disposable.current(), 'monitor', {settings: {connectTimeoutMs: 500}});
	});
	afterAll(async () => {
		await watch.close();
		await locker.end();
		await looker.end();
		await disposable.end();
	});

	/** Backends that wait for the lock during login: no login of anybody else is tried. */
	async function waiting(): Promise<number> {
		const {rows} = await looker.client.query<{n: number}>(
			"SELECT count(DISTINCT pid)::int AS n FROM pg_locks WHERE NOT granted AND relation = 'pg_authid'::regclass",
		);
		return rows[0]?.n ?? 0;
	}

	test('has one backend of ours, however often we try, and is read again after the lock', async () => {
		await locker.client.query('BEGIN; LOCK TABLE pg_authid IN ACCESS EXCLUSIVE MODE');
		const refusals: unknown[] = [];
		for (let attempt = 0; attempt < 6; attempt++) {
			await watch.sessions().catch((error: unknown) => refusals.push(error));
			expect(await waiting()).toBeLessThanOrEqual(1);
		}
		expect(refusals).toHaveLength(6);
		expect(await waiting()).toBe(1);
		expect(refusals.at(-1)).toMatchObject({
			kind: 'timeout',
			message: expect.stringContaining('its backend still waits on the server'),
		});
		await locker.client.query('ROLLBACK');
		await pollUntil(async () => ((await waiting()) === 0 ? true : undefined));
		await watch.sessions();
	});
});
