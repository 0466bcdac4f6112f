import type {Context} from '../contract/context.ts';
import type {HttpTransport} from '../contract/http-transport.ts';
import type {HttpVia} from './http.ts';
import type {ClusterAccess, Impersonation} from './kubernetes-access.ts';
import type {Metadata, WatchedKind, WatchedObjects} from './kubernetes-objects.ts';

/*
 * What the Kubernetes adapter needs from an API server, 1.25 or newer (eviction also 1.20). Every member rejects with AdapterError, and
 * at once when `context.signal` is aborted, even if the server is silent. The demo is an API server, so that this is the only client.
 */

/** Settings of a target of kind `kubernetes`: a context of the kubeconfig files, or the cluster we run in. */
export type KubernetesSettings = {
	/** Reads the files at each call, so that a renewed kubeconfig is noticed. @throws AdapterError `denied` when they cannot be used. */
	readonly access: () => Promise<ClusterAccess>;
	/** For CLI equivalents; empty means kubectl's default files. */
	readonly kubeconfig: readonly string[];
	/** For CLI equivalents; undefined means the current context. */
	readonly context: string | undefined;
	/** All namespaces, or these: then one list and one watch for each namespace and kind. */
	readonly namespaces: 'all' | readonly [string, ...string[]];
	/** The target of kind `prometheus` that scrapes this cluster, and PromQL matchers that select its series; empty: all belong to this cluster. */
	readonly metrics?: {readonly prometheus: string; readonly match: string} | undefined;
	/** Takes precedence over that of the kubeconfig. */
	readonly impersonate?: Impersonation | undefined;
	/** HTTPS_PROXY, HTTP_PROXY and NO_PROXY in either spelling, as kubectl reads them. */
	readonly environment: Readonly<Record<string, string | undefined>>;
};

/** A kind of object as the API names it. */
export type ResourceType = {
	/** Empty for the core group. */
	readonly group: string;
	readonly version: string;
	/** `deployments`. */
	readonly resource: string;
	readonly namespaced: boolean;
};

export type ObjectRef = {readonly type: ResourceType; readonly namespace: string; readonly name: string};

/** An entry of `metadata.managedFields`: a field manager and the fields that it owns. https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */
export type ManagedFields = {
	readonly manager?: string;
	readonly operation?: string;
	readonly time?: string;
	readonly subresource?: string;
	readonly fieldsV1?: Readonly<Record<string, unknown>>;
};

/** A complete object as the server sent it, with long annotations and managed fields. Only its metadata has been validated. */
export type ApiObject = {
	readonly apiVersion?: string;
	readonly kind?: string;
	readonly metadata: Metadata & {readonly managedFields?: readonly ManagedFields[]};
	readonly [field: string]: unknown;
};

/** Why the known objects of a kind may be out of date. */
export type Staleness = {
	/** Epoch milliseconds: the objects were up to date then. */
	readonly since: number;
	/** A short text: `the watch broke: socket hang up, trying again (3)`. */
	readonly reason: string;
	readonly attempts: number;
};

/** A row of the server's pod table, a fast first list before the full objects arrive. Cells are the server's texts. */
export type PodTableRow = {
	readonly metadata: Metadata;
	/** `1/2`. */
	readonly ready: string;
	readonly status: string;
	/** `14 (3m12s ago)`. */
	readonly restarts: string;
	/** Undefined until it is scheduled, and where the server does not report it. */
	readonly node: string | undefined;
};

/** The state of the watch cache of one kind. */
export type WatchedState<K extends WatchedKind = WatchedKind> = {
	/** The objects by uid. The map is changed in place until the kind is listed again: copy what must not change. */
	readonly objects: ReadonlyMap<string, WatchedObjects[K]>;
	/** Increases with every change: equal means that nothing changed. */
	readonly version: number;
	/** Epoch milliseconds when the last byte of this list or watch arrived. */
	readonly lastHeardAt: number;
	/** Present while the objects may be out of date, such as while reconnecting. */
	readonly stale?: Staleness;
	/**
	 * Present while the first list of a large cluster or namespace is in progress: `objects` holds the pods that were listed so far, and
	 * this table all pods.
	 */
	readonly podTable?: readonly PodTableRow[];
	/** False until the first list is complete. */
	readonly isComplete: boolean;
};

export type ResourceUsage = {readonly cpu: number; readonly memory: number};

/** Usage of a pod by the metrics API (metrics.k8s.io), in cores and bytes. */
export type PodUsage = {
	readonly namespace: string;
	readonly name: string;
	/** Epoch milliseconds. */
	readonly measuredAt: number;
	readonly containers: readonly (ResourceUsage & {readonly name: string})[];
};
export type NodeUsage = ResourceUsage & {readonly name: string; readonly measuredAt: number};

/**
 * Container metrics of this cluster from a Prometheus target; CPU averaged over five minutes. Results are cached for 25 seconds.
 * Every member rejects with AdapterError, `unsupported` when the target has no such series.
 */
export type ContainerMetrics = {
	/** Name of the target. */
	readonly target: string;
	podUsage(context: Context): Promise<readonly PodUsage[]>;
	/** `name` may be an address of the node. `podsOnly`: system processes of the node are not included. */
	nodeUsage(context: Context): Promise<{readonly usage: readonly NodeUsage[]; readonly podsOnly: boolean}>;
	/** How much each pod is throttled, by `namespace/pod`: the share of the last five minutes in which its most throttled container was at its CPU limit. */
	throttling(context: Context): Promise<ReadonlyMap<string, number>>;
};

export type LogsRequest = {
	readonly namespace: string;
	readonly pod: string;
	readonly container?: string;
	readonly follow?: boolean;
	/** The log of the container before its last restart. */
	readonly previous?: boolean;
	readonly tailLines?: number;
	readonly sinceSeconds?: number;
	/** RFC 3339; takes precedence over `sinceSeconds`. */
	readonly sinceTime?: string;
	/** Each line begins with its timestamp and a space. */
	readonly timestamps?: boolean;
	readonly limitBytes?: number;
};

export type AccessReview = {
	readonly verb: string;
	readonly group: string;
	readonly resource: string;
	readonly subresource?: string;
	/** Empty: all namespaces. */
	readonly namespace: string;
	readonly name?: string;
};

/** `unknown`: the review itself was refused or failed, which is not a denial. */
export type AccessReviewResult = {readonly answer: 'allowed' | 'denied' | 'unknown'; readonly reason: string};

export type Patch =
	| {readonly type: 'strategic' | 'merge'; readonly body: Readonly<Record<string, unknown>>}
	| {readonly type: 'json'; readonly body: readonly Readonly<Record<string, unknown>>[]};

export type WriteOptions = {
	/** The server validates the request, admission included, and stores nothing. */
	readonly dryRun: boolean;
	/** `midwatch` when absent. */
	readonly fieldManager?: string;
};

export type Preconditions = {readonly uid?: string; readonly resourceVersion?: string};

export type DeleteOptions = {
	readonly dryRun: boolean;
	readonly preconditions: Preconditions;
	readonly gracePeriodSeconds?: number;
	readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
};

/** Context of a write: `record` is the id of its audit record, and is sent in User-Agent. */
export type KubernetesWriteContext = Context & {readonly record: string};

/** The details of a refused request. See `findApiRefusal` in the adapter. */
export type ApiRefusal = {
	/** HTTP status code. */
	readonly code: number;
	/** The reason of the API's Status: `Forbidden`, `Conflict`, `Expired`, `TooManyRequests`. Empty when the answer was not from the API. */
	readonly reason: string;
	readonly message: string;
	/** Milliseconds. */
	readonly retryAfterMs: number | undefined;
	/** `DisruptionBudget` and its message name the budget that blocks an eviction. */
	readonly causes: readonly {readonly reason: string; readonly message: string; readonly field: string}[];
};

export type ServerIdentity = {readonly version: string; readonly user: string; readonly groups: readonly string[]};

/**
 * Values that are derived from the reads of one connection and shared by its sources, inspections and actions, such as caches. They are
 * dropped when the connection is closed.
 */
export type DerivedValues = {
	/** Returns the value that the first call with this function has created. */
	get<T>(create: () => T): T;
};

export type KubernetesPort = {
	/**
	 * Returns the watch cache of a kind. The first call starts the list and the watch, and waits for the first page.
	 * @throws AdapterError why the kind cannot be listed; `timeout` or `unreachable` when the cache has been stale for too long.
	 */
	readWatched<K extends WatchedKind>(kind: K, context: Context): Promise<WatchedState<K>>;
	/** Lists the kind again at once, although its watch is fine. */
	relist(kind: WatchedKind): void;
	/** Reads one object. @throws AdapterError `conflict` when it does not exist. */
	get(object: ObjectRef, context: Context): Promise<ApiObject>;
	/** Lists objects; an empty `namespace` means all. Reads pages of 500, at most `limit` objects. Selectors in the syntax of the API: `app=api`, `involvedObject.uid=…`. */
	list(
		what: {
			readonly type: ResourceType;
			readonly namespace: string;
			readonly labelSelector?: string;
			readonly fieldSelector?: string;
			readonly limit?: number;
			/** Reads only the metadata of the objects. */
			readonly metadataOnly?: boolean;
		},
		context: Context,
	): Promise<{readonly items: readonly ApiObject[]; readonly more: boolean}>;
	/** Reads the usage of all pods. @throws AdapterError `unsupported` without a metrics API, `denied` when forbidden, `unreachable` when it fails. */
	podUsage(context: Context): Promise<readonly PodUsage[]>;
	nodeUsage(context: Context): Promise<readonly NodeUsage[]>;
	/** Undefined when settings name no Prometheus target. */
	readonly containerMetrics: ContainerMetrics | undefined;
	/**
	 * Yields lines without line feeds, in batches as they arrive. Ends when the server ends the log. Throws when the connection breaks.
	 * With `follow`, an unterminated last line is dropped: it may be incomplete.
	 */
	readLogs(request: LogsRequest, context: Context): AsyncIterable<readonly string[]>;
	/** GET of any path, as text. */
	readPath(path: string, context: Context): Promise<{readonly text: string; readonly contentType: string}>;
	/** Latency of the last heartbeat, which is sent every few seconds; undefined before the first. */
	latencyMs(): number | undefined;
	/** HTTP transport to a Service through the proxy of the API server. */
	serviceTransport(of: Omit<HttpVia, 'kubernetes'>): HttpTransport;
	/** SelfSubjectAccessReview. Cached for five minutes, or until the server denies a write. */
	reviewAccess(question: AccessReview, context: Context): Promise<AccessReviewResult>;
	identity(context: Context): Promise<ServerIdentity>;
	readonly derived: DerivedValues;

	/*
	 * Writes. Each is sent once, on a connection of its own, and is never retried, except after a 401, which changed nothing.
	 * @throws AdapterError `denied` when refused, or on a read-only connection (nothing was sent); `conflict` when a precondition failed.
	 * A dry run is a write, too: it needs the same permissions, and a read-only connection refuses it.
	 */

	/** `subresource`: `scale`, `status`. Put metadata.uid and metadata.resourceVersion into a merge patch to guard it. */
	patch(
		object: ObjectRef & {readonly subresource?: string},
		patch: Patch,
		options: WriteOptions,
		context: KubernetesWriteContext,
	): Promise<ApiObject>;
	remove(object: ObjectRef, options: DeleteOptions, context: KubernetesWriteContext): Promise<void>;
	/** Uses policy/v1, or v1beta1 where the server has only that. @throws AdapterError `denied` whose refusal has code 429 when a budget blocks it. */
	evict(
		pod: {readonly namespace: string; readonly name: string},
		options: Omit<DeleteOptions, 'propagation'>,
		context: KubernetesWriteContext,
	): Promise<void>;
};
