import {connect as connectSocket, isIP, type Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import {type ConnectionOptions, connect as connectTls} from 'node:tls';
import {systemClock} from '../../../src/time/clock.ts';
import {settleWithin} from '../../../src/time/deadline.ts';

/** The server sends both when a connection opens. */
export type CancelKey = {readonly processId: number; readonly secret: number};

/** https://www.postgresql.org/docs/current/protocol-message-formats.html: CancelRequest, SSLRequest */
const codes = {cancel: 80877102, ssl: 80877103} as const;

function message(...words: readonly number[]): Buffer {
	const bytes = Buffer.alloc(4 + words.length * 4);
	bytes.writeInt32BE(bytes.length, 0);
	for (const [at, word] of words.entries()) bytes.writeInt32BE(word, 4 + at * 4);
	return bytes;
}

/** The server answers it with one byte, before the login. */
export const sslRequest = message(codes.ssl);

export const openSocket = ({host, port}: {readonly host: string; readonly port: number}): Socket =>
	host.startsWith('/') ? connectSocket(`${host}/.s.PGSQL.${port}`) : connectSocket({host, port, noDelay: true});

/**
 * Sends a cancel request, over a new connection, for the statement that runs on another one. Resolves when the server closes the new
 * connection, which it does after it has sent the signal; also when the request cannot be sent, and after `ms`. Never rejects. With `ssl`
 * the request is sent over TLS or not at all.
 */
export function requestCancel(
	{host, port}: {readonly host: string; readonly port: number},
	key: CancelKey,
	{ssl, ms}: {readonly ssl: ConnectionOptions | false; readonly ms: number},
): Promise<void> {
	// Not every server sends a key.
	if (!Number.isInteger(key.processId) || !Number.isInteger(key.secret)) return Promise.resolve();
	return new Promise(resolve => {
		const socket = openSocket({host, port});
		const cancelTimer = systemClock.after(ms, () => socket.destroy());
		socket.once('close', () => {
			cancelTimer();
			resolve();
		});
		const fail = () => socket.destroy();
		const send = (on: Duplex) => {
			on.once('end', fail).resume();
			on.write(message(codes.cancel, key.processId, key.secret));
		};
		socket.on('error', fail);
		socket.once('connect', () => {
			if (ssl === false) {
				send(socket);
				return;
			}
			socket.write(sslRequest);
			socket.once('data', answer => {
				if (answer.toString('latin1') !== 'S') {
					fail();
					return;
				}
				const secure = connectTls({...ssl, socket, host, ...(isIP(host) === 0 ? {servername: host} : {})});
				secure.on('error', fail);
				secure.once('secureConnect', () => send(secure));
			});
		});
	});
}

/** How long a cancelled statement may take to end. */
const cancelTimeoutMs = 1000;

type Cancellable = {
	readonly host: {readonly host: string; readonly port: number};
	readonly cancelKey: CancelKey;
	readonly ssl: ConnectionOptions | false;
};

/**
 * Cancels the statement that runs on a connection and waits until it has ended.
 * @param ended resolves when the statement has ended.
 * @returns false when it was not seen to end within a second.
 */
export async function cancelAndWait({host, cancelKey, ssl}: Cancellable, ended: Promise<void>): Promise<boolean> {
	let hasEnded = false;
	void ended.then(() => {
		hasEnded = true;
	});
	const cancelled = requestCancel(host, cancelKey, {ssl, ms: cancelTimeoutMs});
	// Both: a cancel request that is still in flight would hit the next statement.
	await settleWithin(systemClock, cancelTimeoutMs, Promise.all([cancelled, ended]));
	return hasEnded;
}
