import {alertmanagerSystem} from '../adapters/alertmanager/system.ts';
import type {System} from '../src/contract/system.ts';
import type {AlertmanagerPort, AlertmanagerSettings} from '../src/port/alertmanager.ts';
import {fakeServerSystem, type LoadMonitoring} from './fake-server-system.ts';
import type {Scenario} from './scenario.ts';

/** Nothing connects to this address: it is only shown in CLI equivalents. */
export const demoAlertmanagerSettings: AlertmanagerSettings = {
	url: 'http://alerts-main.example.test:9093',
	auth: {kind: 'none'},
	headers: {},
	environment: {},
};

/** The Alertmanager that receives the alerts of the demo's Prometheus. */
export const demoAlertmanager = (
	scenario: Scenario,
	monitoring: LoadMonitoring,
): System<AlertmanagerPort, AlertmanagerSettings> =>
	fakeServerSystem(alertmanagerSystem, async () => {
		const [{startAlertmanagerApi}, world] = await Promise.all([
			import('./servers/alertmanager/server.ts'),
			monitoring(),
		]);
		return startAlertmanagerApi(world, scenario);
	});
