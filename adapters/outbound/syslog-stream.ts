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
	// NODE_TLS_REJECT_UNAUTHORIZED does not count here.
	const options = {...(await readTlsOptions(tls)), rejectUnauthorized: true, minVersion: 'TLSv1.2'} as const;
	return {socket: connectSecurely({host, port, ...options}), ready: 'secureConnect'};
}

/** connect(2) says of a Unix socket that it takes datagrams, not a stream. */
export class DatagramSocketError extends Error {}

/**
 * Sends all of it on a connection of its own, ends its side, and waits until the other end has read to that end and closed too. Syslog has
 * no answer to a message: a log server that closes after our end, without an error, is the best there is. One that is silent, that goes
 * before our end, or that leaves bytes unread (the connection is reset then) has not taken it.
 * @throws AdapterError, or DatagramSocket
 */
export async function sendByStream(
	to: StreamEndpoint,
	tls: TlsSettings,
	bytes: Buffer,
	signal: AbortSignal,
): Promise<void> {
	const where = endpointText(to);
	if (signal.aborted) throw cancellationError(signal);
	const {socket, ready} = await openStream(to, tls).catch((error: unknown) => {
		throw sinkError(error, where);
	});
	const abort = () => socket.destroy(cancellationError(signal));
	signal.addEventListener('abort', abort, {once: true});
	try {
		await new Promise<void>((resolve, reject) => {
			let isWritten = false;
			let hasEnded = false;
			socket.on('error', error =>
				reject(codeOf(error) === 'EPROTOTYPE' ? new DatagramSocketError() : sinkError(error, where)),
			);
			socket.on('finish', () => {
				isWritten = true;
			});
			socket.on('end', () => {
				hasEnded = isWritten;
				if (!isWritten) socket.destroy();
			});
			socket.on('close', () => (hasEnded ? resolve() : reject(endedEarlyError(where))));
			// What it says is not asked for; unread it would never come to its end.
			socket.resume();
			socket.once(ready, () => socket.end(bytes));
			if (signal.aborted) abort();
		});
	} finally {
		signal.removeEventListener('abort', abort);
		socket.destroy();
	}
}
