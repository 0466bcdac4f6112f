import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {type AddressInfo, connect, createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, expect, test, vi} from 'vitest';
import {resolvePostgresSettings} from '../../../adapters/postgres/config/postgres-settings.ts';
import {systemEnvironment} from '../../../src/config/config-environment.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {PostgresSettings} from '../../../src/port/postgres.ts';
import {describePostgres} from '../../estate/describe-server.ts';
import type {PostgresServer} from '../../estate/estate-record.ts';
import {runQuery} from '../../estate/postgres.ts';
import {openPostgres, openSession, type Role} from './postgres-fixture.ts';

afterEach(() => {
	vi.unstubAllEnvs();
});

async function failure(
	server: PostgresServer,
	settings: Partial<PostgresSettings>,
	role: Role = 'monitor',
): Promise<AdapterError> {
	const watch = await openPostgres(server, role, {settings});
	try {
		await watch.read('postgres.session');
	} catch (error) {
		if (error instanceof AdapterError) return error;
		throw error;
	} finally {
		await watch.close();
	}
	throw new Error('it could be read');
}

/** A port without a listener: it was free a moment ago. */
const deadPort = (): Promise<number> =>
	new Promise(resolve => {
		const listener = createServer().listen(0, '127.0.0.1', () => {
			const address = listener.address();
			listener.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
		});
	});

const said = (text: string) => ({source: 'the test', reveal: async () => text});

describePostgres('postgres-15', 'connecting', server => {
	const here = {host: server.host, port: server.port};

	test('a wrong password is denied, and does not appear in the error', async () => {
		const error = await failure(server, {password: said('not-the-password')});
		expect(error).toMatchObject({kind: 'denied', hint: expect.stringContaining('Check the password')});
		expect(`${error.message} ${error.hint} ${error.stack}`).not.toContain('not-the-password');
	});

	test('a database that does not exist is named', async () => {
		expect(await failure(server, {database: 'nowhere'})).toMatchObject({
			kind: 'unsupported',
			message: expect.stringContaining('"nowhere" does not exist'),
		});
	});

	test('the second host is read when nothing listens on the first, and this is shown', async () => {
		const dead = {host: '127.0.0.1', port: await deadPort()};
		const watch = await openPostgres(server, 'monitor', {settings: {hosts: [dead, here]}});
		try {
			expect((await watch.read('postgres.session')).notes).toContainEqual({
				text: `reads from ${here.host}:${here.port}: those named before it do not answer`,
				hint: 'Look at the first host of this target.',
				severity: 'warn',
			});
		} finally {
			await watch.close();
		}
	});

	test('a wrong password is not tried on the next host', async () => {
		const error = await failure(server, {
			hosts: [here, {host: '127.0.0.1', port: await deadPort()}],
			password: said('wrong'),
		});
		expect(error.kind).toBe('denied');
	});

	test('a password comes from .pgpass when none is set, if no other user can read that file', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'midwatch-pgpass-'));
		const file = join(folder, 'pgpass');
		const {user, password} = server.logins.monitor;
		writeFileSync(file, `${here.host}:${here.port}:*:${user}:${password}\n`, {mode: 0o600});
		const {passwordFile} = resolvePostgresSettings({}, {...systemEnvironment(), env: {PGPASSFILE: file}});
		const settings = {password: undefined, passwordFile};
		const printed = vi.spyOn(process.stderr, 'write');
		try {
			const watch = await openPostgres(server, 'monitor', {settings});
			expect((await watch.read('postgres.session')).gauges.length).toBeGreaterThan(0);
			await watch.close();

			chmodSync(file, 0o644);
			const open = await failure(server, settings);
			expect(open).toMatchObject({
				kind: 'denied',
				message: `${file}: can be read by others (mode 644): chmod 600 ${file}`,
				hint: expect.stringContaining('password file'),
			});

			writeFileSync(file, '');
			chmodSync(file, 0o600);
			expect(await failure(server, settings)).toMatchObject({
				kind: 'denied',
				message: expect.stringContaining('requires a password for mw_monitor, and none is configured'),
			});
			expect(printed).not.toHaveBeenCalled();
		} finally {
			rmSync(folder, {recursive: true});
		}
	});

	test('the environment of libpq does not leak into a target', async () => {
		for (const name of ['PGHOST', 'PGUSER', 'PGDATABASE', 'PGOPTIONS', 'PGSSLMODE', 'PGAPPNAME'])
			vi.stubEnv(name, 'nonsense');
		const watch = await openPostgres(server, 'monitor');
		const {user, database} = await watch.connection.port.server({signal: AbortSignal.timeout(120_000)});
		expect([user, database]).toEqual(['mw_monitor', 'postgres']);
		// The test's own connection would take them up.
		vi.unstubAllEnvs();
		const [own] = await runQuery<{n: number}>(
			server,
			"SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'midwatch' AND usename = 'mw_monitor'",
		);
		expect(own?.n).toBeGreaterThan(0);
		await watch.close();
	});

	test('the server ends our own slow statement, and the connection goes on', async () => {
		const watch = await openPostgres(server, 'superuser', {settings: {statementTimeoutMs: 300}});
		try {
			const before = await watch.connection.port.server({signal: AbortSignal.timeout(120_000)});
			const other = await openSession(server, 'connecting-lock', 'superuser');
			await other.client.query('BEGIN; LOCK pg_catalog.pg_extension IN ACCESS EXCLUSIVE MODE');
			const failed = await watch.connection.port
				.statements({signal: AbortSignal.timeout(120_000)})
				.catch(error => error);
			await other.end();
			expect(failed).toMatchObject({name: 'AdapterError', kind: 'timeout'});
			await watch.connection.port.overview({signal: AbortSignal.timeout(120_000)});
			expect((await watch.connection.port.server({signal: AbortSignal.timeout(120_000)})).pid).toBe(before.pid);
		} finally {
			await watch.close();
		}
	});

	test('an ended connection is opened again by the next read', async () => {
		const watch = await openPostgres(server, 'monitor');
		try {
			const {pid} = await watch.connection.port.server({signal: AbortSignal.timeout(120_000)});
			await runQuery(server, 'SELECT pg_terminate_backend($1)', [pid]);
			await watch.read('postgres.session').catch(() => undefined);
			expect((await watch.read('postgres.session')).gauges.length).toBeGreaterThan(0);
			expect((await watch.connection.port.server({signal: AbortSignal.timeout(120_000)})).pid).not.toBe(pid);
		} finally {
			await watch.close();
		}
	});

	test('a server without TLS is distinguished from a missing one; prefer connects without TLS', async () => {
		expect(await failure(server, {tls: {mode: 'require'}})).toMatchObject({
			kind: 'unsupported',
			hint: expect.stringContaining('The server offers no TLS: set `ssl = on` there'),
		});
		const watch = await openPostgres(server, 'monitor', {settings: {tls: {mode: 'prefer'}}});
		expect((await watch.read('postgres.session')).gauges.length).toBeGreaterThan(0);
		await watch.close();
	});
});

describePostgres('postgres-tls', 'TLS modes', server => {
	const ca = server.tls?.ca;
	const byName = [{host: 'localhost', port: server.port}];

	test.each([
		['prefer', undefined],
		['require', undefined],
		['require', ca],
		['verify-ca', ca],
		['verify-full', ca],
	] as const)('%s with ca %s encrypts', async (mode, authority) => {
		const watch = await openPostgres(server, 'monitor', {settings: {tls: {mode, ca: authority}}});
		const {pid} = await watch.connection.port.server({signal: AbortSignal.timeout(120_000)});
		const [row] = await runQuery<{ssl: boolean}>(server, 'SELECT ssl FROM pg_stat_ssl WHERE pid = $1', [pid]);
		expect(row?.ssl).toBe(true);
		await watch.close();
	});

	test.each(['verify-ca', 'verify-full'] as const)('%s does not trust an unknown issuer', async mode => {
		expect(await failure(server, {hosts: byName, tls: {mode}})).toMatchObject({
			kind: 'unreachable',
			hint: expect.stringMatching(/from the server's administrator, not from this connection, and set `tls\.ca`/),
		});
	});

	test('verify-full checks the name and the issuer, verify-ca only the issuer', async () => {
		// Another address of this machine, which the certificate does not name.
		const door = createServer(client => {
			const beyond = connect(server.port, server.host);
			client.on('error', () => beyond.destroy()).pipe(beyond);
			beyond.on('error', () => client.destroy()).pipe(client);
		});
		await new Promise<void>(resolve => door.listen(0, '127.0.0.2', resolve));
		const hosts = [{host: '127.0.0.2', port: (door.address() as AddressInfo).port}];
		try {
			expect(await failure(server, {hosts, tls: {mode: 'verify-full', ca}})).toMatchObject({
				kind: 'unreachable',
				hint: expect.stringContaining('The certificate is for another name'),
			});
			const watch = await openPostgres(server, 'monitor', {settings: {hosts, tls: {mode: 'verify-ca', ca}}});
			expect((await watch.read('postgres.session')).gauges.length).toBeGreaterThan(0);
			await watch.close();
		} finally {
			await new Promise(resolve => door.close(resolve));
		}
	});

	test('a plain connection is refused by the server, and the hint says what to do', async () => {
		expect(await failure(server, {tls: {mode: 'disable'}})).toMatchObject({
			kind: 'denied',
			message: expect.stringContaining('no encryption'),
			hint: expect.stringContaining('needs TLS'),
		});
	});
});

describePostgres('postgres-tls-expired', 'an expired certificate', server => {
	test('is refused by the modes that verify it, with what to renew', async () => {
		expect(await failure(server, {})).toMatchObject({
			kind: 'unreachable',
			hint: 'The certificate has expired: renew it on the server.',
		});
	});

	test('is accepted by require, which verifies nothing', async () => {
		const watch = await openPostgres(server, 'monitor', {settings: {tls: {mode: 'require'}}});
		expect((await watch.read('postgres.session')).gauges.length).toBeGreaterThan(0);
		await watch.close();
	});
});
