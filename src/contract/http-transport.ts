/*
 * How one HTTP request is sent. Two implementations: our own connections, and the service proxy of a Kubernetes API server. It imports
 * types of this folder only, because the contract refers to it.
 */

import type {ChannelSecurity} from './channel-security.ts';

/** Query parameters in order; a name may occur more than once. */
export type HttpQuery = readonly [name: string, value: string][];

export type HttpRequest = {
	readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
	/** Starts with a slash and includes the path prefix of the server; percent-encoded. */
	readonly path: string;
	readonly query: HttpQuery;
	/** All headers, including credentials: never log them. */
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string | undefined;
};

export type HttpResponse = {
	readonly status: number;
	/** Names in lower case. */
	readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
	/** The body as sent, possibly compressed. Fails with AdapterError, also when the server closes the connection in the middle. */
	readonly chunks: AsyncIterable<Uint8Array>;
	/** Drops the rest of the body. May be called twice. */
	close(): void;
};

/** Sends requests to one server. Opens no connection before the first request. */
export type HttpTransport = {
	/** `host:port`, or the service and its cluster: for messages. */
	readonly endpoint: string;
	/**
	 * Sends the request once; a GET a second time when the idle keep-alive connection that it used turns out to be closed. Does not follow
	 * redirects. Resolves with any status.
	 * @throws AdapterError when there is no answer, and at once when `signal` aborts: with its reason when that is an AdapterError.
	 */
	send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
	/** Channel security of the target that it routes through, where there is one. */
	channelSecurity?(context: {readonly signal: AbortSignal; readonly now: () => number}): Promise<ChannelSecurity>;
	/** Requests in flight fail. */
	close(): void;
};
