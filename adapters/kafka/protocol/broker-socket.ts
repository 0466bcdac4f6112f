import {connect as connectPlain, isIP, type Socket} from 'node:net';
import {type ConnectionOptions, connect as connectTls} from 'node:tls';
import {AdapterError} from '../../../src/errors.ts';
import {systemClock} from '../../../src/time/clock.ts';
import {closedError, type KafkaRequestContext, socketError, timeoutError} from '../errors.ts';
import {type BrokerEndpoint, endpointName} from './broker-endpoint.ts';
import {createFrameReader} from './frame-reader.ts';
import {Reader, type WireRequest, Writer} from './wire.ts';

export type BrokerSocketOptions = {
	readonly to: BrokerEndpoint;
	/** Undefined for a connection without TLS. */
	readonly tls: ConnectionOptions | undefined;
	readonly clientId: string;
	readonly requestTimeoutMs: number;
	/** Describes a request for an error; `a connection` while it is being opened. */
	readonly contextOf: (request: string) => KafkaRequestContext;
};

/** One socket to a broker, with its requests in flight. It never reconnects or resends. */
export type BrokerSocket = {
	/** Why it ended; undefined while it is open. */
	failure(): AdapterError | undefined;
	/** Resolves once the socket is connected, and TLS is established. */
	connected(): Promise<void>;
	/** From now on, a failure names the oldest request in flight instead of the connection. */
	markReady(): void;
	/** Sends a request in this version. @throws AdapterError. A request without a response in time ends the socket: responses come in order. */
	send<Q, A>(request: WireRequest<Q, A>, argument: Q, version: number, signal: AbortSignal): Promise<A>;
	/** Ends when the last request in flight has its response. */
	retire(): void;
	isRetired(): boolean;
	/** Fails all requests in flight. Does nothing when it has ended. */
	end(error: AdapterError): void;
};

type PendingRequest = {
	readonly name: string;
	readonly cancelTimer: () => void;
	resolve(bytes: Buffer): void;
	reject(error: AdapterError): void;
};

/** @throws AdapterError when the certificate files cannot be used. */
export function openBrokerSocket(options: BrokerSocketOptions): BrokerSocket {
	const {to, tls, requestTimeoutMs, contextOf} = options;
	const endpoint = endpointName(to);
	const pending = new Map<number, PendingRequest>();
	let lastId = 0;
	let failure: AdapterError | undefined;
	let isReady = false;
	let isRetired = false;
	const socket = connectSocket(options);

	function end(error: AdapterError): void {
		if (failure !== undefined) return;
		failure = error;
		socket.destroy();
		for (const request of pending.values()) request.reject(error);
	}

	function endWith(createError: (context: KafkaRequestContext) => AdapterError): void {
		if (failure !== undefined) return;
		const [oldest] = pending.values();
		end(createError(contextOf(oldest === undefined || !isReady ? 'a connection' : oldest.name)));
	}

	function settle(frame: Buffer): void {
		const id = frame.readInt32BE(0);
		const request = pending.get(id);
		if (request === undefined) {
			end(malformedResponseError(endpoint, 'it answers a request that was not sent'));
			return;
		}
		pending.delete(id);
		request.cancelTimer();
		request.resolve(frame.subarray(4));
		if (isRetired && pending.size === 0) end(closedLocallyError(endpoint));
	}

	socket.on('error', error => endWith(context => socketError(error, context)));
	socket.on('close', () => endWith(closedError));
	socket.on(
		'data',
		createFrameReader(settle, problem => end(malformedResponseError(endpoint, problem))),
	);

	return {
		failure: () => failure,
		connected: () => waitUntilConnected(socket, tls !== undefined, () => failure),
		markReady() {
			isReady = true;
		},
		send(request, argument, version, signal) {
			if (failure !== undefined) return Promise.reject(failure);
			const late = () => timeoutError(contextOf(request.name));
			if (signal.aborted) return Promise.reject(late());
			lastId = (lastId + 1) & 0x7fffffff;
			const id = lastId;
			const message = encodeRequest(request, argument, {version, id, clientId: options.clientId});
			const response = waitForResponse({
				...{pending, id, name: request.name, signal, requestTimeoutMs, late, end, endpoint},
				decode: bytes => decodeResponse(request, bytes, version),
			});
			socket.write(message);
			return response;
		},
		retire() {
			isRetired = true;
			if (pending.size === 0) end(closedLocallyError(endpoint));
		},
		isRetired: () => isRetired,
		end,
	};
}

type ResponseWait<A> = {
	readonly pending: Map<number, PendingRequest>;
	readonly id: number;
	readonly name: string;
	readonly signal: AbortSignal;
	readonly requestTimeoutMs: number;
	readonly late: () => AdapterError;
	readonly end: (error: AdapterError) => void;
	readonly endpoint: string;
	readonly decode: (bytes: Buffer) => A;
};

/** Registers a pending request; settles with its response, or rejects on abort. After a timeout or a wrong response the socket ends. */
function waitForResponse<A>({
	pending,
	id,
	name,
	signal,
	requestTimeoutMs,
	late,
	end,
	endpoint,
	decode,
}: ResponseWait<A>) {
	return new Promise<A>((resolve, reject) => {
		const abort = () => reject(late());
		const stopListening = () => signal.removeEventListener('abort', abort);
		// An aborted request stays pending: only its response shows that the connection is alive.
		const cancelTimer = systemClock.after(requestTimeoutMs, () => end(late()));
		pending.set(id, {
			name,
			cancelTimer,
			reject(error) {
				cancelTimer();
				stopListening();
				reject(error);
			},
			resolve(bytes) {
				stopListening();
				try {
					resolve(decode(bytes));
				} catch (error) {
					const problem = error instanceof AdapterError ? error : malformedResponseError(endpoint, String(error));
					end(problem);
					reject(problem);
				}
			},
		});
		signal.addEventListener('abort', abort, {once: true});
	});
}

/** Node throws at once, without an error event, when certificates cannot be used. */
function connectSocket({to, tls, contextOf}: BrokerSocketOptions): Socket {
	let socket: Socket;
	try {
		socket = tls === undefined ? connectPlain(to) : connectTls({...serverName(to.host), ...tls, ...to});
	} catch (error) {
		throw socketError(error, contextOf('a connection'));
	}
	socket.setNoDelay(true);
	socket.setKeepAlive(true, 10_000);
	return socket;
}

/** TLS forbids an IP address as server name; the certificate is compared with the address itself. */
const serverName = (host: string) => (isIP(host) === 0 ? {servername: host} : {});

function waitUntilConnected(socket: Socket, tls: boolean, failure: () => AdapterError | undefined): Promise<void> {
	return new Promise((resolve, reject) => {
		socket.once(tls ? 'secureConnect' : 'connect', () => resolve());
		socket.once('close', () => reject(failure()));
	});
}

function encodeRequest<Q>(
	request: WireRequest<Q, unknown>,
	argument: Q,
	{version, id, clientId}: {readonly version: number; readonly id: number; readonly clientId: string},
): Buffer {
	const flexible = version >= request.flexibleFrom;
	const header = new Writer(false).int32(0).int16(request.key).int16(version).int32(id).string(clientId);
	if (flexible) header.unsigned(0);
	const body = new Writer(flexible);
	request.write(body, argument, version);
	const message = Buffer.concat([header.written, body.written]);
	message.writeInt32BE(message.length - 4, 0);
	return message;
}

function decodeResponse<A>(request: WireRequest<never, A>, bytes: Buffer, version: number): A {
	const reader = new Reader(bytes, version >= request.flexibleFrom);
	reader.tags();
	return request.read(reader, version);
}

export const closedLocallyError = (endpoint: string): AdapterError =>
	new AdapterError('unreachable', `the connection to ${endpoint} was closed`, 'Start midwatch again.');

const malformedResponseError = (endpoint: string, problem: string): AdapterError =>
	new AdapterError(
		'malformed',
		`${endpoint} does not speak the Kafka protocol: ${problem}`,
		'Check host and port, and whether that port needs `tls`.',
	);
