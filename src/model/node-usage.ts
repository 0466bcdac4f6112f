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
	readonly memory: number;
	readonly memoryCapacity: number;
	readonly cpu: number;
	readonly cpuCapacity: number;
	/** Epoch milliseconds: the metrics server measures every 15 s or so, however often it is asked. */
	readonly measuredAt: number;
};

/** `memoryHistory`: the last reads, oldest first, this one included. */
export type NodeUsageRow = Row & NodeUsageFacts & {readonly memoryHistory: readonly number[]};

type Judgement = {readonly severity: Severity; readonly why: string};

export function nodeUsageRow(target: string, facts: NodeUsageFacts, memoryHistory: readonly number[]): NodeUsageRow {
	const found = judged(facts);
	const severity = worst(found.map(judgement => judgement.severity));
	const why = found.map(judgement => judgement.why).join(', ');
	return {id: facts.uid, target, severity, ...(why === '' ? {} : {why}), ...facts, memoryHistory};
}

function judged({status, memory, memoryCapacity, cpu, cpuCapacity}: NodeUsageFacts): readonly Judgement[] {
	const found: Judgement[] = [];
	if (!status.startsWith('Ready')) found.push({severity: 'crit', why: status});
	const used = memory / memoryCapacity;
	if (used >= memoryNear) {
		found.push({severity: used >= memoryFull ? 'crit' : 'warn', why: `${percent(used)} of its memory in use`});
	}
	const busy = cpu / cpuCapacity;
	if (busy >= cpuNear) found.push({severity: 'warn', why: `${percent(busy)} of its CPU in use`});
	return found;
}

export const nodeUsageFindings = (rows: readonly NodeUsageRow[], target: string): readonly Finding[] =>
	rows.flatMap(row => {
		if (row.severity === 'ok') return [];
		return {
			id: `${target}/node/${row.name}`,
			target,
			severity: row.severity,
			sentence: `node ${row.name}: ${row.why}`,
			row: {kind: 'kubernetes.node-usage', id: row.id},
			kind: 'kubernetes.node-usage',
			evidence: [
				`status ${row.status}`,
				`memory ${bytes(row.memory)} of ${bytes(row.memoryCapacity)}, warns from ${percent(memoryNear)}`,
				`CPU ${row.cpu.toFixed(1)} of ${row.cpuCapacity} cores, warns from ${percent(cpuNear)}`,
			],
			actions: [],
			inspections: ['kubernetes.describe-node'],
		} satisfies Finding;
	});
