import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer as createSecureWeb} from 'node:https';
import {type AddressInfo, createServer, type Server, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createServer as createTlsServer} from 'node:tls';
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest';
import {createAuditSink} from '../../../adapters/outbound/sink.ts';
import type {OutboundRecord, SinkSettings} from '../../../src/port/audit-sink.ts';
import {type CertificateFiles, certificate} from '../../estate/certificates.ts';

const closing: (() => void)[] = [];
afterEach(() => {
	for (const close of closing.splice(0)) close();
});

const record = (seq: number): OutboundRecord => ({
	id: `01HZ000000000000000000${String(seq).padStart(4, '0')}`,
	seq,
	kind: 'intent',
	ts: '2026-01-31T12:00:00.000Z',
	host: 'jump host',
	pid: 42,
	severity: 5,
	json: JSON.stringify({seq, object: 'cart/\\u00e9'}).replaceAll('\\\\u', '\\u'),
});
const records = [record(1), record(2)];
const soon = () => AbortSignal.timeout(120_000);
const failureOf = (work: Promise<void>): Promise<unknown> =>
	work.then(
		() => 'taken',
		(error: unknown) => error,
	);

async function listening(server: Server, at: number | string = 0): Promise<number> {
	if (typeof at === 'string') server.listen(at);
	else server.listen(at, '127.0.0.1');
	await once(server, 'listening');
	closing.push(() => server.close());
	return (server.address() as AddressInfo | null)?.port ?? 0;
}

/** Handlers of connections that are closed after the test: `listener` reads nothing, `reading` adds what it receives to `received`. */
function recorder(behave: (socket: Socket) => void = () => {}) {
	const received: {text: string} = {text: ''};
	const listener = (socket: Socket) => {
		closing.push(() => socket.destroy());
		socket.on('error', () => {});
		behave(socket);
	};
	const reading = (socket: Socket) => {
		socket.setEncoding('utf8').on('data', (text: string) => {
			received.text += text;
		});
		listener(socket);
	};
	return {received, listener, reading};
}

/** Messages by their octet counts. */
function messagesIn(text: string): readonly string[] {
	const found: string[] = [];
	for (let rest = Buffer.from(text); rest.length > 0; ) {
		const space = rest.indexOf(32);
		const length = Number(rest.subarray(0, space).toString());
		expect(length).toBeGreaterThan(0);
		found.push(rest.subarray(space + 1, space + 1 + length).toString());
		rest = rest.subarray(space + 1 + length);
	}
	return found;
}

const wanted = records.map(({json}) => `<37>1 2026-01-31T12:00:00.000Z jumphost midwatch 42 intent - ${json}`);
const tcp = (port: number): SinkSettings => ({
	kind: 'syslog',
	to: {over: 'tcp', host: '127.0.0.1', port},
	facility: 4,
	tls: {},
});

describe('syslog over TCP', () => {
	test('sends each message with its length, in order, and confirms them when the other end has read to the end', async () => {
		const {received, reading} = recorder();
		const port = await listening(createServer(reading));
		const sink = createAuditSink(tcp(port));
		await sink.send(records, soon());
		await sink.send([record(3)], soon());
		expect(messagesIn(received.text).slice(0, 2)).toEqual(wanted);
		expect(messagesIn(received.text)).toHaveLength(3);
	});

	test('confirms nothing where no server listens', async () => {
		const server = createServer();
		const port = await listening(server);
		await new Promise(done => server.close(done));
		expect(await failureOf(createAuditSink(tcp(port)).send(records, soon()))).toMatchObject({
			name: 'AdapterError',
			kind: 'unreachable',
			message: expect.stringMatching(/^127\.0\.0\.1:\d+: .*ECONNREFUSED/),
		});
	});

	const bad: readonly (readonly [string, (socket: Socket) => void])[] = [
		['that resets the connection at once', socket => socket.resetAndDestroy()],
		['that closes at once and reads nothing', socket => socket.destroy()],
		['that ends its side at once, and could read on', socket => socket.end()],
		['that goes in the middle', socket => socket.once('data', () => socket.resetAndDestroy())],
	];
	test.each(bad)('confirms nothing at a server %s', async (_, behave) => {
		const {listener} = recorder(behave);
		const port = await listening(createServer({allowHalfOpen: true}, listener));
		// So much that it cannot all be on its way before the other end is heard.
		const many = Array.from({length: 20_000}, (_, seq) => ({...record(seq), json: `{"x":"${'x'.repeat(400)}"}`}));
		expect(await failureOf(createAuditSink(tcp(port)).send(many, soon()))).toMatchObject({kind: 'unreachable'});
	});

	test.each([
		['reads and never answers the end', true],
		['accepts and never reads', false],
	])('confirms nothing at a server that %s, and ends with its signal', async (_, reads) => {
		const {listener} = recorder(socket => {
			if (reads) socket.resume();
			else socket.pause();
		});
		const port = await listening(createServer({allowHalfOpen: true, pauseOnConnect: !reads}, listener));
		const late = new AbortController();
		const sending = failureOf(createAuditSink(tcp(port)).send(records, late.signal));
		setTimeout(() => late.abort(), 100);
		expect(await sending).toMatchObject({name: 'AdapterError', kind: 'timeout'});
	});

	test('sends nothing once it is cancelled', async () => {
		const {received, reading} = recorder();
		const port = await listening(createServer(reading));
		expect(await failureOf(createAuditSink(tcp(port)).send(records, AbortSignal.abort()))).toMatchObject({
			kind: 'timeout',
		});
		expect(received.text).toBe('');
	});
});

describe('syslog over TLS and a webhook', () => {
	let folder: string;
	let valid: CertificateFiles;
	let expired: CertificateFiles;
	beforeAll(() => {
		folder = mkdtempSync(join(tmpdir(), 'midwatch-sinks-'));
		valid = certificate(folder, false);
		expired = certificate(folder, true);
	});
	afterAll(() => rmSync(folder, {recursive: true, force: true}));
	const pem = ({cert, key}: CertificateFiles) => ({cert: readFileSync(cert), key: readFileSync(key)});
	const tls = (port: number, ca: string | undefined, host = 'localhost'): SinkSettings => ({
		kind: 'syslog',
		to: {over: 'tls', host, port},
		facility: 4,
		tls: ca === undefined ? {} : {ca},
	});

	test('the certificate is verified, and then the same messages are sent', async () => {
		const {received, reading} = recorder();
		const port = await listening(createTlsServer(pem(valid), reading));
		await createAuditSink(tls(port, valid.ca)).send(records, soon());
		expect(messagesIn(received.text)).toEqual(wanted);
	});

	test('nothing is sent to a server whose issuer is unknown, whose certificate has expired or is for another name, whatever the environment says', async () => {
		const {received, reading} = recorder();
		const port = await listening(createTlsServer(pem(valid), reading));
		const old = await listening(createTlsServer(pem(expired), reading));
		process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
		try {
			for (const settings of [tls(port, undefined), tls(old, expired.ca), tls(port, valid.ca, '127.0.0.2')]) {
				expect(await failureOf(createAuditSink(settings).send(records, soon()))).toMatchObject({name: 'AdapterError'});
			}
		} finally {
			delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
		}
		expect(received.text).toBe('');
	});

	test('a server that does not speak TLS is reported as such', async () => {
		const port = await listening(createServer(recorder(socket => socket.end('hello\n')).reading));
		expect(await failureOf(createAuditSink(tls(port, valid.ca)).send(records, soon()))).toMatchObject({
			message: expect.stringContaining('does not speak TLS'),
		});
	});

	async function hook(status: number, answers = true) {
		const seen: {url: string | undefined; headers: Readonly<Record<string, unknown>>; body: string}[] = [];
		const server = createSecureWeb(pem(valid), (request, response) => {
			let body = '';
			request.setEncoding('utf8').on('data', (text: string) => (body += text));
			request.on('end', () => {
				seen.push({url: request.url, headers: request.headers, body});
				if (answers) response.writeHead(status, {location: 'https://elsewhere.example/'}).end('said s3cret back');
			});
		});
		const port = await listening(server);
		closing.push(() => server.closeAllConnections());
		const settings = (path: string): SinkSettings => ({
			kind: 'webhook',
			http: {
				url: `https://localhost:${port}${path}`,
				auth: {kind: 'none'},
				headers: {'X-Token': {source: 'test', reveal: async () => 's3cret'}},
				tls: {ca: valid.ca},
				environment: {},
			},
		});
		return {seen, settings};
	}

	test.each([
		['/hooks/midwatch', '/hooks/midwatch'],
		['', '/'],
	])(
		'a webhook at "%s" gets the records as JSON by POST, and confirms them by a status from 200 to 299',
		async (path, url) => {
			const {seen, settings} = await hook(204);
			const sink = createAuditSink(settings(path));
			await sink.send(records, soon());
			sink.close();
			expect(seen).toHaveLength(1);
			expect(seen[0]).toMatchObject({url, headers: {'x-token': 's3cret', 'content-type': 'application/json'}});
			expect(JSON.parse(seen[0]?.body ?? '')).toEqual({records: records.map(({json}) => JSON.parse(json) as unknown)});
		},
	);

	test.each([302, 401, 404, 500])(
		'a webhook that responds with %i has not accepted them, and no secret is shown',
		async status => {
			const {settings} = await hook(status);
			const error = await failureOf(createAuditSink(settings('/x')).send(records, soon()));
			expect(error).toMatchObject({name: 'AdapterError'});
			expect(JSON.stringify([error, (error as Error).message])).not.toContain('s3cret');
		},
	);

	test('a silent webhook ends with the signal', async () => {
		const {seen, settings} = await hook(200, false);
		const late = new AbortController();
		const sending = failureOf(createAuditSink(settings('/x')).send(records, late.signal));
		await expect.poll(() => seen.length).toBe(1);
		late.abort();
		expect(await sending).toMatchObject({kind: 'timeout'});
	});
});

describe('syslog over a Unix socket', () => {
	let folder: string;
	beforeAll(() => {
		folder = mkdtempSync(join(tmpdir(), 'midwatch-sockets-'));
	});
	afterAll(() => rmSync(folder, {recursive: true, force: true}));
	const unix = (path: string): SinkSettings => ({kind: 'syslog', to: {over: 'unix', path}, facility: 4, tls: {}});

	test('of the kind stream gets framed messages', async () => {
		const path = join(folder, 'stream');
		const {received, reading} = recorder();
		await listening(createServer(reading), path);
		await createAuditSink(unix(path)).send(records, soon());
		expect(messagesIn(received.text)).toEqual(wanted);
	});

	test('that does not exist, or is a file, has accepted nothing', async () => {
		for (const path of [join(folder, 'absent'), import.meta.filename]) {
			expect(await failureOf(createAuditSink(unix(path)).send(records, soon()))).toMatchObject({name: 'AdapterError'});
		}
	});

	/** A receiver of datagrams, which Node cannot be. With `deaf` it reads none. */
	async function datagrams(path: string, deaf = false) {
		const code = `import socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("ready", flush=True)
while ${deaf ? 'True: time.sleep(1)' : 'True: print(s.recv(65536).decode().rstrip(), flush=True)'}
`;
		const child = spawn('python3', ['-c', code, path], {stdio: ['ignore', 'pipe', 'inherit']});
		closing.push(() => child.kill());
		let text = '';
		child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
		await expect.poll(() => text).toContain('ready\n');
		return () => text.split('\n').slice(1, -1);
	}

	test('of the kind datagram gets one message after the other', async () => {
		const path = join(folder, 'datagrams');
		const received = await datagrams(path);
		const large = {...record(3), json: JSON.stringify({text: 'x'.repeat(7000)})};
		await createAuditSink(unix(path)).send([...records, large], soon());
		await expect.poll(received).toHaveLength(3);
		for (const [index, line] of received().entries()) {
			expect(line).toMatch(/^<37>1 \S+ \S+ midwatch 42 intent /);
			expect(line.endsWith([...records, large][index]?.json ?? '')).toBe(true);
		}
	});

	/** Writes a fake logger(1), the program that sends datagrams, into a new folder: it succeeds and sends nothing. `trace` exists once it has run. */
	function plantLogger(name: string): {readonly planted: string; readonly trace: string} {
		const planted = join(folder, name);
		mkdirSync(planted);
		const trace = join(planted, 'ran');
		writeFileSync(join(planted, 'logger'), `#!/bin/sh\ncat > ${trace}\n`);
		chmodSync(join(planted, 'logger'), 0o755);
		return {planted, trace};
	}

	test('of the kind datagram is not sent to by a program of the current directory', async () => {
		const path = join(folder, 'beside-a-trap');
		const received = await datagrams(path);
		const {planted, trace} = plantLogger('current');
		const [directory, usual] = [process.cwd(), process.env['PATH'] ?? ''];
		closing.push(() => {
			process.chdir(directory);
			process.env['PATH'] = usual;
		});
		process.chdir(planted);
		for (const first of ['.', '', './', '../current']) {
			process.env['PATH'] = `${first}:${usual}`;
			await createAuditSink(unix(path)).send([record(1)], soon());
		}
		expect(existsSync(trace)).toBe(false);
		await expect.poll(received).toHaveLength(4);
	});

	test('of the kind datagram is not sent to by a program that others can write, and without one even a check fails', async () => {
		const path = join(folder, 'unsafe');
		await datagrams(path);
		const {planted, trace} = plantLogger('open');
		chmodSync(planted, 0o777);
		expect(await failureOf(createAuditSink(unix(path), planted).send([record(1)], soon()))).toMatchObject({
			kind: 'denied',
			message: expect.stringContaining(`${planted} can be written by others`),
		});
		expect(existsSync(trace)).toBe(false);
		expect(await failureOf(createAuditSink(unix(path), '/nowhere:.').send([], soon()))).toMatchObject({
			kind: 'unsupported',
			message: `${path}: logger(1) is not in an absolute directory of PATH`,
		});
	});

	test('whose reader has closed, or whose queue is full, accepts nothing more', async () => {
		const path = join(folder, 'deaf');
		await datagrams(path, true);
		const sink = createAuditSink(unix(path));
		const late = new AbortController();
		const large = {...record(1), json: JSON.stringify({text: 'x'.repeat(60_000)})};
		const sending = failureOf(sink.send(Array(200).fill(large) as OutboundRecord[], late.signal));
		setTimeout(() => late.abort(), 1000);
		expect(await sending).toMatchObject({kind: 'timeout'});
		for (const close of closing.splice(0)) close();
		await expect.poll(() => failureOf(sink.send([record(2)], soon()))).toMatchObject({kind: 'unreachable'});
	});
});
