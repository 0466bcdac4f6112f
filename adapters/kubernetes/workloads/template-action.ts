import type {ActionContext, Check, Outcome, Preview, Receipt, ShownFact} from '../../../src/contract/action.ts';
import {type FieldChange, objectDiff} from '../../../src/model/kubernetes/object-diff.ts';
import type {ApiObject, KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {fieldOwnerCheck} from '../objects/field-owner.ts';
import {childObject, podTemplateOf} from '../objects/pod-template.ts';
import {conflictError, kubectlName, qualifiedName, type WorkloadRef} from '../objects/workload-ref.ts';
import {bindWorkload, type DryRunResult, dryRunPatch, sendGuardedPatch, type WorkloadBinding} from './guarded-patch.ts';
import {jsonHash} from './json-hash.ts';
import {type Revision, readRevisions} from './revisions.ts';
import {currentRevisionMark, followRollout} from './rollout-watch.ts';
import {patchForChange, type TemplateChange} from './template-change.ts';
import {
	dryRunCheck,
	patchAccessCheck,
	pausedCheck,
	rolloutInProgressCheck,
	workloadShownFacts,
	workloadUnchangedCheck,
} from './workload-checks.ts';
import {readWorkloadPods, withoutTerminating} from './workload-pods.ts';

/** The plan of every action that changes the template of a workload's pods, and so replaces them. */
export type TemplatePlan = WorkloadBinding & {
	readonly target: string;
	readonly change: TemplateChange;
	readonly dryRun: DryRunResult;
	/** The revision that is there now, which leads back; undefined when the server does not keep it. */
	readonly from: {readonly revision: number; readonly uid: string} | undefined;
};

export type TemplateContext = ActionContext<KubernetesPort, KubernetesSettings>;

/** What the confirmation of every such action shows. */
export const templateShownFacts: readonly ShownFact[] = [
	...workloadShownFacts,
	{
		fact: 'the template before and after',
		bound: 'metadata.generation, and the version that was read, which the server compares',
	},
	{fact: 'update strategy', bound: 'metadata.generation'},
	{
		fact: 'how many pods it has, and how many serve',
		notBound: 'pods come, become ready and fail by themselves all the time; the figures are read for the preview',
	},
	{fact: 'the revision that leads back', bound: 'the uid of the revision in force, read again just before the patch'},
	{
		fact: 'whether a rollout is under way',
		notBound:
			'a rollout goes on and ends by itself; one that somebody starts changes metadata.generation, which is bound',
	},
	{fact: 'whether it is paused', bound: 'metadata.generation'},
];

const patchMaker = (plan: Pick<TemplatePlan, 'workload' | 'change'>, context: TemplateContext) => (object: ApiObject) =>
	patchForChange(context.port, plan.workload, object, plan.change, context);

/** `, 1 at a time (maxUnavailable 25%, maxSurge 25%)`, in the words of its strategy. */
export function describeReplacementPace({kind}: WorkloadRef, object: ApiObject): string {
	const spec = childObject(object, 'spec');
	const strategy = childObject(spec, kind === 'Deployment' ? 'strategy' : 'updateStrategy');
	const {maxUnavailable, maxSurge, partition} = childObject(strategy, 'rollingUpdate');
	if (strategy['type'] === 'Recreate') return 'all at once: nothing serves until new pods are ready (Recreate)';
	if (strategy['type'] === 'OnDelete') return 'none by itself: each when somebody deletes it (OnDelete)';
	if (kind === 'StatefulSet') {
		return typeof partition === 'number' && partition > 0
			? `one after another, from the last down to number ${partition}`
			: 'one after another, from the last to the first';
	}
	const surge = maxSurge === undefined ? '' : `, maxSurge ${String(maxSurge)}`;
	return `a few at a time (maxUnavailable ${String(maxUnavailable ?? '25%')}${surge})`;
}

/** Changes of the template, and of nothing that the server itself counts or writes. */
function changesOf(before: ApiObject, after: ApiObject): readonly FieldChange[] {
	return objectDiff({spec: {template: podTemplateOf(before)}}, {spec: {template: podTemplateOf(after)}});
}

export type TemplateRequest = {
	readonly workload: WorkloadRef;
	readonly object: ApiObject;
	readonly change: TemplateChange;
	readonly equivalent: string;
	readonly impact: string;
	readonly revisions: readonly Revision[];
	readonly unhelpful?: Preview['unhelpful'];
};

/** The revision that is in force: that of the Deployment's own number, else the newest. */
export function currentRevision(
	workload: WorkloadRef,
	object: ApiObject,
	revisions: readonly Revision[],
): Revision | undefined {
	const mark = currentRevisionMark(workload, object);
	return revisions.find(each => String(each.revision) === mark || each.name === mark) ?? revisions[0];
}

export async function previewTemplateChange(
	wanted: TemplateRequest,
	context: TemplateContext,
): Promise<Preview<TemplatePlan>> {
	const {workload, object, change, revisions} = wanted;
	const bound = bindWorkload(workload, object);
	const {generation} = bound;
	const current = currentRevision(workload, object, revisions);
	const {told, before, after} = await dryRunPatch(bound, patchMaker(wanted, context), context);
	const changes = before === undefined || after === undefined ? [] : changesOf(before, after);
	// Its status counts by each kind's own rules: the impact counts these too.
	const pods = withoutTerminating(await readWorkloadPods(context.port, workload, context.target.name, context)).length;
	const recreate = childObject(object, 'spec', 'strategy')['type'] === 'Recreate';
	return {
		plan: {
			target: context.target.name,
			...bound,
			change,
			dryRun: told,
			from: current === undefined ? undefined : {revision: current.revision, uid: current.uid},
		},
		target: context.target.name,
		object: qualifiedName(workload),
		locks: [`${workload.kind} ${qualifiedName(workload)}`],
		count: 1,
		touches: [`${workload.kind} ${qualifiedName(workload)} and its ${pods} pods`],
		cliEquivalent: wanted.equivalent,
		impact: wanted.impact,
		boundTo: `uid ${workload.uid.slice(0, 8)}…, generation ${generation}, template ${jsonHash(podTemplateOf(object))}`,
		changes:
			changes.length > 0 || told.result !== 'accepted'
				? changes
				: [{field: 'spec.template', before: 'as it is', after: 'the same'}],
		risk: recreate ? 'high' : 'medium',
		undo:
			current === undefined
				? {class: 'none', text: 'none: the server keeps no revision of what is there now'}
				: {
						class: 'approximate',
						text: `approximate: roll back to revision ${current.revision}, which replaces the pods once more`,
					},
		...(wanted.unhelpful === undefined ? {} : {unhelpful: wanted.unhelpful}),
	};
}

/** What of the revisions is not as it was shown: the one in force, which leads back, and the one that it goes to. */
async function describeRevisionConflict(
	plan: TemplatePlan,
	object: ApiObject,
	context: TemplateContext,
): Promise<string | undefined> {
	const {workload, from, change} = plan;
	const revisions = await readRevisions(context.port, workload, object, context);
	const current = currentRevision(workload, object, revisions);
	if (current?.uid !== from?.uid) {
		const was = from === undefined ? 'there was none' : `it was ${from.revision}`;
		return current === undefined
			? `no revision leads back any more, ${was}`
			: `revision ${current.revision} is in force now, ${was}`;
	}
	if (change.type !== 'revision') return undefined;
	const to = revisions.find(({uid}) => uid === change.uid);
	if (to === undefined) return `revision ${change.revision} of ${workload.name} is no longer kept`;
	return to.hash === change.hash
		? undefined
		: `revision ${change.revision} of ${workload.name} has another content now`;
}

export async function preflightTemplateChange(plan: TemplatePlan, context: TemplateContext): Promise<readonly Check[]> {
	const [{check, object}, may] = await Promise.all([
		workloadUnchangedCheck(plan, context),
		patchAccessCheck(plan.workload, undefined, context),
	]);
	const checks: Check[] = [check, may, dryRunCheck(plan.dryRun)];
	if (object === undefined) return checks;
	const moved = await describeRevisionConflict(plan, object, context);
	if (moved !== undefined) checks.push({label: 'its revisions', result: 'block', detail: moved, conflict: true});
	if (plan.workload.kind === 'Deployment') checks.push(pausedCheck(object));
	checks.push(rolloutInProgressCheck(plan.workload, object));
	const manager = fieldOwnerCheck(object);
	return manager === undefined ? checks : [...checks, manager];
}

export async function runTemplateChange(plan: TemplatePlan, context: TemplateContext): Promise<Receipt> {
	const unlessMoved = async (object: ApiObject) => {
		const moved = await describeRevisionConflict(plan, object, context);
		if (moved !== undefined) throw conflictError(moved);
		return patchMaker(plan, context)(object);
	};
	const {before, after} = await sendGuardedPatch(plan, unlessMoved, {dryRun: false}, context);
	const what = plan.change.type === 'restart' ? 'restarted' : `went back to revision ${plan.change.revision}`;
	return {
		summary: `${kubectlName(plan.workload)} in ${plan.workload.namespace} ${what}`,
		before: {
			mark: currentRevisionMark(plan.workload, before) ?? '',
			revision: String(plan.from?.revision ?? ''),
			template: jsonHash(podTemplateOf(before)),
			templateAfter: jsonHash(podTemplateOf(after)),
			generation: String(before.metadata.generation ?? ''),
		},
	};
}

export const verifyTemplateChange = (
	plan: TemplatePlan,
	{before}: Receipt,
	context: TemplateContext,
): Promise<Outcome> => followRollout(plan.workload, before['mark'] ?? '', context);

/** The revision that was there before the plan was run, under the number it has now. @throws AdapterError `conflict` when it is gone. */
export async function findPreviousRevision(
	plan: TemplatePlan,
	{before}: Receipt,
	object: ApiObject,
	context: TemplateContext,
): Promise<{readonly back: Revision; readonly revisions: readonly Revision[]}> {
	if (jsonHash(podTemplateOf(object)) !== before['templateAfter']) {
		throw conflictError(
			`the template of ${kubectlName(plan.workload)} was changed since: going back would undo that too`,
		);
	}
	const revisions = await readRevisions(context.port, plan.workload, object, context);
	const back = revisions.find(each => each.uid === plan.from?.uid);
	if (back === undefined)
		throw conflictError(
			`the revision before is no longer kept (revisionHistoryLimit of ${kubectlName(plan.workload)})`,
		);
	return {back, revisions};
}
