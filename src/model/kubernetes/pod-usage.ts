import type {Finding} from '../../contract/finding.ts';
import {createFinding} from '../../contract/finding-type.ts';
import type {Row} from '../../contract/row.ts';
import {worstSeverity} from '../../contract/severity.ts';
import {formatBytes, formatPercent} from '../../text/format.ts';
import {evaluateThreshold, formatThreshold, type Threshold, type ThresholdLevel} from '../threshold.ts';
import {podCpuThrottled, podMemoryNearLimit} from './kubernetes-finding-types.ts';

/**
 * Share of the CPU limit. What is measured is the mean of a quarter of a minute: so near to its limit it was held back in most of that time.
 * https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#how-pods-with-resource-limits-are-run
 */
export const cpuLimitWarnShare = 0.95;

/**
 * Share of the last minutes in which a container wanted more CPU than its limit, where that is known: half of them. The rules of
 * kubernetes-mixin tell it from a quarter on, and only for information: https://runbooks.prometheus-operator.dev/runbooks/kubernetes/cputhrottlinghigh/
 */
export const throttledWarnShare = 0.5;

const onlyWarns = (warn: number): Threshold => ({warn, crit: Number.POSITIVE_INFINITY});
const limitThreshold = onlyWarns(cpuLimitWarnShare);
const throttledThreshold = onlyWarns(throttledWarnShare);

/** Shares of the memory limit. At 100 % the kernel kills the container, so the last percents are the warning. */
const memoryThreshold: Threshold = {warn: 0.9, crit: 0.97};

/** What one pod uses now, summed over its containers. Bytes and cores. */
export type PodUsageFacts = {
	readonly uid: string;
	readonly namespace: string;
	readonly name: string;
	readonly owner: string;
	readonly memory: number;
	/** Undefined when a container has none: then only the node limits it. */
	readonly memoryLimit: number | undefined;
	readonly memoryRequest: number | undefined;
	readonly cpu: number;
	readonly cpuLimit: number | undefined;
	readonly cpuRequest: number | undefined;
	/** Share of the last five minutes in which its CPU limit held it back; undefined when nobody tells, or it has none. */
	readonly throttled: number | undefined;
	readonly containers: readonly {readonly name: string; readonly cpu: number; readonly memory: number}[];
	/** Epoch milliseconds when the kernel last killed a container of it for its memory, as far as the pod still tells. */
	readonly oomKilledAt: number | undefined;
	/** Epoch milliseconds: the metrics server measures every 15 s or so, however often it is asked. */
	readonly measuredAt: number;
};

/** The histories are the last reads, oldest first, this one included. */
export type PodUsageRow = Row &
	PodUsageFacts & {
		readonly memoryHistory: readonly number[];
		readonly cpuHistory: readonly number[];
		readonly memoryLevel: ThresholdLevel;
		/** `warn`: its CPU limit holds it back. */
		readonly cpuLevel: ThresholdLevel;
	};

/** Share of the memory limit, if there is one. */
export const podMemoryShare = ({
	memory,
	memoryLimit,
}: Pick<PodUsageFacts, 'memory' | 'memoryLimit'>): number | undefined =>
	memoryLimit === undefined || memoryLimit <= 0 ? undefined : memory / memoryLimit;

/** Share of the CPU request, which is no limit: above 1 it borrows from its neighbours. */
export const podCpuRequestShare = ({cpu, cpuRequest}: Pick<PodUsageFacts, 'cpu' | 'cpuRequest'>): number | undefined =>
	cpuRequest === undefined || cpuRequest <= 0 ? undefined : cpu / cpuRequest;

/** Share of the CPU limit, above which the kernel gives it nothing. */
export const podCpuLimitShare = ({cpu, cpuLimit}: Pick<PodUsageFacts, 'cpu' | 'cpuLimit'>): number | undefined =>
	cpuLimit === undefined || cpuLimit <= 0 ? undefined : cpu / cpuLimit;

/** By what was measured, else by how near it is to its limit. */
const cpuThresholdLevel = (
	facts: Pick<PodUsageFacts, 'cpu' | 'cpuLimit' | 'throttled'>,
	before: ThresholdLevel | undefined,
): ThresholdLevel =>
	facts.throttled === undefined
		? evaluateThreshold(podCpuLimitShare(facts) ?? 0, limitThreshold, before)
		: evaluateThreshold(facts.throttled, throttledThreshold, before);

/** `whose`: its own limit, or that of all its like. */
const throttlingText = (facts: Pick<PodUsageFacts, 'cpu' | 'cpuLimit' | 'throttled'>, whose: string): string =>
	facts.throttled === undefined
		? `throttled, at ${formatPercent(podCpuLimitShare(facts))} of ${whose} CPU limit`
		: `throttled ${formatPercent(facts.throttled)} of the time by ${whose} CPU limit`;

export function podUsageRow(
	target: string,
	facts: PodUsageFacts,
	memoryHistory: readonly number[],
	cpuHistory: readonly number[] = [],
	before?: Pick<PodUsageRow, 'memoryLevel' | 'cpuLevel'>,
): PodUsageRow {
	const share = podMemoryShare(facts) ?? 0;
	const memoryLevel = evaluateThreshold(share, memoryThreshold, before?.memoryLevel);
	const cpuLevel = cpuThresholdLevel(facts, before?.cpuLevel);
	const severity = worstSeverity([memoryLevel, cpuLevel]);
	const told = [
		...(memoryLevel === 'ok' ? [] : [`${formatPercent(share)} of its memory limit`]),
		...(cpuLevel === 'ok' ? [] : [throttlingText(facts, 'its')]),
	];
	const why = told.length === 0 ? {} : {why: told.join(', ')};
	return {id: facts.uid, target, severity, ...why, ...facts, memoryHistory, cpuHistory, memoryLevel, cpuLevel};
}

export function podUsageFindings(rows: readonly PodUsageRow[], target: string): readonly Finding[] {
	const full = Map.groupBy(
		rows.filter(row => row.memoryLevel !== 'ok'),
		row => `${row.namespace}/${row.owner}`,
	);
	return [...memoryFindings(full, target), ...throttleFindings(rows, target)];
}

function throttleFindings(rows: readonly PodUsageRow[], target: string): readonly Finding[] {
	const slow = Map.groupBy(
		rows.filter(row => row.cpuLevel !== 'ok'),
		row => `${row.namespace}/${row.owner}`,
	);
	return [...slow].flatMap(([workload, same]) => {
		const [first] = same.toSorted(
			(a, b) => (b.throttled ?? podCpuLimitShare(b) ?? 0) - (a.throttled ?? podCpuLimitShare(a) ?? 0),
		);
		if (first === undefined) return [];
		const pods = same.length === 1 ? `pod ${first.name} is` : `${same.length} pods are`;
		return createFinding(podCpuThrottled, {
			id: `${target}/cpu/${workload}`,
			target,
			severity: 'warn',
			sentence: `${workload}: ${pods} ${throttlingText(first, 'the')} ${first.cpuLimit ?? ''}`.trimEnd(),
			row: {kind: 'kubernetes.pod-usage', id: first.id},
			kind: 'kubernetes.pod-usage',
			evidence: same.slice(0, 5).map(row => {
				const used = `${row.name}: ${row.cpu.toFixed(2)} of ${row.cpuLimit ?? 'unlimited'} cores`;
				return row.throttled === undefined
					? `${used}, ${formatThreshold(limitThreshold, formatPercent)}`
					: `${used}, held back ${formatPercent(row.throttled)} of five minutes, ${formatThreshold(throttledThreshold, formatPercent)}`;
			}),
		});
	});
}

/** Longer than the longest wait between two starts of a container that crashes, which is five minutes. */
const loopMs = 10 * 60_000;

/** It is full again after it was killed for that: its crash loop is told with this cause, and must not stand below each next round of it. */
const wasRecentlyOomKilled = ({oomKilledAt, measuredAt}: PodUsageRow): boolean =>
	oomKilledAt !== undefined && measuredAt - oomKilledAt < loopMs;

function memoryFindings(full: ReadonlyMap<string, readonly PodUsageRow[]>, target: string): readonly Finding[] {
	return [...full].flatMap(([workload, same]) => {
		const [first] = same.toSorted((a, b) => (podMemoryShare(b) ?? 0) - (podMemoryShare(a) ?? 0));
		if (first === undefined) return [];
		const share = podMemoryShare(first) ?? 0;
		const pods = same.length === 1 ? `pod ${first.name} is` : `${same.length} pods are`;
		return createFinding(podMemoryNearLimit, {
			id: `${target}/memory/${workload}`,
			target,
			severity: same.some(row => row.memoryLevel === 'crit' && !wasRecentlyOomKilled(row)) ? 'crit' : 'warn',
			sentence: `${workload}: ${pods} at ${formatPercent(share)} of the memory limit ${formatBytes(first.memoryLimit)}`,
			row: {kind: 'kubernetes.pod-usage', id: first.id},
			kind: 'kubernetes.pod-usage',
			evidence: [
				...same.slice(0, 5).map(row => `${row.name}: ${formatBytes(row.memory)} of ${formatBytes(row.memoryLimit)}`),
				formatThreshold(memoryThreshold, formatPercent),
			],
		});
	});
}
