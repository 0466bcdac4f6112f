import type {ActionContext, Check} from '../../../src/contract/action.ts';
import {defineAction} from '../../../src/contract/define.ts';
import {readBeforeSending} from '../../../src/errors.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import type {KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {kubectlCommand} from '../api/cli-equivalent.ts';
import {accessFact} from '../objects/access-check.ts';
import {podObjectRef} from '../objects/pod-ref.ts';
import {podShownFacts} from '../objects/shown-pod.ts';
import {conflictError} from '../objects/workload-ref.ts';
import {type BudgetCoverage, budgetLabel, describeBudgetCoverage, readBudgetCoverage} from './evict-pod.ts';
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

/** The pods that are deleted together, in this order. */
export type DeletePodPlan = {
	readonly target: string;
	readonly pods: readonly PodRemoval[];
	/** Seconds; undefined is each pod's own, 0 forces. */
	readonly grace: number | undefined;
	/** Disruption budgets that deleting goes below; null when they could not be read. */
	readonly below: readonly string[] | null;
};

const ownGracePeriod = 'default';
const maxGraceSeconds = 3600;

/** Those that wait for somebody else: to delete them once more ends nothing. */
function futileReason(standings: readonly CurrentPod[]): {readonly reason: string} | undefined {
	const held = standings.flatMap(({object: {metadata}}) =>
		metadata.deletionTimestamp === undefined ? [] : [metadata.finalizers ?? []],
	);
	if (held.length < standings.length || held.some(finalizers => finalizers.length === 0)) return undefined;
	const names = [...new Set(held.flat())].join(', ');
	const who = standings.length === 1 ? 'it waits' : 'they wait';
	return {reason: `${who} for finalizer ${names}: only whoever put that there can end the wait`};
}

type Budgets = Pick<DeletePodPlan, 'below'> & {readonly checks: readonly Check[]};

/** Deleting asks no budget, and none forbids it: those that it breaks are told. */
async function checkBudgets(
	standings: readonly CurrentPod[],
	context: ActionContext<KubernetesPort, KubernetesSettings>,
): Promise<Budgets> {
	// Those that are ending already a budget does not count any more.
	const counted = standings.filter(({object}) => object.metadata.deletionTimestamp === undefined);
	const {covers, unread} = await readBudgetCoverage(counted, context);
	if (unread !== undefined)
		return {below: null, checks: [{label: budgetLabel, result: 'unknown', detail: `they ${unread}`}]};
	const checks = covers.flatMap((cover): readonly Check[] => {
		const {allowed, serving} = cover;
		if (allowed > 0 && allowed >= serving) return [];
		const below = violatesBudget(cover) ? ': deleting goes below it' : '';
		return [{label: budgetLabel, result: 'warn', detail: `${describeBudgetCoverage(cover, standings.length)}${below}`}];
	});
	return {below: covers.filter(violatesBudget).map(({budget}) => budget.metadata.name), checks};
}

const violatesBudget = ({serving, allowed}: BudgetCoverage): boolean => serving > allowed;

/** What of the budgets is worse than it was shown. What cannot be read now cannot be compared: the check says so. */
function describeBudgetConflict(plan: DeletePodPlan, now: Budgets): string | undefined {
	const more = (now.below ?? []).filter(name => plan.below?.includes(name) !== true);
	return more.length === 0 ? undefined : `deleting goes below ${more.join(', ')} now, which it did not`;
}

/** Deletes pods without a check of disruption budgets. Eviction checks them, and is to be tried first. */
export const deletePod = defineAction<PodRow, KubernetesPort, KubernetesSettings>()<DeletePodPlan>({
	id: 'kubernetes.delete-pod',
	title: 'Delete pod',
	key: 'D',
	kind: 'kubernetes.pod',
	selects: 'many',
	params: [
		{
			name: 'grace',
			label: 'Seconds to end in',
			hint: `${ownGracePeriod} for the pod's own, 0 to force`,
			initial: () => ownGracePeriod,
			problem: text =>
				text === ownGracePeriod || (/^\d{1,4}$/.test(text) && Number(text) <= maxGraceSeconds)
					? undefined
					: `Write ${ownGracePeriod}, or whole seconds from 0 to ${maxGraceSeconds}.`,
		},
	],
	shows: [
		...podShownFacts,
		{
			fact: 'how long it has to end',
			bound: 'preconditions.uid: the grace of a pod is fixed when it is created, and a chosen one is part of the plan',
		},
		{
			fact: 'disruption budgets that deleting goes below',
			bound: 'their names, found again just before it is sent where they can be read: one more is a conflict',
		},
		{
			fact: 'the finalizers that its deletion waits for',
			bound: 'metadata.finalizers, read again just before it is sent',
		},
		accessFact('delete it'),
	],
	disabled: () => undefined,
	async preview(rows, params, context) {
		const standings = await readCurrentPods(rows, context);
		const pods = toPodRemovals(standings);
		const {below} = await checkBudgets(standings, context);
		const grace = params['grace'] === ownGracePeriod ? undefined : Number(params['grace']);
		const force =
			grace === 0 ? ['--grace-period=0', '--force'] : grace === undefined ? [] : [`--grace-period=${grace}`];
		const namespaces = Map.groupBy(pods, ({pod}) => pod.namespace);
		const risk = assessRemovalRisk(standings);
		const unhelpful = futileReason(standings);
		return {
			plan: {target: context.target.name, pods, grace, below},
			target: context.target.name,
			object: nameRemovedObject(pods),
			locks: listTouchedPods(pods),
			count: pods.length,
			touches: listTouchedPods(pods),
			cliEquivalent: [...namespaces]
				.map(([namespace, same]) =>
					kubectlCommand(context.target, '-n', namespace, 'delete', 'pod', ...same.map(({pod}) => pod.name), ...force),
				)
				.join(' && '),
			impact: `${describeRemovalImpact(standings, grace)} Disruption budgets are not checked: try to evict first.`,
			boundTo: describePodBinding(pods),
			changes: [],
			risk: grace === 0 || risk === 'high' ? 'high' : 'medium',
			undo: {class: 'none', text: 'none: a pod that was deleted does not come back, its workload makes another'},
			...(unhelpful === undefined ? {} : {unhelpful}),
		};
	},
	unchangedRows: filterUnchangedPods,
	async preflight(plan, context) {
		const one = plan.pods.length === 1;
		const [{checks, standings}, may] = await Promise.all([
			podsUnchangedChecks(plan.pods, context),
			accessChecks(one ? 'the right to delete it' : 'the right to delete them', {verb: 'delete'}, plan.pods, context),
		]);
		if (standings.length < plan.pods.length) return [...checks, ...may];
		const budgets = await checkBudgets(standings, context);
		const moved = describeBudgetConflict(plan, budgets);
		const all: Check[] = [...checks, ...may, ...budgets.checks, ...replacementChecks(plan.pods)];
		if (moved !== undefined) all.push({label: budgetLabel, result: 'block', detail: moved, conflict: true});
		if (plan.grace === 0 && plan.pods.some(({workload}) => workload?.kind === 'StatefulSet')) {
			const detail = 'forced: if its node still runs it, two pods have the same identity and may spoil its data';
			all.push({label: 'its identity', result: 'warn', detail});
		}
		const detail = `not tried: E evicts ${one ? 'it' : 'them'}, and asks the disruption budgets`;
		all.push({label: 'eviction', result: 'warn', detail});
		return all;
	},
	async run(plan, context) {
		const {port} = context;
		const {checks, standings} = await readBeforeSending(podsUnchangedChecks(plan.pods, context));
		const gonePod = plan.pods.length === 1 ? checks.find(check => check.conflict) : undefined;
		const moved =
			gonePod?.detail ?? describeBudgetConflict(plan, await readBeforeSending(checkBudgets(standings, context)));
		if (moved !== undefined) throw conflictError(moved);
		const force = plan.grace === undefined ? {} : {gracePeriodSeconds: plan.grace};
		return sendToEachPod(
			plan.pods,
			'deleted',
			pod => port.remove(podObjectRef(pod), {dryRun: false, preconditions: {uid: pod.uid}, ...force}, context),
			context,
		);
	},
	verify: (plan, receipt, context) => verifyPodRemovals(plan.pods, receipt, context),
	settleMs: 120_000,
	undo: {impossible: 'A pod that was deleted does not come back; its workload makes another one.'},
});
