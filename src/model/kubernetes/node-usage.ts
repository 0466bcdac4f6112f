import type {Finding} from '../../contract/finding.ts';
import {createFinding} from '../../contract/finding-type.ts';
import type {Row, Severity} from '../../contract/row.ts';
import {worstSeverity} from '../../contract/severity.ts';
import {formatBytes, formatPercent} from '../../text/format.ts';
import {evaluateThreshold, formatThreshold, type Threshold, type ThresholdLevel} from '../threshold.ts';
import {nodeNotReady, nodePressure} from './kubernetes-finding-types.ts';

/** Shares of the allocatable resources of a node. The kubelet evicts pods when little memory is left. */
const memoryThreshold: Threshold = {warn: 0.85, crit: 0.95};
const cpuThreshold: Threshold = {warn: 0.9, crit: Number.POSITIVE_INFINITY};

/** Status and current usage of a node, in bytes and cores. */
export type NodeUsageFacts = {
	readonly uid: string;
	readonly name: string;
	/** `Ready`, `NotReady`, `Unknown`, with `,SchedulingDisabled` when it is cordoned. */
	readonly status: string;
	/** Epoch milliseconds since when it is not ready, and the message of its Ready condition. */
	readonly since: number | undefined;
	readonly notReadyReason: string | undefined;
	/** `MemoryPressure`, `DiskPressure`, `PIDPressure`, `NetworkUnavailable`. */
	readonly pressures: readonly string[];
	/** Epoch milliseconds when the earliest of them began. */
	readonly pressureSince: number | undefined;
	/** Undefined when there is no measurement. */
	readonly memoryBytes: number | undefined;
	readonly memoryCapacityBytes: number;
	readonly cpuCores: number | undefined;
	readonly cpuCapacityCores: number;
	/** Epoch milliseconds: the metrics server measures every 15 s or so, however often it is read. */
	readonly measuredAt: number | undefined;
};

/** The histories are the last reads, oldest first, this one included. */
export type NodeUsageRow = Row<'kubernetes.node-usage'> &
	NodeUsageFacts &
	Levels & {readonly memoryBytesHistory: readonly number[]; readonly cpuCoresHistory: readonly number[]};

type Levels = {readonly memoryLevel: ThresholdLevel; readonly cpuLevel: ThresholdLevel};

type Judgement = {readonly severity: Severity; readonly why: string};

export function nodeUsageRow(
	target: string,
	facts: NodeUsageFacts,
	memoryHistory: readonly number[],
	cpuHistory: readonly number[] = [],
	before?: Levels,
): NodeUsageRow {
	const levels: Levels = {
		memoryLevel: evaluateThreshold(
			nodeShare(facts.memoryBytes, facts.memoryCapacityBytes) ?? 0,
			memoryThreshold,
			before?.memoryLevel,
		),
		cpuLevel: evaluateThreshold(nodeShare(facts.cpuCores, facts.cpuCapacityCores) ?? 0, cpuThreshold, before?.cpuLevel),
	};
	const found = judgements(facts, levels);
	const severity = worstSeverity(found.map(judgement => judgement.severity));
	const why = found.map(judgement => judgement.why).join(', ');
	return {
		id: facts.uid,
		kind: 'kubernetes.node-usage',
		target,
		severity,
		...(why === '' ? {} : {why}),
		...facts,
		...levels,
		memoryBytesHistory: memoryHistory,
		cpuCoresHistory: cpuHistory,
	};
}

/** Share of the allocatable capacity; undefined where one of the two is not known. */
export const nodeShare = (used: number | undefined, capacity: number): number | undefined =>
	used === undefined || !(capacity > 0) ? undefined : used / capacity;

function judgements(facts: NodeUsageFacts, {memoryLevel, cpuLevel}: Levels): readonly Judgement[] {
	const {
		status,
		pressures,
		memoryBytes: memory,
		memoryCapacityBytes: memoryCapacity,
		cpuCores: cpu,
		cpuCapacityCores: cpuCapacity,
	} = facts;
	const found: Judgement[] = [];
	if (!status.startsWith('Ready')) found.push({severity: 'crit', why: status});
	for (const pressure of pressures) found.push({severity: 'warn', why: pressure});
	const used = formatPercent(nodeShare(memory, memoryCapacity));
	if (memoryLevel !== 'ok') found.push({severity: memoryLevel, why: `${used} of its memory in use`});
	const busy = formatPercent(nodeShare(cpu, cpuCapacity));
	if (cpuLevel !== 'ok') found.push({severity: cpuLevel, why: `${busy} of its CPU in use`});
	return found;
}

/** When the problem began: known for conditions, not for usage. */
function sinceWhen({since, pressures, pressureSince: pressureStart, status}: NodeUsageRow): Pick<Finding, 'since'> {
	const startedAt = status.startsWith('Ready') && pressures.length > 0 ? pressureStart : since;
	return startedAt === undefined ? {} : {since: startedAt};
}

export const nodeUsageFindings = (rows: readonly NodeUsageRow[], target: string): readonly Finding[] =>
	rows.flatMap(row => {
		if (row.severity === 'ok') return [];
		const ready = row.status.startsWith('Ready');
		return createFinding(ready ? nodePressure : nodeNotReady, {
			id: `${target}/node/${row.name}/${ready ? 'figures' : 'not ready'}`,
			target,
			severity: row.severity,
			sentence: `node ${row.name}: ${row.why}`,
			...sinceWhen(row),
			row: {kind: 'kubernetes.node-usage', id: row.id},
			kind: 'kubernetes.node-usage',
			evidence: [
				row.notReadyReason === undefined ? `status ${row.status}` : `status ${row.status}: ${row.notReadyReason}`,
				`memory ${formatBytes(row.memoryBytes)} of ${formatBytes(row.memoryCapacityBytes)}, ${formatThreshold(memoryThreshold, formatPercent)}`,
				`CPU ${row.cpuCores?.toFixed(1) ?? '?'} of ${row.cpuCapacityCores} cores, ${formatThreshold(cpuThreshold, formatPercent)}`,
			],
		});
	});
