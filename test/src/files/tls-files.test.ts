import {chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {createHttpTransport} from '../../../adapters/http/transport.ts';
import {sendByStream} from '../../../adapters/outbound/syslog-stream.ts';
import {postgresTlsOptions as postgresTls} from '../../../adapters/postgres/connection/tls.ts';
import {readTlsFiles, readTlsOptions} from '../../../src/files/tls-files.ts';

type Tls = {readonly ca: string; readonly cert: string; readonly key: string};

let folder = '';
let tls: Tls;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'midwatch-tls-files-'));
	const file = (name: string, mode: number) => {
		const path = join(folder, name);
		writeFileSync(path, `${name}\n`, {mode});
		chmodSync(path, mode);
		return path;
	};
	tls = {ca: file('ca.pem', 0o644), cert: file('cert.pem', 0o644), key: file('key.pem', 0o600)};
});

afterEach(() => rmSync(folder, {recursive: true}));

test('files that only this user can write are read, and a key that only this user can read', async () => {
	expect(await readTlsFiles(tls)).toEqual({ca: 'ca.pem\n', cert: 'cert.pem\n', key: 'key.pem\n'});
	expect(await readTlsFiles({ca: tls.ca, cert: undefined})).toEqual({ca: 'ca.pem\n'});
	expect(await readTlsFiles({})).toEqual({});
});

test.each([
	['ca', 0o666, 'can be written by others (mode 666): chmod go-w'],
	['ca', 0o664, 'can be written by others (mode 664): chmod go-w'],
	['cert', 0o646, 'can be written by others (mode 646): chmod go-w'],
	['key', 0o644, 'can be read by others (mode 644): chmod 600'],
	['key', 0o640, 'can be read by others (mode 640): chmod 600'],
] as const)('%s with mode %o is refused with one line', async (name, mode, says) => {
	const path = tls[name];
	chmodSync(path, mode);
	await expect(readTlsFiles(tls)).rejects.toMatchObject({kind: 'denied', message: `${path}: ${says} ${path}`});
});

test.skipIf(process.getuid?.() !== 0).each(['ca', 'cert', 'key'] as const)(
	'%s of another user is refused with the chown',
	async name => {
		chownSync(tls[name], 4711, 4711);
		const message = `${tls[name]}: is owned by uid 4711, and must be owned by you (uid 0) or root: chown 0 ${tls[name]}`;
		await expect(readTlsFiles(tls)).rejects.toMatchObject({kind: 'denied', message});
	},
);

test('a file that is not there is named with its setting', async () => {
	await expect(readTlsFiles({ca: join(folder, 'none')})).rejects.toMatchObject({
		kind: 'denied',
		message: `${join(folder, 'none')}: there is no such file`,
		hint: expect.stringContaining('`tls.ca`'),
	});
});

const signal = new AbortController().signal;
const connections: readonly (readonly [string, (tls: Tls) => Promise<unknown>])[] = [
	['PostgreSQL', own => postgresTls({mode: 'verify-full', ...own}, 'db.example')],
	['Redis and Kafka', readTlsOptions],
	[
		'a server of HTTP',
		async own => {
			const transport = createHttpTransport({
				url: 'https://127.0.0.1:9/',
				headers: {},
				environment: {},
				tls: own,
			} as never);
			return transport.send({method: 'GET', path: '/', query: [], headers: {}}, signal);
		},
	],
	[
		'a log server',
		own => sendByStream({over: 'tls', host: '127.0.0.1', port: 9} as never, own, Buffer.from(''), signal),
	],
];

describe.each(connections)('for %s', (_, open) => {
	test('a key that others can read is refused before a connection is made', async () => {
		chmodSync(tls.key, 0o644);
		await expect(open(tls)).rejects.toMatchObject({
			message: `${tls.key}: can be read by others (mode 644): chmod 600 ${tls.key}`,
		});
	});

	test('an authority that others can write is refused before a connection is made', async () => {
		chmodSync(tls.ca, 0o666);
		await expect(open(tls)).rejects.toMatchObject({
			message: `${tls.ca}: can be written by others (mode 666): chmod go-w ${tls.ca}`,
		});
	});
});
