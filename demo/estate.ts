import type {System} from '../src/contract/system.ts';
import type {Target} from '../src/contract/target.ts';
import type {PostgresSettings} from '../src/port/postgres.ts';
import type {Clock} from '../src/time/clock.ts';
import {demoAlertmanager, demoAlertmanagerSettings} from './alertmanager.ts';
import {demoKafka, demoKafkaSettings} from './kafka.ts';
import {emptyKubelets} from './kubernetes-api/kubelets.ts';
import {demoKubernetes, demoKubernetesSettings} from './kubernetes.ts';
import {demoPostgres} from './postgres.ts';
import {demoPrometheus, demoPrometheusSettings} from './prometheus.ts';
import {demoRedis, demoRedisSettings} from './redis.ts';
import {createScenario, type Scenario, type ScenarioName, type ScenarioOptions} from './scenario.ts';
import {createMonitoringLoader} from './fake-server-system.ts';

export type DemoTarget = {readonly target: Target; readonly system: System};

/** May be acted on only once it is armed. */
const guarded = (name: string, system: System, settings: unknown = {}): DemoTarget => ({
	target: {name, kind: system.kind, production: true, settings},
	system,
});

/** May be acted on at once. */
const open = (name: string, system: System, settings: unknown): DemoTarget => ({
	target: {name, kind: system.kind, production: false, settings},
	system,
});

/** Nothing connects with these: they are shown as the way to read the same by hand. */
const postgresSettings = (database: string): PostgresSettings => ({
	hosts: [{host: `${database}-db.example.test`, port: 5432}],
	database,
	user: 'midwatch',
	tls: {mode: 'verify-full'},
	connectTimeoutMs: 3000,
	statementTimeoutMs: 3000,
});

/**
 * Everything that the demo watches, in one scenario. `now` is in epoch milliseconds; in `still` each stand-in stays at the first moment
 * it tells. `clock` is what the cluster lives by, the system's own unless told. The same seed and times give the same estate.
 */
export function demoEstate(
	name: ScenarioName,
	options: ScenarioOptions & {readonly clock?: Clock},
): readonly DemoTarget[] {
	const scenario: Scenario = createScenario(name, options);
	// One thing is wrong on one server: the other is there to compare with, and the one that may be acted on without arming.
	const well = createScenario(name === 'still' ? 'still' : 'calm', {...options, seed: scenario.seed + 1});
	const kubelets = emptyKubelets();
	const monitoring = createMonitoringLoader(scenario, kubelets);
	return [
		guarded('prod-eu', demoKubernetes(scenario, kubelets, options.clock), demoKubernetesSettings('prod-eu')),
		guarded('orders-db', demoPostgres(scenario), postgresSettings('orders')),
		open('billing-db', demoPostgres(well), postgresSettings('billing')),
		guarded('redis-main', demoRedis(scenario), demoRedisSettings),
		guarded('kafka-main', demoKafka(scenario), demoKafkaSettings),
		guarded('prom-main', demoPrometheus(monitoring), demoPrometheusSettings),
		guarded('alerts-main', demoAlertmanager(scenario, monitoring), demoAlertmanagerSettings),
	];
}
