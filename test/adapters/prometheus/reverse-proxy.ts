import {once} from 'node:events';
import {createServer, type ServerResponse, request as sendRequest} from 'node:http';
import type {AddressInfo} from 'node:net';

export type ReverseProxy = {
	readonly host: string;
	readonly port: number;
	readonly url: string;
	/** The paths of all requests, the oldest first. */
	readonly requestedPaths: readonly string[];
	close(): void;
};

/** Starts a proxy in front of a server. `instead`: how it answers a path itself; other requests are forwarded. */
export async function startReverseProxy(
	server: {readonly host: string; readonly port: number},
	instead: (path: string) => ((response: ServerResponse) => void) | undefined,
): Promise<ReverseProxy> {
	const requestedPaths: string[] = [];
	const listener = createServer((request, response) => {
		const path = (request.url ?? '').replace(/\?.*/, '');
		requestedPaths.push(path);
		const own = instead(path);
		if (own !== undefined) return own(response);
		const {method, headers, url} = request;
		const forwarded = sendRequest({...server, method, headers, path: url, agent: false}, upstream => {
			response.writeHead(upstream.statusCode ?? 0, upstream.headers);
			upstream.pipe(response);
		});
		forwarded.on('error', () => response.destroy());
		request.pipe(forwarded);
	});
	listener.listen(0, '127.0.0.1');
	await once(listener, 'listening');
	const {port} = listener.address() as AddressInfo;
	return {
		...{host: '127.0.0.1', port, url: `http://127.0.0.1:${port}`, requestedPaths},
		close() {
			listener.closeAllConnections();
			listener.close();
		},
	};
}
