import type {Context} from '../../../src/contract/context.ts';
import {defineSource} from '../../../src/contract/define.ts';
import type {Note} from '../../../src/contract/row.ts';
import {parseTimestamp} from '../../../src/model/kubernetes/pod-status.ts';
import {
	type PodUsageFacts,
	type PodUsageRow,
	podUsageFindings,
	podUsageRow,
} from '../../../src/model/kubernetes/pod-usage.ts';
import type {KubernetesPort, KubernetesSettings, PodUsage} from '../../../src/port/kubernetes.ts';
import type {ContainerSpec, PodObject} from '../../../src/port/kubernetes-objects.ts';
import {mapInSlices} from '../../../src/time/yield.ts';
import {readOptionalObjects, staleNotes} from '../api/cached-reads.ts';
import {kubectlCommandPerNamespace} from '../api/cli-equivalent.ts';
import {parseQuantity} from '../api/quantity.ts';
import {createOwnerIndex, type OwnerIndex, resolveWorkload} from '../objects/owner-index.ts';
import {jobsUnknownText} from '../objects/pod-rows.ts';
import {createUsageHistory} from './usage-history.ts';
import {prometheusFailureNote, withMetricsFallback} from './with-metrics-fallback.ts';

/** Containers that run all the time: the regular ones and the sidecars. */
const running = ({spec}: PodObject): readonly ContainerSpec[] => [
	...(spec?.containers ?? []),
	...(spec?.initContainers ?? []).filter(container => container.restartPolicy === 'Always'),
];

/** Sum over those containers; undefined when one of them sets none. */
function sum(pod: PodObject, kind: 'requests' | 'limits', resource: 'cpu' | 'memory'): number | undefined {
	let total = 0;
	for (const {resources} of running(pod)) {
		const value = parseQuantity(resources?.[kind]?.[resource] ?? '');
		if (value === undefined) return undefined;
		total += value;
	}
	return total;
}

/** Epoch milliseconds when a container was last OOM killed. */
function oomKilledAt({status}: PodObject): number | undefined {
	const ends = (status?.containerStatuses ?? [])
		.flatMap(container => [container.lastState?.terminated, container.state?.terminated])
		.filter(end => end?.reason === 'OOMKilled')
		.flatMap(end => parseTimestamp(end?.finishedAt) ?? []);
	return ends.length === 0 ? undefined : Math.max(...ends);
}

/** Reads how much each pod is throttled by its CPU limit. Only Prometheus knows it. */
async function readThrottling({containerMetrics: metrics}: KubernetesPort, context: Context): Promise<Throttling> {
	if (metrics === undefined) return {byName: new Map(), notes: []};
	try {
		return {byName: await metrics.throttling(context), notes: []};
	} catch (error) {
		return {byName: new Map(), notes: [prometheusFailureNote(metrics, 'throttling is not known: ', error)]};
	}
}

type Throttling = {readonly byName: ReadonlyMap<string, number>; readonly notes: readonly Note[]};

function usageFacts(usage: PodUsage, pod: PodObject, owners: OwnerIndex, throttled: number | undefined): PodUsageFacts {
	const total = (resource: 'cpu' | 'memory') =>
		usage.containers.reduce((all, container) => all + container[resource], 0);
	return {
		uid: pod.metadata.uid,
		namespace: usage.namespace,
		name: usage.name,
		owner: resolveWorkload(pod.metadata, owners).workload?.name ?? usage.name,
		memoryBytes: total('memory'),
		memoryLimitBytes: sum(pod, 'limits', 'memory'),
		memoryRequestBytes: sum(pod, 'requests', 'memory'),
		cpuCores: total('cpu'),
		cpuLimitCores: sum(pod, 'limits', 'cpu'),
		cpuRequestCores: sum(pod, 'requests', 'cpu'),
		throttled,
		containers: usage.containers.map(({name, cpu, memory}) => ({name, cpuCores: cpu, memoryBytes: memory})),
		oomKilledAt: oomKilledAt(pod),
		measuredAt: usage.measuredAt,
	};
}

/** Current usage of each pod, from the metrics API or from a Prometheus target as fallback. */
export const podUsageSource = defineSource<PodUsageRow, KubernetesPort, KubernetesSettings>()({
	kind: 'kubernetes.pod-usage',
	title: 'Pod usage',
	// The metrics server measures about every 15 s: reading more often gives nothing new.
	intervalMs: 10_000,
	timeoutMs: 20_000,
	cost: 'cheap',
	cliEquivalent: target => kubectlCommandPerNamespace(target, 'top', 'pods', '--containers'),
	open(port, target) {
		const startRound = createUsageHistory();
		let before: ReadonlyMap<string, PodUsageRow> = new Map();
		return async context => {
			const [watched, found, throttling, sets, jobs] = await Promise.all([
				port.readWatched('pods', context),
				withMetricsFallback(port.podUsage(context), port.containerMetrics, async metrics => ({
					usage: await metrics.podUsage(context),
					remark: 'CPU averaged over five minutes',
				})),
				readThrottling(port, context),
				readOptionalObjects(port, 'replicasets', 'workloads of pods are not known', context),
				readOptionalObjects(port, 'jobs', jobsUnknownText, context),
			]);
			// Report a failure of Prometheus only once.
			const notes = [
				...found.notes,
				...(found.usage === undefined ? [] : throttling.notes),
				...staleNotes('pods', watched),
			];
			if (found.usage === undefined) return {rows: [], gauges: [], omitted: 0, notes};
			const owners = createOwnerIndex({replicaSets: sets.objects, jobs: jobs.objects});
			const {signal} = context;
			const byName = new Map<string, PodObject>();
			await mapInSlices(
				[...watched.objects.values()],
				pod => byName.set(`${pod.metadata.namespace}/${pod.metadata.name}`, pod),
				{signal},
			);
			const round = startRound();
			const rows = await mapInSlices(
				found.usage,
				usage => {
					const name = `${usage.namespace}/${usage.name}`;
					const pod = byName.get(name);
					// A pod of that name that was created after the measurement is a different one.
					if (pod === undefined || usage.measuredAt < (parseTimestamp(pod.metadata.creationTimestamp) ?? 0))
						return undefined;
					const facts = usageFacts(usage, pod, owners, throttling.byName.get(name));
					const {memory, cpu} = round.add(facts);
					return podUsageRow(target.name, facts, memory, cpu, before.get(facts.uid));
				},
				{signal},
			);
			round.end();
			before = new Map(rows.flatMap(row => (row === undefined || row.severity === 'ok' ? [] : [[row.id, row]])));
			return {
				rows: rows.filter(row => row !== undefined),
				gauges: [],
				omitted: 0,
				notes,
			};
		};
	},
	findings: ({rows}, _previous, {target}) => podUsageFindings(rows, target),
});
