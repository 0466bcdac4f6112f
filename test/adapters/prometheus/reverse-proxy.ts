import {once} from 'node:events';
import {createServer, type ServerResponse, request as sendRequest} from 'node:http';
import type {AddressInfo} from 'node:net';

export type ReverseProxy = {
	readonly host: string;
	readonly port: number;
	readonly url: string;
	/** Paths that were asked for, the oldest first. */
	readonly requestedPaths: readonly string[];
	close(): void;
};

/** What stands before a server: it answers itself where `instead` says how, and passes the rest on. */
export async function startReverseProxy(
	behind: {readonly host: string; readonly port: number},
	instead: (path: string) => ((response: ServerResponse) => void) | undefined,
): Promise<ReverseProxy> {
	const asked: string[] = [];
	const front = createServer((request, response) => {
		const path = (request.url ?? '').replace(/\?.*/, '');
		asked.push(path);
		const own = instead(path);
		if (own !== undefined) return own(response);
		const {method, headers, url} = request;
		const passed = sendRequest({...behind, method, headers, path: url, agent: false}, answer => {
			response.writeHead(answer.statusCode ?? 0, answer.headers);
			answer.pipe(response);
		});
		passed.on('error', () => response.destroy());
		request.pipe(passed);
	});
	front.listen(0, '127.0.0.1');
	await once(front, 'listening');
	const {port} = front.address() as AddressInfo;
	return {
		...{host: '127.0.0.1', port, url: `http://127.0.0.1:${port}`, requestedPaths: asked},
		close() {
			front.closeAllConnections();
			front.close();
		},
	};
}
