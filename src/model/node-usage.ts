import type {Finding, Row, Severity} from '../contract.ts';
import {worst} from '../severity.ts';
import {bytes, percent} from '../text/figures.ts';

/** Shares of what the node can give. The kubelet starts to evict when little is left. */
const memoryNear = 0.85;
const memoryFull = 0.95;
const cpuNear = 0.9;

/** What one node is and uses now. Bytes and cores. */
export type NodeUsageFacts = {
	readonly uid: string;
	readonly name: string;
	/** `Ready`, `NotReady`, `Unknown`, with `,SchedulingDisabled` when it is cordoned. */
	readonly status: string;
	/** Epoch milliseconds since when it is not ready, and what the node controller says of it. */
	readonly since: number | undefined;
	readonly because: string | undefined;
	/** `MemoryPressure`, `DiskPressure`, `PIDPressure`, `NetworkUnavailable`. */
	readonly pressures: readonly string[];
	/** Undefined when nobody measured it. */
	readonly memory: number | undefined;
	readonly memoryCapacity: number;
	readonly cpu: number | undefined;
	readonly cpuCapacity: number;
	/** Epoch milliseconds: the metrics server measures every 15 s or so, however often it is asked. */
	readonly measuredAt: number | undefined;
};

/** The histories are the last reads, oldest first, this one included. */
export type NodeUsageRow = Row &
	NodeUsageFacts & {readonly memoryHistory: readonly number[]; readonly cpuHistory: readonly number[]};

type Judgement = {readonly severity: Severity; readonly why: string};

export function nodeUsageRow(
	target: string,
	facts: NodeUsageFacts,
	memoryHistory: readonly number[],
	cpuHistory: readonly number[] = [],
): NodeUsageRow {
	const found = judged(facts);
	const severity = worst(found.map(judgement => judgement.severity));
	const why = found.map(judgement => judgement.why).join(', ');
	return {id: facts.uid, target, severity, ...(why === '' ? {} : {why}), ...facts, memoryHistory, cpuHistory};
}

/** Share of what the node can give to pods, where both are known. */
export const nodeShare = (used: number | undefined, capacity: number): number | undefined =>
	used === undefined || !(capacity > 0) ? undefined : used / capacity;

function judged({status, pressures, memory, memoryCapacity, cpu, cpuCapacity}: NodeUsageFacts): readonly Judgement[] {
	const found: Judgement[] = [];
	if (!status.startsWith('Ready')) found.push({severity: 'crit', why: status});
	for (const pressure of pressures) found.push({severity: 'warn', why: pressure});
	const used = nodeShare(memory, memoryCapacity) ?? 0;
	if (used >= memoryNear) {
		found.push({severity: used >= memoryFull ? 'crit' : 'warn', why: `${percent(used)} of its memory in use`});
	}
	const busy = nodeShare(cpu, cpuCapacity) ?? 0;
	if (busy >= cpuNear) found.push({severity: 'warn', why: `${percent(busy)} of its CPU in use`});
	return found;
}

export const nodeUsageFindings = (rows: readonly NodeUsageRow[], target: string): readonly Finding[] =>
	rows.flatMap(row => {
		if (row.severity === 'ok') return [];
		return {
			id: `${target}/node/${row.name}/${row.status.startsWith('Ready') ? 'figures' : 'not ready'}`,
			target,
			severity: row.severity,
			sentence: `node ${row.name}: ${row.why}`,
			...(row.since === undefined ? {} : {since: row.since}),
			row: {kind: 'kubernetes.node-usage', id: row.id},
			kind: 'kubernetes.node-usage',
			evidence: [
				row.because === undefined ? `status ${row.status}` : `status ${row.status}: ${row.because}`,
				`memory ${bytes(row.memory)} of ${bytes(row.memoryCapacity)}, warns from ${percent(memoryNear)}`,
				`CPU ${row.cpu?.toFixed(1) ?? '?'} of ${row.cpuCapacity} cores, warns from ${percent(cpuNear)}`,
			],
			actions: [],
			inspections: ['kubernetes.describe-node'],
		} satisfies Finding;
	});
