import type {ActionContext, Check, Preview} from '../../../src/contract/action.ts';
import {defineAction} from '../../../src/contract/define.ts';
import {AdapterError, isAdapterError, readBeforeSending} from '../../../src/errors.ts';
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
import {conflictError} from '../objects/workload-ref.ts';
import {type DryRunResult, toDryRunResult} from '../workloads/guarded-patch.ts';
import {budgetsCoveringPod, budgetText} from './disruption-budgets.ts';
import {
	accessChecks,
	assessRemovalRisk,
	type CurrentPod,
	describePodBinding,
	describeRemovalImpact,
	filterUnchangedPods,
	listTouchedPods,
	nameRemovedObject,
	type PodRemoval,
	podsUnchangedChecks,
	readCurrentPods,
	replacementChecks,
	sendToEachPod,
	toPodRemovals,
	verifyPodRemovals,
} from './pod-removal.ts';

/** The pods that are evicted together, in this order. */
export type EvictPlan = {readonly target: string; readonly pods: readonly PodRemoval[]; readonly dryRun: DryRunResult};

type About = ActionContext<KubernetesPort, KubernetesSettings>;

/** 429 is the budget's no, and 500 what the server answers when two budgets cover one pod. */
function explainEvictionError(error: unknown): unknown {
	const refusal = findApiRefusal(error);
	if (!isAdapterError(error) || refusal === undefined) return error;
	if (refusal.code === 429) {
		const why = refusal.causes.map(cause => cause.message).filter(Boolean);
		const message = [refusal.message, ...why].join(' ');
		const wait = refusal.retryAfterMs === undefined ? '' : ` Try again in ${Math.ceil(refusal.retryAfterMs / 1000)} s.`;
		const hint = `A disruption budget protects it: bring other pods of it back first.${wait} To delete it all the same is the second choice.`;
		return new AdapterError('denied', message, hint, {cause: error.cause});
	}
	if (refusal.code === 500 && /more than one PodDisruptionBudget/i.test(refusal.message)) {
		const hint =
			'Nothing was done. Two budgets cover this pod, and the server evicts none of those: correct their selectors.';
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

/** A dry run of each alone: that all go together only the budgets tell. */
async function dryRunEvictions(endings: readonly PodRemoval[], context: About): Promise<DryRunResult> {
	const tries = await Promise.all(
		endings.map(async ({pod}): Promise<DryRunResult & {readonly name: string}> => {
			try {
				await sendEviction(pod, true, context);
				return {name: pod.name, result: 'accepted', detail: 'the server accepts it'};
			} catch (error) {
				return {name: pod.name, ...toDryRunResult(error)};
			}
		}),
	);
	const not = tries.find(each => each.result === 'refused') ?? tries.find(each => each.result !== 'accepted');
	if (not === undefined) return {result: 'accepted', detail: 'the server accepts it'};
	return {result: not.result, detail: tries.length === 1 ? not.detail : `${not.name}: ${not.detail}`};
}

/** What was accepted is judged once more when it is sent; what was not is tried again, since it may be let through by now. */
async function dryRunCheck({pods, dryRun}: EvictPlan, context: About): Promise<Check> {
	const label = 'dry run';
	const {result, detail} = dryRun;
	if (result === 'accepted') return {label, result: 'pass', detail};
	const now = await dryRunEvictions(pods, context);
	if (now.result === result) return {label, result: result === 'refused' ? 'warn' : 'unknown', detail: now.detail};
	return {label, result: 'block', detail: `${now.detail} now, it was: ${detail}`, conflict: true};
}

export const budgetLabel = 'disruption budgets';

/** A budget, and what the pods that are to end mean to it: it counts all that are marked together. */
export type BudgetCoverage = {
	readonly budget: DisruptionBudgetObject;
	/** How many more it lets go. */
	readonly allowed: number;
	/** Of the pods that it covers, those that serve now. */
	readonly serving: number;
};

/** The budgets that cover pods which are to end, for each pod and for all of them; `unread` says why they are not known. */
export async function readBudgetCoverage(standings: readonly CurrentPod[], {port, ...context}: About) {
	const {objects, unread} = await readCompleteObjects(port, 'poddisruptionbudgets', context);
	const covered = standings.map(standing => {
		const {namespace, labels = {}} = standing.object.metadata;
		return {standing, budgets: budgetsCoveringPod(objects.values(), {namespace, labels})};
	});
	const pairs = covered.flatMap(({standing, budgets}) => budgets.map(budget => ({budget, standing})));
	const byBudget = Map.groupBy(pairs, ({budget}) => budget.metadata.uid);
	const covers = [...byBudget.values()].flatMap((same): readonly BudgetCoverage[] => {
		const budget = same[0]?.budget;
		if (budget === undefined) return [];
		const serving = same.filter(({standing}) => standing.isServing).length;
		return [{budget, allowed: budget.status?.disruptionsAllowed ?? 0, serving}];
	});
	return {covered, covers, unread};
}

/** `api allows 2 more (6 healthy, 4 needed), and 3 of the marked pods serve`: of one pod without the last. */
export const describeBudgetCoverage = ({budget, serving}: BudgetCoverage, marked: number): string =>
	`${budgetText(budget)}${marked === 1 ? '' : `, and ${serving} of the marked pods serve`}`;

/** How many of the pods that serve may go by each budget that covers them. */
async function budgetChecks(standings: readonly CurrentPod[], context: About): Promise<readonly Check[]> {
	const label = budgetLabel;
	const {covered, covers, unread} = await readBudgetCoverage(standings, context);
	if (unread !== undefined) return [{label, result: 'unknown', detail: `they ${unread}`}];
	const twice = covered.find(({budgets}) => budgets.length > 1);
	if (twice !== undefined) {
		const names = twice.budgets.map(budget => budget.metadata.name).join(', ');
		const whose = standings.length === 1 ? 'it' : twice.standing.pod.name;
		const detail = `${twice.budgets.length} budgets cover ${whose} (${names}): the server evicts none of those`;
		return [{label, result: 'block', detail}];
	}
	const checks = covers.map((cover): Check => {
		const {budget, allowed, serving} = cover;
		const detail = budgetText(budget);
		if (allowed >= serving && serving > 0) return {label, result: 'pass', detail};
		// A pod that is not ready may go where enough others are: the server decides.
		if (serving === 0) return {label, result: 'warn', detail};
		const told = describeBudgetCoverage(cover, standings.length);
		return {label, result: 'block', detail: `${told}; to delete all the same is the second choice`};
	});
	if (checks.length > 0) return checks;
	return [{label, result: 'pass', detail: standings.length === 1 ? 'none covers it' : 'none covers them'}];
}

/** kubectl has no word for the eviction of one pod. */
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

/** Why evicting does not help: all of them are killed for their memory, and new ones get the same limit. */
function futileReason(rows: readonly PodRow[], standings: readonly CurrentPod[]): Preview['unhelpful'] {
	const [first] = rows;
	const isVain = rows.every(
		(row, index) => row.lastTermination?.reason === 'OOMKilled' && standings[index]?.isServing === false,
	);
	if (first?.lastTermination === undefined || !isVain) return undefined;
	const {reason, exitCode} = first.lastTermination;
	return {
		reason: `${rows.length === 1 ? 'it ends' : 'they all end'} ${reason} ${exitCode}, and a new pod gets the same memory limit`,
		...(first.rollout === undefined || first.rollout.first ? {} : {instead: 'kubernetes.undo-rollout'}),
	};
}

/** Ends pods the way a drain does: disruption budgets are asked, and their workloads make new ones. */
export const evictPod = defineAction<PodRow, KubernetesPort, KubernetesSettings>()<EvictPlan>({
	id: 'kubernetes.evict-pod',
	title: 'Evict pod',
	key: 'E',
	kind: 'kubernetes.pod',
	selects: 'many',
	params: [],
	shows: [
		...podShownFacts,
		{fact: 'how long it has to end', bound: 'preconditions.uid: the grace of a pod is fixed when it is created'},
		{fact: 'disruption budgets', bound: 'read again just before it is sent, and the server asks them when it evicts'},
		{
			fact: 'what the dry run said',
			bound: 'what was accepted the server judges again; what was not is tried again just before it is sent',
		},
		{
			fact: 'how its containers ended before',
			notBound:
				'each crash overwrites it; it is only the reason why evicting does not help, and whether the pod serves is bound',
		},
		accessFact('evict it'),
	],
	disabled(rows) {
		const ending = rows.filter(row => row.deleteBy !== undefined);
		if (ending.length === 0) return undefined;
		return rows.length === 1 ? 'it is being deleted already' : `${ending[0]?.name} is being deleted already: unmark it`;
	},
	async preview(rows, _params, context) {
		const standings = await readCurrentPods(rows, context);
		const pods = toPodRemovals(standings);
		const dryRun = await dryRunEvictions(pods, context);
		const unhelpful = futileReason(rows, standings);
		return {
			plan: {target: context.target.name, pods, dryRun},
			target: context.target.name,
			object: nameRemovedObject(pods),
			locks: listTouchedPods(pods),
			count: pods.length,
			touches: listTouchedPods(pods),
			cliEquivalent: pods.map(({pod}) => evictionCliEquivalent(pod, context)).join(' && '),
			impact: describeRemovalImpact(standings, undefined),
			boundTo: describePodBinding(pods),
			changes: [],
			risk: assessRemovalRisk(standings),
			undo: {class: 'none', text: 'none: a pod that ended does not come back, its workload makes another'},
			...(unhelpful === undefined ? {} : {unhelpful}),
		};
	},
	unchangedRows: filterUnchangedPods,
	async preflight(plan, context) {
		const question = {verb: 'create', subresource: 'eviction'};
		const [{checks, standings}, may] = await Promise.all([
			podsUnchangedChecks(plan.pods, context),
			accessChecks(
				plan.pods.length === 1 ? 'the right to evict it' : 'the right to evict them',
				question,
				plan.pods,
				context,
			),
		]);
		if (standings.length < plan.pods.length) return [...checks, ...may];
		const [budgets, tried] = await Promise.all([budgetChecks(standings, context), dryRunCheck(plan, context)]);
		return [...checks, ...may, ...budgets, tried, ...replacementChecks(plan.pods)];
	},
	async run(plan, context) {
		const tried = await readBeforeSending(dryRunCheck(plan, context));
		if (tried.conflict) throw conflictError(tried.detail);
		return sendToEachPod(plan.pods, 'evicted', pod => sendEviction(pod, false, context), context);
	},
	verify: (plan, receipt, context) => verifyPodRemovals(plan.pods, receipt, context),
	settleMs: 120_000,
	undo: {impossible: 'A pod that was evicted does not come back; its workload makes another one.'},
});
