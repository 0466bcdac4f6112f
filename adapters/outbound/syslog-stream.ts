import {connect, type Socket} from 'node:net';
import {connect as connectSecurely} from 'node:tls';
import {codeOf} from '../../src/errors.ts';
import {readTlsOptions} from '../../src/files/tls-files.ts';
import type {SyslogSettings} from '../../src/port/audit-sink.ts';
import type {TlsSettings} from '../../src/port/tls.ts';
import {cancellationError} from '../../src/time/deadline.ts';
import {endedEarlyError, sinkError} from './errors.ts';

type StreamEndpoint =
	| Extract<SyslogSettings['to'], {readonly host: string}>
	| {readonly over: 'unix'; readonly path: string};

const endpointText = (to: SyslogSettings['to']): string => ('path' in to ? to.path : `${to.host}:${to.port}`);

async function openStream(
	to: StreamEndpoint,
	tls: TlsSettings,
): Promise<{readonly socket: Socket; readonly ready: string}> {
	if (to.over === 'unix') return {socket: connect({path: to.path}), ready: 'connect'};
	const {host, port} = to;
	if (to.over === 'tcp') return {socket: connect({host, port}), ready: 'connect'};
	// NODE_TLS_REJECT_UNAUTHORIZED has no effect here.
	const options = {...(await readTlsOptions(tls)), rejectUnauthorized: true, minVersion: 'TLSv1.2'} as const;
	return {socket: connectSecurely({host, port, ...options}), ready: 'secureConnect'};
}

/** A Unix socket is of the kind datagram, not stream. */
export class DatagramSocketError extends Error {}

/**
 * Sends the bytes on a new connection, ends its side, and waits until the server has read everything and closes too. Syslog has no response
 * to a message: a close after our end without an error is the best confirmation there is. A server that is silent, closes before our end,
 * or leaves bytes unread (then the connection is reset) has not accepted them.
 * @throws AdapterError, or DatagramSocketError
 */
export async function sendByStream(
	to: StreamEndpoint,
	tls: TlsSettings,
	bytes: Buffer,
	signal: AbortSignal,
): Promise<void> {
	const endpoint = endpointText(to);
	if (signal.aborted) throw cancellationError(signal);
	const {socket, ready} = await openStream(to, tls).catch((error: unknown) => {
		throw sinkError(error, endpoint);
	});
	const abort = () => socket.destroy(cancellationError(signal));
	signal.addEventListener('abort', abort, {once: true});
	try {
		await new Promise<void>((resolve, reject) => {
			let isWritten = false;
			let hasEnded = false;
			socket.on('error', error =>
				reject(codeOf(error) === 'EPROTOTYPE' ? new DatagramSocketError() : sinkError(error, endpoint)),
			);
			socket.on('finish', () => {
				isWritten = true;
			});
			socket.on('end', () => {
				hasEnded = isWritten;
				if (!isWritten) socket.destroy();
			});
			socket.on('close', () => (hasEnded ? resolve() : reject(endedEarlyError(endpoint))));
			// Incoming data is dropped; unread, it would delay the end.
			socket.resume();
			socket.once(ready, () => socket.end(bytes));
			if (signal.aborted) abort();
		});
	} finally {
		signal.removeEventListener('abort', abort);
		socket.destroy();
	}
}
