import type {ActionContext, Check, Preview} from '../../../src/contract/action.ts';
import {defineAction} from '../../../src/contract/define.ts';
import {AdapterError, conflictError, isAdapterError, readBeforeSending} from '../../../src/errors.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import type {KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import type {DisruptionBudgetObject} from '../../../src/port/kubernetes-objects.ts';
import {shellLine} from '../../../src/text/quote.ts';
import {readCompleteObjects} from '../api/cached-reads.ts';
import {kubectlCommand} from '../api/cli-equivalent.ts';
import {findApiRefusal} from '../api/errors.ts';
import {accessFact} from '../objects/access-check.ts';
import type {PodRef} from '../objects/pod-ref.ts';
import {podShownFacts} from '../objects/shown-pod.ts';
import {type DryRunResult, toDryRunResult} from '../workloads/guarded-patch.ts';
import {budgetsCoveringPod, budgetText} from './disruption-budgets.ts';
import {
	accessChecks,
	assessRemovalRisk,
	type CurrentPod,
	describeRemovalImpact,
	filterUnchangedPods,
	type PodRemoval,
	podsUnchangedChecks,
	previewRemoval,
	readCurrentPods,
	replacementChecks,
	sendToEachPod,
	toPodRemovals,
	verifyPodRemovals,
} from './pod-removal.ts';

/** A plan to evict pods, in this order. */
export type EvictPlan = {readonly target: string; readonly pods: readonly PodRemoval[]; readonly dryRun: DryRunResult};

type About = ActionContext<KubernetesPort, KubernetesSettings>;

/** Adds a hint to the refusal of an eviction: 429 means a budget forbids it; 500 that two budgets cover the pod. */
function explainEvictionError(error: unknown): unknown {
	const refusal = findApiRefusal(error);
	if (!isAdapterError(error) || refusal === undefined) return error;
	if (refusal.code === 429) {
		const why = refusal.causes.map(cause => cause.message).filter(Boolean);
		const message = [refusal.message, ...why].join(' ');
		const wait = refusal.retryAfterMs === undefined ? '' : ` Try again in ${Math.ceil(refusal.retryAfterMs / 1000)} s.`;
		const hint = `A disruption budget protects it: make other pods of its workload ready first.${wait} As a last resort, delete it.`;
		return new AdapterError('denied', message, hint, {cause: error.cause});
	}
	if (refusal.code === 500 && /more than one PodDisruptionBudget/i.test(refusal.message)) {
		const hint =
			'Nothing was changed. Two budgets cover this pod, and the server never evicts such a pod: correct their selectors.';
		return new AdapterError('denied', refusal.message, hint, {cause: error.cause});
	}
	return error;
}

async function sendEviction(pod: PodRef, dryRun: boolean, {port, ...context}: About): Promise<void> {
	try {
		await port.evict(pod, {dryRun, preconditions: {uid: pod.uid}}, context);
	} catch (error) {
		throw explainEvictionError(error);
	}
}

/** Dry-runs each eviction on its own: whether all together are allowed follows only from the budgets. */
async function dryRunEvictions(removals: readonly PodRemoval[], context: About): Promise<DryRunResult> {
	const results = await Promise.all(
		removals.map(async ({pod}): Promise<DryRunResult & {readonly name: string}> => {
			try {
				await sendEviction(pod, true, context);
				return {name: pod.name, result: 'accepted', detail: 'the server accepts it'};
			} catch (error) {
				return {name: pod.name, ...toDryRunResult(error)};
			}
		}),
	);
	const failed = results.find(({result}) => result === 'refused') ?? results.find(({result}) => result !== 'accepted');
	if (failed === undefined) return {result: 'accepted', detail: 'the server accepts it'};
	return {result: failed.result, detail: results.length === 1 ? failed.detail : `${failed.name}: ${failed.detail}`};
}

/** An accepted dry run is not repeated: the server decides again when the eviction is sent. Any other is repeated, because it may succeed by now. */
async function dryRunCheck({pods, dryRun}: EvictPlan, context: About): Promise<Check> {
	const label = 'dry run';
	const {result, detail} = dryRun;
	if (result === 'accepted') return {label, result: 'pass', detail};
	const now = await dryRunEvictions(pods, context);
	if (now.result === result) return {label, result: result === 'refused' ? 'warn' : 'unknown', detail: now.detail};
	return {label, result: 'block', detail: `${now.detail} now, it was: ${detail}`, conflict: true};
}

export const budgetLabel = 'disruption budgets';

/** A budget, and the effect of removing the selected pods together. */
export type BudgetCoverage = {
	readonly budget: DisruptionBudgetObject;
	/** How many more disruptions it allows. */
	readonly allowed: number;
	/** How many of the selected pods that it covers serve now. */
	readonly serving: number;
};

/** Reads the budgets that cover the selected pods, by pod and by budget; `unread` says why they are not known. */
export async function readBudgetCoverage(currentPods: readonly CurrentPod[], {port, ...context}: About) {
	const {objects, unread} = await readCompleteObjects(port, 'poddisruptionbudgets', context);
	const budgetsByPod = currentPods.map(currentPod => {
		const {namespace, labels = {}} = currentPod.object.metadata;
		return {currentPod, budgets: budgetsCoveringPod(objects.values(), {namespace, labels})};
	});
	const pairs = budgetsByPod.flatMap(({currentPod, budgets}) => budgets.map(budget => ({budget, currentPod})));
	const byBudget = Map.groupBy(pairs, ({budget}) => budget.metadata.uid);
	const coverages = [...byBudget.values()].flatMap((same): readonly BudgetCoverage[] => {
		const budget = same[0]?.budget;
		if (budget === undefined) return [];
		const serving = same.filter(({currentPod}) => currentPod.isServing).length;
		return [{budget, allowed: budget.status?.disruptionsAllowed ?? 0, serving}];
	});
	return {budgetsByPod, coverages, unread};
}

/** `api allows 2 more (6 healthy, 4 needed), and 3 of the marked pods serve`; for a single pod without the second part. */
export const describeBudgetCoverage = ({budget, serving}: BudgetCoverage, marked: number): string =>
	`${budgetText(budget)}${marked === 1 ? '' : `, and ${serving} of the marked pods serve`}`;

/** Checks each budget that covers the selected pods. */
async function budgetChecks(currentPods: readonly CurrentPod[], context: About): Promise<readonly Check[]> {
	const label = budgetLabel;
	const {budgetsByPod, coverages, unread} = await readBudgetCoverage(currentPods, context);
	if (unread !== undefined) return [{label, result: 'unknown', detail: `they ${unread}`}];
	const duplicate = budgetsByPod.find(({budgets}) => budgets.length > 1);
	if (duplicate !== undefined) {
		const names = duplicate.budgets.map(budget => budget.metadata.name).join(', ');
		const whose = currentPods.length === 1 ? 'it' : duplicate.currentPod.pod.name;
		const detail = `${duplicate.budgets.length} budgets cover ${whose} (${names}): the server never evicts such a pod`;
		return [{label, result: 'block', detail}];
	}
	const checks = coverages.map((coverage): Check => {
		const {budget, allowed, serving} = coverage;
		const detail = budgetText(budget);
		if (allowed >= serving && serving > 0) return {label, result: 'pass', detail};
		// A pod that is not ready may be evicted where enough others are healthy: the server decides.
		if (serving === 0) return {label, result: 'warn', detail};
		const coverageText = describeBudgetCoverage(coverage, currentPods.length);
		return {label, result: 'block', detail: `${coverageText}; as a last resort, delete`};
	});
	if (checks.length > 0) return checks;
	return [{label, result: 'pass', detail: currentPods.length === 1 ? 'none covers it' : 'none covers them'}];
}

/** kubectl has no command to evict a single pod: posts the Eviction with `kubectl create --raw`. */
function evictionCliEquivalent({namespace, name, uid}: PodRef, {target}: About): string {
	const eviction = {
		apiVersion: 'policy/v1',
		kind: 'Eviction',
		metadata: {name, namespace},
		deleteOptions: {preconditions: {uid}},
	};
	const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
	return `${shellLine(['printf', '%s', JSON.stringify(eviction)])} | ${kubectlCommand(target, 'create', '--raw', path, '-f', '-')}`;
}

/** Why evicting is futile: all pods were OOM killed, and new ones get the same memory limit. */
function futileReason(rows: readonly PodRow[], currentPods: readonly CurrentPod[]): Preview['unhelpful'] {
	const [first] = rows;
	const isFutile = rows.every(
		(row, index) => row.lastTermination?.reason === 'OOMKilled' && currentPods[index]?.isServing === false,
	);
	if (first?.lastTermination === undefined || !isFutile) return undefined;
	const {reason, exitCode} = first.lastTermination;
	return {
		reason: `${rows.length === 1 ? 'it ends' : 'they all end'} ${reason} ${exitCode}, and a new pod gets the same memory limit`,
		...(first.rollout === undefined || first.rollout.first ? {} : {instead: 'kubernetes.undo-rollout'}),
	};
}

/** Evicts pods like a drain: disruption budgets are respected, and their workloads create new pods. */
export const evictPod = defineAction<PodRow, KubernetesPort, KubernetesSettings>()<EvictPlan>({
	id: 'kubernetes.evict-pod',
	title: 'Evict pod',
	key: 'E',
	kind: 'kubernetes.pod',
	selects: 'many',
	params: [],
	shownFacts: [
		...podShownFacts,
		{
			fact: 'its grace period',
			changeDetectedBy: 'preconditions.uid: the grace period of a pod is fixed when it is created',
		},
		{
			fact: 'disruption budgets',
			changeDetectedBy: 'read again just before the request is sent, and enforced by the server',
		},
		{
			fact: 'what the dry run said',
			changeDetectedBy:
				'an accepted one is checked again by the server; any other is repeated just before the request is sent',
		},
		{
			fact: 'how its containers terminated before',
			changeAllowedBecause:
				'each crash overwrites it; it only explains why evicting does not help, and whether the pod serves is bound',
		},
		accessFact('evict it'),
	],
	disabled(rows) {
		const ending = rows.filter(row => row.deletionDueAt !== undefined);
		if (ending.length === 0) return undefined;
		return rows.length === 1 ? 'it is already being deleted' : `${ending[0]?.name} is already being deleted: unmark it`;
	},
	async preview(rows, _params, context) {
		const currentPods = await readCurrentPods(rows, context);
		const pods = toPodRemovals(currentPods);
		const dryRun = await dryRunEvictions(pods, context);
		const unhelpful = futileReason(rows, currentPods);
		return {
			...previewRemoval({target: context.target.name, pods, dryRun}),
			cliEquivalent: pods.map(({pod}) => evictionCliEquivalent(pod, context)).join(' && '),
			impact: describeRemovalImpact(currentPods, undefined),
			risk: assessRemovalRisk(currentPods),
			undo: {class: 'none', text: 'none: an evicted pod does not come back, its workload creates a new one'},
			...(unhelpful === undefined ? {} : {unhelpful}),
		};
	},
	unchangedRows: filterUnchangedPods,
	async preflight(plan, context) {
		const question = {verb: 'create', subresource: 'eviction'};
		const [{checks, currentPods}, permissionChecks] = await Promise.all([
			podsUnchangedChecks(plan.pods, context),
			accessChecks(
				plan.pods.length === 1 ? 'the right to evict it' : 'the right to evict them',
				question,
				plan.pods,
				context,
			),
		]);
		if (currentPods.length < plan.pods.length) return [...checks, ...permissionChecks];
		const [budgets, dryRun] = await Promise.all([budgetChecks(currentPods, context), dryRunCheck(plan, context)]);
		return [...checks, ...permissionChecks, ...budgets, dryRun, ...replacementChecks(plan.pods)];
	},
	async run(plan, context) {
		const dryRun = await readBeforeSending(dryRunCheck(plan, context));
		if (dryRun.conflict) throw conflictError(dryRun.detail);
		return sendToEachPod(plan.pods, 'evicted', pod => sendEviction(pod, false, context), context);
	},
	verify: (plan, receipt, context) => verifyPodRemovals(plan.pods, receipt, context),
	settleMs: 120_000,
	undo: {impossible: 'An evicted pod does not come back; its workload creates a new one.'},
});
