import type {Context} from '../../../src/contract/context.ts';
import type {MetricsQuery, MetricsSample as Sample} from '../../../src/contract/metrics-query.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {ContainerMetrics, KubernetesSettings, NodeUsage, PodUsage} from '../../../src/port/kubernetes.ts';

/*
 * What the kubelets' own exporter says, as far as a Prometheus scrapes it (/metrics/cadvisor), for want of a metrics API.
 * https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md
 */

const memory = 'container_memory_working_set_bytes';
const cpu = 'container_cpu_usage_seconds_total';
const throttledPeriods = 'container_cpu_cfs_throttled_periods_total';
const periods = 'container_cpu_cfs_periods_total';

/** Kubelets are scraped twice a minute at most: asking more often tells nothing new, and these questions are not small. */
const cacheMs = 25_000;

/** One container of a pod. */
const byContainer = 'by (namespace, pod, container)';
/** What may name a node: as Prometheus Operator has it, as its example configuration has it, and where it was scraped. */
const byNode = 'by (node, kubernetes_io_hostname, instance)';

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

/** Reads again only when the last answer is old enough. */
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

/** @param query asks the Prometheus target that `named` says. */
export function createContainerMetrics(
	named: NonNullable<KubernetesSettings['metrics']>,
	namespaces: KubernetesSettings['namespaces'],
	query: MetricsQuery,
): ContainerMetrics {
	const {prometheus: from, match} = named;
	const of = (...matchers: readonly string[]): string =>
		`{${[...matchers, match].filter(text => text !== '').join(',')}}`;
	const running = ['container!=""', 'container!="POD"'];
	const ours = of(...running, ...(namespaces === 'all' ? [] : [`namespace=~"${namespaces.join('|')}"`]));
	const ask = async (expression: string, context: Context) => (await query(expression, context)).samples;
	const none = (what: string): AdapterError =>
		new AdapterError(
			'unsupported',
			`${from} has no container metrics of ${what} of this cluster`,
			'Let it scrape /metrics/cadvisor of the kubelets, or correct `metrics.match` of this target.',
		);

	async function podUsage(context: Context): Promise<readonly PodUsage[]> {
		const kept = `${memory}${ours}`;
		const [bytes, cores, moments] = await Promise.all([
			// For minutes after a restart the container before is still told: only what was measured last counts.
			ask(`max ${byContainer} (${kept} and topk ${byContainer} (1, timestamp(${kept})))`, context),
			ask(`sum ${byContainer} (rate(${cpu}${ours}[5m]))`, context),
			ask(`max by (namespace, pod) (timestamp(${kept}))`, context),
		]);
		if (bytes.length === 0) throw none('pods');
		const coresOf = byKey(cores, containerKey);
		const measuredAt = byKey(moments, podKey);
		return [...Map.groupBy(finite(bytes), podKey)].flatMap(([key, samples]) => {
			const [first] = samples;
			const containers = samples.map(sample => ({
				name: labelValue(sample, 'container'),
				memory: sample.value,
				// Two measurements make a rate: one that has just started has none yet.
				cpu: coresOf.get(containerKey(sample)),
			}));
			const whole = containers.flatMap(one => (one.cpu === undefined ? [] : {...one, cpu: one.cpu}));
			if (first === undefined || whole.length < containers.length) return [];
			return {
				namespace: labelValue(first, 'namespace'),
				name: labelValue(first, 'pod'),
				measuredAt: (measuredAt.get(key) ?? 0) * 1000,
				containers: whole,
			};
		});
	}

	async function nodesBy(aggregate: string, selector: string, context: Context): Promise<readonly NodeUsage[]> {
		const [bytes, cores, moments] = await Promise.all([
			ask(`${aggregate} ${byNode} (${memory}${selector})`, context),
			ask(`${aggregate} ${byNode} (rate(${cpu}${selector}[5m]))`, context),
			ask(`max ${byNode} (timestamp(${memory}${selector}))`, context),
		]);
		const coresOf = byKey(cores, nodeName);
		const measuredAt = byKey(moments, nodeName);
		return finite(bytes).flatMap(sample => {
			const name = nodeName(sample);
			const busy = coresOf.get(name);
			if (busy === undefined) return [];
			return {name, measuredAt: (measuredAt.get(name) ?? 0) * 1000, memory: sample.value, cpu: busy};
		});
	}

	async function nodeUsage(context: Context) {
		// The root of all control groups: the pods and what the node needs for itself.
		const whole = await nodesBy('max', of('id="/"'), context);
		if (whole.length > 0) return {usage: whole, podsOnly: false};
		// Operators often drop what is of no pod.
		const usage = await nodesBy('sum', of(...running), context);
		if (usage.length === 0) throw none('nodes');
		return {usage, podsOnly: true};
	}

	async function throttling(context: Context): Promise<ReadonlyMap<string, number>> {
		const held = `sum ${byContainer} (rate(${throttledPeriods}${ours}[5m]))`;
		const all = `sum ${byContainer} (rate(${periods}${ours}[5m]))`;
		return byKey(await ask(`max by (namespace, pod) (${held} / ${all})`, context), podKey);
	}

	return {
		target: from,
		podUsage: cacheRead(podUsage),
		nodeUsage: cacheRead(nodeUsage),
		throttling: cacheRead(throttling),
	};
}
