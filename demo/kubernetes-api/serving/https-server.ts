import type {RequestListener} from 'node:http';
import {createServer, type Server, type ServerOptions} from 'node:https';
import type {AddressInfo, Socket} from 'node:net';

/** An HTTPS server on 127.0.0.1 that can be stopped and started again on the same port. It requests a client certificate and accepts any. */
export type HttpsServer = {
	/** Resolves when it listens. @throws Error when the port is in use. */
	start(): Promise<void>;
	/** Breaks the open connections. */
	stop(): Promise<void>;
	/** Known once it was started. */
	port(): number;
};

/** @param wantedPort 0: a free one. */
export function createHttpsServer(tls: ServerOptions, listener: RequestListener, wantedPort: number): HttpsServer {
	const sockets = new Set<Socket>();
	let server: Server | undefined;
	let port = wantedPort;
	return {
		start: () =>
			new Promise<void>((resolve, reject) => {
				const started = createServer({...tls, requestCert: true, rejectUnauthorized: false}, listener);
				// A watch may be quiet for long, and slow clients are expected.
				started.requestTimeout = 0;
				started.headersTimeout = 0;
				started.keepAliveTimeout = 120_000;
				started.on('connection', (socket: Socket) => {
					sockets.add(socket);
					socket.on('error', () => {});
					socket.on('close', () => sockets.delete(socket));
				});
				started.once('error', reject);
				started.listen(port, '127.0.0.1', () => {
					port = (started.address() as AddressInfo).port;
					server = started;
					resolve();
				});
			}),
		async stop() {
			const stopping = server;
			server = undefined;
			if (stopping === undefined) return;
			const closed = new Promise<void>(resolve => stopping.close(() => resolve()));
			for (const socket of sockets) socket.destroy();
			await closed;
		},
		port: () => port,
	};
}
