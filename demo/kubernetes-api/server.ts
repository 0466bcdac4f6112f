import {type Clock, systemClock} from '../../src/time/clock.ts';
import {runInSlices} from '../../src/time/yield.ts';
import {createFakeCluster} from './cluster.ts';
import type {ClusterScenario} from './cluster-scenario.ts';
import {createFastForwardClock} from './fast-forward-clock.ts';
import {type DemoLogin, demoLogins} from './serving/access.ts';
import {
	type CertificateAuthority,
	type CertificatePair,
	createAuthority,
	type Lifetime,
} from './serving/certificates.ts';
import {createFaultInjector, type FaultControls} from './serving/fault-injection.ts';
import {createHttpsServer} from './serving/https-server.ts';
import {formatKubeconfig} from './serving/kubeconfig.ts';
import {createListener} from './serving/listener.ts';
import {buildSimulationInSteps, clusterAgeMs, type Simulation} from './simulation.ts';

export type KubernetesApiOptions = {
	/** The contents and problems of the cluster. */
	readonly scenario: ClusterScenario;
	/** The source of time, except for certificates. */
	readonly clock?: Clock;
	/** On 127.0.0.1. By default 0, a free one. */
	readonly port?: number;
	/** The name of the context in the kubeconfig. */
	readonly context?: string;
	/** The validity of the server certificate. By default ten days, from yesterday on. */
	readonly lifetime?: Lifetime;
	/** The authority of another server, so that clients which trust that one trust this one too; by default a new one. */
	readonly authority?: CertificateAuthority;
	/** Instead of the scenario's estate: so many pods in deployments of 20, in 10 namespaces. */
	readonly pods?: number;
};

/** A Kubernetes API server with a simulated cluster behind it: rollouts proceed, pods crash, evictions are refused. */
export type KubernetesApi = {
	/** `https://127.0.0.1:PORT` */
	readonly url: string;
	/** The text of a kubeconfig of the login `admin`, with its token. */
	readonly kubeconfig: string;
	/** PEM text of the authority that signed the server's certificate. */
	readonly ca: string;
	/** A bearer token of each login; access.ts defines what each may do. */
	readonly tokens: Readonly<Record<DemoLogin, string>>;
	/** Injects faults into responses. */
	readonly faults: FaultControls;
	/** The contents of the cluster, and ways to change it that no client has. */
	readonly simulation: Simulation;
	/** A kubeconfig of another login, by its token or by a certificate. */
	kubeconfigOf(login: DemoLogin, by?: 'token' | 'certificate', namespace?: string): string;
	/** A client certificate of this login. */
	certificateOf(login: DemoLogin): CertificatePair;
	close(): Promise<void>;
};

/**
 * Starts the server on loopback and waits until it listens.
 * @throws Error when the port is in use.
 */
export async function startKubernetesApi(options: KubernetesApiOptions): Promise<KubernetesApi> {
	const {clock = systemClock, context = 'demo', scenario} = options;
	const authority = options.authority ?? createAuthority('midwatch demo authority');
	const warp = createFastForwardClock(clock, scenario.startedAt - clusterAgeMs);
	const cluster = createFakeCluster(warp, scenario.stableRandom);
	const world = await runInSlices(buildSimulationInSteps(cluster, warp, scenario, options.pods));
	const board = createFaultInjector();
	const names = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
	const own = authority.server(names, ['127.0.0.1', '10.96.0.1'], options.lifetime);
	const tls = {cert: own.cert, key: own.key, ca: authority.cert};
	const server = createHttpsServer(tls, createListener(world, board), options.port ?? 0);
	await server.start();
	const tokens = Object.fromEntries(demoLogins.map(login => [login, cluster.access.issue(login)])) as Record<
		DemoLogin,
		string
	>;
	const url = `https://127.0.0.1:${server.port()}`;
	const certificateOf = (login: DemoLogin) => authority.client(login, []);
	const kubeconfigOf = (login: DemoLogin, by: 'token' | 'certificate' = 'token', namespace?: string) =>
		formatKubeconfig({
			url,
			ca: authority.cert,
			context,
			...(namespace === undefined ? {} : {namespace}),
			...(by === 'token' ? {token: tokens[login]} : {certificate: certificateOf(login)}),
		});

	return {
		url,
		ca: authority.cert,
		tokens,
		kubeconfig: kubeconfigOf('admin'),
		kubeconfigOf,
		certificateOf,
		simulation: world,
		faults: {
			injectNext: board.injectNext,
			injectNow: board.injectNow,
			onRequest: board.onRequest,
			clear: board.clear,
			expireToken: cluster.access.expire,
			compact: cluster.store.compact,
			stop: server.stop,
			start: server.start,
			async restart(forMs = 0) {
				await server.stop();
				cluster.store.resetRevisions();
				if (forMs > 0) await new Promise<void>(resolve => clock.after(forMs, resolve));
				await server.start();
			},
		},
		async close() {
			world.stop();
			await server.stop();
		},
	};
}
