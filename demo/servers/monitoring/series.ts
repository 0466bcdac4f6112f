import type {Labels} from '../../../src/contract/row.ts';
import type {ContainerStats} from '../../kubernetes-api/kubelets.ts';
import {smoothRandomAt} from '../../scenario.ts';
import type {Monitoring} from './monitoring.ts';
import {isTimeoutError} from './pools.ts';
import type {ScrapedTarget} from './scraped-targets.ts';

export type SeriesSample = {readonly labels: Labels; readonly value: number};

const minute = 60_000;
const hour = 60 * minute;

/** Pools whose targets serve user requests. */
const services = /-(?:api|edge|thumb)$|^cart$/;

type Maker = (world: Monitoring, at: number) => readonly SeriesSample[];

const wave = (world: Monitoring, key: string, periodMs: number, at: number): number =>
	smoothRandomAt(world.stableRandom, key, periodMs, at);

/** One sample for each target of `which` that is up. */
const eachUp =
	(which: RegExp, value: (target: ScrapedTarget, key: string, world: Monitoring, at: number) => number): Maker =>
	(world, at) =>
		world
			.targetsAt(at)
			.filter(({pool, error}) => error === '' && which.test(pool))
			.map(target => {
				const key = `${target.labels['job']} ${target.labels['instance']}`;
				return {labels: target.labels, value: value(target, key, world, at)};
			});

/** Requests a target has answered since Prometheus started: its rate swings around its own over the hours of a day. */
function requests(world: Monitoring, key: string, at: number): number {
	const rate = 20 + 180 * world.stableRandom(`${key} requests`);
	const seconds = (at - world.startedAt) / 1000;
	const swing = (2 * Math.PI) / (6 * 3600);
	return rate * (seconds + (0.4 / swing) * (1 - Math.cos(swing * seconds)));
}

/** Each kubelet is scraped for the containers on its node. */
const eachContainer =
	(value: (stats: ContainerStats) => number | undefined): Maker =>
	(world, at) => {
		const containers = world.containersAt(at);
		const nodes = [...new Set(containers.map(({node}) => node))].sort();
		const scraped = world.targetsAt(at).filter(({pool}) => pool === 'cadvisor');
		return containers.flatMap(one => {
			const found = value(one);
			const target = scraped[nodes.indexOf(one.node) % scraped.length];
			if (found === undefined || target === undefined || target.error !== '') return [];
			const {node, namespace, pod, container} = one;
			return [{labels: {...target.labels, node, namespace, pod, container}, value: found}];
		});
	};

const makers: Readonly<Record<string, Maker>> = {
	up: (world, at) => world.targetsAt(at).map(({labels, error}) => ({labels, value: error === '' ? 1 : 0})),
	scrape_duration_seconds: (world, at) =>
		world.targetsAt(at).map(({labels, tookMs, error}) => {
			const jitter = isTimeoutError(error) ? 0 : 0.2 * wave(world, `took ${labels['instance']}`, 4 * minute, at);
			return {labels, value: (tookMs / 1000) * (1 + jitter)};
		}),
	scrape_samples_scraped: eachUp(/./, (_, key, world) => 120 + Math.floor(900 * world.stableRandom(`${key} samples`))),
	http_requests_total: (world, at) =>
		eachUp(services, (_, key) => requests(world, key, at))(world, at).flatMap(({labels, value}) => [
			{labels: {...labels, code: '200'}, value: Math.floor(value * 0.996)},
			{labels: {...labels, code: '500'}, value: Math.floor(value * 0.004)},
		]),
	process_resident_memory_bytes: eachUp(/./, (_, key, world, at) =>
		Math.floor((60 + 400 * world.stableRandom(`${key} rss`)) * 2 ** 20 * (1 + 0.1 * wave(world, key, 20 * minute, at))),
	),
	process_cpu_seconds_total: eachUp(/./, (_, key, world, at) => requests(world, key, at) / 1500),
	go_goroutines: eachUp(/./, (_, key, world, at) =>
		Math.floor(40 + 200 * wave(world, `${key} goroutines`, 10 * minute, at)),
	),
	node_load1: eachUp(/^node$/, (_, key, world, at) => 6 * wave(world, `${key} load`, 15 * minute, at)),
	node_disk_io_wait_ratio: eachUp(/^node$/, (target, key, world, at) => {
		const slow = target.labels['instance'] === '10.2.1.6:9100' ? 0.28 : 0;
		return slow + 0.06 * wave(world, `${key} disk`, 8 * minute, at);
	}),
	container_memory_working_set_bytes: eachContainer(stats => stats.memory),
	container_cpu_usage_seconds_total: eachContainer(stats => stats.cpuSeconds),
	container_cpu_cfs_periods_total: eachContainer(stats => stats.periods?.all),
	container_cpu_cfs_throttled_periods_total: eachContainer(stats => stats.periods?.throttled),
	prometheus_tsdb_head_series: (world, at) => [
		{labels: {instance: '10.2.22.3:9090', job: 'prometheus'}, value: headSeriesCount(world, at)},
	],
	ALERTS: (world, at) => world.alertsAt(at).map(({labels}) => ({labels: {...labels, alertstate: 'firing'}, value: 1})),
	ALERTS_FOR_STATE: (world, at) => world.alertsAt(at).map(({labels, activeAt}) => ({labels, value: activeAt / 1000})),
};

/** Series in memory: a compaction every two hours drops those that have ended. */
export const headSeriesCount = (world: Monitoring, at: number): number =>
	Math.floor(182_000 + 9000 * ((at % (2 * hour)) / (2 * hour)) + 400 * wave(world, 'head', 5 * minute, at));

export const metricNames = (): readonly string[] => Object.keys(makers).sort();

/** The series of a metric at a time; empty when no target exposes it, as in Prometheus. */
export const metricSamples = (world: Monitoring, name: string, at: number): readonly SeriesSample[] =>
	makers[name]?.(world, at).map(({labels, value}) => ({labels: {__name__: name, ...labels}, value})) ?? [];
