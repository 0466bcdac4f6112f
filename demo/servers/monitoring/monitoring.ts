import type {Labels} from '../../../src/contract/row.ts';
import {type ContainerStats, emptyKubelets, type Kubelets} from '../../kubernetes-api/kubelets.ts';
import {hasProblem, type Scenario} from '../../scenario.ts';
import {isTimeoutError, pools, scrapeFaults} from './pools.ts';

export const scrapeIntervalMs = 15_000;
export const scrapeTimeoutMs = 10_000;
export const evaluationMs = 15_000;

const minute = 60_000;
const hour = 60 * minute;

/** How long before the start of the demo the problem began. */
const troubleMs = 7 * minute;
/** How long before it Prometheus was started, and its configuration loaded. */
const upMs = 9 * 24 * hour + 3 * hour;
const loadedMs = 26 * hour;

export type ScrapedTarget = {
	readonly pool: string;
	readonly labels: Labels;
	readonly url: string;
	/** Empty when it is up. */
	readonly error: string;
	readonly lastScrape: number;
	readonly tookMs: number;
};

export type FiringAlert = {
	readonly labels: Labels;
	readonly annotations: Labels;
	/** Since when its expression is true. */
	readonly activeAt: number;
	readonly value: number;
	readonly rule: string;
};

export type DemoAlertRule = {
	readonly name: string;
	readonly group: string;
	readonly query: string;
	/** The `for` of an alerting rule, in seconds; undefined for a recording rule. */
	readonly forSeconds: number | undefined;
	readonly labels: Labels;
	readonly annotations: Labels;
};

export const externalLabels: Labels = {cluster: 'prod-eu'};

export const demoAlertRules: readonly DemoAlertRule[] = [
	{
		name: 'TargetDown',
		group: 'targets',
		query: 'up == 0',
		forSeconds: 120,
		labels: {severity: 'critical'},
		annotations: {
			summary: '{{ $labels.job }} {{ $labels.instance }} cannot be scraped',
			runbook_url: 'https://runbooks.example.test/target-down',
		},
	},
	{
		name: 'Watchdog',
		group: 'targets',
		query: 'vector(1)',
		forSeconds: 0,
		labels: {severity: 'none'},
		annotations: {summary: 'Always fires: when it is missing, no alert would report anything'},
	},
	{
		name: 'NodeDiskSlow',
		group: 'nodes',
		query: 'node_disk_io_wait_ratio > 0.2',
		forSeconds: 600,
		labels: {severity: 'warning'},
		annotations: {
			summary: '{{ $labels.instance }} waits for its disk',
			runbook_url: 'https://runbooks.example.test/node-disk-slow',
		},
	},
	{
		name: 'HighErrorRate',
		group: 'services',
		query: 'job:http_errors:ratio5m > 0.05',
		forSeconds: 300,
		labels: {severity: 'critical'},
		annotations: {summary: '{{ $labels.job }} answers with errors'},
	},
	{
		name: 'job:http_requests:rate5m',
		group: 'services',
		query: 'sum by (job) (rate(http_requests_total[5m]))',
		forSeconds: undefined,
		labels: {},
		annotations: {},
	},
];

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

export function createMonitoring(scenario: Scenario, kubelets: Kubelets = emptyKubelets()): Monitoring {
	const {startedAt: began} = scenario;
	const faults = scrapeFaults(scenario);
	const brokenAt = began - troubleMs;
	const failed = hasProblem(scenario, 'scrape');
	let config = {success: !failed, loadedAt: began - loadedMs};
	let mendedAt = Number.POSITIVE_INFINITY;

	const fixed = memoize(scenario.stableRandom);

	/** Everything that does not change with time, computed once: a graph evaluates hundreds of times. */
	const places = pools.flatMap(([pool, all, port], subnet) =>
		Array.from({length: all}, (_, index) => {
			const host = `10.2.${subnet + 1}.${index + 3}`;
			const fault = faults[pool];
			const struck = fault !== undefined && index < fault.targets ? fault : undefined;
			const at = (on: number) => ({
				labels: {instance: `${host}:${on}`, job: pool},
				url: `http://${host}:${on}${pool === 'cadvisor' ? '/metrics/cadvisor' : '/metrics'}`,
			});
			return {
				pool,
				error: struck?.error(`${host}:${port}`) ?? '',
				usual: at(port),
				mended: struck?.movedTo === undefined ? undefined : at(struck.movedTo),
				// Each target has its own offset in the interval, as Prometheus spreads scrapes.
				offset: Math.floor(fixed(`${pool} ${host}`) * scrapeIntervalMs),
				tookMs: 3 + Math.floor(60 * fixed(`${pool} ${host} took`)),
			};
		}),
	);

	const targetsAt = (at: number): readonly ScrapedTarget[] =>
		places.map(({pool, error: fault, usual, mended, offset, tookMs}) => {
			const struck = fault !== '' && at >= brokenAt;
			const now = struck && at >= mendedAt ? mended : undefined;
			const error = struck && now === undefined ? fault : '';
			const since = (((at - offset) % scrapeIntervalMs) + scrapeIntervalMs) % scrapeIntervalMs;
			return {
				pool,
				...(now ?? usual),
				error,
				lastScrape: now === undefined ? at - since : Math.max(mendedAt, at - since),
				tookMs: error === '' ? tookMs : isTimeoutError(error) ? scrapeTimeoutMs : 1,
			};
		});

	const evaluatedAt = (at: number) => began + Math.floor((at - began) / evaluationMs) * evaluationMs;

	function firing(name: string, labels: Labels, activeAt: number, value: number): FiringAlert {
		const rule = demoAlertRules.find(one => one.name === name);
		if (rule === undefined) throw new Error(`no rule ${name}`);
		const allLabels = {alertname: name, ...labels, ...rule.labels};
		const annotations = Object.fromEntries(
			Object.entries(rule.annotations).map(([key, text]) => [key, fillTemplate(text, labels)]),
		);
		return {labels: allLabels, annotations, activeAt, value, rule: name};
	}

	return {
		now: scenario.now,
		stableRandom: fixed,
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
			mendedAt = Math.min(mendedAt, now);
		},
	};
}
