import type {System} from '../src/contract/system.ts';
import type {HttpSettings} from '../src/port/http.ts';
import type {FakeHttpServer} from './fake-http-server.ts';
import type {Kubelets} from './kubernetes-api/kubelets.ts';
import type {Monitoring} from './servers/monitoring/monitoring.ts';
import type {Scenario} from './scenario.ts';

/** Loads what the stand-ins share when the first of them is connected; the same for all of them. */
export type LoadMonitoring = () => Promise<Monitoring>;

export function createMonitoringLoader(scenario: Scenario, kubelets: Kubelets): LoadMonitoring {
	let loaded: Promise<Monitoring> | undefined;
	return () => {
		loaded ??= import('./servers/monitoring/monitoring.ts').then(({createMonitoring}) => createMonitoring(scenario, kubelets));
		return loaded;
	};
}

/**
 * The real system on a server of the demo's own, which is started when it is connected.
 * @param port what the real one's port becomes, where a part of it would leave this machine.
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
			// How fast loopback is says nothing, and would be another figure in each run.
			identify: async context => ({...(await connection.identify(context)), latencyMs: 1}),
			async close() {
				await connection.close();
				await server.close();
			},
		};
	},
});
