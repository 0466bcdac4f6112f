import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo, Socket} from 'node:net';
import {gzipSync} from 'node:zlib';

/** One request to a fake server, with its complete body. */
export type FakeHttpRequest = {
	readonly method: string;
	/** The path without the query. */
	readonly path: string;
	/** The parameters of the URL and of a posted form. */
	readonly query: URLSearchParams;
	readonly body: string;
};

export type FakeHttpResponse = {readonly status: number; readonly contentType: string; readonly body: string};

export const jsonResponse = (value: unknown, status = 200): FakeHttpResponse => ({
	status,
	contentType: 'application/json',
	body: JSON.stringify(value),
});

export const textResponse = (body: string, status = 200): FakeHttpResponse => ({
	status,
	contentType: 'text/plain; charset=utf-8',
	body,
});

export type FakeHttpServer = {
	/** `http://127.0.0.1:PORT` */
	readonly url: string;
	close(): Promise<void>;
};

/** Longer bodies are compressed for clients that accept it, as by the real servers. */
const gzipFromBytes = 1024;

async function read(request: IncomingMessage): Promise<FakeHttpRequest> {
	const chunks: Buffer[] = [];
	for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
	const body = Buffer.concat(chunks).toString('utf8');
	const url = new URL(request.url ?? '/', 'http://127.0.0.1');
	const isForm = /x-www-form-urlencoded/.test(request.headers['content-type'] ?? '');
	const query = new URLSearchParams([...url.searchParams, ...(isForm ? new URLSearchParams(body) : [])]);
	return {method: request.method ?? 'GET', path: url.pathname, query, body};
}

function send(response: ServerResponse, {status, contentType, body}: FakeHttpResponse, packed: boolean): void {
	const headers = {'content-type': contentType, vary: 'Origin'};
	if (!packed || body.length < gzipFromBytes) response.writeHead(status, headers).end(body);
	else response.writeHead(status, {...headers, 'content-encoding': 'gzip'}).end(gzipSync(body, {level: 1}));
}

/** A plain HTTP server on a free port of 127.0.0.1. An error that `answer` throws is answered with status 500. */
export async function startFakeHttpServer(
	answer: (request: FakeHttpRequest) => FakeHttpResponse | Promise<FakeHttpResponse>,
): Promise<FakeHttpServer> {
	const sockets = new Set<Socket>();
	async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		try {
			const packed = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
			send(response, await answer(await read(request)), packed);
		} catch (error) {
			send(response, textResponse(error instanceof Error ? error.message : String(error), 500), false);
		}
	}

	const server = createServer((request, response) => {
		response.on('error', () => {});
		// The client may go away in the middle of what it sends.
		serve(request, response).catch(() => response.destroy());
	});
	server.keepAliveTimeout = 120_000;
	server.on('connection', socket => {
		sockets.add(socket);
		socket.on('error', () => {});
		socket.on('close', () => sockets.delete(socket));
		// It is there for the console alone and must not keep it alive.
		socket.unref();
	});
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(0, '127.0.0.1', resolve);
	});
	server.unref();
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		async close() {
			const closed = new Promise<void>(resolve => server.close(() => resolve()));
			for (const socket of sockets) socket.destroy();
			await closed;
		},
	};
}
