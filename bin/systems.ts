import {alertmanagerSystem} from '../adapters/alertmanager/system.ts';
import {kafkaSystem} from '../adapters/kafka/system.ts';
import {kubernetesSystem} from '../adapters/kubernetes/system.ts';
import {postgresSystem} from '../adapters/postgres/system.ts';
import {prometheusSystem} from '../adapters/prometheus/system.ts';
import {redisSystem} from '../adapters/redis/system.ts';
import {isScenarioName, scenarioNames} from '../demo/scenario.ts';
import type {System} from '../src/contract/system.ts';
import {closestWord} from '../src/text/closest.ts';
import {systemClock} from '../src/time/clock.ts';
import type {WatchedTarget} from '../src/watch/watched-target.ts';
import {UsageError} from './cli/arguments.ts';

/** All systems that midwatch can watch. A new system needs one line here. */
export const systems: readonly System[] = [
	kubernetesSystem,
	postgresSystem,
	redisSystem,
	kafkaSystem,
	prometheusSystem,
	alertmanagerSystem,
];

/**
 * Creates the targets of the demo, each backed by a simulated server.
 * @throws UsageError when the scenario does not exist.
 */
export async function demoTargets(scenario: string): Promise<readonly WatchedTarget[]> {
	if (!isScenarioName(scenario)) {
		const closest = closestWord(scenario, scenarioNames);
		const advice = closest === undefined ? `there are ${scenarioNames.join(', ')}` : `did you mean ${closest}?`;
		throw new UsageError(`the demo has no scenario ${scenario}; ${advice}`);
	}
	const {demoEstate} = await import('../demo/estate.ts');
	return demoEstate(scenario, {now: systemClock.now});
}
