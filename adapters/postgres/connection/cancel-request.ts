import {connect as connectSocket, isIP, type Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import {type ConnectionOptions, connect as connectTls} from 'node:tls';

/** The server gave both when the connection was opened. */
export type CancelKey = {readonly processId: number; readonly secret: number};

/** https://www.postgresql.org/docs/current/protocol-message-formats.html: CancelRequest, SSLRequest */
const codes = {cancel: 80877102, ssl: 80877103} as const;

function message(...words: readonly number[]): Buffer {
	const bytes = Buffer.alloc(4 + words.length * 4);
	bytes.writeInt32BE(bytes.length, 0);
	for (const [at, word] of words.entries()) bytes.writeInt32BE(word, 4 + at * 4);
	return bytes;
}

/** The server answers it with one byte, before anything of a login. */
export const sslRequest = message(codes.ssl);

export const openSocket = ({host, port}: {readonly host: string; readonly port: number}): Socket =>
	host.startsWith('/') ? connectSocket(`${host}/.s.PGSQL.${port}`) : connectSocket({host, port, noDelay: true});

/**
 * Asks the server, over a connection of its own, to end the statement that runs on another one. Resolves once the server has closed that
 * connection, which it does when it has sent the signal; also when it could not be asked, and after `ms`. Never rejects. With `ssl` the
 * request goes over TLS or not at all.
 */
export function requestCancel(
	{host, port}: {readonly host: string; readonly port: number},
	key: CancelKey,
	{ssl, ms}: {readonly ssl: ConnectionOptions | false; readonly ms: number},
): Promise<void> {
	// Not every server gives a key.
	if (!Number.isInteger(key.processId) || !Number.isInteger(key.secret)) return Promise.resolve();
	return new Promise(resolve => {
		const socket = openSocket({host, port});
		const timer = setTimeout(() => socket.destroy(), ms);
		socket.once('close', () => {
			clearTimeout(timer);
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
