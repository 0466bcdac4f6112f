import type {ActionContext, Check, Outcome, Preview, Receipt, ShownFact} from '../../../src/contract/action.ts';
import {conflictError} from '../../../src/errors.ts';
import {type FieldChange, objectDiff} from '../../../src/model/kubernetes/object-diff.ts';
import type {ApiObject, KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {fieldOwnerCheck} from '../objects/field-owner.ts';
import {childObject, podTemplateOf} from '../objects/pod-template.ts';
import {kubectlName, qualifiedName, type WorkloadRef} from '../objects/workload-ref.ts';
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

/** The plan of an action that changes the pod template of a workload and so replaces its pods. */
export type TemplatePlan = WorkloadBinding & {
	readonly target: string;
	readonly change: TemplateChange;
	readonly dryRun: DryRunResult;
	/** The current revision, to which an undo rolls back; undefined when the server does not keep it. */
	readonly from: {readonly revision: number; readonly uid: string} | undefined;
};

export type TemplateContext = ActionContext<KubernetesPort, KubernetesSettings>;

/** Facts that the confirmation of every such action shows. */
export const templateShownFacts: readonly ShownFact[] = [
	...workloadShownFacts,
	{
		fact: 'the template before and after',
		changeDetectedBy: 'metadata.generation, and the version that was read, which the server compares',
	},
	{fact: 'update strategy', changeDetectedBy: 'metadata.generation'},
	{
		fact: 'how many pods it has, and how many serve',
		changeAllowedBecause:
			'pods appear, become ready and fail by themselves all the time; the figures are read for the preview',
	},
	{
		fact: 'the revision that an undo restores',
		changeDetectedBy: 'the uid of the current revision, read again just before the patch',
	},
	{
		fact: 'whether a rollout is under way',
		changeAllowedBecause:
			'a rollout proceeds and ends by itself; a new one changes metadata.generation, which is bound',
	},
	{fact: 'whether it is paused', changeDetectedBy: 'metadata.generation'},
];

const patchMaker = (plan: Pick<TemplatePlan, 'workload' | 'change'>, context: TemplateContext) => (object: ApiObject) =>
	patchForChange(context.port, plan.workload, object, plan.change, context);

/** How fast pods are replaced, by the update strategy: `a few at a time (maxUnavailable 25%, maxSurge 25%)`. */
export function describeReplacementPace({kind}: WorkloadRef, object: ApiObject): string {
	const spec = childObject(object, 'spec');
	const strategy = childObject(spec, kind === 'Deployment' ? 'strategy' : 'updateStrategy');
	const {maxUnavailable, maxSurge, partition} = childObject(strategy, 'rollingUpdate');
	if (strategy['type'] === 'Recreate') return 'all at once: no pod serves until the new ones are ready (Recreate)';
	if (strategy['type'] === 'OnDelete') return 'each only after it is deleted (OnDelete)';
	if (kind === 'StatefulSet') {
		return typeof partition === 'number' && partition > 0
			? `one after another, from the last down to number ${partition}`
			: 'one after another, from the last to the first';
	}
	const surge = maxSurge === undefined ? '' : `, maxSurge ${String(maxSurge)}`;
	return `a few at a time (maxUnavailable ${String(maxUnavailable ?? '25%')}${surge})`;
}

/** Changes of the template only, not of fields that the server itself writes. */
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

/** The current revision: the one that the workload names, else the newest. */
export function currentRevision(
	workload: WorkloadRef,
	object: ApiObject,
	revisions: readonly Revision[],
): Revision | undefined {
	const mark = currentRevisionMark(workload, object);
	return revisions.find(each => String(each.revision) === mark || each.name === mark) ?? revisions[0];
}

export async function previewTemplateChange(
	request: TemplateRequest,
	context: TemplateContext,
): Promise<Preview<TemplatePlan>> {
	const {workload, object, change, revisions} = request;
	const bound = bindWorkload(workload, object);
	const {generation} = bound;
	const current = currentRevision(workload, object, revisions);
	const {dryRun, before, after} = await dryRunPatch(bound, patchMaker(request, context), context);
	const changes = before === undefined || after === undefined ? [] : changesOf(before, after);
	// Counted like the figures in `impact`: the status of each kind counts by its own rules.
	const pods = withoutTerminating(await readWorkloadPods(context.port, workload, context.target.name, context)).length;
	const recreate = childObject(object, 'spec', 'strategy')['type'] === 'Recreate';
	return {
		plan: {
			target: context.target.name,
			...bound,
			change,
			dryRun,
			from: current === undefined ? undefined : {revision: current.revision, uid: current.uid},
		},
		target: context.target.name,
		object: qualifiedName(workload),
		lockNames: [`${workload.kind} ${qualifiedName(workload)}`],
		count: 1,
		touches: [`${workload.kind} ${qualifiedName(workload)} and its ${pods} pods`],
		cliEquivalent: request.equivalent,
		impact: request.impact,
		checkedIdentity: `uid ${workload.uid.slice(0, 8)}…, generation ${generation}, template ${jsonHash(podTemplateOf(object))}`,
		changes:
			changes.length > 0 || dryRun.result !== 'accepted'
				? changes
				: [{field: 'spec.template', before: 'as it is', after: 'the same'}],
		risk: recreate ? 'high' : 'medium',
		undo:
			current === undefined
				? {class: 'none', text: 'none: the server keeps no revision of the current template'}
				: {
						class: 'approximate',
						text: `approximate: roll back to revision ${current.revision}, which replaces the pods once more`,
					},
		...(request.unhelpful === undefined ? {} : {unhelpful: request.unhelpful}),
	};
}

/** Describes how the revisions differ from the plan: the current one, which an undo restores, and the one to roll back to. */
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
			? `there is no revision to undo to any more, ${was}`
			: `the current revision is ${current.revision} now, ${was}`;
	}
	if (change.type !== 'revision') return undefined;
	const to = revisions.find(({uid}) => uid === change.uid);
	if (to === undefined) return `revision ${change.revision} of ${workload.name} is no longer stored`;
	return to.hash === change.hash
		? undefined
		: `revision ${change.revision} of ${workload.name} has different content now`;
}

export async function preflightTemplateChange(plan: TemplatePlan, context: TemplateContext): Promise<readonly Check[]> {
	const [{check, object}, permissionCheck] = await Promise.all([
		workloadUnchangedCheck(plan, context),
		patchAccessCheck(plan.workload, undefined, context),
	]);
	const checks: Check[] = [check, permissionCheck, dryRunCheck(plan.dryRun)];
	if (object === undefined) return checks;
	const conflict = await describeRevisionConflict(plan, object, context);
	if (conflict !== undefined) checks.push({label: 'its revisions', result: 'block', detail: conflict, conflict: true});
	if (plan.workload.kind === 'Deployment') checks.push(pausedCheck(object));
	checks.push(rolloutInProgressCheck(plan.workload, object));
	const manager = fieldOwnerCheck(object);
	return manager === undefined ? checks : [...checks, manager];
}

export async function runTemplateChange(plan: TemplatePlan, context: TemplateContext): Promise<Receipt> {
	const patchUnlessChanged = async (object: ApiObject) => {
		const conflict = await describeRevisionConflict(plan, object, context);
		if (conflict !== undefined) throw conflictError(conflict);
		return patchMaker(plan, context)(object);
	};
	const {before, after} = await sendGuardedPatch(plan, patchUnlessChanged, {dryRun: false}, context);
	const verb = plan.change.type === 'restart' ? 'restarted' : `rolled back to revision ${plan.change.revision}`;
	return {
		summary: `${kubectlName(plan.workload)} in ${plan.workload.namespace} ${verb}`,
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

/** The revision from before the plan ran, with its present number. @throws AdapterError `conflict` when it is no longer stored. */
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
			`the previous revision is no longer stored (revisionHistoryLimit of ${kubectlName(plan.workload)})`,
		);
	return {back, revisions};
}
