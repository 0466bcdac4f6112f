import type {Context} from '../../../src/contract/context.ts';
import {isAdapterError} from '../../../src/errors.ts';
import type {KafkaSettings} from '../../../src/port/kafka.ts';
import {type BrokerEndpoint, endpointName} from './broker-endpoint.ts';
import type {ConnectionCache} from './connection-cache.ts';
import type {WireRequest} from './wire.ts';

/** The endpoints of one cluster, and requests to a given broker or to any. */
export type BrokerRequests = {
	/** Sends over the shared connection to a broker. */
	send<Q, A>(to: BrokerEndpoint, request: WireRequest<Q, A>, argument: Q, context: Context): Promise<A>;
	/** Calls `work` with one endpoint after another until it succeeds. A refusal is not tried elsewhere. */
	withAny<T>(context: Context, work: (to: BrokerEndpoint) => Promise<T>): Promise<T>;
	/** `host:port` of the broker that is tried first. */
	firstEndpoint(): string;
	/** The endpoint of a broker by the last Metadata response. */
	endpointOf(broker: number): BrokerEndpoint | undefined;
	recordBrokers(brokers: readonly (BrokerEndpoint & {readonly id: number})[]): void;
};

export function createBrokerRequests(settings: KafkaSettings, connections: ConnectionCache): BrokerRequests {
	let brokers = new Map<number, BrokerEndpoint>();
	/** Endpoints whose last request failed: they are tried last. */
	const failing = new Set<string>();

	/** The brokers of the cluster, then the configured addresses, which may be those of a load balancer. */
	function endpoints(): readonly BrokerEndpoint[] {
		const all = new Map([...brokers.values(), ...settings.brokers].map(to => [endpointName(to), to]));
		const rank = (to: BrokerEndpoint) => (failing.has(endpointName(to)) ? 2 : connections.isOpen(to) ? 0 : 1);
		return [...all.values()].sort((a, b) => rank(a) - rank(b));
	}

	return {
		async send(to, request, argument, context) {
			try {
				const connection = await connections.connect(to, context, request.mayBeSlow);
				const response = await connection.send(request, argument, context);
				failing.delete(endpointName(to));
				return response;
			} catch (error) {
				if (isAdapterError(error) && !error.harmless) failing.add(endpointName(to));
				throw error;
			}
		},
		async withAny(context, work) {
			let first: unknown;
			for (const to of endpoints()) {
				try {
					return await work(to);
				} catch (error) {
					first ??= error;
					// A refused login is not tried at other brokers, because that locks accounts.
					if (!isAdapterError(error) || error.harmless || context.signal.aborted) throw error;
				}
			}
			throw first;
		},
		firstEndpoint: () => endpoints().map(endpointName)[0] ?? 'the cluster',
		endpointOf: broker => brokers.get(broker),
		recordBrokers(current) {
			if (current.length > 0) brokers = new Map(current.map(({id, host, port}) => [id, {host, port}]));
		},
	};
}
