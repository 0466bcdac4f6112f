import type {Context} from '../../src/contract/context.ts';
import type {ServerId} from '../../src/contract/identity.ts';
import type {MetricsQuery} from '../../src/contract/metrics-query.ts';
import type {KubernetesPort, KubernetesSettings} from '../../src/port/kubernetes.ts';
import {type Clock, systemClock} from '../../src/time/clock.ts';
import {createAccessReviews, readIdentity, readServerId} from './api/access-reviews.ts';
import {createContainerMetrics} from './api/container-metrics.ts';
import {createDerivedValues} from './api/derived-values.ts';
import {createLogStreams} from './api/log-streams.ts';
import {readNodeUsage, readPodUsage} from './api/metrics-api.ts';
import {createObjectReads} from './api/object-reads.ts';
import {createInterner} from './api/projection.ts';
import {serviceTransport} from './api/service-proxy.ts';
import {type ApiTransport, createApiTransport} from './api/transport.ts';
import {createWrites} from './api/writes.ts';
import {type Heartbeat, startHeartbeat} from './watch/heartbeat.ts';
import {createInformers, watchedNamespaces} from './watch/informers.ts';
import {defaultTimings, type Timings} from './watch/timings.ts';

export type KubernetesClient = {
	readonly port: KubernetesPort;
	/** Identifies the cluster, where we may read the uid of kube-system. */
	server(context: Context): Promise<ServerId | undefined>;
	login(): Promise<void>;
	/** See Credentials.approval. */
	approval: ApiTransport['approval'];
	close(): void;
};

export type ClientOptions = {
	readonly readOnly: boolean;
	/** Queries the Prometheus target that the settings name. */
	readonly metrics?: MetricsQuery | undefined;
	readonly clock?: Clock;
	readonly timings?: Partial<Timings>;
	/** 0 <= n < 1 */
	readonly random?: () => number;
};

/** Creates the client of one cluster. It connects at the first read, and keeps one list and one watch for each kind and namespace that is read. */
export function createKubernetesClient(settings: KubernetesSettings, options: ClientOptions): KubernetesClient {
	const {clock = systemClock, random = Math.random, metrics} = options;
	const timings = {...defaultTimings, ...options.timings};
	const transport = createApiTransport(settings, clock);
	const reviews = createAccessReviews(transport);
	const interner = createInterner();
	const {derived, clear: clearDerived} = createDerivedValues();
	let heartbeat: Heartbeat | undefined;
	const informers = createInformers(settings.namespaces, {
		transport,
		clock,
		timings,
		random,
		intern: interner.intern,
		lastHeartbeatAt: () => heartbeat?.lastAnswerAt(),
	});
	const logs = createLogStreams(transport, clock, ensureHeartbeat);

	/** Starts the heartbeat with the first list, watch or followed log. */
	function ensureHeartbeat(): void {
		heartbeat ??= startHeartbeat(transport, clock, timings, reason => {
			informers.markSuspect(reason);
			logs.endQuiet(reason, timings.heartbeatIntervalMs);
		});
	}

	const port: KubernetesPort = {
		readWatched(kind, {signal}) {
			ensureHeartbeat();
			return informers.read(kind, signal);
		},
		relist: kind => informers.relist(kind),
		...createObjectReads(transport),
		async podUsage(context) {
			const namespaces = watchedNamespaces(settings.namespaces, true);
			return (await Promise.all(namespaces.map(namespace => readPodUsage(transport, namespace, context)))).flat();
		},
		nodeUsage: context => readNodeUsage(transport, context),
		containerMetrics:
			metrics && settings.metrics ? createContainerMetrics(settings.metrics, settings.namespaces, metrics) : undefined,
		readLogs: logs.read,
		latencyMs: () => heartbeat?.latencyMs(),
		serviceTransport: of => serviceTransport(transport, of),
		reviewAccess: reviews.reviewAccess,
		identity: context => readIdentity(transport, context),
		derived,
		...createWrites(transport, {readOnly: options.readOnly, onDenied: reviews.clearCache}),
	};

	return {
		port,
		server: context => readServerId(transport, context),
		async login() {
			await transport.login();
			informers.retry();
		},
		approval: async () => retryAfterApproval(await transport.approval(), informers.retry),
		close() {
			heartbeat?.stop();
			informers.close();
			transport.close();
			clearDerived();
			interner.clear();
		},
	};
}

const retryAfterApproval = (
	approval: Awaited<ReturnType<ApiTransport['approval']>>,
	retry: () => void,
): typeof approval =>
	approval && {
		...approval,
		async approve() {
			await approval.approve();
			retry();
		},
	};
