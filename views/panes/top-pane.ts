import {type Cell, defineSection, type Pane} from '../../src/contract/pane.ts';
import {type NodeUsageRow, nodeShare} from '../../src/model/kubernetes/node-usage.ts';
import {
	cpuLimitWarnShare,
	type PodUsageRow,
	podCpuLimitShare,
	podCpuRequestShare,
	podMemoryShare,
} from '../../src/model/kubernetes/pod-usage.ts';
import {formatBytes, formatDuration, formatPercentPoints} from '../../src/text/format.ts';
import {drawSparkline} from '../../src/text/inline-charts.ts';
import {dim, loudIfWrong} from './cells.ts';

const trendCells = 10;

/** CPU cores: `210m` below one, as kubectl prints it, `1.9` above. */
const cores = (value: number | undefined): string =>
	value === undefined ? '?' : value < 0.9995 ? `${Math.round(value * 1000)}m` : value.toFixed(1);

const trend = (values: readonly number[]): Cell => dim(drawSparkline(values, trendCells));

const byPod = (a: PodUsageRow, b: PodUsageRow): number =>
	a.namespace.localeCompare(b.namespace) || a.name.localeCompare(b.name);

const quietShare = (share: number | undefined): Cell => dim(share === undefined ? '-' : formatPercentPoints(share));

/** Rows without a limit go last. */
const byMemoryShare = (a: PodUsageRow, b: PodUsageRow): number => (podMemoryShare(b) ?? -1) - (podMemoryShare(a) ?? -1);

/** Nodes without a measurement go last. */
const memoryOf = (row: NodeUsageRow): number => nodeShare(row.memoryBytes, row.memoryCapacityBytes) ?? -1;
const cpuOf = (row: NodeUsageRow): number => nodeShare(row.cpuCores, row.cpuCapacityCores) ?? -1;

export const topPane: Pane = {
	id: 'top',
	title: 'Top',
	tab: 'Top',
	systems: ['kubernetes'],
	gauges: [],
	sections: [
		defineSection<PodUsageRow>({
			kind: 'kubernetes.pod-usage',
			title: 'pods by memory',
			weight: 3,
			empty: 'no pod was measured yet: metrics-server reports a new pod after about a minute',
			orders: [
				{title: 'memory', compare: (a, b) => b.memoryBytes - a.memoryBytes},
				{title: 'share of the memory limit', compare: byMemoryShare},
				{title: 'CPU', compare: (a, b) => b.cpuCores - a.cpuCores},
				{title: 'throttled', compare: (a, b) => (b.throttled ?? -1) - (a.throttled ?? -1) || byPod(a, b)},
				{title: 'last OOM kill', compare: (a, b) => (b.oomKilledAt ?? 0) - (a.oomKilledAt ?? 0) || byPod(a, b)},
				{title: 'name', compare: (a, b) => a.name.localeCompare(b.name)},
			],
			columns: [
				{
					header: 'NAMESPACE',
					field: 'namespace',
					width: 11,
					cut: 'middle',
					hideOrder: 1,
					cell: row => dim(row.namespace),
				},
				{header: 'NAME', field: 'name', width: 22, grow: true, cut: 'middle', cell: row => row.name},
				{header: 'MEM', field: 'mem', width: 6, align: 'right', cell: row => formatBytes(row.memoryBytes)},
				{
					header: '%REQ',
					field: 'memrequest',
					width: 4,
					align: 'right',
					hideOrder: 0.2,
					cell: row =>
						quietShare(row.memoryRequestBytes === undefined ? undefined : row.memoryBytes / row.memoryRequestBytes),
				},
				{
					header: '%LIM',
					field: 'limit',
					width: 4,
					align: 'right',
					cell: row => {
						const share = podMemoryShare(row);
						return share === undefined ? dim('-') : loudIfWrong(row, formatPercentPoints(share));
					},
				},
				{header: 'TREND', field: 'trend', width: trendCells, hideOrder: 2, cell: row => trend(row.memoryBytesHistory)},
				{header: 'CPU', field: 'cpu', width: 5, align: 'right', hideOrder: 4, cell: row => cores(row.cpuCores)},
				{
					header: '%REQ',
					field: 'request',
					width: 5,
					align: 'right',
					hideOrder: 3,
					cell: row => quietShare(podCpuRequestShare(row)),
				},
				{
					header: '%LIM',
					field: 'cpulimit',
					width: 4,
					align: 'right',
					hideOrder: 0.3,
					cell: row => {
						const share = podCpuLimitShare(row);
						const quiet = share === undefined || (share < cpuLimitWarnShare && row.cpuLevel === 'ok');
						return quiet ? quietShare(share) : loudIfWrong(row, formatPercentPoints(share));
					},
				},
				{
					header: '%THR',
					field: 'throttled',
					width: 4,
					align: 'right',
					hideOrder: 0.05,
					cell: row => {
						const {throttled} = row;
						if (throttled === undefined) return '';
						return row.cpuLevel === 'ok' ? quietShare(throttled) : loudIfWrong(row, formatPercentPoints(throttled));
					},
				},
				{
					header: 'TREND',
					field: 'cputrend',
					width: trendCells,
					hideOrder: 0.4,
					cell: row => trend(row.cpuCoresHistory),
				},
				{
					header: 'OOM',
					field: 'oom',
					width: 6,
					align: 'right',
					hideOrder: 0.1,
					cell: (row, now) => {
						const {oomKilledAt} = row;
						return oomKilledAt === undefined ? '' : {text: formatDuration((now - oomKilledAt) / 1000), tone: 'warn'};
					},
				},
			],
		}),
		defineSection<NodeUsageRow>({
			kind: 'kubernetes.node-usage',
			title: 'nodes by memory',
			weight: 1,
			empty: 'no node was measured yet',
			orders: [
				{title: 'share of memory', compare: (a, b) => memoryOf(b) - memoryOf(a)},
				{title: 'share of CPU', compare: (a, b) => cpuOf(b) - cpuOf(a)},
				{title: 'name', compare: (a, b) => a.name.localeCompare(b.name)},
			],
			columns: [
				{header: 'NODE', field: 'node', width: 12, grow: true, cut: 'middle', cell: row => row.name},
				{
					header: 'STATUS',
					field: 'status',
					width: 9,
					hideOrder: 1,
					cell: row => ({text: row.status, tone: row.status === 'Ready' ? 'dim' : row.severity}),
				},
				{header: 'MEM', field: 'mem', width: 6, align: 'right', cell: row => formatBytes(row.memoryBytes)},
				{
					header: '%',
					field: 'memshare',
					width: 4,
					align: 'right',
					cell: row => loudIfWrong(row, formatPercentPoints(nodeShare(row.memoryBytes, row.memoryCapacityBytes))),
				},
				{header: 'TREND', field: 'trend', width: trendCells, hideOrder: 2, cell: row => trend(row.memoryBytesHistory)},
				{header: 'CPU', field: 'cpu', width: 5, align: 'right', hideOrder: 3, cell: row => cores(row.cpuCores)},
				{
					header: '%',
					field: 'cpushare',
					width: 5,
					align: 'right',
					hideOrder: 4,
					cell: row => dim(formatPercentPoints(nodeShare(row.cpuCores, row.cpuCapacityCores))),
				},
				{
					header: 'TREND',
					field: 'cputrend',
					width: trendCells,
					hideOrder: 0.4,
					cell: row => trend(row.cpuCoresHistory),
				},
			],
		}),
	],
};
