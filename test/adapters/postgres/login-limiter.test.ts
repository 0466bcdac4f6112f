import {once} from 'node:events';
import {type AddressInfo, connect, createServer, type Server, type Socket} from 'node:net';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {createLoginLimiter} from '../../../adapters/postgres/connection/login-limiter.ts';

let server: Server;
let host: {readonly host: string; readonly port: number};
/** The far ends: as a backend that waits for a lock, they do not answer the end of the other side. */
let backends: Socket[] = [];

beforeEach(async () => {
	backends = [];
	server = createServer({allowHalfOpen: true}, socket => {
		backends.push(socket.on('error', () => {}).resume());
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	host = {host: '127.0.0.1', port: (server.address() as AddressInfo).port};
});

afterEach(() => {
	for (const backend of backends) backend.destroy();
	server.close();
});

async function login(): Promise<Socket> {
	const socket = connect(host.port, host.host);
	const accepted = once(server, 'connection');
	await Promise.all([once(socket, 'connect'), accepted]);
	return socket;
}

const signal = new AbortController().signal;

test('no login begins while the backend of the last one was not seen to end, with a growing backoff', async () => {
	let now = 0;
	const gate = createLoginLimiter(() => now);
	await gate.acquire(host, signal);
	for (const seconds of [30, 60, 120, 240, 480, 600, 600]) {
		gate.abandon(host, await login());
		await expect(gate.acquire(host, signal)).rejects.toMatchObject({
			kind: 'timeout',
			message: expect.stringContaining('its backend still waits on the server'),
			hint: expect.stringContaining(`in ${seconds} s`),
		});
		now += seconds * 1000;
		await gate.acquire(host, signal);
	}
	gate.close();
});

test('a login begins as soon as the server has closed the abandoned connection, and the backoff is short again', async () => {
	const gate = createLoginLimiter(() => 0);
	gate.abandon(host, await login());
	gate.abandon(host, await login());
	const entered = gate.acquire(host, signal);
	for (const backend of backends) backend.end();
	await entered;
	gate.abandon(host, await login());
	await expect(gate.acquire(host, signal)).rejects.toMatchObject({hint: expect.stringContaining('in 30 s')});
	// Another host is another server.
	await gate.acquire({...host, port: 1}, signal);
	gate.close();
});

test('a cancelled login stops waiting', async () => {
	const gate = createLoginLimiter(() => 0);
	gate.abandon(host, await login());
	const stop = new AbortController();
	const entering = gate.acquire(host, stop.signal);
	stop.abort();
	await expect(entering).rejects.toMatchObject({message: 'cancelled before an answer came'});
	gate.close();
});
