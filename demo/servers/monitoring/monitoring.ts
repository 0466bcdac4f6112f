import type {Labels} from '../../../src/contract/row.ts';
import {type ContainerStats, emptyKubelets, type Kubelets} from '../../kubernetes-api/kubelets.ts';
import {hasProblem, type Scenario} from '../../scenario.ts';
import {demoAlertRules} from './alert-rules.ts';
import {fixedTargets, type ScrapedTarget, scrapedAt} from './scraped-targets.ts';

export const evaluationMs = 15_000;

const minute = 60_000;
const hour = 60 * minute;

/** How long before the start of the demo the problem began. */
const troubleMs = 7 * minute;
/** How long before it Prometheus was started, and its configuration loaded. */
const upMs = 9 * 24 * hour + 3 * hour;
const loadedMs = 26 * hour;

export type FiringAlert = {
	readonly labels: Labels;
	readonly annotations: Labels;
	/** Since when its expression is true. */
	readonly activeAt: number;
	readonly value: number;
	readonly rule: string;
};

export const externalLabels: Labels = {cluster: 'prod-eu'};

/** The targets, rules and alerts that the demo's Prometheus and Alertmanager both serve. */
export type Monitoring = {
	/** Epoch milliseconds. */
	now(): number;
	/** The number that always belongs to `key`, 0 <= n < 1. */
	stableRandom(key: string): number;
	/** When Prometheus was started, in epoch milliseconds. */
	readonly startedAt: number;
	/** The targets as they were at a time. */
	targetsAt(at: number): readonly ScrapedTarget[];
	/** The containers of the cluster as they were at a time; none where there is no cluster. */
	containersAt(at: number): readonly ContainerStats[];
	/** The alerts that fire, by the last evaluation before a time. */
	alertsAt(at: number): readonly FiringAlert[];
	/** The last evaluation before a time. */
	evaluatedAt(at: number): number;
	config(): {readonly success: boolean; readonly loadedAt: number};
	/** Reloads the configuration file, which was corrected without a reload. */
	reload(): void;
};

/** The node with a slow disk, whose alert is silenced. */
export const slowDisk: Labels = {job: 'node', instance: '10.2.1.6:9100'};

const fillTemplate = (text: string, labels: Labels): string =>
	text.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, name: string) => labels[name] ?? '');

function memoize(draw: (key: string) => number): (key: string) => number {
	const drawn = new Map<string, number>();
	return key => {
		const number = drawn.get(key) ?? draw(key);
		drawn.set(key, number);
		return number;
	};
}

function firing(name: string, labels: Labels, activeAt: number, value: number): FiringAlert {
	const rule = demoAlertRules.find(one => one.name === name);
	if (rule === undefined) throw new Error(`no rule ${name}`);
	const allLabels = {alertname: name, ...labels, ...rule.labels};
	const annotations = Object.fromEntries(
		Object.entries(rule.annotations).map(([key, text]) => [key, fillTemplate(text, labels)]),
	);
	return {labels: allLabels, annotations, activeAt, value, rule: name};
}

export function createMonitoring(scenario: Scenario, kubelets: Kubelets = emptyKubelets()): Monitoring {
	const {startedAt: began} = scenario;
	const brokenAt = began - troubleMs;
	let config = {success: !hasProblem(scenario, 'scrape'), loadedAt: began - loadedMs};
	let reloadedAt = Number.POSITIVE_INFINITY;
	const targets = fixedTargets(scenario);
	const targetsAt = (at: number) => targets.map(target => scrapedAt(target, at, brokenAt, reloadedAt));
	const evaluatedAt = (at: number) => began + Math.floor((at - began) / evaluationMs) * evaluationMs;

	return {
		now: scenario.now,
		stableRandom: memoize(scenario.stableRandom),
		startedAt: began - upMs,
		targetsAt,
		containersAt: at => kubelets.readContainers(at),
		evaluatedAt,
		alertsAt(at) {
			const evaluated = evaluatedAt(at);
			return [
				firing('Watchdog', {}, began - upMs + evaluationMs, 1),
				firing('NodeDiskSlow', slowDisk, began - 5 * hour, 0.31),
				...targetsAt(evaluated)
					.filter(({error}) => error !== '')
					.map(({labels}) => firing('TargetDown', labels, brokenAt, 0)),
			];
		},
		config: () => config,
		reload() {
			const now = scenario.now();
			config = {success: true, loadedAt: now};
			reloadedAt = Math.min(reloadedAt, now);
		},
	};
}
