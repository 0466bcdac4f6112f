import {defineSource} from '../../../src/contract/define.ts';
import {
	type NodeUsageFacts,
	type NodeUsageRow,
	nodeUsageFindings,
	nodeUsageRow,
} from '../../../src/model/kubernetes/node-usage.ts';
import {parseTimestamp} from '../../../src/model/kubernetes/pod-status.ts';
import type {KubernetesPort, KubernetesSettings, NodeUsage} from '../../../src/port/kubernetes.ts';
import type {NodeObject} from '../../../src/port/kubernetes-objects.ts';
import {staleNotes} from '../api/cached-reads.ts';
import {kubectlCommand} from '../api/cli-equivalent.ts';
import {parseQuantity} from '../api/quantity.ts';
import {createUsageHistory, type UsageHistory} from './usage-history.ts';
import {withMetricsFallback} from './with-metrics-fallback.ts';

/** The status as kubectl shows it: `Ready`, `NotReady`, `Unknown`, and `,SchedulingDisabled` when it is cordoned. */
export function nodeStatus({spec, status}: NodeObject): string {
	const ready = status?.conditions?.find(condition => condition.type === 'Ready');
	const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
	return spec?.unschedulable === true ? `${word},SchedulingDisabled` : word;
}

/** Conditions that are true and are bad when true: `MemoryPressure`, `DiskPressure`, `PIDPressure`, `NetworkUnavailable`. */
const pressureConditions = ({status}: NodeObject) =>
	(status?.conditions ?? []).filter(each => each.type !== 'Ready' && each.status === 'True');

const earliest = (moments: readonly number[]): number | undefined =>
	moments.length === 0 ? undefined : Math.min(...moments);

/** Prometheus may name a node by the address at which it scrapes it. */
const namesOf = ({metadata, status}: NodeObject): readonly string[] => [
	metadata.name,
	...(status?.addresses ?? []).map(({address}) => address),
];

function facts(node: NodeObject, usage: NodeUsage | undefined): NodeUsageFacts {
	const {metadata, status} = node;
	const ready = status?.conditions?.find(condition => condition.type === 'Ready');
	const capacity = (resource: string) =>
		parseQuantity(status?.allocatable?.[resource] ?? status?.capacity?.[resource] ?? '') ?? Number.NaN;
	return {
		uid: metadata.uid,
		name: metadata.name,
		status: nodeStatus(node),
		since: ready?.status === 'True' ? undefined : parseTimestamp(ready?.lastTransitionTime),
		notReadyReason: ready?.status === 'True' ? undefined : ready?.message,
		pressures: pressureConditions(node).map(each => each.type),
		pressureSince: earliest(pressureConditions(node).flatMap(each => parseTimestamp(each.lastTransitionTime) ?? [])),
		memoryBytes: usage?.memory,
		memoryCapacityBytes: capacity('memory'),
		cpuCores: usage?.cpu,
		cpuCapacityCores: capacity('cpu'),
		measuredAt: usage?.measuredAt,
	};
}

const noHistory: UsageHistory = {memory: [], cpu: []};

/** Nodes with status, usage and capacity. Nodes without usage figures are listed, too. */
export const nodeUsageSource = defineSource<NodeUsageRow, KubernetesPort, KubernetesSettings>()({
	kind: 'kubernetes.node-usage',
	title: 'Node usage',
	intervalMs: 10_000,
	timeoutMs: 20_000,
	cost: 'cheap',
	cliEquivalent: target => [kubectlCommand(target, 'get', 'nodes'), kubectlCommand(target, 'top', 'nodes')],
	open(port, target) {
		const startRound = createUsageHistory();
		let before: ReadonlyMap<string, NodeUsageRow> = new Map();
		return async context => {
			const [watched, found] = await Promise.all([
				port.readWatched('nodes', context),
				withMetricsFallback(port.nodeUsage(context), port.containerMetrics, async metrics => {
					const {usage, podsOnly} = await metrics.nodeUsage(context);
					const remark = podsOnly
						? 'of pods only, without the system processes of a node'
						: 'CPU averaged over five minutes';
					return {usage, remark};
				}),
			]);
			const byName = new Map((found.usage ?? []).map(usage => [usage.name, usage]));
			const nodeFacts = [...watched.objects.values()].map(node =>
				facts(
					node,
					namesOf(node)
						.map(name => byName.get(name))
						.find(usage => usage !== undefined),
				),
			);
			const round = startRound();
			const rows = nodeFacts.map(node => {
				const {uid, memoryBytes: memory, cpuCores: cpu, measuredAt} = node;
				const isMeasured = memory !== undefined && cpu !== undefined && measuredAt !== undefined;
				const history = isMeasured ? round.add({uid, memoryBytes: memory, cpuCores: cpu, measuredAt}) : noHistory;
				return nodeUsageRow(target.name, node, history.memory, history.cpu, before.get(uid));
			});
			round.end();
			before = new Map(rows.map(row => [row.id, row]));
			return {
				rows,
				gauges: [],
				omitted: 0,
				notes: [...found.notes, ...staleNotes('nodes', watched)],
			};
		};
	},
	findings: ({rows}, _previous, {target}) => nodeUsageFindings(rows, target),
});
