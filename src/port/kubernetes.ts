import type {Context} from '../contract/context.ts';
import type {HttpTransport} from '../contract/http-transport.ts';
import type {HttpVia} from './http.ts';
import type {ClusterAccess, Impersonation} from './kubernetes-access.ts';
import type {Metadata, WatchedKind, WatchedObjects} from './kubernetes-objects.ts';

/*
 * What the Kubernetes room needs from an API server, 1.25 or newer (eviction also 1.20). Every member rejects with AdapterError, and at
 * once when `context.signal` fires, however silent the server is. The demo stands in as an API server, so that this is the only client.
 */

/** What configuration gives for one target of kind `kubernetes`: one context of the kubeconfig files, or the cluster we run in. */
export type KubernetesSettings = {
	/** Reads the files anew at each call, so that a renewed kubeconfig is noticed. @throws AdapterError `denied` when they cannot be used. */
	readonly access: () => Promise<ClusterAccess>;
	/** For commands by hand; empty means kubectl's own choice of files. */
	readonly kubeconfig: readonly string[];
	/** For commands by hand; undefined means the current context. */
	readonly context: string | undefined;
	/** All namespaces, or these: one list and one watch for each of them and kind. */
	readonly namespaces: 'all' | readonly [string, ...string[]];
	/** The target of kind `prometheus` that scrapes this cluster, and matchers of PromQL that its series have; empty: all are of this cluster. */
	readonly metrics?: {readonly prometheus: string; readonly match: string} | undefined;
	/** Goes before that of the kubeconfig. */
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

/** Who owns which fields of an object. https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */
export type ManagedFields = {
	readonly manager?: string;
	readonly operation?: string;
	readonly time?: string;
	readonly subresource?: string;
	readonly fieldsV1?: Readonly<Record<string, unknown>>;
};

/** A whole object as the server sent it, long annotations and managed fields too. Nothing but its metadata has been looked at. */
export type ApiObject = {
	readonly apiVersion?: string;
	readonly kind?: string;
	readonly metadata: Metadata & {readonly managedFields?: readonly ManagedFields[]};
	readonly [field: string]: unknown;
};

/** Why what is shown of a kind may not be what is there. */
export type Staleness = {
	/** Epoch milliseconds: what is shown was known to be true then. */
	readonly since: number;
	/** In a few words: `the watch broke: socket hang up, connecting again (3)`. */
	readonly reason: string;
	readonly attempts: number;
};

/** Pods before their whole objects have come: the server's own table, one light request. Cells are the server's words. */
export type PodTableRow = {
	readonly metadata: Metadata;
	/** `1/2`. */
	readonly ready: string;
	readonly status: string;
	/** `14 (3m12s ago)`. */
	readonly restarts: string;
	/** Undefined until it is scheduled, and where the server does not tell. */
	readonly node: string | undefined;
};

/** All that is known of one kind at one moment. */
export type WatchedState<K extends WatchedKind = WatchedKind> = {
	/** By uid. The same map, changed in place, until the kind is listed anew: copy what has to last. */
	readonly objects: ReadonlyMap<string, WatchedObjects[K]>;
	/** Grows with every change: equal means that nothing changed. */
	readonly version: number;
	/** Epoch milliseconds: when the server was last heard on this watch. */
	readonly lastHeardAt: number;
	/** Present while what is shown may be old, such as while connecting again. */
	readonly stale?: Staleness;
	/**
	 * While the first list of a large cluster or namespace is still under way: `objects` is what has come so far, and this is all pods of
	 * what is still being listed.
	 */
	readonly podTable?: readonly PodTableRow[];
	/** False until the first list is complete. */
	readonly isComplete: boolean;
};

export type ResourceUsage = {readonly cpu: number; readonly memory: number};

/** What metrics.k8s.io says. Cores and bytes. */
export type PodUsage = {
	readonly namespace: string;
	readonly name: string;
	/** Epoch milliseconds. */
	readonly measuredAt: number;
	readonly containers: readonly (ResourceUsage & {readonly name: string})[];
};
export type NodeUsage = ResourceUsage & {readonly name: string; readonly measuredAt: number};

/**
 * What a Prometheus target knows of the containers of this cluster: CPU as the mean of five minutes. Asked again after a while only.
 * Every member rejects with AdapterError, `unsupported` when it has no such series.
 */
export type ContainerMetrics = {
	/** Name of the target. */
	readonly target: string;
	podUsage(context: Context): Promise<readonly PodUsage[]>;
	/** `name` may be an address of the node. `podsOnly`: what its own system needs is not told. */
	nodeUsage(context: Context): Promise<{readonly usage: readonly NodeUsage[]; readonly podsOnly: boolean}>;
	/** By `namespace/pod`: the share of the last five minutes in which the container that was held back most wanted more CPU than its limit. */
	throttling(context: Context): Promise<ReadonlyMap<string, number>>;
};

export type LogsRequest = {
	readonly namespace: string;
	readonly pod: string;
	readonly container?: string;
	readonly follow?: boolean;
	/** Of the container before its last restart. */
	readonly previous?: boolean;
	readonly tailLines?: number;
	readonly sinceSeconds?: number;
	/** RFC 3339; goes before `sinceSeconds`. */
	readonly sinceTime?: string;
	/** Each line begins with its moment and a space. */
	readonly timestamps?: boolean;
	readonly limitBytes?: number;
};

export type AccessReview = {
	readonly verb: string;
	readonly group: string;
	readonly resource: string;
	readonly subresource?: string;
	/** Empty: all of them. */
	readonly namespace: string;
	readonly name?: string;
};

/** `unknown`: the question itself was refused or failed, which is not a denial. */
export type AccessReviewResult = {readonly answer: 'allowed' | 'denied' | 'unknown'; readonly reason: string};

export type Patch =
	| {readonly type: 'strategic' | 'merge'; readonly body: Readonly<Record<string, unknown>>}
	| {readonly type: 'json'; readonly body: readonly Readonly<Record<string, unknown>>[]};

export type WriteOptions = {
	/** The server goes through all of it, admission included, and stores nothing. */
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

/** For an act: `record` is the id of its audit record, and travels in User-Agent. */
export type KubernetesWriteContext = Context & {readonly record: string};

/** What the server said when it refused, for those who need more than the sentence. See `refusalOf` in the adapter. */
export type ApiRefusal = {
	/** Status code of HTTP. */
	readonly code: number;
	/** The API's word: `Forbidden`, `Conflict`, `Expired`, `TooManyRequests`. Empty when the answer was not the API's. */
	readonly reason: string;
	readonly message: string;
	/** Milliseconds. */
	readonly retryAfterMs: number | undefined;
	/** `DisruptionBudget` and its message name the budget that blocks an eviction. */
	readonly causes: readonly {readonly reason: string; readonly message: string; readonly field: string}[];
};

export type ServerIdentity = {readonly version: string; readonly user: string; readonly groups: readonly string[]};

export type KubernetesPort = {
	/**
	 * What is known of a kind, at once once it was listed; the first call starts the list and the watch, and waits for something to show.
	 * @throws AdapterError why it cannot be listed; or `timeout`, `unreachable` when nothing was heard for so long that it is no truth any more.
	 */
	readWatched<K extends WatchedKind>(kind: K, context: Context): Promise<WatchedState<K>>;
	/** Lists the kind anew at the next occasion, whatever its watch says. */
	relist(kind: WatchedKind): void;
	/** @throws AdapterError `conflict` when there is none. */
	get(object: ObjectRef, context: Context): Promise<ApiObject>;
	/** `namespace` empty: all. Pages of 500; `limit` ends it early. Selectors as the API writes them: `app=api`, `involvedObject.uid=…`. */
	list(
		what: {
			readonly type: ResourceType;
			readonly namespace: string;
			readonly labelSelector?: string;
			readonly fieldSelector?: string;
			readonly limit?: number;
			/** Only metadata of the objects. */
			readonly metadataOnly?: boolean;
		},
		context: Context,
	): Promise<{readonly items: readonly ApiObject[]; readonly more: boolean}>;
	/** @throws AdapterError `unsupported` without a metrics API, `denied` when forbidden, `unreachable` when it fails. */
	podUsage(context: Context): Promise<readonly PodUsage[]>;
	nodeUsage(context: Context): Promise<readonly NodeUsage[]>;
	/** Undefined when settings name no Prometheus target. */
	readonly containerMetrics: ContainerMetrics | undefined;
	/**
	 * Lines as they come, without their ends; the pieces of one read at once. Ends when the server ends it. Throws when the connection breaks.
	 * A last line without an end is left out when it is followed: it may not be whole.
	 */
	readLogs(request: LogsRequest, context: Context): AsyncIterable<readonly string[]>;
	/** GET of any path, as text, for what has no read of its own. */
	readPath(path: string, context: Context): Promise<{readonly text: string; readonly contentType: string}>;
	/** How long the server took for its last sign of life, of which one is asked every few seconds; undefined before the first. */
	latencyMs(): number | undefined;
	/** A service of the cluster, reached through the API server. */
	serviceTransport(of: Omit<HttpVia, 'kubernetes'>): HttpTransport;
	/** SelfSubjectAccessReview. Kept for five minutes, and forgotten after the server denied something. */
	reviewAccess(question: AccessReview, context: Context): Promise<AccessReviewResult>;
	identity(context: Context): Promise<ServerIdentity>;

	/*
	 * Acts. Each goes out once, on a connection of its own, and is never sent again by itself, except after a 401, which changed nothing.
	 * @throws AdapterError `denied` when refused, or on a read-only connection (nothing was sent); `conflict` when a precondition failed.
	 * A dry run is an act too: the server checks the same rights, and a read-only connection refuses it.
	 */

	/** `subresource`: `scale`, `status`. Put metadata.uid and metadata.resourceVersion into a merge patch as its guard. */
	patch(
		object: ObjectRef & {readonly subresource?: string},
		patch: Patch,
		options: WriteOptions,
		context: KubernetesWriteContext,
	): Promise<ApiObject>;
	remove(object: ObjectRef, options: DeleteOptions, context: KubernetesWriteContext): Promise<void>;
	/** policy/v1, or v1beta1 where the server has only that. @throws AdapterError `denied` whose refusal has code 429 when a budget blocks it. */
	evict(
		pod: {readonly namespace: string; readonly name: string},
		options: Omit<DeleteOptions, 'propagation'>,
		context: KubernetesWriteContext,
	): Promise<void>;
};
