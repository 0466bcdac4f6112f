import type {Finding} from '../contract.ts';
import {bySeverity, worst} from '../severity.ts';
import {clockTime} from '../text/figures.ts';
import {type PodRow, restartsEvery, trouble} from './pod.ts';

/** One finding for each workload and cause: six pods that fall over the same thing are one thing that is wrong. */
export function podFindings(rows: readonly PodRow[], target: string): readonly Finding[] {
	const {lost, findings} = lostOnNodes(rows, target);
	const sick = Map.groupBy(
		rows.filter(row => row.severity !== 'ok' && !lost.has(row.uid)),
		workloadOf,
	);
	if (sick.size === 0) return findings;
	// All pods are counted, and only those of a sick workload are anyone's: there are many pods, and few of them have an owner of such a name.
	const owners = new Set([...sick.values()].flatMap(found => found.map(row => row.owner)));
	const sizes = new Map<string, number>();
	for (const row of rows) {
		if (!owners.has(row.owner)) continue;
		const workload = workloadOf(row);
		if (sick.has(workload)) sizes.set(workload, (sizes.get(workload) ?? 0) + 1);
	}
	const folded = [...sick].flatMap(([workload, found]) => {
		const causes = Map.groupBy(found, sameTrouble);
		return [...causes].flatMap(([why, same]) => podFinding(target, workload, why, same, sizes.get(workload) ?? 0));
	});
	return [...findings, ...folded];
}

const workloadOf = (row: PodRow): string => `${row.namespace}/${row.owner}`;

/** Pods of several workloads that do not end on one node are one thing that is wrong, and it is the node's. */
function lostOnNodes(rows: readonly PodRow[], target: string) {
	const late = rows.filter(row => row.deleteBy !== undefined && row.severity === 'warn' && row.cause === undefined);
	const lost = new Set<string>();
	const findings: Finding[] = [];
	for (const [node, same] of Map.groupBy(late, row => row.node)) {
		const [first] = same;
		const workloads = new Set(same.map(row => `${row.namespace}/${row.owner}`));
		if (node === undefined || first === undefined || workloads.size < 2) continue;
		for (const row of same) lost.add(row.uid);
		findings.push({
			id: `${target}/pods/not ending/${node}`,
			target,
			severity: 'warn',
			sentence: `node ${node}: ${same.length} pods of ${workloads.size} workloads should be gone and are not`,
			since: Math.min(...same.map(row => row.deleteBy ?? row.createdAt)),
			row: {kind: 'kubernetes.pod', id: first.id},
			kind: 'kubernetes.pod',
			evidence: same.slice(0, 5).map(row => `${row.namespace}/${row.name}: ${row.why}`),
			actions: ['kubernetes.delete-pod'],
			inspections: ['kubernetes.describe-pod', 'kubernetes.events'],
		});
	}
	return {lost, findings};
}

/** What rows have in common that are one thing that is wrong: nothing in it changes from one poll to the next. */
function sameTrouble(row: PodRow): string {
	if (row.severity === 'crit' || row.status === 'Evicted' || row.node === undefined) return trouble(row);
	return row.deleteBy === undefined ? (row.why ?? row.status) : 'should be gone and are not';
}

/** The kubelet waits up to five minutes between two tries: a pod that ended about that often has done so all its life. */
const slowestTriesMs = 6.5 * 60_000;

/** Well at the moment, and restarting all its life: from when on, and because of which rollout, nobody can tell. */
const goesOnRestarting = (row: PodRow): boolean => row.ready === row.containers && restartsEvery(row) !== undefined;

/** Epoch milliseconds when the trouble began. Each crash starts the condition anew, which is not when it began. */
function began(row: PodRow): number {
	const {restarts, restartedAt, createdAt, unreadySince} = row;
	if (goesOnRestarting(row)) return createdAt;
	const always = restarts >= 2 && restartedAt !== undefined && (restartedAt - createdAt) / restarts <= slowestTriesMs;
	return always ? createdAt : (unreadySince ?? restartedAt ?? createdAt);
}

/** A container is not ready some time after its rollout began, but hardly a day later because of it. */
const rolloutSuspicionMs = 60 * 60_000;

/** `, since rollout revision 41 at 13:58:00Z` when all of them came with one rollout, shortly before the trouble, and another came before it. */
function sinceRollout(same: readonly PodRow[], since: number): string {
	const revisions = new Set(same.map(row => row.rollout?.revision));
	const rollout = same[0]?.rollout;
	if (
		rollout === undefined ||
		revisions.size > 1 ||
		rollout.first ||
		same.some(row => row.deleteBy !== undefined || goesOnRestarting(row))
	) {
		return '';
	}
	const {revision, at} = rollout;
	if (at === undefined || since < at || since - at > rolloutSuspicionMs) return '';
	return `, since rollout revision ${revision} at ${clockTime(at)}`;
}

/** The best first. A restart cures neither a limit that is too low nor an image that is not there. */
function remedies({status, workload, lastEnd, node, deleteBy}: PodRow, afterRollout: boolean): readonly string[] {
	const found: string[] = [];
	if (deleteBy !== undefined) return ['kubernetes.delete-pod'];
	if (afterRollout) found.push('kubernetes.undo-rollout');
	if (node === undefined) return workload === undefined ? found : [...found, 'kubernetes.scale'];
	const isVain = lastEnd?.reason === 'OOMKilled' || /Image|Config/.test(status);
	if (!isVain && workload !== undefined) found.push('kubernetes.restart', 'kubernetes.evict-pod');
	return found;
}

function podFinding(
	target: string,
	workload: string,
	why: string,
	same: readonly PodRow[],
	all: number,
): readonly Finding[] {
	const severity = worst(same.map(row => row.severity));
	const [first] = same.toSorted((a, b) => bySeverity(a.severity, b.severity) || b.restarts - a.restarts);
	if (severity === 'ok' || first === undefined) return [];
	const since = Math.min(...same.map(began));
	const rollout = sinceRollout(same, since);
	return [
		{
			id: `${target}/pods/${workload}/${why}`,
			target,
			severity,
			sentence: `${workload}: ${same.length} of ${all} pods ${why}${rollout}`,
			since,
			row: {kind: 'kubernetes.pod', id: first.id},
			kind: 'kubernetes.pod',
			evidence: same
				.slice(0, 5)
				.map(row => `${row.name}: ${row.why}, ${row.ready}/${row.containers} ready, ${row.restarts} restarts`),
			actions: remedies(first, rollout !== ''),
			inspections: ['kubernetes.describe-pod', 'kubernetes.logs', 'kubernetes.events', 'kubernetes.owners'],
		},
	];
}
