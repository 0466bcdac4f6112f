import {alertmanager} from '../adapters/alertmanager/system.ts';
import {kafka} from '../adapters/kafka/system.ts';
import {kubernetes} from '../adapters/kubernetes/system.ts';
import {postgres} from '../adapters/postgres/system.ts';
import {prometheus} from '../adapters/prometheus/system.ts';
import {redis} from '../adapters/redis/system.ts';
import {isScenarioName, scenarioNames} from '../demo/scenario.ts';
import type {System} from '../src/contract/system.ts';
import {closest} from '../src/text/closest.ts';
import {systemClock} from '../src/time/clock.ts';
import type {WatchedTarget} from '../src/watch/watched-target.ts';
import {UsageError} from './cli/arguments.ts';

/** The systems that midwatch can watch: the one place that lists them. */
export const systems: readonly System[] = [kubernetes, postgres, redis, kafka, prometheus, alertmanager];

/**
 * The targets of the demo, each with its stand-in.
 * @throws UsageError when there is no such scenario.
 */
export async function demoTargets(scenario: string): Promise<readonly WatchedTarget[]> {
	if (!isScenarioName(scenario)) {
		const near = closest(scenario, scenarioNames);
		const words = near === undefined ? `there are ${scenarioNames.join(', ')}` : `did you mean ${near}?`;
		throw new UsageError(`the demo has no scenario ${scenario}; ${words}`);
	}
	const {demoEstate} = await import('../demo/estate.ts');
	return demoEstate(scenario, {now: systemClock.now});
}
