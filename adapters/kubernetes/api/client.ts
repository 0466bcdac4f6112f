import type {Context} from '../../../src/contract/context.ts';
import type {ServerId} from '../../../src/contract/identity.ts';
import type {MetricsQuery} from '../../../src/contract/metrics-query.ts';
import type {AdapterError} from '../../../src/errors.ts';
import type {
	ApiObject,
	KubernetesPort,
	KubernetesSettings,
	LogsRequest,
	WatchedState,
} from '../../../src/port/kubernetes.ts';
import type {WatchedKind, WatchedObjects} from '../../../src/port/kubernetes-objects.ts';
import {type Clock, systemClock} from '../../../src/time/clock.ts';
import {createAccessReviews, readIdentity, readServerId} from './access-reviews.ts';
import {byteLines} from './byte-lines.ts';
import {createContainerMetrics} from './container-metrics.ts';
import {type Heartbeat, startHeartbeat} from './heartbeat.ts';
import {createInformer, type Informer} from './informer.ts';
import {listAll} from './list.ts';
import {readNodeUsage, readPodUsage} from './metrics-api.ts';
import {apiPath, watchedResources} from './resources.ts';
import {serviceTransport} from './service-proxy.ts';
import {defaultTimings, type Timings} from './timings.ts';
import {type ApiTransport, createApiTransport} from './transport.ts';
import {apiObject, createWrites} from './writes.ts';

/** Bytes. A container may log a line of any length; nobody reads on so far. */
const longestLine = 1024 * 1024;
/** A quiet pod is no dead connection. */
const quietLogTimeoutMs = 24 * 60 * 60_000;

export type KubernetesClient = {
	readonly port: KubernetesPort;
	/** Which cluster it is: the uid of kube-system, where we may read it. */
	server(context: Context): Promise<ServerId | undefined>;
	login(): Promise<void>;
	/** See Credentials.approval. */
	approval: ApiTransport['approval'];
	close(): void;
};

export type ClientOptions = {
	readonly readOnly: boolean;
	/** Asks the Prometheus target that settings name. */
	readonly metrics?: MetricsQuery | undefined;
	readonly clock?: Clock;
	readonly timings?: Partial<Timings>;
	/** 0 <= n < 1 */
	readonly random?: () => number;
};

type Informers = {readonly [K in WatchedKind]?: readonly Informer<K>[]};

/** One cluster. Nothing is connected before the first read; one list and one watch for each kind that was asked for, and namespace. */
export function createKubernetesClient(settings: KubernetesSettings, options: ClientOptions): KubernetesClient {
	const {clock = systemClock, random = Math.random} = options;
	const timings = {...defaultTimings, ...options.timings};
	const transport = createApiTransport(settings, clock);
	const reviews = createAccessReviews(transport);
	const informers: Informers = {};
	let pulse: Heartbeat | undefined;

	const all = (): readonly Informer<WatchedKind>[] => Object.values(informers).flat();
	const followed = new Set<OpenLogStream>();
	const lost = (reason: AdapterError) => {
		for (const informer of all()) informer.markSuspect(reason);
		// A log may be quiet for long, so that only this tells one that is dead.
		for (const log of followed) if (clock.now() - log.heardAt >= timings.heartbeatIntervalMs) log.end(reason);
	};
	const follower = (end: OpenLogStream['end']) => {
		pulse ??= startHeartbeat(transport, clock, timings, lost);
		const log = {heardAt: clock.now(), end};
		followed.add(log);
		return {
			heard: () => {
				log.heardAt = clock.now();
			},
			close: () => void followed.delete(log),
		};
	};
	const namespacesOf = (namespaced: boolean): readonly string[] =>
		settings.namespaces === 'all' || !namespaced ? [''] : settings.namespaces;

	function informersOf<K extends WatchedKind>(kind: K): readonly Informer<K>[] {
		const known: readonly Informer<K>[] | undefined = informers[kind];
		if (known !== undefined) return known;
		pulse ??= startHeartbeat(transport, clock, timings, lost);
		const made = namespacesOf(watchedResources[kind].type.namespaced).map(namespace =>
			createInformer({
				kind,
				namespace,
				transport,
				clock,
				timings,
				random,
				lastHeartbeatAt: () => pulse?.lastAnswerAt(),
			}),
		);
		Object.assign(informers, {[kind]: made});
		return made;
	}

	/** Without a login all of them failed. */
	const retry = () => {
		for (const informer of all()) informer.retry();
	};

	const merged = createNamespaceMerge();

	const port: KubernetesPort = {
		async readWatched(kind, {signal}) {
			const found = informersOf(kind);
			const views = await Promise.all(found.map(informer => informer.read(signal)));
			return merged(kind, views);
		},
		relist(kind) {
			for (const informer of informers[kind] ?? []) informer.relist();
		},
		async get({type, namespace, name}, {signal}) {
			const asked = `get ${type.resource} ${name}`;
			const path = apiPath(type, namespace, name);
			return apiObject(await transport.json({method: 'GET', path, pool: 'read', operation: asked}, signal));
		},
		async list(
			{type, namespace, labelSelector, fieldSelector, limit = Number.POSITIVE_INFINITY, metadataOnly},
			{signal},
		) {
			let items: ApiObject[] = [];
			const accept =
				metadataOnly === true ? 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' : undefined;
			const page = await listAll(transport, {type, namespace, labelSelector, fieldSelector, accept}, signal, {
				begin() {
					items = [];
				},
				take(item) {
					items.push(apiObject(item));
				},
				page: () => items.length < limit,
			});
			return {items: items.slice(0, limit), more: page.next !== '' || items.length > limit};
		},
		async podUsage(context) {
			const parts = namespacesOf(true).map(namespace => readPodUsage(transport, namespace, context));
			return (await Promise.all(parts)).flat();
		},
		nodeUsage: context => readNodeUsage(transport, context),
		containerMetrics:
			options.metrics && settings.metrics
				? createContainerMetrics(settings.metrics, settings.namespaces, options.metrics)
				: undefined,
		readLogs: (request, context) => readLogs(transport, request, context, follower),
		async readPath(path, {signal}) {
			const answer = await transport.text({method: 'GET', path, accept: '*/*', pool: 'read', operation: path}, signal);
			return {text: answer.text, contentType: answer.headers['content-type'] ?? ''};
		},
		latencyMs: () => pulse?.latencyMs(),
		serviceTransport: of => serviceTransport(transport, of),
		reviewAccess: (question, context) => reviews.reviewAccess(question, context),
		identity: context => readIdentity(transport, context),
		...createWrites(transport, {readOnly: options.readOnly, denied: () => reviews.clearCache()}),
	};

	return {
		port,
		server: context => readServerId(transport, context),
		async login() {
			await transport.login();
			retry();
		},
		async approval() {
			const waits = await transport.approval();
			return (
				waits && {
					...waits,
					async approve() {
						await waits.approve();
						retry();
					},
				}
			);
		},
		close() {
			pulse?.stop();
			for (const informer of all()) informer.close();
			transport.close();
		},
	};
}

/** A log that is followed: when something of it was heard last, and the way to end it. */
type OpenLogStream = {heardAt: number; end(reason: AdapterError): void};

type OnLogStream = (end: OpenLogStream['end']) => {heard(): void; close(): void};

async function* readLogs(
	transport: ApiTransport,
	{namespace, pod, ...query}: LogsRequest,
	{signal}: Context,
	follower: OnLogStream,
): AsyncGenerator<readonly string[]> {
	const follows = query.follow === true;
	const ending = new AbortController();
	const log = follows ? follower(reason => ending.abort(reason)) : undefined;
	const either = AbortSignal.any([signal, ending.signal]);
	try {
		const answer = await transport.send(
			{
				method: 'GET',
				path: apiPath(watchedResources.pods.type, namespace, pod, 'log'),
				query,
				accept: '*/*',
				pool: follows ? 'stream' : 'read',
				operation: `read the log of pod ${pod}`,
				silenceTimeoutMs: follows ? quietLogTimeoutMs : undefined,
			},
			either,
		);
		try {
			// A line that is followed and has no end yet comes again when the log is read on.
			for await (const lines of byteLines(answer.chunks, {
				maxLineBytes: longestLine,
				dropUnterminated: follows,
				cut: true,
			})) {
				log?.heard();
				yield lines;
			}
		} finally {
			answer.close();
		}
	} finally {
		log?.close();
	}
}

/** The namespaces of a set as one, built anew only when one of them has changed. */
function createNamespaceMerge() {
	const kept = new Map<WatchedKind, {readonly key: string; readonly objects: ReadonlyMap<string, unknown>}>();
	return <K extends WatchedKind>(kind: K, views: readonly WatchedState<K>[]): WatchedState<K> => {
		const [only] = views;
		if (only !== undefined && views.length === 1) return only;
		const key = views.map(view => `${view.version}`).join();
		const before = kept.get(kind);
		const objects =
			before?.key === key
				? (before.objects as ReadonlyMap<string, WatchedObjects[K]>)
				: new Map(views.flatMap(view => [...view.objects]));
		kept.set(kind, {key, objects});
		const stale = views.flatMap(view => view.stale ?? []).toSorted((a, b) => a.since - b.since)[0];
		const glimpses = views.flatMap(view => view.podTable ?? []);
		return {
			objects,
			...(glimpses.length === 0 ? {} : {podTable: glimpses}),
			version: views.reduce((sum, view) => sum + view.version, 0),
			lastHeardAt: Math.min(...views.map(view => view.lastHeardAt)),
			isComplete: views.every(view => view.isComplete),
			...(stale === undefined ? {} : {stale}),
		};
	};
}
