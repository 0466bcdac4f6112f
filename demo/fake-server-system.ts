import type {System} from '../src/contract/system.ts';
import type {HttpSettings} from '../src/port/http.ts';
import type {FakeHttpServer} from './fake-http-server.ts';
import type {Kubelets} from './kubernetes-api/kubelets.ts';
import type {Scenario} from './scenario.ts';
import type {Monitoring} from './servers/monitoring/monitoring.ts';

/** Loads what the simulated Prometheus and Alertmanager share, when the first of them is connected; the same object for both. */
export type LoadMonitoring = () => Promise<Monitoring>;

export function createMonitoringLoader(scenario: Scenario, kubelets: Kubelets): LoadMonitoring {
	let loaded: Promise<Monitoring> | undefined;
	return () => {
		loaded ??= import('./servers/monitoring/monitoring.ts').then(({createMonitoring}) =>
			createMonitoring(scenario, kubelets),
		);
		return loaded;
	};
}

/**
 * The real system, connected to a server that the demo starts on connect.
 * @param port changes the port of the real system, where a part of it would connect to another machine.
 */
export const fakeServerSystem = <Port>(
	system: System<Port, HttpSettings>,
	start: () => Promise<FakeHttpServer>,
	port: (real: Port, server: FakeHttpServer) => Port = real => real,
): System<Port, HttpSettings> => ({
	...system,
	async connect(target, options) {
		const server = await start();
		const settings = {...target.settings, url: server.url};
		const connection = await system.connect({...target, settings}, options);
		return {
			...connection,
			port: port(connection.port, server),
			// The latency of loopback means nothing, and would differ in each run.
			identify: async context => ({...(await connection.identify(context)), latencyMs: 1}),
			async close() {
				await connection.close();
				await server.close();
			},
		};
	},
});
