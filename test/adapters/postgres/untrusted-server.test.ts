import {mkdtempSync, rmSync} from 'node:fs';
import {type AddressInfo, createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, afterEach, expect, test, vi} from 'vitest';
import {postgresSystem} from '../../../adapters/postgres/system.ts';
import type {Target} from '../../../src/contract/target.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {PostgresSettings} from '../../../src/port/postgres.ts';
import {certificate} from '../../estate/certificates.ts';
import {createTestEnvironment} from '../../src/config/test-environment.ts';
import {discoverAllTargets} from '../../src/config/with-all-systems.ts';
import {type AuthenticationRequest, type FakePostgresServer, startFakePostgresServer} from './fake-postgres-server.ts';

// Part of loopback plays another machine: nothing that a test starts can be reached from outside.
const elsewhere = '127.9.0.1';
vi.mock('../../../src/text/loopback.ts', async original => {
	const {isLoopback} = await original<typeof import('../../../src/text/loopback.ts')>();
	return {isLoopback: (host: string) => isLoopback(host) && host !== '127.9.0.1'};
});

const canary = 'canary-7531-password';
const folder = mkdtempSync(join(tmpdir(), 'midwatch-impostor-'));
const shown = certificate(folder, false);
const opened: FakePostgresServer[] = [];

afterEach(async () => {
	for (const one of opened.splice(0)) await one.close();
});
afterAll(() => rmSync(folder, {recursive: true}));

async function startImpostor(
	authentication: AuthenticationRequest,
	withTls: boolean,
	host = elsewhere,
): Promise<FakePostgresServer> {
	const one = await startFakePostgresServer(host, authentication, withTls ? shown : undefined);
	opened.push(one);
	return one;
}

const settingsFor = (
	{host, port}: FakePostgresServer,
	tls: PostgresSettings['tls'],
	password: string | undefined = canary,
): PostgresSettings => ({
	hosts: [{host, port}],
	database: 'shop',
	user: 'ada',
	password: password === undefined ? undefined : {source: 'the test', reveal: async () => password},
	tls,
	connectTimeoutMs: 1500,
	statementTimeoutMs: 300,
});

async function failure(settings: PostgresSettings): Promise<AdapterError> {
	const target: Target<PostgresSettings> = {name: 'shop', kind: 'postgres', production: true, settings};
	const connection = await postgresSystem.connect(target, {readOnly: true});
	try {
		await connection.port.server({signal: AbortSignal.timeout(120_000)});
	} catch (error) {
		if (error instanceof AdapterError) return error;
		throw error;
	} finally {
		await connection.close();
	}
	throw new Error('the impostor was believed');
}

const startOf = {cleartext: canary, md5: 'md5', scram: 'n=*,r='} as const;

const unverified = [
	[{mode: 'disable'}, false],
	[{mode: 'prefer'}, false],
	[{mode: 'prefer'}, true],
	[{mode: 'require'}, true],
] as const;

for (const authentication of ['cleartext', 'md5', 'scram'] as const) {
	test.each(unverified)(`for ${authentication} with %o, TLS %s, it sends no password`, async (tls, withTls) => {
		const server = await startImpostor(authentication, withTls);
		const error = await failure(settingsFor(server, tls));
		expect(error).toMatchObject({
			kind: 'denied',
			message: `no password is sent to ${elsewhere}:${server.port}: ${withTls ? 'the server is not verified' : 'the connection is not encrypted'} (tls mode ${tls.mode})`,
			hint: expect.stringMatching(
				/^Get the CA certificate from the server's administrator, and set .*allowCleartext: true/,
			),
		});
		expect(server.received()).toContain('ada');
		expect(server.received()).not.toContain(startOf[authentication]);
		expect(server.received()).not.toContain(canary);
	});

	test.each(unverified)(
		`for ${authentication} with %o, TLS %s, it sends it where the target allows it`,
		async (tls, withTls) => {
			const server = await startImpostor(authentication, withTls);
			await failure(settingsFor(server, {...tls, allowCleartext: true}));
			expect(server.received()).toContain(startOf[authentication]);
		},
	);
}

test.each([undefined, 'verify-full', 'verify-ca'] as const)(
	'mode %s does not send the user name to a server with a certificate of an unknown issuer',
	async mode => {
		const server = await startImpostor('cleartext', true);
		expect(await failure(settingsFor(server, {mode}))).toMatchObject({
			kind: 'unreachable',
			hint: expect.stringMatching(
				/^Nothing proves that this is your server.* from the server's administrator, not from this connection/,
			),
		});
		expect(server.received()).toBe('');
	},
);

test('without a mode, a server elsewhere that refuses TLS is sent nothing', async () => {
	const server = await startImpostor('cleartext', false);
	expect(await failure(settingsFor(server, {}))).toMatchObject({kind: 'unsupported'});
	expect(server.received()).toBe('');
});

test('a certificate for another name, of the right issuer, is not enough for verify-full', async () => {
	const server = await startImpostor('cleartext', true);
	expect(await failure(settingsFor(server, {ca: shown.ca}))).toMatchObject({
		kind: 'unreachable',
		hint: expect.stringMatching(/may be another server\. Ask its administrator/),
	});
	expect(server.received()).toBe('');
});

test.each(['verify-ca', 'require', 'prefer'] as const)('%s with the CA verifies the server', async mode => {
	const server = await startImpostor('cleartext', true);
	await failure(settingsFor(server, {mode, ca: shown.ca}));
	expect(server.received()).toContain(canary);
});

test('on this machine a password needs no TLS', async () => {
	const server = await startImpostor('cleartext', false, '127.0.0.1');
	await failure(settingsFor(server, {}));
	expect(server.received()).toContain(canary);
});

test('a server that accepts the login without the required authentication gets no query', async () => {
	const server = await startImpostor('nothing', false);
	expect(await failure(settingsFor(server, {mode: 'prefer'}))).toMatchObject({
		kind: 'denied',
		message: expect.stringContaining('no password is sent'),
	});
	expect(server.received()).not.toContain('SELECT');
});

test('the password file is not read for a server that is not verified', async () => {
	const server = await startImpostor('cleartext', true);
	let reads = 0;
	const read = async () => {
		reads += 1;
		return `*:*:*:*:${canary}\n`;
	};
	const settings = {...settingsFor(server, {mode: 'require'}), password: undefined, passwordFile: {path: '/x', read}};
	expect((await failure(settings)).message).toContain('no password is sent');
	expect(server.received()).not.toContain(canary);
	expect(reads).toBe(0);
	await failure({...settings, tls: {mode: 'require', allowCleartext: true}});
	expect(server.received()).toContain(canary);
});

test.each([
	['DATABASE_URL', (at: FakePostgresServer) => ({DATABASE_URL: `postgres://ada:${canary}@${at.host}:${at.port}/shop`})],
	[
		'sslmode',
		(at: FakePostgresServer) => ({DATABASE_URL: `postgres://ada:${canary}@${at.host}:${at.port}/shop?sslmode=require`}),
	],
	['PGHOST', (at: FakePostgresServer) => ({PGHOST: at.host, PGPORT: `${at.port}`, PGPASSWORD: canary})],
	[
		'PGSSLMODE',
		(at: FakePostgresServer) => ({PGHOST: at.host, PGPORT: `${at.port}`, PGPASSWORD: canary, PGSSLMODE: 'prefer'}),
	],
] as const)('a target that was found by %s sends it no password', async (_by, env) => {
	for (const withTls of [true, false]) {
		const server = await startImpostor('cleartext', withTls);
		const {targets} = await discoverAllTargets(createTestEnvironment(env(server)));
		await failure(targets[0]?.settings as PostgresSettings);
		expect(server.received()).not.toContain(canary);
	}
});

/** A message of the protocol: https://www.postgresql.org/docs/current/protocol-message-formats.html */
function message(code: string, body: Buffer): Buffer {
	const header = Buffer.alloc(5);
	header.write(code, 'latin1');
	header.writeUInt32BE(body.length + 4, 1);
	return Buffer.concat([header, body]);
}

test('a server that sends megabytes without end is not read further', async () => {
	const [loggedIn, ready] = [message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))];
	const field = Buffer.alloc(2 ** 20);
	field.writeUInt16BE(1, 0);
	field.writeInt32BE(field.length - 6, 2);
	const row = message('D', field);
	const columns = message('T', Buffer.concat([Buffer.from([0, 1]), Buffer.from('pid\0'), Buffer.alloc(18)]));
	const server = createServer(socket => {
		socket.on('error', () => {});
		const pour = () => {
			while (socket.writable && socket.write(row));
		};
		socket.once('data', () => {
			socket.write(Buffer.concat([loggedIn, ready]));
			socket.once('data', () => {
				socket.write(columns);
				pour();
			});
		});
		socket.on('drain', pour);
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const {port} = server.address() as AddressInfo;
	const settings: PostgresSettings = {
		hosts: [{host: '127.0.0.1', port}],
		database: 'shop',
		user: 'ada',
		password: undefined,
		tls: {mode: 'disable'},
		connectTimeoutMs: 30_000,
		statementTimeoutMs: 30_000,
	};
	try {
		expect(await failure(settings)).toMatchObject({
			kind: 'malformed',
			message: expect.stringContaining('the result of one query takes more than 64 MB'),
			hint: expect.stringContaining('check host and port'),
		});
	} finally {
		server.close();
	}
});
