import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import {AdapterError, messageOf} from '../../src/errors.ts';
import {decodePercent} from '../../src/text/percent-decode.ts';

const defaultPort = 1080;
const proxyHint = 'Check the proxy: HTTPS_PROXY and NO_PROXY of this shell, or proxy-url of a kubeconfig.';

/** The meaning of each reply code of a SOCKS server. https://www.rfc-editor.org/rfc/rfc1928#section-6 */
const refusals: Readonly<Record<number, string>> = {
	1: 'the proxy failed',
	2: 'its rules do not allow it',
	3: 'the network is unreachable',
	4: 'the host is unreachable',
	5: 'the connection was refused',
	6: 'it took too long',
};

/** Authentication methods. https://www.rfc-editor.org/rfc/rfc1928#section-3 */
const noAuthentication = 0;
const passwordAuthentication = 2;

/** Reads exactly `size` bytes; later bytes stay in the socket. */
async function readExactly(socket: Socket, size: number, signal: AbortSignal): Promise<Buffer> {
	let bytes = Buffer.alloc(0);
	for (;;) {
		bytes = Buffer.concat([bytes, (socket.read() as Buffer | null) ?? Buffer.alloc(0)]);
		if (bytes.length > size) socket.unshift(bytes.subarray(size));
		if (bytes.length >= size) return bytes.subarray(0, size);
		if (socket.readableEnded || socket.destroyed) throw new Error('the connection was closed');
		const ended = new AbortController();
		const either = AbortSignal.any([signal, ended.signal]);
		try {
			await Promise.race([once(socket, 'readable', {signal: either}), once(socket, 'close', {signal: either})]);
		} finally {
			ended.abort();
		}
	}
}

const lengthPrefixed = (text: string): Buffer => {
	const bytes = Buffer.from(text);
	if (bytes.length > 255) throw new Error('a name or password of more than 255 bytes cannot be sent');
	return Buffer.concat([Buffer.from([bytes.length]), bytes]);
};

/** Sends name and password. Returns whether they are accepted. https://www.rfc-editor.org/rfc/rfc1929 */
async function logIn(socket: Socket, user: string, password: string, signal: AbortSignal): Promise<boolean> {
	socket.write(Buffer.concat([Buffer.from([1]), lengthPrefixed(user), lengthPrefixed(password)]));
	const [, status] = await readExactly(socket, 2, signal);
	return status === 0;
}

/** Reads past the address that the proxy connected from. */
async function skipAddress(socket: Socket, type: number | undefined, signal: AbortSignal): Promise<void> {
	const size = type === 1 ? 4 : type === 4 ? 16 : ((await readExactly(socket, 1, signal))[0] ?? 0);
	await readExactly(socket, size + 2, signal);
}

/**
 * Opens a connection to `host:port` through a SOCKS 5 proxy, which resolves the name as with Go's clients.
 * https://www.rfc-editor.org/rfc/rfc1928
 * @throws AdapterError when the proxy cannot be reached, or refuses.
 */
export async function connectThroughSocks(
	proxy: URL,
	{host, port}: {readonly host: string; readonly port: number},
	signal: AbortSignal,
): Promise<Socket> {
	const socket = connect({host: proxy.hostname.replace(/^\[|\]$/g, ''), port: Number(proxy.port || defaultPort)});
	// Until the caller listens: failures reject the pending read.
	const ignore = () => {};
	socket.on('error', ignore);
	const refuse = (kind: 'denied' | 'unreachable', why: string) =>
		new AdapterError(kind, `proxy ${proxy.host} ${why}`, proxyHint);
	try {
		await once(socket, 'connect', {signal});
		const user = decodePercent(proxy.username);
		const password = decodePercent(proxy.password);
		if (user === undefined || password === undefined) throw refuse('denied', 'has a login that is not percent-encoded');
		const methods = user === '' ? [noAuthentication] : [noAuthentication, passwordAuthentication];
		socket.write(Buffer.from([5, methods.length, ...methods]));
		const [version, method] = await readExactly(socket, 2, signal);
		if (version !== 5) throw refuse('unreachable', 'does not speak SOCKS 5');
		if (method === passwordAuthentication && user !== '') {
			const accepted = await logIn(socket, user, password, signal);
			if (!accepted) throw refuse('denied', `refuses the login of ${user}`);
		} else if (method !== noAuthentication) throw refuse('denied', 'requires another login');
		const name = Buffer.from([3, ...lengthPrefixed(host), port >> 8, port & 255]);
		socket.write(Buffer.concat([Buffer.from([5, 1, 0]), name]));
		const [, reply = 1, , type] = await readExactly(socket, 4, signal);
		if (reply !== 0) {
			const why = refusals[reply] ?? `status ${reply}`;
			throw refuse(reply === 2 ? 'denied' : 'unreachable', `does not connect to ${host}:${port}: ${why}`);
		}
		await skipAddress(socket, type, signal);
		socket.off('error', ignore);
		return socket;
	} catch (error) {
		socket.destroy();
		if (error instanceof AdapterError) throw error;
		const reason = signal.aborted ? 'no response in time' : messageOf(error);
		throw new AdapterError('unreachable', `proxy ${proxy.host}: ${reason}`, proxyHint, {cause: error});
	}
}
