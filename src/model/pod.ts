import type {Finding, Row, Severity} from '../contract.ts';
import {bySeverity, worst} from '../severity.ts';
import {clockTime, duration} from '../text/figures.ts';
import type {LastEnd} from './pod-cause.ts';

/** Pending is normal while an image is pulled; longer than this someone waits. */
const pendingPatienceMs = 2 * 60_000;
/** A pod that restarted so lately is not well yet, whatever it says. */
const restartMemoryMs = 10 * 60_000;

/** The workload behind a pod: what a remedy acts on. `uid` is its own. */
export type Workload = {
	/** `Deployment`, `StatefulSet`, `DaemonSet`, `ReplicaSet`, `Job`, or a kind of an extension. */
	readonly kind: string;
	readonly name: string;
	readonly uid: string;
	/** A Deployment whose rollouts wait until it is resumed. */
	readonly paused: boolean;
	/** How many pods it is to have, where that is known. */
	readonly replicas: number | undefined;
};

/** The rollout that a pod came with. `at` is epoch milliseconds; `first`: nothing came before it. */
export type Rollout = {readonly revision: number; readonly at: number; readonly first: boolean};

/** What is known of one pod. Moments are epoch milliseconds. */
export type PodFacts = {
	readonly uid: string;
	readonly namespace: string;
	readonly name: string;
	/** The workload that a person knows it by: `api` for `api-7f9c6d-x2k4p`. */
	readonly owner: string;
	/** Undefined when nothing brings the pod back. */
	readonly workload: Workload | undefined;
	readonly rollout: Rollout | undefined;
	/** Undefined until it is scheduled. */
	readonly node: string | undefined;
	readonly ready: number;
	readonly containers: number;
	/** The word of `kubectl get pods`, STATUS. */
	readonly status: string;
	readonly lastEnd: LastEnd | undefined;
	/** What the status hides, in a few words: `OOMKilled 137`, `0/3 nodes: insufficient cpu`. See podCause. */
	readonly cause: string | undefined;
	/** Least memory limit of its containers, as it is written: `512Mi`. */
	readonly memoryLimit: string | undefined;
	readonly restarts: number;
	readonly restartedAt: number | undefined;
	readonly createdAt: number;
	/** When it last stopped being ready. */
	readonly unreadySince: number | undefined;
	/** When it has to be gone at the latest: the deletion's own moment with its grace. */
	readonly deleteBy: number | undefined;
};

export type PodRow = Row & PodFacts;

/** Statuses of a container that cannot start or does not stay up; `Init:` in front does not matter. */
const broken = new Set([
	'CrashLoopBackOff',
	'OOMKilled',
	'Error',
	'ContainerCannotRun',
	'CreateContainerConfigError',
	'CreateContainerError',
	'RunContainerError',
	'ImagePullBackOff',
	'ErrImagePull',
	'InvalidImageName',
	'ErrImageNeverPull',
	'DeadlineExceeded',
	'NodeLost',
	'Unknown',
]);

export function podRow(target: string, facts: PodFacts, now: number): PodRow {
	const {severity, why} = judged(facts, now);
	return {id: facts.uid, target, severity, ...(why === undefined ? {} : {why}), ...facts};
}

function judged(facts: PodFacts, now: number): {readonly severity: Severity; readonly why?: string} {
	const {status, ready, containers} = facts;
	const bare = status.replace(/^Init:/, '');
	if (broken.has(bare) || /^(ExitCode|Signal):/.test(bare)) return {severity: 'crit', why: told(facts)};
	if (status === 'Completed' || status === 'Succeeded') return {severity: 'ok'};
	if (facts.deleteBy !== undefined) {
		if (now <= facts.deleteBy) return {severity: 'ok'};
		const held = facts.cause === undefined ? '' : `, held by ${facts.cause}`;
		return {severity: 'warn', why: `should be gone since ${duration((now - facts.deleteBy) / 1000)}${held}`};
	}
	if (status === 'Evicted') return {severity: 'warn', why: told(facts)};
	if (facts.node === undefined || status === 'Pending') {
		const waited = now - facts.createdAt;
		return waited < pendingPatienceMs ? {severity: 'ok'} : {severity: 'warn', why: told(facts)};
	}
	if (ready < containers) {
		const since = facts.unreadySince ?? facts.createdAt;
		if (now - since < pendingPatienceMs) return {severity: 'ok'};
		const why = facts.cause === undefined ? '' : ` <- ${facts.cause}`;
		return {severity: 'warn', why: `not ready, ${ready} of ${containers} containers${why}`};
	}
	if (facts.restartedAt !== undefined && now - facts.restartedAt < restartMemoryMs) {
		return {severity: 'warn', why: 'restarted in the last 10 minutes'};
	}
	return {severity: 'ok'};
}

/** `CrashLoopBackOff <- OOMKilled 137`: what a status alone hides. Without figures that grow, so that it names one trouble while it lasts. */
function trouble({status, cause, lastEnd, memoryLimit}: PodFacts): string {
	if (cause === undefined) return status;
	const limit = lastEnd?.reason === 'OOMKilled' && memoryLimit !== undefined ? ` at limit ${memoryLimit}` : '';
	return status === 'OOMKilled' || /^Init:OOMKilled$/.test(status)
		? `${status} ${cause}${limit}`
		: `${status} <- ${cause}${limit}`;
}

/** The same with how often it happened: `CrashLoopBackOff <- OOMKilled 137 x14`. */
function told(facts: PodFacts): string {
	const text = trouble(facts);
	return facts.cause === undefined || facts.restarts < 2 ? text : `${text} x${facts.restarts}`;
}

/** One finding for each workload and cause: six pods that fall over the same thing are one thing that is wrong. */
export function podFindings(rows: readonly PodRow[], target: string): readonly Finding[] {
	const pods = Map.groupBy(rows, row => `${row.namespace}/${row.owner}`);
	return [...pods].flatMap(([workload, all]) => {
		const sick = all.filter(row => row.severity !== 'ok');
		const causes = Map.groupBy(sick, sameTrouble);
		return [...causes].flatMap(([why, same]) => podFinding(target, workload, why, same, all.length));
	});
}

/** What rows have in common that are one thing that is wrong: nothing in it changes from one poll to the next. */
function sameTrouble(row: PodRow): string {
	if (row.severity === 'crit' || row.status === 'Evicted' || row.node === undefined) return trouble(row);
	return row.deleteBy === undefined ? (row.why ?? row.status) : 'should be gone and are not';
}

/** A container is not ready some time after its rollout began, but hardly a day later because of it. */
const rolloutSuspicionMs = 60 * 60_000;

/** `, since rollout revision 41 at 13:58:00Z` when all of them came with one rollout, shortly before the trouble, and another came before it. */
function sinceRollout(same: readonly PodRow[], since: number): string {
	const revisions = new Set(same.map(row => row.rollout?.revision));
	const rollout = same[0]?.rollout;
	if (rollout === undefined || revisions.size > 1 || rollout.first) return '';
	if (since < rollout.at || since - rollout.at > rolloutSuspicionMs) return '';
	return `, since rollout revision ${rollout.revision} at ${clockTime(rollout.at)}`;
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
	const since = Math.min(...same.map(row => row.unreadySince ?? row.restartedAt ?? row.createdAt));
	return [
		{
			id: `${target}/pods/${workload}/${why}`,
			target,
			severity,
			sentence: `${workload}: ${same.length} of ${all} pods ${why}${sinceRollout(same, since)}`,
			since,
			row: {kind: 'kubernetes.pod', id: first.id},
			kind: 'kubernetes.pod',
			evidence: same
				.slice(0, 5)
				.map(row => `${row.name}: ${row.why}, ${row.ready}/${row.containers} ready, ${row.restarts} restarts`),
			actions: remedies(first, sinceRollout(same, since) !== ''),
			inspections: ['kubernetes.describe-pod', 'kubernetes.logs', 'kubernetes.events', 'kubernetes.owners'],
		},
	];
}
