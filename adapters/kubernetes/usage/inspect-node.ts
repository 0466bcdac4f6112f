import {defineInspection} from '../../../src/contract/define.ts';
import {type NodeUsageRow, nodeShare} from '../../../src/model/kubernetes/node-usage.ts';
import {podStatus} from '../../../src/model/kubernetes/pod-status.ts';
import type {KubernetesPort} from '../../../src/port/kubernetes.ts';
import {bytes, percent} from '../../../src/text/format.ts';
import {kubectl} from '../api/cli-equivalent.ts';
import {eventSection} from '../objects/event-lines.ts';
import {fact} from '../objects/inspect-pod.ts';
import {aboutNode} from '../objects/row-object.ts';

/** A node, its conditions, and the pods on it. */
export const inspectNode = defineInspection<NodeUsageRow, KubernetesPort>()({
	id: 'kubernetes.describe-node',
	title: 'Describe node',
	key: 'd',
	kind: 'kubernetes.node-usage',
	risk: 'none',
	async open(row, {target, port, ...context}) {
		const [nodes, pods] = await Promise.all([port.watched('nodes', context), port.watched('pods', context)]);
		const node = nodes.objects.get(row.uid);
		const here = [...pods.objects.values()].filter(pod => pod.spec?.nodeName === row.name);
		const taints = (node?.spec?.taints ?? []).map(
			({key, value, effect}) => `${key}${value ? `=${value}` : ''}:${effect ?? ''}`,
		);
		return {
			title: row.name,
			reads: [kubectl(target, 'describe', 'node', row.name)],
			lines: [
				...(row.why === undefined ? [] : [{text: row.why, severity: row.severity, loud: true}, {text: ''}]),
				fact('Status', row.because === undefined ? row.status : `${row.status}: ${row.because}`),
				fact('Kubelet', node?.status?.nodeInfo?.kubeletVersion ?? '-'),
				fact(
					'Memory',
					`${bytes(row.memory)} of ${bytes(row.memoryCapacity)}, ${percent(nodeShare(row.memory, row.memoryCapacity))}`,
				),
				fact(
					'CPU',
					`${row.cpu?.toFixed(1) ?? '?'} of ${row.cpuCapacity} cores, ${percent(nodeShare(row.cpu, row.cpuCapacity))}`,
				),
				fact('Taints', taints.length === 0 ? 'none' : taints.join(', ')),
				{text: ''},
				{text: 'Conditions', loud: true},
				...(node?.status?.conditions ?? []).map(({type, status, reason, message}) => ({
					text: `  ${type.padEnd(20)}${status}  ${[reason, message].filter(Boolean).join(': ')}`,
					...((status === 'True') === (type === 'Ready') ? {} : {severity: 'warn' as const}),
				})),
				{text: ''},
				{text: `Pods: ${here.length}`, loud: true},
				...here.map(pod => ({text: `  ${pod.metadata.namespace}/${pod.metadata.name}  ${podStatus(pod).status}`})),
				{text: ''},
				{text: 'Events', loud: true},
				...(await eventSection(port, '', aboutNode(row), context)),
			],
		};
	},
});
