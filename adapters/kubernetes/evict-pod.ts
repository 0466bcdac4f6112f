import type {ActionContext, Check} from '../../src/contract.ts';
import {defineAction} from '../../src/define.ts';
import {AdapterError, isAdapterError} from '../../src/errors.ts';
import type {PodRow} from '../../src/model/pod.ts';
import {podStatus} from '../../src/model/pod-status.ts';
import type {KubernetesPort} from '../../src/port/kubernetes.ts';
import type {PodObject} from '../../src/port/kubernetes-objects.ts';
import {shellLine} from '../../src/text/quote.ts';
import {accessCheck} from './access-check.ts';
import {budgetsOf, budgetText} from './budgets.ts';
import {kubectl} from './by-hand.ts';
import {refusalOf} from './errors.ts';
import {type DryRun, dryRunTold} from './guarded-patch.ts';
import {type PodRef, podRef, readPod, returnCheck, samePodCheck, watchEnd} from './pod-act.ts';
import {gone} from './workload.ts';

export type EvictPlan = {
	readonly target: string;
	readonly pod: PodRef;
	readonly workload: PodRow['workload'];
	readonly dryRun: DryRun;
};

type About = ActionContext<KubernetesPort>;

/** 429 is the budget's no, and 500 what the server answers when two budgets cover one pod. */
function explained(error: unknown): unknown {
	const refusal = refusalOf(error);
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

async function send(pod: PodRef, dryRun: boolean, {port, ...context}: About): Promise<void> {
	try {
		await port.evict(pod, {dryRun, preconditions: {uid: pod.uid}}, context);
	} catch (error) {
		throw explained(error);
	}
}

async function tryOut(pod: PodRef, context: About): Promise<DryRun> {
	try {
		await send(pod, true, context);
		return {result: 'accepted', detail: 'the server accepts it in a dry run'};
	} catch (error) {
		return dryRunTold(error);
	}
}

async function budgetCheck(pod: PodRef, object: PodObject, {port, ...context}: About): Promise<Check> {
	const label = 'no disruption budget forbids it';
	const budgets = await budgetsOf(port, {namespace: pod.namespace, labels: object.metadata.labels ?? {}}, context);
	const [only] = budgets;
	if (only === undefined) return {label, result: 'pass', detail: 'no budget covers it'};
	if (budgets.length > 1) {
		const names = budgets.map(budget => budget.metadata.name).join(', ');
		return {
			label,
			result: 'block',
			detail: `${budgets.length} budgets cover it (${names}): the server evicts none of those`,
		};
	}
	if ((only.status?.disruptionsAllowed ?? 0) > 0) return {label, result: 'pass', detail: budgetText(only)};
	const {ready, containers} = podStatus(object);
	// A pod that is not ready may go where enough others are: the server decides.
	return ready < containers
		? {label, result: 'warn', detail: budgetText(only)}
		: {label, result: 'block', detail: `${budgetText(only)}: to delete it all the same is the second choice`};
}

/** kubectl has no word for the eviction of one pod. */
function byHand({namespace, name, uid}: PodRef, {target}: About): string {
	const eviction = {
		apiVersion: 'policy/v1',
		kind: 'Eviction',
		metadata: {name, namespace},
		deleteOptions: {preconditions: {uid}},
	};
	const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
	return `${shellLine(['printf', '%s', JSON.stringify(eviction)])} | ${kubectl(target, 'create', '--raw', path, '-f', '-')}`;
}

/** Ends one pod the way a drain does: disruption budgets are asked, and its workload makes a new one. */
export const evictPod = defineAction<PodRow, KubernetesPort>()<EvictPlan>({
	id: 'kubernetes.evict-pod',
	title: 'Evict pod',
	key: 'E',
	kind: 'kubernetes.pod',
	selects: 'one',
	params: [],
	disabled: ([row]) => (row?.deleteBy === undefined ? undefined : 'it is being deleted already'),
	async preview([row], _params, context) {
		if (row === undefined) throw gone('no pod was selected');
		const pod = podRef(row);
		const object = (await readPod(pod, context)) as unknown as PodObject;
		const {ready, containers, status} = podStatus(object);
		const finished = status === 'Completed' || status === 'Evicted';
		const serves = ready === containers && !finished;
		const told = await tryOut(pod, context);
		const back =
			row.workload === undefined
				? 'Nothing stands behind it: it will not come back.'
				: `${row.workload.kind} ${row.workload.name} makes a new one.`;
		const grace = object.spec?.terminationGracePeriodSeconds ?? 30;
		const oom = row.lastEnd?.reason === 'OOMKilled' && !serves;
		return {
			plan: {target: context.target.name, pod, workload: row.workload, dryRun: told},
			target: context.target.name,
			object: `${pod.namespace}/${pod.name}`,
			touches: [`Pod ${pod.namespace}/${pod.name}`],
			equivalent: byHand(pod, context),
			impact: `The pod ends within ${grace} s. ${back} It is ${serves ? 'ready and serves now' : `not ready now (${status})`}.`,
			bound: `uid ${pod.uid}`,
			changes: [],
			risk: row.workload === undefined && !finished ? 'high' : serves ? 'medium' : 'low',
			undo: {class: 'none', text: 'none: a pod that ended does not come back, its workload makes another'},
			...(oom
				? {
						unhelpful: {
							reason: `it ends ${row.lastEnd?.reason} ${row.lastEnd?.exitCode}: a new pod gets the same memory limit`,
							...(row.rollout === undefined || row.rollout.first ? {} : {instead: 'kubernetes.undo-rollout'}),
						},
					}
				: {}),
		};
	},
	async preflight(plan, context) {
		const {namespace, name} = plan.pod;
		const question = {verb: 'create', group: '', resource: 'pods', subresource: 'eviction', namespace, name};
		const [{check, object}, may] = await Promise.all([
			samePodCheck(plan.pod, context),
			accessCheck('you may evict it', question, context),
		]);
		if (object === undefined) return [check, may];
		const {result, detail} = plan.dryRun;
		const tried: Check = {
			label: 'the server accepts it',
			result: result === 'accepted' ? 'pass' : result === 'refused' ? 'warn' : 'unknown',
			detail,
		};
		return [check, may, await budgetCheck(plan.pod, object as unknown as PodObject, context), tried, returnCheck(plan)];
	},
	async run(plan, context) {
		// A pod of the same name may stand there now: then nothing is to be sent at all.
		await readPod(plan.pod, context);
		await send(plan.pod, false, context);
		return {summary: `pod ${plan.pod.namespace}/${plan.pod.name} evicted`, before: {uid: plan.pod.uid}};
	},
	verify: (plan, _receipt, context) => watchEnd(plan.pod, plan.workload, context),
	settleMs: 120_000,
	undo: {impossible: 'A pod that was evicted does not come back; its workload makes another one.'},
});
