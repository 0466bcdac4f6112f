import type {Finding} from '../../contract/finding.ts';
import {createFinding} from '../../contract/finding-type.ts';
import {formatClockTime} from '../../text/format.ts';
import {runCounts, runProblem} from './job-runs.ts';
import {autoscalerLimited, budgetBlocksEvictions, jobFailed, rolloutStuck} from './kubernetes-finding-types.ts';
import {blocksEvictions, type WorkloadAutoscaler, type WorkloadBudget, type WorkloadRow} from './workload.ts';

/** Findings about failed Jobs, stalled rollouts, autoscalers that fail or are at their limit, and budgets that allow no eviction. */
export function workloadFindings(rows: readonly WorkloadRow[], target: string): readonly Finding[] {
	const found = rows.flatMap(row => [
		...jobFinding(row, target),
		...rolloutFinding(row, target),
		...autoscalerFinding(row, target),
		...row.budgets.filter(budget => isReported(row, budget)).map(budget => budgetFinding(row, budget, target)),
	]);
	// One budget may cover the pods of two workloads.
	return [...new Map(found.map(finding => [finding.id, finding])).values()];
}

/** A budget with too few healthy pods is not reported when those pods have a finding of their own. */
const isReported = ({pods}: WorkloadRow, budget: WorkloadBudget): boolean =>
	blocksEvictions(budget) && (budget.healthy >= budget.needed || pods.severity === 'ok');

const about = (row: WorkloadRow, target: string) =>
	({target, row: {kind: 'kubernetes.workload', id: row.id}, kind: 'kubernetes.workload'}) as const;

/** `rollout of revision 41, begun at 13:58:00Z,`, as far as known. */
function named({revision, rollout}: WorkloadRow): string {
	const number = revision === undefined ? 'its rollout' : `rollout of revision ${revision}`;
	return rollout?.at === undefined ? number : `${number}, begun at ${formatClockTime(rollout.at)},`;
}

function counts({ready, desired, updated, workloadKind, state}: WorkloadRow): readonly string[] {
	return [`${workloadKind}: ${updated} of ${desired} pods are new, ${ready} ready`, `rollout status: ${state.detail}`];
}

/** A failed Job. When failed pods of it still exist, they have a finding of their own; often they are deleted with the failure. */
function jobFinding(row: WorkloadRow, target: string): readonly Finding[] {
	const {runs, pods, namespace, name, workloadKind} = row;
	const last = runs?.last;
	const problem = runs && runProblem(runs);
	if (last === undefined || problem === undefined || pods.severity === 'crit') return [];
	return [
		createFinding(jobFailed, {
			...about(row, target),
			id: `${target}/job/${namespace}/${workloadKind}/${name}`,
			severity: 'crit',
			sentence: `${namespace}/${name}: ${problem.why}`,
			...(last.endedAt === undefined ? {} : {since: last.endedAt}),
			evidence: [`${workloadKind}: ${runCounts(last)}`],
		}),
	];
}

function rolloutFinding(row: WorkloadRow, target: string): readonly Finding[] {
	if (row.runs !== undefined) return [];
	const {status, pods, refused, rollout, namespace, name} = row;
	if (status !== 'failed' && status !== 'stalled' && refused === undefined) return [];
	// Unhealthy pods of the new revision are the cause: their own finding names the rollout.
	if (
		refused === undefined &&
		(status === 'failed' ? pods.currentRevisionSeverity === 'crit' : pods.currentRevisionSeverity !== 'ok')
	)
		return [];
	const why =
		refused !== undefined
			? `is blocked: no pod can be created, ${refused}`
			: status === 'failed'
				? `failed: ${row.state.detail}`
				: `is stalled: ${pods.unhealthy} of ${pods.total} pods ${pods.why ?? 'are unhealthy'}`;
	const canRollBack = row.revision !== undefined && rollout?.first !== true && row.rolling;
	return [
		createFinding(rolloutStuck, {
			...about(row, target),
			id: `${target}/rollout/${namespace}/${row.workloadKind}/${name}`,
			severity: status === 'failed' || refused !== undefined ? 'crit' : 'warn',
			sentence: `${namespace}/${name}: ${named(row)} ${why}`,
			...(rollout?.at === undefined || !row.rolling ? {} : {since: rollout.at}),
			evidence: counts(row),
			...(canRollBack ? {} : {actions: []}),
		}),
	];
}

function autoscalerFinding(row: WorkloadRow, target: string): readonly Finding[] {
	const {autoscaler, namespace, name} = row;
	const why = autoscaler === undefined ? undefined : autoscalerProblem(autoscaler);
	if (autoscaler === undefined || why === undefined) return [];
	return [
		createFinding(autoscalerLimited, {
			...about(row, target),
			id: `${target}/autoscaler/${namespace}/${autoscaler.name}`,
			severity: 'warn',
			sentence: `${namespace}/${name}: autoscaler ${autoscaler.name} ${why}`,
			...(autoscaler.since === undefined ? {} : {since: autoscaler.since}),
			evidence: [`${autoscaler.current} pods, allowed are ${autoscaler.min} to ${autoscaler.max}`],
		}),
	];
}

function autoscalerProblem({limited, failing, max}: WorkloadAutoscaler): string | undefined {
	if (failing !== undefined) return `fails: ${failing}`;
	return limited ? `is at its limit of ${max} pods and would scale further` : undefined;
}

function budgetFinding(row: WorkloadRow, budget: WorkloadBudget, target: string): Finding {
	const {name, healthy, needed, expected} = budget;
	const why =
		healthy < needed
			? `${healthy} pods are healthy and ${needed} are needed`
			: `all ${expected} pods are healthy and all are needed`;
	return createFinding(budgetBlocksEvictions, {
		...about(row, target),
		id: `${target}/budget/${row.namespace}/${name}`,
		severity: 'warn',
		sentence: `${row.namespace}/${row.name}: budget ${name} allows no eviction: ${why}`,
		...(budget.since === undefined ? {} : {since: budget.since}),
		evidence: [
			`${healthy} healthy of ${expected} expected, ${needed} needed, 0 may be evicted: nodes with such a pod cannot be drained`,
		],
	});
}
