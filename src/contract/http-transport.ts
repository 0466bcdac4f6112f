/*
 * The seam below which one request goes out. It has two sides: our own connections, and the API server of the cluster in which the service
 * runs. Only types of this folder are imported here, because the contract names it.
 */

import type {ChannelSecurity} from './channel-security.ts';

/** In order; a name may come more than once. */
export type HttpQuery = readonly [name: string, value: string][];

export type HttpRequest = {
	readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
	/** Begins with a slash, the prefix of the server included; encoded where it needs to be. */
	readonly path: string;
	readonly query: HttpQuery;
	/** All of them, those that log in too. Secret as a whole. */
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string | undefined;
};

export type HttpResponse = {
	readonly status: number;
	/** Names in lower case. */
	readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
	/** As they were sent, packed or not. Fails with AdapterError, also when the other end breaks off in the middle. */
	readonly chunks: AsyncIterable<Uint8Array>;
	/** Gives up what has not come yet. May be called twice. */
	close(): void;
};

/** One server. Nothing is connected before the first request. */
export type HttpTransport = {
	/** `host:port`, or the service and its cluster: for messages. */
	readonly endpoint: string;
	/**
	 * Sends it once; a GET once more when the kept connection it went over had died unnoticed. Redirects are not followed. Any status is an
	 * answer.
	 * @throws AdapterError when there is no answer. At once when `signal` fires: with its reason when that is an AdapterError.
	 */
	send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
	/** Of the target that it leads through, where it leads through one. */
	channelSecurity?(context: {readonly signal: AbortSignal; readonly now: () => number}): Promise<ChannelSecurity>;
	/** What is under way fails. */
	close(): void;
};
