import type {Context} from '../../../src/contract/context.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {KafkaSettings} from '../../../src/port/kafka.ts';
import {untilAborted} from '../../../src/time/deadline.ts';
import {timeoutError} from '../errors.ts';
import type {Principal} from '../principal.ts';
import {type BrokerEndpoint, endpointName} from './broker-endpoint.ts';
import {type BrokerConnection, openBrokerConnection} from './connection.ts';
import {createRequestContextOf} from './request-context.ts';

/** The connections of one cluster: a shared one to each broker, a second one for requests that may wait, and dedicated ones for writes. */
export type ConnectionCache = {
	/** The shared connection; opened on first use, and again when it failed or its login expires. Concurrent callers share one opening. */
	connect(to: BrokerEndpoint, context: Context, mayBeSlow?: boolean): Promise<BrokerConnection>;
	/** A new connection with this client id. The caller closes it. */
	openDedicated(to: BrokerEndpoint, clientId: string, context: Context): Promise<BrokerConnection>;
	isOpen(to: BrokerEndpoint): boolean;
	/** Closes all connections; none is opened afterwards. */
	close(): void;
};

const sharedClientId = 'midwatch';

const closedError = (): AdapterError =>
	new AdapterError('unreachable', 'the connection to the cluster was closed', 'Start midwatch again.');

export function createConnectionCache(settings: KafkaSettings, principal: Principal): ConnectionCache {
	const contextOf = createRequestContextOf(settings, principal);
	/** Connections by `host:port`, with a suffix for requests that may wait. */
	const opening = new Map<string, Promise<BrokerConnection>>();
	const open = new Map<string, BrokerConnection>();
	const dedicated = new Set<BrokerConnection>();
	const closed = new AbortController();

	const connectTimeout = (to: BrokerEndpoint) => () => timeoutError(contextOf(endpointName(to), 'a connection'));

	function openShared(name: string, to: BrokerEndpoint): Promise<BrokerConnection> {
		const connecting = openBrokerConnection({
			...{to, settings, principal},
			clientId: sharedClientId,
			signal: closed.signal,
		});
		opening.set(name, connecting);
		connecting.then(
			connection => open.set(name, connection),
			() => {
				if (opening.get(name) === connecting) opening.delete(name);
			},
		);
		return connecting;
	}

	return {
		connect(to, context, mayBeSlow = false) {
			if (closed.signal.aborted) return Promise.reject(closedError());
			const name = `${endpointName(to)}${mayBeSlow ? ' slow' : ''}`;
			const shared = open.get(name);
			if (shared?.isOpen()) return Promise.resolve(shared);
			if (shared !== undefined) {
				open.delete(name);
				opening.delete(name);
				shared.retire();
			}
			return untilAborted(opening.get(name) ?? openShared(name, to), context.signal, connectTimeout(to));
		},
		async openDedicated(to, clientId, context) {
			const signal = AbortSignal.any([closed.signal, context.signal]);
			const connecting = openBrokerConnection({...{to, settings, principal}, clientId, signal});
			const connection = await untilAborted(connecting, context.signal, connectTimeout(to));
			dedicated.add(connection);
			return {
				...connection,
				close() {
					dedicated.delete(connection);
					connection.close();
				},
			};
		},
		isOpen: to => open.get(endpointName(to))?.isOpen() === true,
		close() {
			closed.abort();
			for (const connection of [...open.values(), ...dedicated]) connection.close();
			open.clear();
			opening.clear();
		},
	};
}
