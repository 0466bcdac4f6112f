import {defineAction} from '../../../src/contract/define.ts';
import type {KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {kubectlCommand} from '../api/cli-equivalent.ts';
import {childObject} from '../objects/pod-template.ts';
import {
	kubectlName,
	type RowWithWorkload,
	readWorkload,
	type WorkloadKind,
	workloadOfRow,
	workloadUnavailableReason,
} from '../objects/workload-ref.ts';
import {readRevisions} from './revisions.ts';
import {
	describeReplacementPace,
	findPreviousRevision,
	preflightTemplateChange,
	previewTemplateChange,
	runTemplateChange,
	type TemplatePlan,
	templateShownFacts,
	verifyTemplateChange,
} from './template-action.ts';
import {restartFieldManager, rollbackChange} from './template-change.ts';
import {formatServing, readWorkloadPods, sameTemplateFailureReason, withoutTerminating} from './workload-pods.ts';

const kinds: readonly WorkloadKind[] = ['Deployment', 'StatefulSet', 'DaemonSet'];

/** RFC 3339 in seconds, as kubectl writes it. */
const stamp = (now: number): string => new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');

/** Replaces all pods of the workload by new ones from the same template, like `kubectl rollout restart`. */
export const restartWorkload = defineAction<RowWithWorkload, KubernetesPort, KubernetesSettings>()<TemplatePlan>({
	id: 'kubernetes.restart',
	title: 'Restart',
	key: 'R',
	kind: 'kubernetes.pod',
	also: ['kubernetes.workload'],
	selects: 'one',
	params: [],
	shownFacts: [
		...templateShownFacts,
		{
			fact: 'why a restart does not help',
			changeAllowedBecause: 'it is advice derived from how the pods terminated, which each crash overwrites',
		},
	],
	disabled: ([row]) =>
		row?.workload?.paused === true
			? 'its rollouts are paused: resume them first'
			: workloadUnavailableReason(row, kinds),
	async preview([row], _params, context) {
		const {port, target} = context;
		const workload = workloadOfRow(row, kinds);
		const object = await readWorkload(port, workload, context);
		const [revisions, all] = await Promise.all([
			readRevisions(port, workload, object, context),
			readWorkloadPods(port, workload, target.name, context),
		]);
		const pods = withoutTerminating(all);
		const onDelete = childObject(object, 'spec', 'updateStrategy')['type'] === 'OnDelete';
		const futileReason = onDelete
			? 'its update strategy is OnDelete: a pod is replaced only after it is deleted'
			: sameTemplateFailureReason(pods);
		const afterRollout = pods.some(pod => pod.severity === 'crit' && pod.rollout !== undefined && !pod.rollout.first);
		return previewTemplateChange(
			{
				workload,
				object,
				revisions,
				change: {type: 'restart', at: stamp(context.now()), manager: restartFieldManager(object)},
				equivalent: kubectlCommand(target, '-n', workload.namespace, 'rollout', 'restart', kubectlName(workload)),
				impact: `${pods.length} pods are replaced, ${describeReplacementPace(workload, object)}. Serving now: ${formatServing(pods, object)}.`,
				...(futileReason === undefined
					? {}
					: {unhelpful: {reason: futileReason, ...(afterRollout ? {instead: 'kubernetes.undo-rollout'} : {})}}),
			},
			context,
		);
	},
	preflight: preflightTemplateChange,
	run: runTemplateChange,
	verify: verifyTemplateChange,
	settleMs: 300_000,
	undo: {
		async propose(plan, receipt, context) {
			const {port, target} = context;
			const object = await readWorkload(port, plan.workload, context);
			const {back, revisions} = await findPreviousRevision(plan, receipt, object, context);
			const pods = withoutTerminating(await readWorkloadPods(port, plan.workload, target.name, context));
			return previewTemplateChange(
				{
					workload: plan.workload,
					object,
					revisions,
					change: rollbackChange(back),
					equivalent: kubectlCommand(
						target,
						...[
							'-n',
							plan.workload.namespace,
							'rollout',
							'undo',
							kubectlName(plan.workload),
							`--to-revision=${back.revision}`,
						],
					),
					impact: `Goes back to revision ${back.revision}, the template before the restart. ${pods.length} pods are replaced once more, ${describeReplacementPace(plan.workload, object)}. Serving now: ${formatServing(pods, object)}.`,
				},
				context,
			);
		},
	},
});
