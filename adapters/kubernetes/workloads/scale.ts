import type {ActionContext, Check, Preview} from '../../../src/contract/action.ts';
import {defineAction} from '../../../src/contract/define.ts';
import type {Row} from '../../../src/contract/row.ts';
import {conflictError} from '../../../src/errors.ts';
import type {ApiObject, KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {kubectlCommand} from '../api/cli-equivalent.ts';
import {fieldOwnerCheck} from '../objects/field-owner.ts';
import {childObject} from '../objects/pod-template.ts';
import {
	kubectlName,
	qualifiedName,
	type RowWithWorkload,
	readWorkload,
	type WorkloadKind,
	type WorkloadRef,
	workloadOfRow,
	workloadUnavailableReason,
} from '../objects/workload-ref.ts';
import {bindWorkload, type DryRunResult, dryRunPatch, sendGuardedPatch, type WorkloadBinding} from './guarded-patch.ts';
import {
	autoscalerText,
	dryRunCheck,
	kedaObjectName,
	patchAccessCheck,
	readAutoscaler,
	workloadShownFacts,
	workloadUnchangedCheck,
} from './workload-checks.ts';
import {formatServing, readWorkloadPods} from './workload-pods.ts';

export type ScalePlan = WorkloadBinding & {
	readonly target: string;
	readonly from: number;
	readonly to: number;
	readonly dryRun: DryRunResult;
	/** The autoscaler that was shown (see autoscalerSummary). */
	readonly autoscaler: string;
};

const kinds: readonly WorkloadKind[] = ['Deployment', 'StatefulSet', 'ReplicaSet'];
/** Catches typing errors. */
const maxReplicas = 10_000;

const countOf = (object: ApiObject, field: 'spec' | 'status', name: string, otherwise: number): number => {
	const value = childObject(object, field)[name];
	return typeof value === 'number' ? value : otherwise;
};

const replicasOf = (object: ApiObject): number => countOf(object, 'spec', 'replicas', 1);

/** Extra pods that a rollout may create (maxSurge): a number, or a percentage that is rounded up. */
function surgeOf(object: ApiObject): number {
	const {maxSurge = '25%'} = childObject(object, 'spec', 'strategy', 'rollingUpdate');
	return typeof maxSurge === 'number'
		? maxSurge
		: Math.ceil((replicasOf(object) * Number.parseFloat(String(maxSurge))) / 100);
}

type Autoscaling = Awaited<ReturnType<typeof readAutoscaler>>;

const unknownAutoscaler = 'not known';

/** Names the autoscaler with its limits, `none`, or `not known`: plan and current state are compared by this text. */
function autoscalerSummary({autoscaler, unread}: Autoscaling): string {
	if (autoscaler !== undefined) return `${autoscalerText(autoscaler)}, uid ${autoscaler.metadata.uid}`;
	return unread === undefined ? 'none' : unknownAutoscaler;
}

/** Describes how the autoscaler differs from the plan; undefined when it does not, or cannot be read now (a check reports that). */
function describeAutoscalerConflict(plan: ScalePlan, now: Autoscaling): string | undefined {
	const mark = autoscalerSummary(now);
	const isKnown = plan.autoscaler !== unknownAutoscaler || mark !== 'none';
	if (mark === plan.autoscaler || mark === unknownAutoscaler || !isKnown) return undefined;
	return `its autoscaler is ${mark} now, it was ${plan.autoscaler}`;
}

const scaleEffects = (to: number) => async () => ({
	patch: {type: 'merge' as const, body: {spec: {replicas: to}}},
	subresource: 'scale',
});

async function previewScale(
	workload: WorkloadRef,
	object: ApiObject,
	to: number,
	context: ActionContext<KubernetesPort, KubernetesSettings>,
): Promise<Preview<ScalePlan>> {
	const {port, target} = context;
	const bound = bindWorkload(workload, object);
	const {generation} = bound;
	const from = replicasOf(object);
	const [pods, {dryRun}, autoscaling] = await Promise.all([
		readWorkloadPods(port, workload, target.name, context),
		dryRunPatch(bound, scaleEffects(to), context),
		readAutoscaler(workload, context),
	]);
	const {autoscaler} = autoscaling;
	const less = to < from;
	const change =
		to === 0
			? `All ${from} pods are removed, and nothing serves any more`
			: less
				? `${from - to} of ${from} pods ${from - to === 1 ? 'is' : 'are'} removed`
				: to === from
					? `Nothing changes: ${from} replicas are already requested`
					: to - from === 1
						? '1 more pod is started'
						: `${to - from} more pods are started`;
	const owner =
		autoscaler === undefined
			? ''
			: to === 0 && kedaObjectName(autoscaler) === undefined
				? ` An autoscaler (${autoscalerText(autoscaler)}) does nothing while there are 0 replicas.`
				: ` An autoscaler (${autoscalerText(autoscaler)}) sets the count itself, within a minute or so.`;
	return {
		plan: {target: target.name, ...bound, from, to, dryRun, autoscaler: autoscalerSummary(autoscaling)},
		target: target.name,
		object: qualifiedName(workload),
		lockNames: [`${workload.kind} ${qualifiedName(workload)}`],
		count: 1,
		touches: [`${workload.kind} ${qualifiedName(workload)}`],
		cliEquivalent: kubectlCommand(
			target,
			...['-n', workload.namespace, 'scale', kubectlName(workload), `--current-replicas=${from}`, `--replicas=${to}`],
		),
		impact: `${change}. Serving now: ${formatServing(pods, object)}.${owner}`,
		checkedIdentity: `uid ${workload.uid.slice(0, 8)}…, generation ${generation}, replicas ${from}`,
		changes: [{field: 'spec.replicas', before: String(from), after: String(to)}],
		risk: to === 0 && from > 0 ? 'high' : less ? 'medium' : 'low',
		undo: {class: 'exact', text: `exact while ${to} replicas are requested: scale back to ${from}`},
		...(to === from ? {unhelpful: {reason: `${from} replicas are already requested`}} : {}),
	};
}

function suggestedReplicas(rows: readonly Row[]): string {
	const row = rows[0] as RowWithWorkload | undefined;
	return row?.workload?.replicas === undefined ? '' : String(row.workload.replicas + 1);
}

/** Sets the number of replicas of a workload through its scale subresource. */
export const scaleWorkload = defineAction<RowWithWorkload, KubernetesPort, KubernetesSettings>()<ScalePlan>({
	id: 'kubernetes.scale',
	title: 'Scale',
	key: 'S',
	kind: 'kubernetes.pod',
	also: ['kubernetes.workload'],
	selects: 'one',
	params: [
		{
			name: 'replicas',
			label: 'Replicas',
			hint: 'the number of pods: an integer, 0 for none',
			initial: suggestedReplicas,
			problem: text =>
				/^\d{1,5}$/.test(text) && Number(text) <= maxReplicas
					? undefined
					: `Enter an integer from 0 to ${maxReplicas}, such as 6.`,
		},
	],
	shownFacts: [
		...workloadShownFacts,
		{
			fact: 'how many replicas are requested',
			changeDetectedBy: 'metadata.generation, and the version that was read, which the server compares',
		},
		{
			fact: 'how many pods serve',
			changeAllowedBecause: 'pods become ready and fail by themselves all the time; the figure is read for the preview',
		},
		{
			fact: 'the autoscaler',
			changeDetectedBy: 'its uid and its bounds, read again just before the patch where they can be read',
		},
	],
	disabled: ([row]) => workloadUnavailableReason(row, kinds),
	async preview([row], params, context) {
		const workload = workloadOfRow(row, kinds);
		const object = await readWorkload(context.port, workload, context);
		return previewScale(workload, object, Number(params['replicas']), context);
	},
	async preflight(plan, context) {
		const [{check, object}, permissionCheck, autoscaling] = await Promise.all([
			workloadUnchangedCheck(plan, context),
			patchAccessCheck(plan.workload, 'scale', context),
			readAutoscaler(plan.workload, context),
		]);
		const checks: Check[] = [check, permissionCheck, dryRunCheck(plan.dryRun)];
		const label = 'the number of replicas';
		const {autoscaler, unread} = autoscaling;
		const conflict = describeAutoscalerConflict(plan, autoscaling);
		if (conflict !== undefined) checks.push({label, result: 'block', detail: conflict, conflict: true});
		if (autoscaler !== undefined) {
			checks.push({label, result: 'warn', detail: `an autoscaler (${autoscalerText(autoscaler)}) will overwrite it`});
		} else if (unread !== undefined) {
			checks.push({label, result: 'unknown', detail: `autoscalers, which would overwrite it, ${unread}`});
		}
		const manager = object === undefined ? undefined : fieldOwnerCheck(object);
		return manager === undefined ? checks : [...checks, manager];
	},
	async run(plan, context) {
		const patchUnlessChanged = async () => {
			const conflict = describeAutoscalerConflict(plan, await readAutoscaler(plan.workload, context));
			if (conflict !== undefined) throw conflictError(conflict);
			return scaleEffects(plan.to)();
		};
		await sendGuardedPatch(plan, patchUnlessChanged, {dryRun: false}, context);
		return {
			summary: `${kubectlName(plan.workload)} in ${plan.workload.namespace} scaled from ${plan.from} to ${plan.to}`,
			before: {replicas: String(plan.from)},
		};
	},
	async verify(plan, _receipt, context) {
		const object = await readWorkload(context.port, plan.workload, context);
		const requested = replicasOf(object);
		if (requested !== plan.to) {
			return {
				result: 'ineffective',
				detail: `${requested} replicas are requested now: something else changed it, perhaps an autoscaler`,
			};
		}
		const existing = countOf(object, 'status', 'replicas', 0);
		const ready = countOf(object, 'status', 'readyReplicas', 0);
		const isObserved = countOf(object, 'status', 'observedGeneration', 0) >= (object.metadata.generation ?? 0);
		const isRollingOut = existing > plan.to && countOf(object, 'status', 'updatedReplicas', existing) < existing;
		const detail = isRollingOut
			? `${existing} pods exist, ${existing - plan.to} of them surge pods of a rollout in progress, ${ready} ready`
			: `${existing} of ${plan.to} pods exist, ${ready} ready`;
		if (isObserved && existing === plan.to && ready === plan.to) return {result: 'done', detail};
		// Scaling down is done once the other pods are removed, whether the remaining ones are ready or not.
		if (
			isObserved &&
			plan.to < plan.from &&
			(existing === plan.to || (isRollingOut && existing <= plan.to + surgeOf(object)))
		)
			return {result: 'done', detail};
		const pods = await readWorkloadPods(context.port, plan.workload, context.target.name, context);
		const waiting = pods.find(pod => pod.node === undefined && pod.cause !== undefined);
		return {
			result: 'pending',
			detail: waiting === undefined ? detail : `${detail}; ${waiting.name} waits: ${waiting.cause}`,
		};
	},
	settleMs: 120_000,
	undo: {
		async propose(plan, _receipt, context) {
			const object = await readWorkload(context.port, plan.workload, context);
			const now = replicasOf(object);
			if (now !== plan.to) throw conflictError(`${now} replicas are requested now, not the ${plan.to} that were set`);
			return previewScale(plan.workload, object, plan.from, context);
		},
	},
});
