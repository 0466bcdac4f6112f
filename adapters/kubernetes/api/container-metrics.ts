import type {Context} from '../../../src/contract/context.ts';
import type {MetricsQuery, MetricsSample as Sample} from '../../../src/contract/metrics-query.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {ContainerMetrics, KubernetesSettings, NodeUsage, PodUsage} from '../../../src/port/kubernetes.ts';

/*
 * Usage of containers from the kubelet's cAdvisor metrics (/metrics/cadvisor), as far as a Prometheus scrapes them: the fallback for a
 * missing metrics API.
 * https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md
 */

const memoryMetric = 'container_memory_working_set_bytes';
const cpuMetric = 'container_cpu_usage_seconds_total';
const throttledPeriodsMetric = 'container_cpu_cfs_throttled_periods_total';
const periodsMetric = 'container_cpu_cfs_periods_total';

/** Kubelets are scraped at most twice a minute: querying more often gives nothing new, and these queries are expensive. */
const cacheMs = 25_000;

const byContainer = 'by (namespace, pod, container)';
/** Labels that may name a node: of Prometheus Operator, of the example configuration of Prometheus, and the scraped address. */
const byNode = 'by (node, kubernetes_io_hostname, instance)';
/** Containers of pods, without the pause container and the sums of a pod. */
const podContainers: readonly string[] = ['container!=""', 'container!="POD"'];

const labelValue = ({labels}: Sample, name: string): string => labels[name] ?? '';
const podKey = (sample: Sample): string => `${labelValue(sample, 'namespace')}/${labelValue(sample, 'pod')}`;
const containerKey = (sample: Sample): string => `${podKey(sample)}/${labelValue(sample, 'container')}`;
const nodeName = (sample: Sample): string =>
	labelValue(sample, 'node') ||
	labelValue(sample, 'kubernetes_io_hostname') ||
	labelValue(sample, 'instance')
		.replace(/:\d+$/, '')
		.replace(/^\[|\]$/g, '');

const finite = (samples: readonly Sample[]): readonly Sample[] => samples.filter(({value}) => Number.isFinite(value));

const byKey = (samples: readonly Sample[], key: (sample: Sample) => string): ReadonlyMap<string, number> =>
	new Map(finite(samples).map(sample => [key(sample), sample.value]));

/** Caches the result of a read for `cacheMs`. */
function cacheRead<T>(read: (context: Context) => Promise<T>): (context: Context) => Promise<T> {
	let last: {readonly at: number; readonly value: T} | undefined;
	return async context => {
		const now = context.now();
		if (last !== undefined && now >= last.at && now - last.at < cacheMs) return last.value;
		const value = await read(context);
		last = {at: now, value};
		return value;
	};
}

/** The queries of one cluster: how they are sent, and the selectors of its series. */
type MetricsSource = {
	/** Name of the Prometheus target. */
	readonly target: string;
	query(expression: string, context: Context): Promise<readonly Sample[]>;
	/** A PromQL selector `{...}` with these matchers and those of the configuration. */
	selector(...matchers: readonly string[]): string;
	/** Selects the containers of the watched namespaces. */
	readonly containers: string;
};

/** @param query queries the Prometheus target that `settings` names. */
export function createContainerMetrics(
	settings: NonNullable<KubernetesSettings['metrics']>,
	namespaces: KubernetesSettings['namespaces'],
	query: MetricsQuery,
): ContainerMetrics {
	const {prometheus: target, match} = settings;
	const selector = (...matchers: readonly string[]): string =>
		`{${[...matchers, match].filter(text => text !== '').join(',')}}`;
	const inNamespaces = namespaces === 'all' ? [] : [`namespace=~"${namespaces.join('|')}"`];
	const source: MetricsSource = {
		target,
		query: async (expression, context) => (await query(expression, context)).samples,
		selector,
		containers: selector(...podContainers, ...inNamespaces),
	};
	return {
		target,
		podUsage: cacheRead(context => readPodUsage(source, context)),
		nodeUsage: cacheRead(context => readNodeUsage(source, context)),
		throttling: cacheRead(context => readThrottling(source, context)),
	};
}

const noMetricsError = ({target}: MetricsSource, what: string): AdapterError =>
	new AdapterError(
		'unsupported',
		`${target} has no container metrics of ${what} of this cluster`,
		'Let it scrape /metrics/cadvisor of the kubelets, or correct `metrics.match` of this target.',
	);

async function readPodUsage(source: MetricsSource, context: Context): Promise<readonly PodUsage[]> {
	const memory = `${memoryMetric}${source.containers}`;
	const [memorySamples, cpuSamples, timeSamples] = await Promise.all([
		// For minutes after a restart the series of the previous container still exists: use the newest one.
		source.query(`max ${byContainer} (${memory} and topk ${byContainer} (1, timestamp(${memory})))`, context),
		source.query(`sum ${byContainer} (rate(${cpuMetric}${source.containers}[5m]))`, context),
		source.query(`max by (namespace, pod) (timestamp(${memory}))`, context),
	]);
	if (memorySamples.length === 0) throw noMetricsError(source, 'pods');
	const cpuByContainer = byKey(cpuSamples, containerKey);
	const measuredAt = byKey(timeSamples, podKey);
	return [...Map.groupBy(finite(memorySamples), podKey)].flatMap(([key, samples]) => {
		const [first] = samples;
		const containers = samples.flatMap(sample => {
			// A rate needs two measurements: a container that has just started has none yet.
			const cpu = cpuByContainer.get(containerKey(sample));
			return cpu === undefined ? [] : {name: labelValue(sample, 'container'), memory: sample.value, cpu};
		});
		if (first === undefined || containers.length < samples.length) return [];
		return {
			namespace: labelValue(first, 'namespace'),
			name: labelValue(first, 'pod'),
			measuredAt: (measuredAt.get(key) ?? 0) * 1000,
			containers,
		};
	});
}

async function queryNodes(
	source: MetricsSource,
	aggregate: 'max' | 'sum',
	selector: string,
	context: Context,
): Promise<readonly NodeUsage[]> {
	const [memorySamples, cpuSamples, timeSamples] = await Promise.all([
		source.query(`${aggregate} ${byNode} (${memoryMetric}${selector})`, context),
		source.query(`${aggregate} ${byNode} (rate(${cpuMetric}${selector}[5m]))`, context),
		source.query(`max ${byNode} (timestamp(${memoryMetric}${selector}))`, context),
	]);
	const cpuByNode = byKey(cpuSamples, nodeName);
	const measuredAt = byKey(timeSamples, nodeName);
	return finite(memorySamples).flatMap(sample => {
		const name = nodeName(sample);
		const cpu = cpuByNode.get(name);
		if (cpu === undefined) return [];
		return {name, measuredAt: (measuredAt.get(name) ?? 0) * 1000, memory: sample.value, cpu};
	});
}

async function readNodeUsage(source: MetricsSource, context: Context) {
	// The root control group: pods and system processes.
	const usage = await queryNodes(source, 'max', source.selector('id="/"'), context);
	if (usage.length > 0) return {usage, podsOnly: false};
	// Scrape configurations often drop the series that belong to no pod.
	const podsUsage = await queryNodes(source, 'sum', source.selector(...podContainers), context);
	if (podsUsage.length === 0) throw noMetricsError(source, 'nodes');
	return {usage: podsUsage, podsOnly: true};
}

async function readThrottling(source: MetricsSource, context: Context): Promise<ReadonlyMap<string, number>> {
	const rate = (metric: string) => `sum ${byContainer} (rate(${metric}${source.containers}[5m]))`;
	const share = `${rate(throttledPeriodsMetric)} / ${rate(periodsMetric)}`;
	return byKey(await source.query(`max by (namespace, pod) (${share})`, context), podKey);
}
