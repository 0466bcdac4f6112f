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

/** The systems that midwatch can watch: the one place that lists them. */
export const systems: readonly System[] = [
	kubernetesSystem,
	postgresSystem,
	redisSystem,
	kafkaSystem,
	prometheusSystem,
	alertmanagerSystem,
];

/**
 * The targets of the demo, each with its stand-in.
 * @throws UsageError when there is no such scenario.
 */
export async function demoTargets(scenario: string): Promise<readonly WatchedTarget[]> {
	if (!isScenarioName(scenario)) {
		const near = closestWord(scenario, scenarioNames);
		const words = near === undefined ? `there are ${scenarioNames.join(', ')}` : `did you mean ${near}?`;
		throw new UsageError(`the demo has no scenario ${scenario}; ${words}`);
	}
	const {demoEstate} = await import('../demo/estate.ts');
	return demoEstate(scenario, {now: systemClock.now});
}
