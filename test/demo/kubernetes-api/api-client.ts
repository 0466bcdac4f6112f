import type {ClientRequest, IncomingMessage} from 'node:http';
import {Agent, request} from 'node:https';
import {gunzipSync} from 'node:zlib';
import type {KubernetesApi} from '../../../demo/kubernetes-api/server.ts';

/** The part of a response that a test reads. */
export type Body = {
	readonly metadata: {
		readonly resourceVersion: string;
		readonly continue?: string;
		readonly remainingItemCount?: number;
	};
	readonly items: readonly {readonly metadata: {readonly name: string; readonly namespace: string}}[];
	readonly code: number;
	readonly reason: string;
	readonly message: string;
	readonly details: {readonly causes?: readonly {readonly message: string}[]};
	readonly status: Readonly<Record<string, unknown>>;
};

export type ApiClientResponse = {
	readonly code: number;
	readonly headers: IncomingMessage['headers'];
	readonly body: Body;
};
type Sent = {
	readonly token?: string;
	readonly body?: unknown;
	readonly type?: string;
	readonly headers?: Record<string, string>;
};

export type WatchEvent = {
	readonly type: string;
	readonly object: {
		readonly metadata: {readonly name: string; readonly resourceVersion: string};
		readonly code?: number;
		readonly reason?: string;
	};
};

export type Stream = {
	readonly events: readonly WatchEvent[];
	/** How it ended: undefined while it goes on. */
	readonly ended: 'end' | 'broken' | undefined;
	until(what: (events: readonly WatchEvent[]) => boolean): Promise<void>;
	untilEnded(): Promise<'end' | 'broken'>;
	close(): void;
};

/** A client that only uses node:https, so that the tests see the bytes of the connection. */
export function createApiClient(api: KubernetesApi) {
	const agent = new Agent({ca: api.ca, keepAlive: true});
	const open = (
		method: string,
		path: string,
		{token = api.tokens.admin, body, type, headers}: Sent,
		more: (answer: IncomingMessage) => void,
	): ClientRequest => {
		const text = body === undefined ? undefined : JSON.stringify(body);
		const sent = request(`${api.url}${path}`, {
			method,
			agent,
			headers: {
				authorization: `Bearer ${token}`,
				...(body === undefined
					? {}
					: {'content-type': type ?? 'application/json', 'content-length': String(Buffer.byteLength(text ?? ''))}),
				...headers,
			},
		});
		sent.on('response', more);
		sent.end(text);
		return sent;
	};
	return {
		send: (method: string, path: string, sent: Sent = {}) =>
			new Promise<ApiClientResponse>((resolve, reject) => {
				open(method, path, sent, answer => {
					const parts: Buffer[] = [];
					answer.on('data', (part: Buffer) => parts.push(part));
					answer.on('error', reject);
					answer.on('end', () => {
						const received = Buffer.concat(parts);
						const text = answer.headers['content-encoding'] === 'gzip' ? gunzipSync(received) : received;
						const body = JSON.parse(text.toString('utf8')) as Body;
						resolve({code: answer.statusCode ?? 0, headers: answer.headers, body});
					});
				}).on('error', reject);
			}),
		watch(path: string): Stream {
			const events: WatchEvent[] = [];
			const waiting = new Set<() => void>();
			let ended: 'end' | 'broken' | undefined;
			const look = () => {
				for (const call of [...waiting]) call();
			};
			const finish = (how: 'end' | 'broken') => {
				ended ??= how;
				look();
			};
			const sent = open('GET', path, {}, answer => {
				let rest = '';
				answer.setEncoding('utf8').on('data', (part: string) => {
					const lines = (rest + part).split('\n');
					rest = lines.pop() ?? '';
					events.push(...lines.map(line => JSON.parse(line) as WatchEvent));
					look();
				});
				answer.on('error', () => finish('broken'));
				answer.on('end', () => finish('end'));
			});
			sent.on('error', () => finish('broken'));
			const until = (what: () => boolean) =>
				new Promise<void>(resolve => {
					const check = () => {
						if (!what()) return;
						waiting.delete(check);
						resolve();
					};
					waiting.add(check);
					check();
				});
			return {
				events,
				get ended() {
					return ended;
				},
				until: what => until(() => what(events)),
				async untilEnded() {
					await until(() => ended !== undefined);
					return ended ?? 'broken';
				},
				close: () => sent.destroy(),
			};
		},
		close: () => agent.destroy(),
	};
}
