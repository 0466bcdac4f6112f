import {defineInspection} from '../../../src/contract/define.ts';
import {cpuShare, memoryShare, type PodUsageRow} from '../../../src/model/kubernetes/pod-usage.ts';
import type {KubernetesPort} from '../../../src/port/kubernetes.ts';
import {bytes, duration, percent} from '../../../src/text/format.ts';
import {kubectl} from '../api/cli-equivalent.ts';
import {fact} from '../objects/inspect-pod.ts';

const cores = (value: number | undefined): string => (value === undefined ? 'none' : value.toFixed(2));

/** What a pod uses, container by container, against what it asked for. */
export const inspectUsage = defineInspection<PodUsageRow, KubernetesPort>()({
	id: 'kubernetes.describe-pod-usage',
	title: 'Usage of pod',
	key: 'd',
	kind: 'kubernetes.pod-usage',
	risk: 'none',
	open: async (row, {target, now}) => ({
		title: `${row.namespace}/${row.name}`,
		reads: [kubectl(target, '-n', row.namespace, 'top', 'pod', row.name, '--containers')],
		lines: [
			...(row.why === undefined ? [] : [{text: row.why, severity: row.severity, loud: true}, {text: ''}]),
			fact(
				'Memory',
				`${bytes(row.memory)}, ${memoryShare(row) === undefined ? 'no limit' : `${percent(memoryShare(row))} of its limit ${bytes(row.memoryLimit)}`}`,
			),
			fact('  requested', row.memoryRequest === undefined ? 'none' : bytes(row.memoryRequest)),
			fact(
				'CPU',
				`${cores(row.cpu)} cores, ${cpuShare(row) === undefined ? 'nothing requested' : `${percent(cpuShare(row))} of its request`}`,
			),
			fact('  requested', cores(row.cpuRequest)),
			fact('  limit', cores(row.cpuLimit)),
			...(row.throttled === undefined
				? []
				: [fact('  throttled', `${percent(row.throttled)} of the last five minutes`)]),
			...(row.oomKilledAt === undefined
				? []
				: [
						{
							...fact('Killed for memory', `${duration((now() - row.oomKilledAt) / 1000)} ago`),
							severity: 'warn' as const,
						},
					]),
			fact('Measured', `${duration((now() - row.measuredAt) / 1000)} ago`),
			fact('Last reads', row.memoryHistory.map(value => bytes(value)).join(' ')),
			fact('  of CPU', row.cpuHistory.map(value => cores(value)).join(' ')),
			{text: ''},
			...row.containers.map(each => fact(`  ${each.name}`, `${bytes(each.memory)}  ${cores(each.cpu)} cores`)),
		],
	}),
});
