import {defineInspection} from '../../../src/contract/define.ts';
import {factLine} from '../../../src/model/document-lines.ts';
import {type PodUsageRow, podCpuRequestShare, podMemoryShare} from '../../../src/model/kubernetes/pod-usage.ts';
import type {KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {formatBytes, formatDuration, formatPercent} from '../../../src/text/format.ts';
import {kubectlCommand} from '../api/cli-equivalent.ts';

const cores = (value: number | undefined): string => (value === undefined ? 'none' : value.toFixed(2));

/** Usage of a pod by container, compared with its requests and limits. */
export const inspectUsage = defineInspection<PodUsageRow, KubernetesPort, KubernetesSettings>()({
	id: 'kubernetes.describe-pod-usage',
	title: 'Usage of pod',
	key: 'd',
	kind: 'kubernetes.pod-usage',
	risk: 'none',
	open: async (row, {target, now}) => ({
		title: `${row.namespace}/${row.name}`,
		cliEquivalent: [kubectlCommand(target, '-n', row.namespace, 'top', 'pod', row.name, '--containers')],
		lines: [
			...(row.why === undefined ? [] : [{text: row.why, severity: row.severity, loud: true}, {text: ''}]),
			factLine(
				'Memory',
				`${formatBytes(row.memoryBytes)}, ${podMemoryShare(row) === undefined ? 'no limit' : `${formatPercent(podMemoryShare(row))} of its limit ${formatBytes(row.memoryLimitBytes)}`}`,
			),
			factLine('  requested', row.memoryRequestBytes === undefined ? 'none' : formatBytes(row.memoryRequestBytes)),
			factLine(
				'CPU',
				`${cores(row.cpuCores)} cores, ${podCpuRequestShare(row) === undefined ? 'nothing requested' : `${formatPercent(podCpuRequestShare(row))} of its request`}`,
			),
			factLine('  requested', cores(row.cpuRequestCores)),
			factLine('  limit', cores(row.cpuLimitCores)),
			...(row.throttled === undefined
				? []
				: [factLine('  throttled', `${formatPercent(row.throttled)} of the last five minutes`)]),
			...(row.oomKilledAt === undefined
				? []
				: [
						{
							...factLine('OOM killed', `${formatDuration((now() - row.oomKilledAt) / 1000)} ago`),
							severity: 'warn' as const,
						},
					]),
			factLine('Measured', `${formatDuration((now() - row.measuredAt) / 1000)} ago`),
			factLine('Recent memory', row.memoryBytesHistory.map(value => formatBytes(value)).join(' ')),
			factLine('Recent CPU', row.cpuCoresHistory.map(value => cores(value)).join(' ')),
			{text: ''},
			...row.containers.map(each =>
				factLine(`  ${each.name}`, `${formatBytes(each.memoryBytes)}  ${cores(each.cpuCores)} cores`),
			),
		],
	}),
});
