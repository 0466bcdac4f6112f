import {createServer, request} from 'node:http';
import type {AddressInfo} from 'node:net';

export type ReverseProxy = {
	readonly host: string;
	readonly port: number;
	/** Method and path of every request. */
	readonly requests: string[];
	/** The User-Agent of the last request that changes something. */
	userAgent: string;
	/**
	 * `pass` · `read-only`: writes are refused with 403, as a company's proxy does · `get-only`: with 405 · `drop-response`: a write is
	 * forwarded, and its response never comes back · `closed`: everything is refused with 403.
	 */
	mode: 'pass' | 'read-only' | 'get-only' | 'drop-response' | 'closed';
	close(): Promise<void>;
};

/** Starts a proxy in front of an Alertmanager. */
export async function startReverseProxy(server: {readonly host: string; readonly port: number}): Promise<ReverseProxy> {
	const listener = createServer((incoming, response) => {
		self.requests.push(`${incoming.method} ${incoming.url}`);
		const changes = incoming.method !== 'GET';
		if (changes) self.userAgent = incoming.headers['user-agent'] ?? '';
		if (self.mode === 'closed' || (changes && self.mode === 'read-only'))
			return void response.writeHead(403).end('<html><body>Forbidden by policy</body></html>');
		if (changes && self.mode === 'get-only') return void response.writeHead(405).end();
		const {method, url, headers} = incoming;
		const {host, port} = server;
		const outgoing = request({host, port, method, path: url, headers}, upstream => {
			if (changes && self.mode === 'drop-response') {
				upstream.resume();
				upstream.on('end', () => incoming.socket.destroy());
				return;
			}
			response.writeHead(upstream.statusCode ?? 502, upstream.headers);
			upstream.pipe(response);
		});
		outgoing.on('error', () => incoming.socket.destroy());
		incoming.pipe(outgoing);
	});
	await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve));
	const self: ReverseProxy = {
		host: '127.0.0.1',
		port: (listener.address() as AddressInfo).port,
		requests: [],
		userAgent: '',
		mode: 'pass',
		close: () =>
			new Promise<void>(resolve => {
				listener.close(() => resolve());
				listener.closeAllConnections();
			}),
	};
	return self;
}
