import type {Check} from '../../src/contract.ts';
import {defineAction} from '../../src/define.ts';
import type {PodRow} from '../../src/model/pod.ts';
import {podStatus} from '../../src/model/pod-status.ts';
import type {KubernetesPort} from '../../src/port/kubernetes.ts';
import type {PodObject} from '../../src/port/kubernetes-objects.ts';
import {accessCheck} from './access-check.ts';
import {kubectl} from './by-hand.ts';
import {type PodRef, podObject, podRef, readPod, returnCheck, samePodCheck, watchEnd} from './pod-act.ts';
import {gone} from './workload.ts';

export type DeletePodPlan = {
	readonly target: string;
	readonly pod: PodRef;
	readonly workload: PodRow['workload'];
	/** Seconds; undefined is the pod's own, 0 forces. */
	readonly grace: number | undefined;
};

const own = 'default';
const mostGrace = 3600;

/** Deletes one pod whatever disruption budgets say. To evict it is the first choice. */
export const deletePod = defineAction<PodRow, KubernetesPort>()<DeletePodPlan>({
	id: 'kubernetes.delete-pod',
	title: 'Delete pod',
	key: 'D',
	kind: 'kubernetes.pod',
	selects: 'one',
	params: [
		{
			name: 'grace',
			label: 'Seconds to end in',
			hint: `${own} for the pod's own, 0 to force`,
			initial: () => own,
			problem: text =>
				text === own || (/^\d{1,4}$/.test(text) && Number(text) <= mostGrace)
					? undefined
					: `Write ${own}, or whole seconds from 0 to ${mostGrace}.`,
		},
	],
	disabled: () => undefined,
	async preview([row], params, context) {
		if (row === undefined) throw gone('no pod was selected');
		const pod = podRef(row);
		const object = (await readPod(pod, context)) as unknown as PodObject;
		const grace = params['grace'] === own ? undefined : Number(params['grace']);
		const {ready, containers, status} = podStatus(object);
		const ends =
			grace === 0
				? 'The pod is struck off at once, whether its containers have ended or not.'
				: `The pod ends within ${grace ?? object.spec?.terminationGracePeriodSeconds ?? 30} s.`;
		const back =
			row.workload === undefined
				? 'Nothing stands behind it: it will not come back.'
				: `${row.workload.kind} ${row.workload.name} makes a new one.`;
		const held = object.metadata.finalizers ?? [];
		const force =
			grace === 0 ? ['--grace-period=0', '--force'] : grace === undefined ? [] : [`--grace-period=${grace}`];
		return {
			plan: {target: context.target.name, pod, workload: row.workload, grace},
			target: context.target.name,
			object: `${pod.namespace}/${pod.name}`,
			touches: [`Pod ${pod.namespace}/${pod.name}`],
			equivalent: kubectl(context.target, '-n', pod.namespace, 'delete', 'pod', pod.name, ...force),
			impact: `${ends} ${back} It is ${ready === containers ? 'ready and serves now' : `not ready now (${status})`}. Disruption budgets are not asked: to evict it is the first choice.`,
			bound: `uid ${pod.uid}`,
			changes: [],
			risk: grace === 0 || row.workload === undefined ? 'high' : 'medium',
			undo: {class: 'none', text: 'none: a pod that was deleted does not come back, its workload makes another'},
			...(held.length > 0 && object.metadata.deletionTimestamp !== undefined
				? {
						unhelpful: {
							reason: `it waits for finalizer ${held.join(', ')}: only whoever put that there can end the wait`,
						},
					}
				: {}),
		};
	},
	async preflight(plan, context) {
		const {namespace, name} = plan.pod;
		const question = {verb: 'delete', group: '', resource: 'pods', namespace, name};
		const [{check, object}, may] = await Promise.all([
			samePodCheck(plan.pod, context),
			accessCheck('you may delete it', question, context),
		]);
		if (object === undefined) return [check, may];
		const checks: Check[] = [check, may, returnCheck(plan)];
		if (plan.grace === 0 && plan.workload?.kind === 'StatefulSet') {
			const detail = 'forced: if its node still runs it, two pods have the same identity and may spoil its data';
			checks.push({label: 'only one pod has its identity', result: 'warn', detail});
		}
		checks.push({
			label: 'eviction was tried',
			result: 'warn',
			detail: 'disruption budgets are not asked: E evicts it instead',
		});
		return checks;
	},
	async run(plan, {port, ...context}) {
		await readPod(plan.pod, {...context, port});
		await port.remove(
			podObject(plan.pod),
			{
				dryRun: false,
				preconditions: {uid: plan.pod.uid},
				...(plan.grace === undefined ? {} : {gracePeriodSeconds: plan.grace}),
			},
			context,
		);
		return {summary: `pod ${plan.pod.namespace}/${plan.pod.name} deleted`, before: {uid: plan.pod.uid}};
	},
	verify: (plan, _receipt, context) => watchEnd(plan.pod, plan.workload, context),
	settleMs: 120_000,
	undo: {impossible: 'A pod that was deleted does not come back; its workload makes another one.'},
});
