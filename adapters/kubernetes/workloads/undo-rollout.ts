import type {Preview} from '../../../src/contract/action.ts';
import {defineAction} from '../../../src/contract/define.ts';
import {conflictError} from '../../../src/errors.ts';
import type {ApiObject, KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {formatDuration} from '../../../src/text/format.ts';
import {kubectlCommand} from '../api/cli-equivalent.ts';
import {childObject} from '../objects/pod-template.ts';
import {
	kubectlName,
	type RowWithWorkload,
	readWorkload,
	type WorkloadKind,
	type WorkloadRef,
	workloadOfRow,
	workloadUnavailableReason,
} from '../objects/workload-ref.ts';
import {type Revision, readRevisions} from './revisions.ts';
import {
	currentRevision,
	describeReplacementPace,
	findPreviousRevision,
	preflightTemplateChange,
	previewTemplateChange,
	runTemplateChange,
	type TemplateContext,
	type TemplatePlan,
	templateShownFacts,
	verifyTemplateChange,
} from './template-action.ts';
import {rollbackChange} from './template-change.ts';
import {formatServing, readWorkloadPods, withoutTerminating} from './workload-pods.ts';

const kinds: readonly WorkloadKind[] = ['Deployment', 'StatefulSet', 'DaemonSet'];
const previousKeyword = 'previous';

/** The requested revision, or the newest one that is not the current one. */
function chooseRevision(text: string, current: Revision | undefined, revisions: readonly Revision[]): Revision {
	const otherRevisions = revisions.filter(each => each.uid !== current?.uid);
	const found = text === previousKeyword ? otherRevisions[0] : revisions.find(each => each.revision === Number(text));
	if (found !== undefined) return found;
	const storedNumbers = otherRevisions.map(each => each.revision).join(', ');
	const stored = storedNumbers === '' ? 'no other revision is stored' : `stored are ${storedNumbers}`;
	throw conflictError(
		text === previousKeyword
			? `there is no revision to roll back to: ${stored}`
			: `there is no revision ${text}: ${stored}`,
	);
}

function describeRevision({revision, at, changeCause}: Revision, now: number): string {
	const age = at === undefined ? '' : `, made ${formatDuration((now - at) / 1000)} ago`;
	return `revision ${revision}${changeCause === undefined ? '' : ` (${changeCause})`}${age}`;
}

async function previewRollback(
	workload: WorkloadRef,
	object: ApiObject,
	to: Revision,
	revisions: readonly Revision[],
	context: TemplateContext,
): Promise<Preview<TemplatePlan>> {
	const {port, target} = context;
	const now = context.now();
	const pods = withoutTerminating(await readWorkloadPods(port, workload, target.name, context));
	const current = currentRevision(workload, object, revisions);
	const isUnchanged = current?.hash === to.hash;
	const from = current === undefined ? '' : ` from ${describeRevision(current, now)},`;
	// A stalled rollout has left pods of the earlier template, which are not replaced.
	const staying = pods.filter(pod => pod.rollout?.revision === to.revision).length;
	const leaving = pods.length - staying;
	const stay = staying === 0 ? '' : `, ${staying} of revision ${to.revision} ${staying === 1 ? 'stays' : 'stay'}`;
	const ordered =
		workload.kind === 'StatefulSet' && childObject(object, 'spec')['podManagementPolicy'] !== 'Parallel'
			? ' An ordered set does not replace a pod that is not ready: delete that pod afterwards.'
			: '';
	return previewTemplateChange(
		{
			workload,
			object,
			revisions,
			change: rollbackChange(to),
			equivalent: kubectlCommand(
				target,
				...['-n', workload.namespace, 'rollout', 'undo', kubectlName(workload), `--to-revision=${to.revision}`],
			),
			impact: `Goes back${from} to ${describeRevision(to, now)}. ${leaving} ${leaving === 1 ? 'pod is' : 'pods are'} replaced, ${describeReplacementPace(workload, object)}${stay}. Serving now: ${formatServing(pods, object)}.${ordered}`,
			...(isUnchanged ? {unhelpful: {reason: `revision ${to.revision} is the current one: nothing changes`}} : {}),
		},
		context,
	);
}

/** Restores an earlier template, like `kubectl rollout undo`; unlike kubectl it refuses when the workload has changed since it was read. */
export const undoRollout = defineAction<RowWithWorkload, KubernetesPort, KubernetesSettings>()<TemplatePlan>({
	id: 'kubernetes.undo-rollout',
	title: 'Undo rollout',
	key: 'U',
	kind: 'kubernetes.pod',
	also: ['kubernetes.workload'],
	selects: 'one',
	params: [
		{
			name: 'revision',
			label: 'Back to revision',
			hint: `${previousKeyword}, or a number from: kubectl rollout history`,
			initial: () => previousKeyword,
			problem: text =>
				text === previousKeyword || /^[1-9]\d*$/.test(text)
					? undefined
					: `Enter ${previousKeyword} or the number of a revision.`,
		},
	],
	shownFacts: [
		...templateShownFacts,
		{
			fact: 'the revision that it is rolled back to',
			changeDetectedBy: 'the uid of the revision and a hash of its content',
		},
	],
	disabled: ([row]) =>
		row?.workload?.paused === true
			? 'its rollouts are paused: resume them first'
			: workloadUnavailableReason(row, kinds),
	async preview([row], params, context) {
		const workload = workloadOfRow(row, kinds);
		const object = await readWorkload(context.port, workload, context);
		const revisions = await readRevisions(context.port, workload, object, context);
		const current = currentRevision(workload, object, revisions);
		return previewRollback(
			workload,
			object,
			chooseRevision(params['revision'] ?? previousKeyword, current, revisions),
			revisions,
			context,
		);
	},
	preflight: preflightTemplateChange,
	run: runTemplateChange,
	verify: verifyTemplateChange,
	settleMs: 300_000,
	undo: {
		async propose(plan, receipt, context) {
			const object = await readWorkload(context.port, plan.workload, context);
			const {back, revisions} = await findPreviousRevision(plan, receipt, object, context);
			return previewRollback(plan.workload, object, back, revisions, context);
		},
	},
});
