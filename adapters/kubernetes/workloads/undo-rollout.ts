import type {Preview} from '../../../src/contract/action.ts';
import {defineAction} from '../../../src/contract/define.ts';
import type {ApiObject, KubernetesPort} from '../../../src/port/kubernetes.ts';
import {duration} from '../../../src/text/format.ts';
import {kubectl} from '../api/cli-equivalent.ts';
import {part} from '../objects/pod-template.ts';
import {
	gone,
	type OfWorkload,
	readWorkload,
	slashed,
	type WorkloadKind,
	type WorkloadRef,
	workloadOfRow,
	workloadRefusal,
} from '../objects/workload-ref.ts';
import {type Revision, readRevisions} from './revisions.ts';
import {
	type About,
	currentRevision,
	preflightTemplate,
	previewTemplate,
	replacing,
	revisionBefore,
	runTemplate,
	type TemplatePlan,
	templateShows,
	verifyTemplate,
} from './template-action.ts';
import {toRevision} from './template-change.ts';
import {notEnding, podsOf, serving} from './workload-pods.ts';

const kinds: readonly WorkloadKind[] = ['Deployment', 'StatefulSet', 'DaemonSet'];
const before = 'previous';

/** The one asked for, or the newest but the one in force. */
function chosen(text: string, current: Revision | undefined, revisions: readonly Revision[]): Revision {
	const others = revisions.filter(each => each.uid !== current?.uid);
	const found = text === before ? others[0] : revisions.find(each => each.revision === Number(text));
	if (found !== undefined) return found;
	const known = others.map(each => each.revision).join(', ');
	const kept = known === '' ? 'no other revision is kept' : `kept are ${known}`;
	throw gone(text === before ? `there is nothing to go back to: ${kept}` : `there is no revision ${text}: ${kept}`);
}

function told({revision, at, changeCause}: Revision, now: number): string {
	const age = at === undefined ? '' : `, made ${duration((now - at) / 1000)} ago`;
	return `revision ${revision}${changeCause === undefined ? '' : ` (${changeCause})`}${age}`;
}

async function previewBack(
	workload: WorkloadRef,
	object: ApiObject,
	to: Revision,
	revisions: readonly Revision[],
	context: About,
): Promise<Preview<TemplatePlan>> {
	const {port, target} = context;
	const now = context.now();
	const pods = notEnding(await podsOf(port, workload, target.name, context));
	const current = currentRevision(workload, object, revisions);
	const same = current?.hash === to.hash;
	const from = current === undefined ? '' : ` from ${told(current, now)},`;
	// A rollout that got stuck has left pods of the earlier template: they are what is wanted, and stay.
	const staying = pods.filter(pod => pod.rollout?.revision === to.revision).length;
	const leaving = pods.length - staying;
	const stay = staying === 0 ? '' : `, ${staying} of revision ${to.revision} ${staying === 1 ? 'stays' : 'stay'}`;
	const ordered =
		workload.kind === 'StatefulSet' && part(object, 'spec')['podManagementPolicy'] !== 'Parallel'
			? ' A pod of an ordered set that is not ready is not replaced by itself: delete it afterwards.'
			: '';
	return previewTemplate(
		{
			workload,
			object,
			revisions,
			change: toRevision(to),
			equivalent: kubectl(
				target,
				...['-n', workload.namespace, 'rollout', 'undo', slashed(workload), `--to-revision=${to.revision}`],
			),
			impact: `Goes back${from} to ${told(to, now)}. ${leaving} ${leaving === 1 ? 'pod is' : 'pods are'} replaced, ${replacing(workload, object)}${stay}. Serving now: ${serving(pods, object)}.${ordered}`,
			...(same ? {unhelpful: {reason: `revision ${to.revision} is what is there now: nothing changes`}} : {}),
		},
		context,
	);
}

/** Puts an earlier template back, as `kubectl rollout undo` does, and refuses what kubectl does not: when it has changed since it was read. */
export const undoRollout = defineAction<OfWorkload, KubernetesPort>()<TemplatePlan>({
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
			hint: `${before}, or a number from: kubectl rollout history`,
			initial: () => before,
			problem: text =>
				text === before || /^[1-9]\d*$/.test(text) ? undefined : `Write ${before}, or the number of a revision.`,
		},
	],
	shows: [
		...templateShows,
		{fact: 'the revision that it goes back to', bound: 'the uid of the revision and a hash of its content'},
	],
	disabled: ([row]) =>
		row?.workload?.paused === true ? 'its rollouts are paused: resume it first' : workloadRefusal(row, kinds),
	async preview([row], params, context) {
		const workload = workloadOfRow(row, kinds);
		const object = await readWorkload(context.port, workload, context);
		const revisions = await readRevisions(context.port, workload, object, context);
		const current = currentRevision(workload, object, revisions);
		return previewBack(workload, object, chosen(params['revision'] ?? before, current, revisions), revisions, context);
	},
	preflight: preflightTemplate,
	run: runTemplate,
	verify: verifyTemplate,
	settleMs: 300_000,
	undo: {
		async propose(plan, receipt, context) {
			const object = await readWorkload(context.port, plan.workload, context);
			const {back, revisions} = await revisionBefore(plan, receipt, object, context);
			return previewBack(plan.workload, object, back, revisions, context);
		},
	},
});
