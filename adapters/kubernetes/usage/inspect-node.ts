import {defineInspection} from '../../../src/contract/define.ts';
import {factLine} from '../../../src/model/document-lines.ts';
import {type NodeUsageRow, nodeShare} from '../../../src/model/kubernetes/node-usage.ts';
import {kubectlPodColumns} from '../../../src/model/kubernetes/pod-status.ts';
import type {KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {formatBytes, formatPercent} from '../../../src/text/format.ts';
import {kubectlCommand} from '../api/cli-equivalent.ts';
import {readEventLines} from '../objects/event-lines.ts';
import {involvedNodes} from '../objects/row-object.ts';

/** Describes a node: capacity and usage, conditions, pods and events. */
export const inspectNode = defineInspection<NodeUsageRow, KubernetesPort, KubernetesSettings>()({
	id: 'kubernetes.describe-node',
	title: 'Describe node',
	key: 'd',
	kind: 'kubernetes.node-usage',
	risk: 'none',
	async open(row, {target, port, ...context}) {
		const [nodes, pods] = await Promise.all([port.readWatched('nodes', context), port.readWatched('pods', context)]);
		const node = nodes.objects.get(row.uid);
		const podsHere = [...pods.objects.values()].filter(pod => pod.spec?.nodeName === row.name);
		const taints = (node?.spec?.taints ?? []).map(
			({key, value, effect}) => `${key}${value ? `=${value}` : ''}:${effect ?? ''}`,
		);
		return {
			title: row.name,
			cliEquivalent: [kubectlCommand(target, 'describe', 'node', row.name)],
			lines: [
				...(row.why === undefined ? [] : [{text: row.why, severity: row.severity, loud: true}, {text: ''}]),
				factLine('Status', row.notReadyReason === undefined ? row.status : `${row.status}: ${row.notReadyReason}`),
				factLine('Kubelet', node?.status?.nodeInfo?.kubeletVersion ?? '-'),
				factLine(
					'Memory',
					`${formatBytes(row.memoryBytes)} of ${formatBytes(row.memoryCapacityBytes)}, ${formatPercent(nodeShare(row.memoryBytes, row.memoryCapacityBytes))}`,
				),
				factLine(
					'CPU',
					`${row.cpuCores?.toFixed(1) ?? '?'} of ${row.cpuCapacityCores} cores, ${formatPercent(nodeShare(row.cpuCores, row.cpuCapacityCores))}`,
				),
				factLine('Taints', taints.length === 0 ? 'none' : taints.join(', ')),
				{text: ''},
				{text: 'Conditions', loud: true},
				...(node?.status?.conditions ?? []).map(({type, status, reason, message}) => ({
					text: `  ${type.padEnd(20)}${status}  ${[reason, message].filter(Boolean).join(': ')}`,
					...((status === 'True') === (type === 'Ready') ? {} : {severity: 'warn' as const}),
				})),
				{text: ''},
				{text: `Pods: ${podsHere.length}`, loud: true},
				...podsHere.map(pod => ({
					text: `  ${pod.metadata.namespace}/${pod.metadata.name}  ${kubectlPodColumns(pod).status}`,
				})),
				{text: ''},
				{text: 'Events', loud: true},
				...(await readEventLines(port, '', involvedNodes(row), context)),
			],
		};
	},
});
