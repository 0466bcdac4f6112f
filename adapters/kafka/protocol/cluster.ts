import type {Context} from '../../../src/contract/context.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {KafkaSettings} from '../../../src/port/kafka.ts';
import {type KafkaRequestContext, protocolError} from '../errors.ts';
import {createPrincipal, type Principal} from '../principal.ts';
import {commonVersion} from './api-versions.ts';
import {type BrokerEndpoint, endpointName} from './broker-endpoint.ts';
import {createBrokerRequests} from './broker-requests.ts';
import type {BrokerConnection} from './connection.ts';
import {createConnectionCache} from './connection-cache.ts';
import {createCoordinatorCache} from './coordinator-cache.ts';
import {createLeaderCache} from './leader-cache.ts';
import {type ApiVersion, type MetadataResponse, metadataRequest} from './request-cluster.ts';
import {createRequestContextOf} from './request-context.ts';
import {findCoordinator} from './request-groups.ts';
import type {WireRequest} from './wire.ts';

/** The brokers of one cluster, with their connections, leaders and coordinators. */
export type BrokerPool = {
	readonly principal: Principal;
	/** Sends to any broker, and to the next one when it does not respond. For reads only. */
	requestFromAny<Q, A>(request: WireRequest<Q, A>, argument: Q, context: Context): Promise<A>;
	/** Sends to this broker. */
	request<Q, A>(broker: number, request: WireRequest<Q, A>, argument: Q, context: Context): Promise<A>;
	/** The common version of a request with this broker; undefined when there is none. */
	versionOf(broker: number, request: WireRequest<never, unknown>, context: Context): Promise<number | undefined>;
	/** The requests that one of the brokers supports, with their versions. */
	supportedRequests(context: Context): Promise<readonly ApiVersion[]>;
	/** A new connection with this client id, for one write. */
	openDedicated(broker: number, clientId: string, context: Context): Promise<BrokerConnection>;
	/** Reads the brokers and these topics (`null`: all). */
	readMetadata(topics: readonly string[] | null, context: Context, operations?: boolean): Promise<MetadataResponse>;
	/** The leaders of the partitions of all known topics; looked up for those of `topics` that are not known. -1: no leader. */
	leaders(topics: ReadonlySet<string>, context: Context): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>>;
	/** The error of the last lookup of a topic; UNKNOWN_TOPIC_OR_PARTITION when that succeeded and a partition is missing. */
	topicLookupError(topic: string, request: string): AdapterError;
	forgetLeaders(topics: Iterable<string>): void;
	/** The coordinator of each of the groups, or why its lookup failed. */
	coordinators(groups: readonly string[], context: Context): Promise<ReadonlyMap<string, number | AdapterError>>;
	/** Records the coordinator of groups, as a broker lists the groups that it coordinates. */
	noteCoordinator(broker: number, groups: Iterable<string>): void;
	forgetCoordinators(groups: Iterable<string>): void;
	/** Describes a request to this broker, for an error. */
	requestContext(
		broker: number,
		request: string,
		on?: {readonly group?: string; readonly topic?: string},
	): KafkaRequestContext;
	/** Closes all connections; none is opened afterwards. */
	close(): void;
};

const unknownTopicOrPartition = 3;

export function createBrokerPool(settings: KafkaSettings): BrokerPool {
	const principal = createPrincipal(settings);
	const contextOf = createRequestContextOf(settings, principal);
	const connections = createConnectionCache(settings, principal);
	const leaderCache = createLeaderCache();
	const requests = createBrokerRequests(settings, connections);

	const requestFromAny = <Q, A>(request: WireRequest<Q, A>, argument: Q, context: Context): Promise<A> =>
		requests.withAny(context, to => requests.send(to, request, argument, context));

	const coordinatorCache = createCoordinatorCache({
		send: requestFromAny,
		errorOf: (group, code, message) =>
			protocolError(code, {...contextOf(requests.firstEndpoint(), findCoordinator.name), group}, message),
	});

	async function readMetadata(topics: readonly string[] | null, context: Context, operations = false) {
		const response = await requestFromAny(metadataRequest, {topics, operations}, context);
		requests.recordBrokers(response.brokers);
		leaderCache.record(response.topics);
		return response;
	}

	async function endpointOf(broker: number, context: Context): Promise<BrokerEndpoint> {
		if (requests.endpointOf(broker) === undefined) await readMetadata([], context);
		const endpoint = requests.endpointOf(broker);
		if (endpoint !== undefined) return endpoint;
		throw new AdapterError('unreachable', `broker ${broker} is not in the cluster`, 'Start it, or look at its log.');
	}

	return {
		principal,
		requestFromAny,
		request: async (broker, request, argument, context) =>
			requests.send(await endpointOf(broker, context), request, argument, context),
		readMetadata,
		async versionOf(broker, request, context) {
			const connection = await connections.connect(await endpointOf(broker, context), context);
			return commonVersion(connection.supportedRequests, request);
		},
		supportedRequests: context =>
			requests.withAny(context, async to => (await connections.connect(to, context)).supportedRequests),
		openDedicated: async (broker, clientId, context) =>
			connections.openDedicated(await endpointOf(broker, context), clientId, context),
		async leaders(topics, context) {
			const unknown = [...topics].filter(topic => !leaderCache.leaders.has(topic));
			if (unknown.length > 0) await readMetadata(unknown, context);
			return leaderCache.leaders;
		},
		topicLookupError: (topic, request) =>
			protocolError(leaderCache.errorOf(topic) ?? unknownTopicOrPartition, {
				...contextOf(requests.firstEndpoint(), request),
				topic,
			}),
		forgetLeaders: leaderCache.forget,
		coordinators: coordinatorCache.find,
		noteCoordinator: coordinatorCache.record,
		forgetCoordinators: coordinatorCache.forget,
		requestContext(broker, request, on) {
			const endpoint = requests.endpointOf(broker);
			const name = endpoint === undefined ? requests.firstEndpoint() : endpointName(endpoint);
			return {...contextOf(name, request), ...on};
		},
		close: connections.close,
	};
}
