import {kubernetesSystem} from '../adapters/kubernetes/system.ts';
import type {Connection, ConnectOptions, System} from '../src/contract/system.ts';
import type {Target} from '../src/contract/target.ts';
import type {KubernetesPort, KubernetesSettings} from '../src/port/kubernetes.ts';
import type {ClusterAccess} from '../src/port/kubernetes-access.ts';
import {type Clock, systemClock} from '../src/time/clock.ts';
import type {Kubelets} from './kubernetes-api/kubelets.ts';
import type {KubernetesApi} from './kubernetes-api/server.ts';
import type {Scenario} from './scenario.ts';

const known = (text: string) => ({source: 'the demo', reveal: async () => text});

/** The access that a kubeconfig of the simulated API server would define. */
const accessOf = ({url, ca, tokens}: KubernetesApi, context: string): ClusterAccess => ({
	context,
	server: url,
	authority: known(ca),
	insecure: false,
	servername: undefined,
	proxy: undefined,
	namespace: 'default',
	login: {certificate: undefined, by: {kind: 'token', token: known(tokens.operator)}},
	impersonate: undefined,
});

/** Shown in CLI equivalents. `connect` does not use them: it starts and finds the fake API server itself. */
export const demoKubernetesSettings = (context: string): KubernetesSettings => ({
	access: () => Promise.reject(new Error('the demo connects to its simulated API server')),
	kubeconfig: [],
	context,
	namespaces: 'all',
	environment: {},
	metrics: {prometheus: 'prom-main', match: ''},
});

async function connect(
	scenario: Scenario,
	clock: Clock,
	kubelets: Kubelets,
	target: Target<KubernetesSettings>,
	options: ConnectOptions,
): Promise<Connection<KubernetesPort>> {
	const [{startKubernetesApi}, {containerStats: readContainerStats}] = await Promise.all([
		import('./kubernetes-api/server.ts'),
		import('./kubernetes-api/cadvisor.ts'),
	]);
	const api = await startKubernetesApi({
		scenario,
		clock: {now: scenario.now, monotonic: clock.monotonic, after: clock.after},
		context: target.name,
	});
	kubelets.readContainers = at => [...readContainerStats(api.simulation, at)];
	const access = accessOf(api, target.name);
	const settings = {...target.settings, access: async () => access};
	const connection = await kubernetesSystem.connect({...target, settings}, options);
	return {
		...connection,
		// The latency of loopback means nothing, and would differ in each run.
		identify: async context => ({...(await connection.identify(context)), latencyMs: 1}),
		async close() {
			await connection.close();
			await api.close();
		},
	};
}

/**
 * A cluster of twelve nodes and 412 pods behind a real API server on loopback: all but the server is what
 * watches a real one. `clock` drives its controllers; `kubelets` expose its containers to Prometheus from then on.
 */
export const demoKubernetes = (
	scenario: Scenario,
	kubelets: Kubelets,
	clock: Clock = systemClock,
): System<KubernetesPort, KubernetesSettings> => ({
	...kubernetesSystem,
	connect: (target, options) => connect(scenario, clock, kubelets, target, options),
});
