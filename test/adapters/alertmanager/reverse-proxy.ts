import {createServer, request} from 'node:http';
import type {AddressInfo} from 'node:net';

export type ReverseProxy = {
	readonly host: string;
	readonly port: number;
	/** Method and path of everything that came by. */
	readonly requests: string[];
	/** The User-Agent of the last request that changes something. */
	userAgent: string;
	/**
	 * `pass` · `read-only`: changes are refused with 403, as a proxy of a company does · `get-only`: with 405 · `mute`: a change is handed
	 * on, and its answer never comes back · `closed`: everything is refused with 403.
	 */
	mode: 'pass' | 'read-only' | 'get-only' | 'mute' | 'closed';
	close(): Promise<void>;
};

/** What a company puts before its Alertmanager. */
export async function startReverseProxy(server: {readonly host: string; readonly port: number}): Promise<ReverseProxy> {
	const front = createServer((asked, answer) => {
		self.requests.push(`${asked.method} ${asked.url}`);
		const changes = asked.method !== 'GET';
		if (changes) self.userAgent = asked.headers['user-agent'] ?? '';
		if (self.mode === 'closed' || (changes && self.mode === 'read-only'))
			return void answer.writeHead(403).end('<html><body>Forbidden by policy</body></html>');
		if (changes && self.mode === 'get-only') return void answer.writeHead(405).end();
		const {method, url, headers} = asked;
		const {host, port} = server;
		const handed = request({host, port, method, path: url, headers}, told => {
			if (changes && self.mode === 'mute') {
				told.resume();
				told.on('end', () => asked.socket.destroy());
				return;
			}
			answer.writeHead(told.statusCode ?? 502, told.headers);
			told.pipe(answer);
		});
		handed.on('error', () => asked.socket.destroy());
		asked.pipe(handed);
	});
	await new Promise<void>(resolve => front.listen(0, '127.0.0.1', resolve));
	const self: ReverseProxy = {
		host: '127.0.0.1',
		port: (front.address() as AddressInfo).port,
		requests: [],
		userAgent: '',
		mode: 'pass',
		close: () =>
			new Promise<void>(resolve => {
				front.close(() => resolve());
				front.closeAllConnections();
			}),
	};
	return self;
}
