import {defineAction} from '../../../src/contract/define.ts';
import type {KubernetesPort} from '../../../src/port/kubernetes.ts';
import {kubectl} from '../api/cli-equivalent.ts';
import {part} from '../objects/pod-template.ts';
import {
	type OfWorkload,
	readWorkload,
	slashed,
	type WorkloadKind,
	workloadOfRow,
	workloadRefusal,
} from '../objects/workload-ref.ts';
import {readRevisions} from './revisions.ts';
import {
	preflightTemplate,
	previewTemplate,
	replacing,
	revisionBefore,
	runTemplate,
	type TemplatePlan,
	templateShows,
	verifyTemplate,
} from './template-action.ts';
import {restartManager, toRevision} from './template-change.ts';
import {notEnding, podsOf, serving, vainReason} from './workload-pods.ts';

const kinds: readonly WorkloadKind[] = ['Deployment', 'StatefulSet', 'DaemonSet'];

/** RFC 3339 with whole seconds, as kubectl writes it. */
const stamp = (now: number): string => new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');

/** Replaces all pods of the workload by new ones from the same template, as `kubectl rollout restart` does. */
export const restart = defineAction<OfWorkload, KubernetesPort>()<TemplatePlan>({
	id: 'kubernetes.restart',
	title: 'Restart',
	key: 'R',
	kind: 'kubernetes.pod',
	also: ['kubernetes.workload'],
	selects: 'one',
	params: [],
	shows: [
		...templateShows,
		{
			fact: 'why a restart does not help',
			notBound: 'it is advice drawn from how the pods ended, which each crash overwrites',
		},
	],
	disabled: ([row]) =>
		row?.workload?.paused === true ? 'its rollouts are paused: resume it first' : workloadRefusal(row, kinds),
	async preview([row], _params, context) {
		const {port, target} = context;
		const workload = workloadOfRow(row, kinds);
		const object = await readWorkload(port, workload, context);
		const [revisions, all] = await Promise.all([
			readRevisions(port, workload, object, context),
			podsOf(port, workload, target.name, context),
		]);
		const pods = notEnding(all);
		const onDelete = part(object, 'spec', 'updateStrategy')['type'] === 'OnDelete';
		const vain = onDelete
			? 'its update strategy is OnDelete: no pod is replaced until somebody deletes it'
			: vainReason(pods);
		const afterRollout = pods.some(pod => pod.severity === 'crit' && pod.rollout !== undefined && !pod.rollout.first);
		return previewTemplate(
			{
				workload,
				object,
				revisions,
				change: {type: 'restart', at: stamp(context.now()), manager: restartManager(object)},
				equivalent: kubectl(target, '-n', workload.namespace, 'rollout', 'restart', slashed(workload)),
				impact: `${pods.length} pods are replaced, ${replacing(workload, object)}. Serving now: ${serving(pods, object)}.`,
				...(vain === undefined
					? {}
					: {unhelpful: {reason: vain, ...(afterRollout ? {instead: 'kubernetes.undo-rollout'} : {})}}),
			},
			context,
		);
	},
	preflight: preflightTemplate,
	run: runTemplate,
	verify: verifyTemplate,
	settleMs: 300_000,
	undo: {
		async propose(plan, receipt, context) {
			const {port, target} = context;
			const object = await readWorkload(port, plan.workload, context);
			const {back, revisions} = await revisionBefore(plan, receipt, object, context);
			const pods = notEnding(await podsOf(port, plan.workload, target.name, context));
			return previewTemplate(
				{
					workload: plan.workload,
					object,
					revisions,
					change: toRevision(back),
					equivalent: kubectl(
						target,
						...[
							'-n',
							plan.workload.namespace,
							'rollout',
							'undo',
							slashed(plan.workload),
							`--to-revision=${back.revision}`,
						],
					),
					impact: `Goes back to revision ${back.revision}, the template before the restart. ${pods.length} pods are replaced once more, ${replacing(plan.workload, object)}. Serving now: ${serving(pods, object)}.`,
				},
				context,
			);
		},
	},
});
