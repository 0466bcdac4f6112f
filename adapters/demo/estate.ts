import type {System, Target} from '../../src/contract.ts';
import {demoKafka} from './kafka.ts';
import {demoKubernetes} from './kubernetes.ts';
import {demoPrometheus} from './prometheus.ts';
import {createScenario, type Scenario, type ScenarioName, type ScenarioOptions} from './scenario.ts';

/** One target of the demo. Nothing configures it, so its settings are empty. */
export type DemoTarget = {readonly target: Target; readonly system: System};

/** All but one are guarded, so that arming is seen. */
const guarded = (name: string, system: System, production = true): DemoTarget => ({
	target: {name, kind: system.kind, production, settings: {}},
	system,
});

/**
 * Everything that the demo watches, in one scenario. `now` is in epoch milliseconds; in `still` each stand-in stays at the first moment
 * it tells. The same seed and times give the same estate.
 */
export function demoEstate(name: ScenarioName, options: ScenarioOptions): readonly DemoTarget[] {
	const scenario: Scenario = createScenario(name, options);
	return [
		guarded('prod-eu', demoKubernetes(scenario)),
		guarded('kafka-main', demoKafka(scenario)),
		guarded('prom-main', demoPrometheus(scenario)),
	];
}
