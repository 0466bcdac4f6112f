import type {Context} from '../../../src/contract/context.ts';
import {AdapterError, isAdapterError} from '../../../src/errors.ts';
import type {KafkaSettings} from '../../../src/port/kafka.ts';
import {untilAborted} from '../../../src/time/deadline.ts';
import {type KafkaRequestContext, protocolError, timeoutError} from '../errors.ts';
import {principalOf} from '../principal.ts';
import {type BrokerConnection, type BrokerEndpoint, commonVersion, openBrokerConnection} from './connection.ts';
import {type ApiVersion, type MetadataResponse, metadataRequest} from './request-cluster.ts';
import {findCoordinator} from './request-groups.ts';
import type {WireRequest} from './wire.ts';

/** The brokers of one cluster: which there are, who leads and who coordinates what, and a connection to each that is asked. */
export type BrokerPool = {
	/** Asks whichever broker answers; another one when the first does not. For reads only. */
	requestFromAny<Q, A>(request: WireRequest<Q, A>, asked: Q, context: Context): Promise<A>;
	/** Asks this broker, on its kept connection. */
	request<Q, A>(broker: number, request: WireRequest<Q, A>, asked: Q, context: Context): Promise<A>;
	/** The version in which this broker answers the request; undefined when it does not, or not in one that we speak. */
	versionOf(broker: number, request: WireRequest<never, unknown>, context: Context): Promise<number | undefined>;
	/** All requests that a broker answers, whichever is reached, and in which versions. */
	supportedRequests(context: Context): Promise<readonly ApiVersion[]>;
	/** A connection of its own, with a client id that names it, for one act. */
	openDedicated(broker: number, clientId: string, context: Context): Promise<BrokerConnection>;
	/** The brokers and these topics (`null`: all), read now. */
	readMetadata(topics: readonly string[] | null, context: Context, operations?: boolean): Promise<MetadataResponse>;
	/** Who leads each of these topics' partitions, as last seen; looked up where that is not known. -1: nobody. */
	leaders(topics: ReadonlySet<string>, context: Context): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>>;
	/** Why the topic has no leaders: the error of its last look-up, or that there is no such partition. */
	leaderlessError(topic: string, request: string): AdapterError;
	forgetLeaders(topics: Iterable<string>): void;
	/** Who coordinates each of the groups, or why that cannot be told. */
	coordinators(groups: readonly string[], context: Context): Promise<ReadonlyMap<string, number | AdapterError>>;
	/** A broker lists the groups that it coordinates: what that tells need not be asked for. */
	noteCoordinator(broker: number, groups: Iterable<string>): void;
	forgetCoordinators(groups: Iterable<string>): void;
	/** For an error's words: the request was sent to this broker. */
	requestContext(
		broker: number,
		request: string,
		on?: {readonly group?: string; readonly topic?: string},
	): KafkaRequestContext;
	/** Connections are dropped, and none is opened any more. */
	close(): void;
};

const clientId = 'midwatch';
/** FindCoordinator before Kafka 3.0 takes one group at a time: that many are on their way at once. */
const lookupsInFlight = 20;

const nameOf = ({host, port}: BrokerEndpoint): string => `${host}:${port}`;

export function createBrokerPool(settings: KafkaSettings): BrokerPool {
	/** By `host:port`, and apart for what may be slow; one that is being opened is shared by all who want it. */
	const links = new Map<string, Promise<BrokerConnection>>();
	const open = new Map<string, BrokerConnection>();
	const acting = new Set<BrokerConnection>();
	const stop = new AbortController();
	let brokers = new Map<number, BrokerEndpoint>();
	/** Those that failed last are tried last. */
	const failing = new Set<string>();
	const leaderOf = new Map<string, ReadonlyMap<number, number>>();
	const refusedTopics = new Map<string, number>();
	const coordinatorOf = new Map<string, number>();

	const asked = (endpoint: string, request: string): KafkaRequestContext => ({
		endpoint,
		principal: principalOf(settings),
		request,
		tls: settings.tls !== undefined,
		hasClientCertificate: settings.tls?.cert !== undefined,
		hasLogin: settings.sasl !== undefined,
		isAdvertisedAddress: !settings.brokers.some(at => nameOf(at) === endpoint),
	});

	const closed = (): AdapterError =>
		new AdapterError('unreachable', 'the connection to the cluster was closed', 'Start midwatch again.');

	function connect(to: BrokerEndpoint, context: Context, isSlow = false): Promise<BrokerConnection> {
		if (stop.signal.aborted) return Promise.reject(closed());
		const name = `${nameOf(to)}${isSlow ? ' slow' : ''}`;
		const kept = open.get(name);
		if (kept?.isOpen()) return Promise.resolve(kept);
		if (kept !== undefined) {
			// Its login runs out, or it broke.
			open.delete(name);
			links.delete(name);
			kept.retire();
		}
		let link = links.get(name);
		if (link === undefined) {
			const opening = openBrokerConnection(to, settings, clientId, stop.signal);
			link = opening;
			links.set(name, opening);
			opening.then(
				connection => open.set(name, connection),
				() => {
					if (links.get(name) === opening) links.delete(name);
				},
			);
		}
		return untilAborted(link, context.signal, () => timeoutError(asked(nameOf(to), 'a connection')));
	}

	async function exchange<Q, A>(
		to: BrokerEndpoint,
		request: WireRequest<Q, A>,
		question: Q,
		context: Context,
	): Promise<A> {
		const name = nameOf(to);
		try {
			const connection = await connect(to, context, request.mayBeSlow);
			const answer = await connection.send(request, question, context);
			failing.delete(name);
			return answer;
		} catch (error) {
			if (isAdapterError(error) && !error.harmless) failing.add(name);
			throw error;
		}
	}

	/** The cluster's own brokers first: the configured addresses may be those of a load balancer. */
	function addresses(): readonly BrokerEndpoint[] {
		const all = new Map([...brokers.values(), ...settings.brokers].map(at => [nameOf(at), at]));
		const rank = (at: BrokerEndpoint) => (failing.has(nameOf(at)) ? 2 : open.get(nameOf(at))?.isOpen() ? 0 : 1);
		return [...all.values()].sort((a, b) => rank(a) - rank(b));
	}

	async function atAny<T>(context: Context, work: (at: BrokerEndpoint) => Promise<T>): Promise<T> {
		let first: unknown;
		for (const at of addresses()) {
			try {
				return await work(at);
			} catch (error) {
				first ??= error;
				// A refused login must not be tried at every broker: that locks accounts.
				if (!isAdapterError(error) || error.harmless || context.signal.aborted) throw error;
			}
		}
		throw first;
	}

	const askAny = <Q, A>(request: WireRequest<Q, A>, question: Q, context: Context): Promise<A> =>
		atAny(context, at => exchange(at, request, question, context));

	async function look(topics: readonly string[] | null, context: Context, operations = false) {
		const answer = await askAny(metadataRequest, {topics, operations}, context);
		const now = new Map(answer.brokers.map(({id, host, port}) => [id, {host, port}]));
		if (now.size > 0) brokers = now;
		for (const {name, error, partitions} of answer.topics) {
			if (error === 0) {
				leaderOf.set(name, new Map(partitions.map(one => [one.partition, one.leader])));
				refusedTopics.delete(name);
			} else {
				leaderOf.delete(name);
				refusedTopics.set(name, error);
			}
		}
		return answer;
	}

	async function addressOf(broker: number, context: Context): Promise<BrokerEndpoint> {
		if (!brokers.has(broker)) await look([], context);
		const found = brokers.get(broker);
		if (found !== undefined) return found;
		throw new AdapterError('unreachable', `broker ${broker} is not in the cluster`, 'Start it, or look at its log.');
	}

	async function ask<Q, A>(broker: number, request: WireRequest<Q, A>, question: Q, context: Context): Promise<A> {
		return exchange(await addressOf(broker, context), request, question, context);
	}

	async function lookUp(groups: readonly string[], context: Context): Promise<ReadonlyMap<string, AdapterError>> {
		const problems = new Map<string, AdapterError>();
		const take = (group: string, error: number, id: number, message: string | undefined) => {
			if (error === 0) coordinatorOf.set(group, id);
			else problems.set(group, protocolError(error, {...asked(firstName(), findCoordinator.name), group}, message));
		};
		const [one, ...others] = groups;
		if (one === undefined) return problems;
		const answers = await askAny(findCoordinator, groups, context);
		if (answers[0]?.group !== '') {
			for (const {group, error, id, message} of answers) take(group, error, id, message);
			return problems;
		}
		for (const {error, id, message} of answers) take(one, error, id, message);
		for (let at = 0; at < others.length; at += lookupsInFlight) {
			await Promise.all(
				others.slice(at, at + lookupsInFlight).map(async group => {
					for (const {error, id, message} of await askAny(findCoordinator, [group], context)) {
						take(group, error, id, message);
					}
				}),
			);
		}
		return problems;
	}

	const firstName = (): string => addresses().map(nameOf)[0] ?? 'the cluster';

	return {
		requestFromAny: askAny,
		request: ask,
		readMetadata: look,
		async versionOf(broker, request, context) {
			const {supportedRequests: offers} = await connect(await addressOf(broker, context), context);
			return commonVersion(offers, request);
		},
		supportedRequests: context => atAny(context, async at => (await connect(at, context)).supportedRequests),
		async openDedicated(broker, id, context) {
			const to = await addressOf(broker, context);
			const opening = openBrokerConnection(to, settings, id, AbortSignal.any([stop.signal, context.signal]));
			const connection = await untilAborted(opening, context.signal, () =>
				timeoutError(asked(nameOf(to), 'a connection')),
			);
			acting.add(connection);
			return {
				...connection,
				close() {
					acting.delete(connection);
					connection.close();
				},
			};
		},
		async leaders(topics, context) {
			const unknown = [...topics].filter(topic => !leaderOf.has(topic));
			if (unknown.length > 0) await look(unknown, context);
			return leaderOf;
		},
		leaderlessError(topic, request) {
			const unknownTopic = 3;
			return protocolError(refusedTopics.get(topic) ?? unknownTopic, {...asked(firstName(), request), topic});
		},
		forgetLeaders(topics) {
			for (const topic of topics) leaderOf.delete(topic);
		},
		async coordinators(groups, context) {
			const unknown = groups.filter(group => !coordinatorOf.has(group));
			const problems = await lookUp(unknown, context);
			return new Map(groups.flatMap(group => definedEntry(group, coordinatorOf.get(group) ?? problems.get(group))));
		},
		noteCoordinator(broker, groups) {
			for (const group of groups) coordinatorOf.set(group, broker);
		},
		forgetCoordinators(groups) {
			for (const group of groups) coordinatorOf.delete(group);
		},
		requestContext(broker, request, on) {
			const at = brokers.get(broker);
			return {...asked(at === undefined ? firstName() : nameOf(at), request), ...on};
		},
		close() {
			stop.abort();
			for (const connection of [...open.values(), ...acting]) connection.close();
			open.clear();
			links.clear();
		},
	};
}

const definedEntry = <K, V>(key: K, value: V | undefined): readonly (readonly [K, V])[] =>
	value === undefined ? [] : [[key, value]];
