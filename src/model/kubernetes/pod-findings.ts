import type {Finding} from '../../contract/finding.ts';
import {createFinding} from '../../contract/finding-type.ts';
import {compareSeverity, worstSeverity} from '../../contract/severity.ts';
import {formatClockTime} from '../../text/format.ts';
import {podsNotEnding, podsUnhealthy} from './kubernetes-finding-types.ts';
import {meanRestartIntervalMs, type PodRow, podProblem} from './pod.ts';

/**
 * Creates the function that derives findings: one for each workload and cause, so that six pods with the same cause are one finding. The
 * findings of a workload are cached while its row objects stay the same: of thousands of pods only a few change between two reads.
 */
export function createPodFindings(): (rows: readonly PodRow[], target: string) => readonly Finding[] {
	const lastOf = new Map<string, ReadonlyMap<string, FoldedFindings>>();
	return (rows, target) => {
		const {lost, findings} = nodeLossFindings(rows, target);
		const last = lastOf.get(target);
		const now = new Map<string, FoldedFindings>();
		for (const [namespace, owners] of unhealthyWorkloads(rows, lost)) {
			for (const [owner, unhealthy] of owners) {
				const workload = `${namespace}/${owner}`;
				const before = last?.get(workload);
				now.set(
					workload,
					before !== undefined && isSame(before, unhealthy) ? before : foldFindings(target, workload, unhealthy),
				);
			}
		}
		lastOf.set(target, now);
		return [...findings, ...[...now.values()].flatMap(each => each.findings)];
	};
}

/** The unhealthy pods of a workload, and how many pods it has. */
type UnhealthyPods = {readonly rows: PodRow[]; podCount: number};

type FoldedFindings = Readonly<UnhealthyPods> & {readonly findings: readonly Finding[]};

const isSame = (one: Readonly<UnhealthyPods>, other: Readonly<UnhealthyPods>): boolean =>
	one.podCount === other.podCount &&
	one.rows.length === other.rows.length &&
	one.rows.every((row, index) => row === other.rows[index]);

function foldFindings(target: string, workload: string, {rows, podCount}: UnhealthyPods): FoldedFindings {
	const causes = Map.groupBy(rows, problemKey);
	return {
		rows,
		podCount,
		findings: [...causes].flatMap(([why, same]) => podFinding(target, workload, why, same, podCount)),
	};
}

/** Groups the unhealthy pods by namespace, then owner. Nested maps, because building a combined key for thousands of rows every second is expensive. */
function unhealthyWorkloads(
	rows: readonly PodRow[],
	lost: ReadonlySet<string>,
): ReadonlyMap<string, ReadonlyMap<string, UnhealthyPods>> {
	const unhealthy = new Map<string, Map<string, UnhealthyPods>>();
	for (const row of rows) {
		if (row.severity === 'ok' || lost.has(row.uid)) continue;
		const owners = unhealthy.get(row.namespace) ?? new Map<string, UnhealthyPods>();
		unhealthy.set(row.namespace, owners);
		const known = owners.get(row.owner);
		if (known === undefined) owners.set(row.owner, {rows: [row], podCount: 0});
		else known.rows.push(row);
	}
	for (const {namespace, owner} of rows) {
		const workload = unhealthy.get(namespace)?.get(owner);
		if (workload !== undefined) workload.podCount += 1;
	}
	return unhealthy;
}

/** Pods of several workloads on one node that do not terminate in time are one finding, about the node. */
function nodeLossFindings(rows: readonly PodRow[], target: string) {
	const overdue = rows.filter(
		row => row.deletionDueAt !== undefined && row.severity === 'warn' && row.cause === undefined,
	);
	const lost = new Set<string>();
	const findings: Finding[] = [];
	for (const [node, same] of Map.groupBy(overdue, row => row.node)) {
		const [first] = same;
		const workloads = new Set(same.map(row => `${row.namespace}/${row.owner}`));
		if (node === undefined || first === undefined || workloads.size < 2) continue;
		for (const row of same) lost.add(row.uid);
		findings.push(
			createFinding(podsNotEnding, {
				id: `${target}/pods/not ending/${node}`,
				target,
				severity: 'warn',
				sentence: `node ${node}: ${same.length} pods of ${workloads.size} workloads not terminated in time`,
				since: Math.min(...same.map(row => row.deletionDueAt ?? row.createdAt)),
				row: {kind: 'kubernetes.pod', id: first.id},
				kind: 'kubernetes.pod',
				evidence: same.slice(0, 5).map(row => `${row.namespace}/${row.name}: ${row.why}`),
			}),
		);
	}
	return {lost, findings};
}

/** Groups rows with the same problem. It does not change from one poll to the next while the problem lasts. */
function problemKey(row: PodRow): string {
	if (row.severity === 'crit' || row.status === 'Evicted' || row.node === undefined) return podProblem(row);
	return row.deletionDueAt === undefined ? (row.why ?? row.status) : 'not terminated in time';
}

/** The kubelet waits up to five minutes between two restarts: a pod with about that interval has been crashing all its life. */
const slowestTriesMs = 6.5 * 60_000;

/** Ready now, but restarting all its life: since when, and because of which rollout, is not known. */
const keepsRestarting = (row: PodRow): boolean =>
	row.ready === row.containers && meanRestartIntervalMs(row) !== undefined;

/** Epoch milliseconds when the problem began. Each crash resets the Ready condition, so that its time is too late for a crash loop. */
function problemStart(row: PodRow): number {
	const {restarts, restartedAt, createdAt, unreadySince} = row;
	if (keepsRestarting(row)) return createdAt;
	const always = restarts >= 2 && restartedAt !== undefined && (restartedAt - createdAt) / restarts <= slowestTriesMs;
	return always ? createdAt : (unreadySince ?? restartedAt ?? createdAt);
}

/** A rollout is suspected only for this long after it began. */
const rolloutSuspicionMs = 60 * 60_000;

/** `, since rollout revision 41 at 13:58:00Z` when all pods came with the same rollout shortly before the problem began, and it was not the first one. */
function sinceRollout(same: readonly PodRow[], since: number): string {
	const {revision, at, first = true} = same[0]?.rollout ?? {};
	if (first || at === undefined || since < at || since - at > rolloutSuspicionMs) return '';
	const isAnother = (row: PodRow) =>
		row.rollout?.revision !== revision || row.deletionDueAt !== undefined || keepsRestarting(row);
	if (same.some(isAnother)) return '';
	return `, since rollout revision ${revision} at ${formatClockTime(at)}`;
}

/** Actions that may help, best first. A restart fixes neither a memory limit that is too low nor a missing image. */
function helpfulActions(
	{status, workload, lastTermination: termination, node, deletionDueAt}: PodRow,
	afterRollout: boolean,
): typeof podsUnhealthy.actions {
	const actions: (typeof podsUnhealthy.actions)[number][] = [];
	if (deletionDueAt !== undefined) return ['kubernetes.delete-pod'];
	if (afterRollout) actions.push('kubernetes.undo-rollout');
	if (node === undefined) return workload === undefined ? actions : [...actions, 'kubernetes.scale'];
	const isFutile = termination?.reason === 'OOMKilled' || /Image|Config/.test(status);
	if (!isFutile && workload !== undefined) actions.push('kubernetes.restart', 'kubernetes.evict-pod');
	return actions;
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
