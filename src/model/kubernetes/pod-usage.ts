import type {Finding} from '../../contract/finding.ts';
import {createFinding} from '../../contract/finding-type.ts';
import type {Row} from '../../contract/row.ts';
import {worstSeverity} from '../../contract/severity.ts';
import {formatBytes, formatPercent} from '../../text/format.ts';
import {evaluateThreshold, formatThreshold, type Threshold, type ThresholdLevel} from '../threshold.ts';
import {podCpuThrottled, podMemoryNearLimit} from './kubernetes-finding-types.ts';

/**
 * Share of the CPU limit. Usage is an average over about 15 s: at this share the container was throttled for most of that time.
 * https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#how-pods-with-resource-limits-are-run
 */
export const cpuLimitWarnShare = 0.95;

/**
 * Share of the last five minutes in which a container was throttled, where that is known. The rules of kubernetes-mixin alert from 0.25,
 * with severity info: https://runbooks.prometheus-operator.dev/runbooks/kubernetes/cputhrottlinghigh/
 */
export const throttledWarnShare = 0.5;

const onlyWarns = (warn: number): Threshold => ({warn, crit: Number.POSITIVE_INFINITY});
const limitThreshold = onlyWarns(cpuLimitWarnShare);
const throttledThreshold = onlyWarns(throttledWarnShare);

/** Shares of the memory limit. At 100 % the kernel kills the container. */
const memoryThreshold: Threshold = {warn: 0.9, crit: 0.97};

/** Current usage of a pod, summed over its containers, in bytes and cores. */
export type PodUsageFacts = {
	readonly uid: string;
	readonly namespace: string;
	readonly name: string;
	readonly owner: string;
	readonly memoryBytes: number;
	/** Undefined when a container has no limit: then only the node limits it. */
	readonly memoryLimitBytes: number | undefined;
	readonly memoryRequestBytes: number | undefined;
	readonly cpuCores: number;
	readonly cpuLimitCores: number | undefined;
	readonly cpuRequestCores: number | undefined;
	/** Share of the last five minutes in which it was throttled by its CPU limit; undefined when that is not known, or it has no limit. */
	readonly throttled: number | undefined;
	readonly containers: readonly {readonly name: string; readonly cpuCores: number; readonly memoryBytes: number}[];
	/** Epoch milliseconds when a container was last OOM killed, as far as the pod status still shows it. */
	readonly oomKilledAt: number | undefined;
	/** Epoch milliseconds: the metrics server measures every 15 s or so, however often it is read. */
	readonly measuredAt: number;
};

/** The histories are the last reads, oldest first, this one included. */
export type PodUsageRow = Row<'kubernetes.pod-usage'> &
	PodUsageFacts & {
		readonly memoryBytesHistory: readonly number[];
		readonly cpuCoresHistory: readonly number[];
		readonly memoryLevel: ThresholdLevel;
		/** `warn`: throttled by its CPU limit. */
		readonly cpuLevel: ThresholdLevel;
	};

/** Share of the memory limit, if there is one. */
export const podMemoryShare = ({
	memoryBytes: memory,
	memoryLimitBytes: memoryLimit,
}: Pick<PodUsageFacts, 'memoryBytes' | 'memoryLimitBytes'>): number | undefined =>
	memoryLimit === undefined || memoryLimit <= 0 ? undefined : memory / memoryLimit;

/** Share of the CPU request, which is no limit: above 1 the pod uses CPU that others have not claimed. */
export const podCpuRequestShare = ({
	cpuCores: cpu,
	cpuRequestCores: cpuRequest,
}: Pick<PodUsageFacts, 'cpuCores' | 'cpuRequestCores'>): number | undefined =>
	cpuRequest === undefined || cpuRequest <= 0 ? undefined : cpu / cpuRequest;

/** Share of the CPU limit, at which the kernel throttles. */
export const podCpuLimitShare = ({
	cpuCores: cpu,
	cpuLimitCores: cpuLimit,
}: Pick<PodUsageFacts, 'cpuCores' | 'cpuLimitCores'>): number | undefined =>
	cpuLimit === undefined || cpuLimit <= 0 ? undefined : cpu / cpuLimit;

/** Rates CPU usage by the measured throttling; where none is measured, by the share of the limit. */
const cpuThresholdLevel = (
	facts: Pick<PodUsageFacts, 'cpuCores' | 'cpuLimitCores' | 'throttled'>,
	before: ThresholdLevel | undefined,
): ThresholdLevel =>
	facts.throttled === undefined
		? evaluateThreshold(podCpuLimitShare(facts) ?? 0, limitThreshold, before)
		: evaluateThreshold(facts.throttled, throttledThreshold, before);

/** `whose`: `its` in a row, `the` in a finding about several pods. */
const throttlingText = (
	facts: Pick<PodUsageFacts, 'cpuCores' | 'cpuLimitCores' | 'throttled'>,
	whose: string,
): string =>
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
	const problems = [
		...(memoryLevel === 'ok' ? [] : [`${formatPercent(share)} of its memory limit`]),
		...(cpuLevel === 'ok' ? [] : [throttlingText(facts, 'its')]),
	];
	const why = problems.length === 0 ? {} : {why: problems.join(', ')};
	return {
		id: facts.uid,
		kind: 'kubernetes.pod-usage',
		target,
		severity,
		...why,
		...facts,
		memoryBytesHistory: memoryHistory,
		cpuCoresHistory: cpuHistory,
		memoryLevel,
		cpuLevel,
	};
}

export function podUsageFindings(rows: readonly PodUsageRow[], target: string): readonly Finding[] {
	const nearLimitByWorkload = Map.groupBy(
		rows.filter(row => row.memoryLevel !== 'ok'),
		row => `${row.namespace}/${row.owner}`,
	);
	return [...memoryFindings(nearLimitByWorkload, target), ...throttleFindings(rows, target)];
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
			sentence: `${workload}: ${pods} ${throttlingText(first, 'the')} ${first.cpuLimitCores ?? ''}`.trimEnd(),
			row: {kind: 'kubernetes.pod-usage', id: first.id},
			kind: 'kubernetes.pod-usage',
			evidence: same.slice(0, 5).map(row => {
				const used = `${row.name}: ${row.cpuCores.toFixed(2)} of ${row.cpuLimitCores ?? 'unlimited'} cores`;
				return row.throttled === undefined
					? `${used}, ${formatThreshold(limitThreshold, formatPercent)}`
					: `${used}, throttled ${formatPercent(row.throttled)} of five minutes, ${formatThreshold(throttledThreshold, formatPercent)}`;
			}),
		});
	});
}

/** Longer than the maximum restart backoff, which is five minutes. */
const loopMs = 10 * 60_000;

/** Recently OOM killed and filling its memory again: the finding about its crash loop already names this cause, so this one stays a warning. */
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
			sentence: `${workload}: ${pods} at ${formatPercent(share)} of the memory limit ${formatBytes(first.memoryLimitBytes)}`,
			row: {kind: 'kubernetes.pod-usage', id: first.id},
			kind: 'kubernetes.pod-usage',
			evidence: [
				...same
					.slice(0, 5)
					.map(row => `${row.name}: ${formatBytes(row.memoryBytes)} of ${formatBytes(row.memoryLimitBytes)}`),
				formatThreshold(memoryThreshold, formatPercent),
			],
		});
	});
}
