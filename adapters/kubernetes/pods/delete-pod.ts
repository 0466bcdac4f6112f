import type {ActionContext, Check} from '../../../src/contract/action.ts';
import {defineAction} from '../../../src/contract/define.ts';
import {conflictError, readBeforeSending} from '../../../src/errors.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import type {KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {kubectlCommand} from '../api/cli-equivalent.ts';
import {accessFact} from '../objects/access-check.ts';
import {podObjectRef} from '../objects/pod-ref.ts';
import {podShownFacts} from '../objects/shown-pod.ts';
import {type BudgetCoverage, budgetLabel, describeBudgetCoverage, evictPod, readBudgetCoverage} from './evict-pod.ts';
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

/** A plan to delete pods, in this order. */
export type DeletePodPlan = {
	readonly target: string;
	readonly pods: readonly PodRemoval[];
	/** Grace period in seconds; undefined: each pod's own; 0 forces. */
	readonly grace: number | undefined;
	/** Names of disruption budgets that the deletion violates; null when they could not be read. */
	readonly violatedBudgets: readonly string[] | null;
};

const ownGracePeriod = 'default';
const maxGraceSeconds = 3600;

/** Why deleting is futile: all pods are being deleted already and wait for finalizers. */
function futileReason(currentPods: readonly CurrentPod[]): {readonly reason: string} | undefined {
	const finalizerLists = currentPods.flatMap(({object: {metadata}}) =>
		metadata.deletionTimestamp === undefined ? [] : [metadata.finalizers ?? []],
	);
	if (finalizerLists.length < currentPods.length || finalizerLists.some(finalizers => finalizers.length === 0))
		return undefined;
	const names = [...new Set(finalizerLists.flat())].join(', ');
	const subject = currentPods.length === 1 ? 'it waits' : 'they wait';
	return {reason: `${subject} for finalizer ${names}: only the controller that set it can remove it`};
}

type Budgets = Pick<DeletePodPlan, 'violatedBudgets'> & {readonly checks: readonly Check[]};

/** Checks the disruption budgets, which deleting ignores: warns of those that it violates, and of those that allow no disruption now. */
async function checkBudgets(
	currentPods: readonly CurrentPod[],
	context: ActionContext<KubernetesPort, KubernetesSettings>,
): Promise<Budgets> {
	// A budget no longer counts pods that are being deleted.
	const counted = currentPods.filter(({object}) => object.metadata.deletionTimestamp === undefined);
	const {coverages, unread} = await readBudgetCoverage(counted, context);
	if (unread !== undefined)
		return {violatedBudgets: null, checks: [{label: budgetLabel, result: 'unknown', detail: `they ${unread}`}]};
	const checks = coverages.flatMap((coverage): readonly Check[] => {
		const {allowed, serving} = coverage;
		if (allowed > 0 && allowed >= serving) return [];
		const violation = violatesBudget(coverage) ? ': deleting violates it' : '';
		return [
			{
				label: budgetLabel,
				result: 'warn',
				detail: `${describeBudgetCoverage(coverage, currentPods.length)}${violation}`,
			},
		];
	});
	return {violatedBudgets: coverages.filter(violatesBudget).map(({budget}) => budget.metadata.name), checks};
}

const violatesBudget = ({serving, allowed}: BudgetCoverage): boolean => serving > allowed;

/** Names the budgets that deleting would violate now and did not in the plan. Undefined when there are none, or when they cannot be read: then a check says so. */
function describeBudgetConflict(plan: DeletePodPlan, now: Budgets): string | undefined {
	const newlyViolated = (now.violatedBudgets ?? []).filter(name => plan.violatedBudgets?.includes(name) !== true);
	return newlyViolated.length === 0 ? undefined : `deleting now also violates ${newlyViolated.join(', ')}`;
}

/** Deletes pods without checking disruption budgets. Try eviction first, which checks them. */
export const deletePod = defineAction<PodRow, KubernetesPort, KubernetesSettings>()<DeletePodPlan>({
	id: 'kubernetes.delete-pod',
	title: 'Delete pod',
	key: 'D',
	kind: 'kubernetes.pod',
	selects: 'many',
	params: [
		{
			name: 'grace',
			label: 'Grace period in seconds',
			hint: `${ownGracePeriod} for the pod's own, 0 to force`,
			initial: () => ownGracePeriod,
			problem: text =>
				text === ownGracePeriod || (/^\d{1,4}$/.test(text) && Number(text) <= maxGraceSeconds)
					? undefined
					: `Enter ${ownGracePeriod} or an integer from 0 to ${maxGraceSeconds}.`,
		},
	],
	shownFacts: [
		...podShownFacts,
		{
			fact: 'its grace period',
			changeDetectedBy:
				'preconditions.uid: the grace period of a pod is fixed when it is created; a chosen one is part of the plan',
		},
		{
			fact: 'disruption budgets that deleting violates',
			changeDetectedBy:
				'their names, read again just before the request is sent where they can be read: one more is a conflict',
		},
		{
			fact: 'the finalizers that its deletion waits for',
			changeDetectedBy: 'metadata.finalizers, read again just before the request is sent',
		},
		accessFact('delete it'),
	],
	disabled: () => undefined,
	async preview(rows, params, context) {
		const currentPods = await readCurrentPods(rows, context);
		const pods = toPodRemovals(currentPods);
		const {violatedBudgets} = await checkBudgets(currentPods, context);
		const grace = params['grace'] === ownGracePeriod ? undefined : Number(params['grace']);
		const graceOptions =
			grace === 0 ? ['--grace-period=0', '--force'] : grace === undefined ? [] : [`--grace-period=${grace}`];
		const namespaces = Map.groupBy(pods, ({pod}) => pod.namespace);
		const risk = assessRemovalRisk(currentPods);
		const unhelpful = futileReason(currentPods);
		return {
			...previewRemoval({target: context.target.name, pods, grace, violatedBudgets}),
			cliEquivalent: [...namespaces]
				.map(([namespace, same]) =>
					kubectlCommand(
						context.target,
						'-n',
						namespace,
						'delete',
						'pod',
						...same.map(({pod}) => pod.name),
						...graceOptions,
					),
				)
				.join(' && '),
			impact: `${describeRemovalImpact(currentPods, grace)} Disruption budgets are not checked: try eviction first.`,
			risk: grace === 0 || risk === 'high' ? 'high' : 'medium',
			undo: {class: 'none', text: 'none: a deleted pod does not come back, its workload creates a new one'},
			...(unhelpful === undefined ? {} : {unhelpful}),
		};
	},
	unchangedRows: filterUnchangedPods,
	async preflight(plan, context) {
		const isSingle = plan.pods.length === 1;
		const [{checks, currentPods}, permissionChecks] = await Promise.all([
			podsUnchangedChecks(plan.pods, context),
			accessChecks(
				isSingle ? 'the right to delete it' : 'the right to delete them',
				{verb: 'delete'},
				plan.pods,
				context,
			),
		]);
		// The further checks need all pods; the check of a pod that was not found says so.
		if (currentPods.length < plan.pods.length) return [...checks, ...permissionChecks];
		const budgets = await checkBudgets(currentPods, context);
		const conflict = describeBudgetConflict(plan, budgets);
		const all: Check[] = [...checks, ...permissionChecks, ...budgets.checks, ...replacementChecks(plan.pods)];
		if (conflict !== undefined) all.push({label: budgetLabel, result: 'block', detail: conflict, conflict: true});
		if (plan.grace === 0 && plan.pods.some(({workload}) => workload?.kind === 'StatefulSet')) {
			const detail = 'forced: if its node still runs it, two pods have the same identity and may corrupt its data';
			all.push({label: 'its identity', result: 'warn', detail});
		}
		const detail = `not tried: ${evictPod.key} evicts ${isSingle ? 'it' : 'them'} and respects disruption budgets`;
		all.push({label: 'eviction', result: 'warn', detail});
		return all;
	},
	async run(plan, context) {
		const {port} = context;
		const {checks, currentPods} = await readBeforeSending(podsUnchangedChecks(plan.pods, context));
		// With several pods, a changed one is skipped when its turn comes; with one pod, the change ends the plan.
		const failedCheck = plan.pods.length === 1 ? checks.find(check => check.conflict) : undefined;
		const conflict =
			failedCheck?.detail ?? describeBudgetConflict(plan, await readBeforeSending(checkBudgets(currentPods, context)));
		if (conflict !== undefined) throw conflictError(conflict);
		const gracePeriod = plan.grace === undefined ? {} : {gracePeriodSeconds: plan.grace};
		return sendToEachPod(
			plan.pods,
			'deleted',
			pod => port.remove(podObjectRef(pod), {dryRun: false, preconditions: {uid: pod.uid}, ...gracePeriod}, context),
			context,
		);
	},
	verify: (plan, receipt, context) => verifyPodRemovals(plan.pods, receipt, context),
	settleMs: 120_000,
	undo: {impossible: 'A deleted pod does not come back; its workload creates a new one.'},
});
