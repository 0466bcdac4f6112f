import type {System} from '../src/contract/system.ts';
import type {Target} from '../src/contract/target.ts';
import type {PostgresSettings} from '../src/port/postgres.ts';
import type {Clock} from '../src/time/clock.ts';
import {demoAlertmanager, demoAlertmanagerSettings} from './alertmanager.ts';
import {createMonitoringLoader} from './fake-server-system.ts';
import {demoKafka, demoKafkaSettings} from './kafka.ts';
import {demoKubernetes, demoKubernetesSettings} from './kubernetes.ts';
import {emptyKubelets} from './kubernetes-api/kubelets.ts';
import {demoPostgres} from './postgres.ts';
import {demoPrometheus, demoPrometheusSettings} from './prometheus.ts';
import {demoRedis, demoRedisSettings} from './redis.ts';
import {createScenario, type Scenario, type ScenarioName, type ScenarioOptions} from './scenario.ts';

export type DemoTarget = {readonly target: Target; readonly system: System};

/** A target that must be armed before actions. */
const guarded = (name: string, system: System, settings: unknown = {}): DemoTarget => ({
	target: {name, kind: system.kind, production: true, settings},
	system,
});

/** A target that allows actions without arming. */
const open = (name: string, system: System, settings: unknown): DemoTarget => ({
	target: {name, kind: system.kind, production: false, settings},
	system,
});

/** Nothing connects to this address: it is only shown in CLI equivalents. */
const postgresSettings = (database: string): PostgresSettings => ({
	hosts: [{host: `${database}-db.example.test`, port: 5432}],
	database,
	user: 'midwatch',
	tls: {mode: 'verify-full'},
	connectTimeoutMs: 3000,
	statementTimeoutMs: 3000,
});

/**
 * All targets of the demo, in one scenario. `now` is in epoch milliseconds; in `still` no system changes
 * after its start. `clock` drives the cluster, by default the system clock. Equal seeds and times give equal systems.
 */
export function demoEstate(
	name: ScenarioName,
	options: ScenarioOptions & {readonly clock?: Clock},
): readonly DemoTarget[] {
	const scenario: Scenario = createScenario(name, options);
	// The problem is on one server only. The other one is healthy for comparison, and not production: it needs no arming.
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
