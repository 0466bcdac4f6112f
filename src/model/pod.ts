import type {Finding, Row, Severity} from '../contract.ts';
import {bySeverity, worst} from '../severity.ts';
import {duration} from '../text/figures.ts';

/** Pending is normal while an image is pulled; longer than this someone waits. */
const pendingPatienceMs = 2 * 60_000;
/** A pod that restarted so lately is not well yet, whatever it says. */
const restartMemoryMs = 10 * 60_000;

/** What a container died of, the last time it did. */
export type LastEnd = {readonly reason: string; readonly exitCode: number};

/** What is known of one pod. Moments are epoch milliseconds. */
export type PodFacts = {
	readonly uid: string;
	readonly namespace: string;
	readonly name: string;
	/** The workload that a person knows it by: `api` for `api-7f9c6d-x2k4p`. */
	readonly owner: string;
	/** Undefined until it is scheduled. */
	readonly node: string | undefined;
	readonly ready: number;
	readonly containers: number;
	/** The word of `kubectl get pods`, STATUS. */
	readonly status: string;
	readonly lastEnd: LastEnd | undefined;
	/** Why it is not scheduled, in the scheduler's words. */
	readonly message: string | undefined;
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
	if (broken.has(bare) || /^(ExitCode|Signal):/.test(bare)) return {severity: 'crit', why: cause(facts)};
	if (status === 'Completed' || status === 'Succeeded') return {severity: 'ok'};
	if (facts.deleteBy !== undefined) {
		if (now <= facts.deleteBy) return {severity: 'ok'};
		return {severity: 'warn', why: `should be gone since ${duration((now - facts.deleteBy) / 1000)}`};
	}
	if (status === 'Evicted') return {severity: 'warn', why: 'Evicted'};
	if (facts.node === undefined || status === 'Pending') {
		const waited = now - facts.createdAt;
		return waited < pendingPatienceMs ? {severity: 'ok'} : {severity: 'warn', why: cause(facts)};
	}
	if (ready < containers) {
		const since = facts.unreadySince ?? facts.createdAt;
		if (now - since < pendingPatienceMs) return {severity: 'ok'};
		return {severity: 'warn', why: `not ready, ${ready} of ${containers} containers`};
	}
	if (facts.restartedAt !== undefined && now - facts.restartedAt < restartMemoryMs) {
		return {severity: 'warn', why: 'restarted in the last 10 minutes'};
	}
	return {severity: 'ok'};
}

/** `CrashLoopBackOff <- OOMKilled 137`: what a status alone hides. */
function cause({status, lastEnd, message}: PodFacts): string {
	if (lastEnd !== undefined) return `${status} <- ${lastEnd.reason} ${lastEnd.exitCode}`;
	return message === undefined ? status : `${status}: ${message}`;
}

/** One finding for each workload and cause: six pods that fall over the same thing are one thing that is wrong. */
export function podFindings(rows: readonly PodRow[], target: string): readonly Finding[] {
	const sick = Map.groupBy(
		rows.filter(row => row.severity !== 'ok'),
		workloadOf,
	);
	if (sick.size === 0) return [];
	// All pods are counted, and only those of a sick workload are anyone's.
	const sizes = new Map<string, number>();
	for (const row of rows) {
		const workload = workloadOf(row);
		if (sick.has(workload)) sizes.set(workload, (sizes.get(workload) ?? 0) + 1);
	}
	return [...sick].flatMap(([workload, found]) => {
		const causes = Map.groupBy(found, row => (row.severity === 'crit' ? cause(row) : (row.why ?? row.status)));
		return [...causes].flatMap(([why, same]) => podFinding(target, workload, why, same, sizes.get(workload) ?? 0));
	});
}

const workloadOf = (row: PodRow): string => `${row.namespace}/${row.owner}`;

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
	// A wait whose length is told has another sentence at every poll: the identity is the kind of trouble, not its length.
	const kind = first.deleteBy === undefined ? why : 'should be gone';
	return [
		{
			id: `${target}/pods/${workload}/${kind}`,
			target,
			severity,
			sentence: `${workload}: ${same.length} of ${all} pods ${why}`,
			since,
			row: {kind: 'kubernetes.pod', id: first.id},
			kind: 'kubernetes.pod',
			evidence: same
				.slice(0, 5)
				.map(row => `${row.name}: ${row.why}, ${row.ready}/${row.containers} ready, ${row.restarts} restarts`),
			actions: [],
			inspections: ['kubernetes.describe-pod'],
		},
	];
}
