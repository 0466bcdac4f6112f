import type {Finding} from '../../contract/finding.ts';
import {createFinding} from '../../contract/finding-type.ts';
import {compareSeverity, worstSeverity} from '../../contract/severity.ts';
import {formatClockTime} from '../../text/format.ts';
import {podsNotEnding, podsUnhealthy} from './kubernetes-finding-types.ts';
import {meanRestartIntervalMs, type PodRow, podProblem} from './pod.ts';

/**
 * Gives one finding for each workload and cause: six pods that fall over the same thing are one thing that is wrong. What was found of a
 * workload is remembered for as long as its rows are the same ones: after a bad night thousands of pods have restarted, and few do so now.
 */
export function createPodFindings(): (rows: readonly PodRow[], target: string) => readonly Finding[] {
	const lastOf = new Map<string, ReadonlyMap<string, FoldedFindings>>();
	return (rows, target) => {
		const {lost, findings} = nodeLossFindings(rows, target);
		const last = lastOf.get(target);
		const now = new Map<string, FoldedFindings>();
		for (const [namespace, owners] of unhealthyWorkloads(rows, lost)) {
			for (const [owner, sick] of owners) {
				const workload = `${namespace}/${owner}`;
				const before = last?.get(workload);
				now.set(workload, before !== undefined && isSame(before, sick) ? before : foldFindings(target, workload, sick));
			}
		}
		lastOf.set(target, now);
		return [...findings, ...[...now.values()].flatMap(each => each.findings)];
	};
}

/** The pods of a workload of which something is wrong, and how many it has. */
type UnhealthyPods = {readonly found: PodRow[]; pods: number};

type FoldedFindings = Readonly<UnhealthyPods> & {readonly findings: readonly Finding[]};

const isSame = (one: Readonly<UnhealthyPods>, other: Readonly<UnhealthyPods>): boolean =>
	one.pods === other.pods &&
	one.found.length === other.found.length &&
	one.found.every((row, index) => row === other.found[index]);

function foldFindings(target: string, workload: string, {found, pods}: UnhealthyPods): FoldedFindings {
	const causes = Map.groupBy(found, problemKey);
	return {
		found,
		pods,
		findings: [...causes].flatMap(([why, same]) => podFinding(target, workload, why, same, pods)),
	};
}

/** By namespace and owner: each row is looked up, every second, and a key of both would be made anew for each of thousands. */
function unhealthyWorkloads(
	rows: readonly PodRow[],
	lost: ReadonlySet<string>,
): ReadonlyMap<string, ReadonlyMap<string, UnhealthyPods>> {
	const sick = new Map<string, Map<string, UnhealthyPods>>();
	for (const row of rows) {
		if (row.severity === 'ok' || lost.has(row.uid)) continue;
		const owners = sick.get(row.namespace) ?? new Map<string, UnhealthyPods>();
		sick.set(row.namespace, owners);
		const known = owners.get(row.owner);
		if (known === undefined) owners.set(row.owner, {found: [row], pods: 0});
		else known.found.push(row);
	}
	for (const {namespace, owner} of rows) {
		const workload = sick.get(namespace)?.get(owner);
		if (workload !== undefined) workload.pods += 1;
	}
	return sick;
}

/** Pods of several workloads that do not end on one node are one thing that is wrong, and it is the node's. */
function nodeLossFindings(rows: readonly PodRow[], target: string) {
	const late = rows.filter(row => row.deleteBy !== undefined && row.severity === 'warn' && row.cause === undefined);
	const lost = new Set<string>();
	const findings: Finding[] = [];
	for (const [node, same] of Map.groupBy(late, row => row.node)) {
		const [first] = same;
		const workloads = new Set(same.map(row => `${row.namespace}/${row.owner}`));
		if (node === undefined || first === undefined || workloads.size < 2) continue;
		for (const row of same) lost.add(row.uid);
		findings.push(
			createFinding(podsNotEnding, {
				id: `${target}/pods/not ending/${node}`,
				target,
				severity: 'warn',
				sentence: `node ${node}: ${same.length} pods of ${workloads.size} workloads should be gone and are not`,
				since: Math.min(...same.map(row => row.deleteBy ?? row.createdAt)),
				row: {kind: 'kubernetes.pod', id: first.id},
				kind: 'kubernetes.pod',
				evidence: same.slice(0, 5).map(row => `${row.namespace}/${row.name}: ${row.why}`),
			}),
		);
	}
	return {lost, findings};
}

/** What rows have in common that are one thing that is wrong: nothing in it changes from one poll to the next. */
function problemKey(row: PodRow): string {
	if (row.severity === 'crit' || row.status === 'Evicted' || row.node === undefined) return podProblem(row);
	return row.deleteBy === undefined ? (row.why ?? row.status) : 'should be gone and are not';
}

/** The kubelet waits up to five minutes between two tries: a pod that ended about that often has done so all its life. */
const slowestTriesMs = 6.5 * 60_000;

/** Well at the moment, and restarting all its life: from when on, and because of which rollout, nobody can tell. */
const keepsRestarting = (row: PodRow): boolean =>
	row.ready === row.containers && meanRestartIntervalMs(row) !== undefined;

/** Epoch milliseconds when the trouble began. Each crash starts the condition anew, which is not when it began. */
function problemStart(row: PodRow): number {
	const {restarts, restartedAt, createdAt, unreadySince} = row;
	if (keepsRestarting(row)) return createdAt;
	const always = restarts >= 2 && restartedAt !== undefined && (restartedAt - createdAt) / restarts <= slowestTriesMs;
	return always ? createdAt : (unreadySince ?? restartedAt ?? createdAt);
}

/** A container is not ready some time after its rollout began, but hardly a day later because of it. */
const rolloutSuspicionMs = 60 * 60_000;

/** `, since rollout revision 41 at 13:58:00Z` when all of them came with one rollout, shortly before the trouble, and another came before it. */
function sinceRollout(same: readonly PodRow[], since: number): string {
	const {revision, at, first = true} = same[0]?.rollout ?? {};
	if (first || at === undefined || since < at || since - at > rolloutSuspicionMs) return '';
	const isAnother = (row: PodRow) =>
		row.rollout?.revision !== revision || row.deleteBy !== undefined || keepsRestarting(row);
	if (same.some(isAnother)) return '';
	return `, since rollout revision ${revision} at ${formatClockTime(at)}`;
}

/** The best first. A restart cures neither a limit that is too low nor an image that is not there. */
function helpfulActions(
	{status, workload, lastTermination: lastEnd, node, deleteBy}: PodRow,
	afterRollout: boolean,
): typeof podsUnhealthy.actions {
	const found: (typeof podsUnhealthy.actions)[number][] = [];
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
	const severity = worstSeverity(same.map(row => row.severity));
	const [first] = same.toSorted((a, b) => compareSeverity(a.severity, b.severity) || b.restarts - a.restarts);
	if (severity === 'ok' || first === undefined) return [];
	const since = Math.min(...same.map(problemStart));
	const rollout = sinceRollout(same, since);
	return [
		createFinding(podsUnhealthy, {
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
			actions: helpfulActions(first, rollout !== ''),
		}),
	];
}
