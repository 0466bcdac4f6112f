import {connect, createServer, type Server, type Socket} from 'node:net';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {type FaultProxy, startFaultProxy, startSilentListener} from './fault-proxy.ts';

let echo: Server;
let proxy: FaultProxy;
let atServer: Set<Socket>;
const clients: Socket[] = [];

/** A client that keeps what it has heard and how it ended. */
type Client = {
	readonly socket: Socket;
	heard: string;
	ended: string | undefined;
	/** Resolves when `done` holds, which is checked after every event. */
	when(done: () => boolean): Promise<void>;
};

function client(port: number): Client {
	const socket = connect(port, '127.0.0.1');
	clients.push(socket);
	const waiting = new Set<() => void>();
	const notify = () => {
		for (const ask of waiting) ask();
	};
	const self: Client = {
		socket,
		heard: '',
		ended: undefined,
		when: done =>
			new Promise(resolve => {
				const ask = () => {
					if (!done()) return;
					waiting.delete(ask);
					resolve();
				};
				waiting.add(ask);
				ask();
			}),
	};
	socket.on('data', data => {
		self.heard += data.toString('latin1');
		notify();
	});
	socket.on('error', error => {
		self.ended = 'code' in error ? String(error.code) : error.message;
		notify();
	});
	socket.on('close', () => {
		self.ended ??= 'end';
		notify();
	});
	return self;
}

/** A round trip on another connection: whatever was on its way before it has arrived by then. */
async function roundTrip(port: number): Promise<void> {
	const other = client(port);
	other.socket.write('ping');
	await other.when(() => other.heard === 'ping');
}

beforeEach(async () => {
	atServer = new Set();
	echo = createServer(socket => {
		atServer.add(socket);
		socket.on('error', () => {});
		socket.on('close', () => atServer.delete(socket));
		socket.pipe(socket);
	});
	await new Promise<void>(resolve => echo.listen(0, '127.0.0.1', resolve));
	const address = echo.address();
	if (address === null || typeof address === 'string') throw new Error('no port');
	proxy = await startFaultProxy({host: '127.0.0.1', port: address.port});
});

afterEach(async () => {
	for (const socket of clients.splice(0)) socket.destroy();
	await proxy.close();
	await new Promise(resolve => echo.close(resolve));
});

const directPort = () => {
	const address = echo.address();
	return address !== null && typeof address === 'object' ? address.port : 0;
};

describe('the fault proxy', () => {
	test('passes bytes both ways, also many of them', async () => {
		const one = client(proxy.port);
		const text = 'x'.repeat(5_000_000);
		one.socket.write(text);
		await one.when(() => one.heard.length === text.length);
		expect(one.heard).toBe(text);
	});

	test('keeps the order through pieces, delay and a slow line', async () => {
		await proxy.set({chunkBytes: 3, latencyMs: 5, jitterMs: 10, bytesPerSecond: 20_000});
		const one = client(proxy.port);
		const text = Array.from({length: 200}, (_, i) => String(i)).join(',');
		one.socket.write(text);
		await one.when(() => one.heard.length === text.length);
		expect(one.heard).toBe(text);
	});

	test('holds what is sent while the link is cut, and delivers all of it on heal', async () => {
		const one = client(proxy.port);
		one.socket.write('before ');
		await one.when(() => one.heard === 'before ');
		await proxy.set({mode: 'hold'});
		one.socket.write('meanwhile');
		await roundTrip(directPort());
		expect(one.heard).toBe('before ');
		await proxy.heal();
		await one.when(() => one.heard === 'before meanwhile');
		expect(one.ended).toBeUndefined();
	});

	test('cuts the link just before a piece with the text that it waits for', async () => {
		const one = client(proxy.port);
		await proxy.set({holdAt: 'SET'});
		one.socket.write('GET ');
		await one.when(() => one.heard === 'GET ');
		one.socket.write('SET');
		await roundTrip(directPort());
		expect(one.heard).toBe('GET ');
		await proxy.heal();
		await one.when(() => one.heard === 'GET SET');
	});

	test('resets new connections, and open ones on request', async () => {
		const existing = client(proxy.port);
		existing.socket.write('a');
		await existing.when(() => existing.heard === 'a');
		await proxy.set({mode: 'reset'});
		const fresh = client(proxy.port);
		await fresh.when(() => fresh.ended !== undefined);
		expect(fresh.ended).toBe('ECONNRESET');
		expect(existing.ended).toBeUndefined();
		proxy.resetAll();
		await existing.when(() => existing.ended !== undefined);
		expect(existing.ended).toBe('ECONNRESET');
		await proxy.heal();
		await roundTrip(proxy.port);
	});

	test('half-open: the server has dropped the client, which does not learn of it', async () => {
		const one = client(proxy.port);
		one.socket.write('a');
		await one.when(() => one.heard === 'a');
		expect(atServer.size).toBe(1);
		proxy.halfOpen();
		one.socket.write('b');
		await roundTrip(proxy.port);
		expect(one.heard).toBe('a');
		expect(one.ended).toBeUndefined();
		expect([...atServer].filter(socket => socket.readable)).toHaveLength(1);
	});

	test('accepts and sends nothing', async () => {
		await proxy.set({mode: 'silent'});
		const one = client(proxy.port);
		one.socket.write('a');
		await roundTrip(directPort());
		await proxy.heal();
		await roundTrip(proxy.port);
		expect(one.heard).toBe('');
		expect(one.ended).toBeUndefined();
		expect(proxy.accepted).toBe(2);
	});

	test('refuses, and listens on the same port again', async () => {
		const existing = client(proxy.port);
		existing.socket.write('a');
		await existing.when(() => existing.heard === 'a');
		await proxy.set({mode: 'refuse'});
		const fresh = client(proxy.port);
		await fresh.when(() => fresh.ended !== undefined);
		expect(fresh.ended).toBe('ECONNREFUSED');
		existing.socket.write('b');
		await existing.when(() => existing.heard === 'ab');
		await proxy.heal();
		await roundTrip(proxy.port);
	});

	test('sends random bytes in place of the response', async () => {
		await proxy.set({garble: true});
		const one = client(proxy.port);
		one.socket.write('abc');
		await one.when(() => one.heard.length === 3);
		expect(one.heard).toBe('\xff\xff\xff');
	});

	test('ends a connection when the server ends it', async () => {
		const one = client(proxy.port);
		one.socket.write('a');
		await one.when(() => one.heard === 'a');
		for (const socket of atServer) socket.destroySoon();
		await one.when(() => one.ended !== undefined);
	});

	test('ends a connection when no server is behind the proxy', async () => {
		const lonely = await startFaultProxy({host: '127.0.0.1', port: 1});
		const one = client(lonely.port);
		await one.when(() => one.ended !== undefined);
		await lonely.close();
	});
});

test('a silent listener accepts a connection and never answers', async () => {
	const silent = await startSilentListener();
	const one = client(silent.port);
	one.socket.write('hello');
	await roundTrip(directPort());
	expect(one.heard).toBe('');
	await silent.close();
	await one.when(() => one.ended !== undefined);
});
