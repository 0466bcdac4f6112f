import type {Context} from '../../../src/contract/context.ts';
import {AdapterError} from '../../../src/errors.ts';
import {readTlsOptions} from '../../../src/files/tls-files.ts';
import type {KafkaSettings} from '../../../src/port/kafka.ts';
import {systemClock} from '../../../src/time/clock.ts';
import {closedError, protocolError, socketError, timeoutError} from '../errors.ts';
import type {Principal} from '../principal.ts';
import {commonVersion, unsupportedRequestError} from './api-versions.ts';
import {authenticate} from './authenticate.ts';
import {type BrokerEndpoint, endpointName} from './broker-endpoint.ts';
import {closedLocallyError, openBrokerSocket} from './broker-socket.ts';
import {type ApiVersion, apiVersions} from './request-cluster.ts';
import {createRequestContextOf} from './request-context.ts';
import type {WireRequest} from './wire.ts';

/** One socket to one broker, logged in. It never reconnects or resends. */
export type BrokerConnection = {
	/** `host:port`. */
	readonly endpoint: string;
	/** False once it failed, timed out or was closed, and when its login expires soon. */
	isOpen(): boolean;
	/** The requests that this broker supports, with their versions. */
	readonly supportedRequests: readonly ApiVersion[];
	/** @throws AdapterError. A request without a response in time ends the connection: responses come in order. */
	send<Q, A>(request: WireRequest<Q, A>, argument: Q, context: Context): Promise<A>;
	/** Closes when the last request in flight has its response. */
	retire(): void;
	close(): void;
};

export type ConnectionRequest = {
	readonly to: BrokerEndpoint;
	readonly settings: KafkaSettings;
	readonly principal: Principal;
	readonly clientId: string;
	/** Cancels the opening. */
	readonly signal: AbortSignal;
};

/** Opens a connection and logs in, within `connectTimeoutMs`. @throws AdapterError */
export async function openBrokerConnection(request: ConnectionRequest): Promise<BrokerConnection> {
	const {to, settings, principal, clientId, signal} = request;
	const endpoint = endpointName(to);
	const requestContextOf = createRequestContextOf(settings, principal);
	const contextOf = (name: string) => requestContextOf(endpoint, name);
	const tls = await readTls(request);
	if (tls instanceof Error) throw socketError(tls, contextOf('a connection'));
	if (signal.aborted) throw closedError(contextOf('a connection'));
	const socket = openBrokerSocket({to, tls, clientId, requestTimeoutMs: settings.requestTimeoutMs, contextOf});
	let supported: readonly ApiVersion[];
	let expiresAt = Number.POSITIVE_INFINITY;

	const cancel = () => socket.end(closedError(contextOf('a connection')));
	signal.addEventListener('abort', cancel, {once: true});
	const timeOut = () => socket.end(timeoutError(contextOf('a connection')));
	const cancelTimer = systemClock.after(settings.connectTimeoutMs, timeOut);
	try {
		await socket.connected();
		const reply = await socket.send(apiVersions, undefined, 0, signal);
		if (reply.error !== 0) throw protocolError(reply.error, contextOf('a connection'));
		supported = reply.versions;
		const {sasl} = settings;
		if (sasl !== undefined)
			expiresAt =
				systemClock.monotonic() + (await authenticate(socket, {sasl, principal, supported, contextOf, signal}));
		socket.markReady();
	} catch (error) {
		const failure = socket.failure() ?? socketError(error, contextOf('a connection'));
		socket.end(failure);
		throw failure;
	} finally {
		cancelTimer();
		signal.removeEventListener('abort', cancel);
	}

	return {
		endpoint,
		supportedRequests: supported,
		isOpen: () => socket.failure() === undefined && !socket.isRetired() && systemClock.monotonic() < expiresAt,
		send(wireRequest, argument, context) {
			const version = commonVersion(supported, wireRequest);
			if (version === undefined) return Promise.reject(unsupportedRequestError(endpoint, wireRequest.name));
			return socket.send(wireRequest, argument, version, context.signal);
		},
		retire: () => socket.retire(),
		close: () => socket.end(closedLocallyError(endpoint)),
	};
}

/** The TLS options, read for each connection so that a renewed certificate is used; an error is returned. */
async function readTls({settings: {tls}, principal}: ConnectionRequest) {
	if (tls === undefined) return undefined;
	try {
		const options = await readTlsOptions(tls);
		if (options.cert !== undefined) principal.recordCertificate(String(options.cert));
		return options;
	} catch (error) {
		return error instanceof Error ? error : new AdapterError('denied', String(error), 'Check `tls`.');
	}
}
