import type {ActionContext, Check, Preview} from '../../../src/contract/action.ts';
import {defineAction} from '../../../src/contract/define.ts';
import type {Row} from '../../../src/contract/row.ts';
import type {ApiObject, KubernetesPort} from '../../../src/port/kubernetes.ts';
import {kubectl} from '../api/cli-equivalent.ts';
import {managerCheck} from '../objects/field-owner.ts';
import {part} from '../objects/pod-template.ts';
import {
	gone,
	type OfWorkload,
	readWorkload,
	shortName,
	slashed,
	type WorkloadKind,
	type WorkloadRef,
	workloadOfRow,
	workloadRefusal,
} from '../objects/workload-ref.ts';
import {type Bound, boundOf, type DryRun, dryRun, sendGuarded} from './guarded-patch.ts';
import {
	autoscalerOf,
	autoscalerText,
	dryRunCheck,
	kedaOf,
	mayPatch,
	sameCheck,
	workloadFacts,
} from './workload-checks.ts';
import {podsOf, serving} from './workload-pods.ts';

export type ScalePlan = Bound & {
	readonly target: string;
	readonly from: number;
	readonly to: number;
	readonly dryRun: DryRun;
	/** The autoscaler that was shown. */
	readonly autoscaler: string;
};

const kinds: readonly WorkloadKind[] = ['Deployment', 'StatefulSet', 'ReplicaSet'];
/** More than anybody means, and less than a slip of the finger. */
const most = 10_000;

const countOf = (object: ApiObject, field: 'spec' | 'status', name: string, otherwise: number): number => {
	const value = part(object, field)[name];
	return typeof value === 'number' ? value : otherwise;
};

const replicasOf = (object: ApiObject): number => countOf(object, 'spec', 'replicas', 1);

/** Pods beyond what is wanted that a rollout may have meanwhile: a number, or a share that is rounded up. */
function surgeOf(object: ApiObject): number {
	const {maxSurge = '25%'} = part(object, 'spec', 'strategy', 'rollingUpdate');
	return typeof maxSurge === 'number'
		? maxSurge
		: Math.ceil((replicasOf(object) * Number.parseFloat(String(maxSurge))) / 100);
}

type Autoscaling = Awaited<ReturnType<typeof autoscalerOf>>;

const unknownAutoscaler = 'not known';

/** One autoscaler with its bounds, none, or that it could not be read: what a plan compares. */
function autoscalerMark({autoscaler, unread}: Autoscaling): string {
	if (autoscaler !== undefined) return `${autoscalerText(autoscaler)}, uid ${autoscaler.metadata.uid}`;
	return unread === undefined ? 'none' : unknownAutoscaler;
}

/** What cannot be read now cannot be compared: the check says so. */
function autoscalerMoved(plan: ScalePlan, now: Autoscaling): string | undefined {
	const mark = autoscalerMark(now);
	const isKnown = plan.autoscaler !== unknownAutoscaler || mark !== 'none';
	if (mark === plan.autoscaler || mark === unknownAutoscaler || !isKnown) return undefined;
	return `its autoscaler is ${mark} now, it was ${plan.autoscaler}`;
}

const scaling = (to: number) => async () => ({
	patch: {type: 'merge' as const, body: {spec: {replicas: to}}},
	subresource: 'scale',
});

async function previewScale(
	workload: WorkloadRef,
	object: ApiObject,
	to: number,
	context: ActionContext<KubernetesPort>,
): Promise<Preview<ScalePlan>> {
	const {port, target} = context;
	const bound = boundOf(workload, object);
	const {generation} = bound;
	const from = replicasOf(object);
	const [pods, {told}, autoscaling] = await Promise.all([
		podsOf(port, workload, target.name, context),
		dryRun(bound, scaling(to), context),
		autoscalerOf(workload, context),
	]);
	const {autoscaler} = autoscaling;
	const less = to < from;
	const what =
		to === 0
			? `All ${from} pods end, and nothing serves any more`
			: less
				? `${from - to} of ${from} pods ${from - to === 1 ? 'ends' : 'end'}`
				: to === from
					? `Nothing changes: ${from} are wanted already`
					: to - from === 1
						? '1 more pod is started'
						: `${to - from} more pods are started`;
	const owner =
		autoscaler === undefined
			? ''
			: to === 0 && kedaOf(autoscaler) === undefined
				? ` An autoscaler (${autoscalerText(autoscaler)}) does nothing while there are 0.`
				: ` An autoscaler (${autoscalerText(autoscaler)}) sets the count itself, within a minute or so.`;
	return {
		plan: {target: target.name, ...bound, from, to, dryRun: told, autoscaler: autoscalerMark(autoscaling)},
		target: target.name,
		object: shortName(workload),
		locks: [`${workload.kind} ${shortName(workload)}`],
		count: 1,
		touches: [`${workload.kind} ${shortName(workload)}`],
		equivalent: kubectl(
			target,
			...['-n', workload.namespace, 'scale', slashed(workload), `--current-replicas=${from}`, `--replicas=${to}`],
		),
		impact: `${what}. Serving now: ${serving(pods, object)}.${owner}`,
		bound: `uid ${workload.uid.slice(0, 8)}…, generation ${generation}, replicas ${from}`,
		changes: [{field: 'spec.replicas', before: String(from), after: String(to)}],
		risk: to === 0 && from > 0 ? 'high' : less ? 'medium' : 'low',
		undo: {class: 'exact', text: `exact while ${to} replicas are wanted: scale back to ${from}`},
		...(to === from ? {unhelpful: {reason: `${from} replicas are wanted already`}} : {}),
	};
}

function suggested(rows: readonly Row[]): string {
	const row = rows[0] as OfWorkload | undefined;
	return row?.workload?.replicas === undefined ? '' : String(row.workload.replicas + 1);
}

/** Sets how many pods a workload has, through its scale. */
export const scale = defineAction<OfWorkload, KubernetesPort>()<ScalePlan>({
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
			hint: 'the number of pods: a whole number, 0 for none',
			initial: suggested,
			problem: text =>
				/^\d{1,5}$/.test(text) && Number(text) <= most
					? undefined
					: `Write a whole number from 0 to ${most}, such as 6.`,
		},
	],
	shows: [
		...workloadFacts,
		{
			fact: 'how many replicas are wanted',
			bound: 'metadata.generation, and the version that was read, which the server compares',
		},
		{
			fact: 'how many pods serve',
			notBound: 'pods become ready and fail by themselves all the time; the figure is read for the preview',
		},
		{fact: 'the autoscaler', bound: 'its uid and its bounds, read again just before the patch where they can be read'},
	],
	disabled: ([row]) => workloadRefusal(row, kinds),
	async preview([row], params, context) {
		const workload = workloadOfRow(row, kinds);
		const object = await readWorkload(context.port, workload, context);
		return previewScale(workload, object, Number(params['replicas']), context);
	},
	async preflight(plan, context) {
		const [{check, object}, may, autoscaling] = await Promise.all([
			sameCheck(plan, context),
			mayPatch(plan.workload, 'scale', context),
			autoscalerOf(plan.workload, context),
		]);
		const checks: Check[] = [check, may, dryRunCheck(plan.dryRun)];
		const label = 'the number of replicas';
		const {autoscaler, unread} = autoscaling;
		const moved = autoscalerMoved(plan, autoscaling);
		if (moved !== undefined) checks.push({label, result: 'block', detail: moved, moved: true});
		if (autoscaler !== undefined) {
			checks.push({label, result: 'warn', detail: `an autoscaler (${autoscalerText(autoscaler)}) sets it itself`});
		} else if (unread !== undefined) {
			checks.push({label, result: 'unknown', detail: `autoscalers, which would set it themselves, ${unread}`});
		}
		const manager = object === undefined ? undefined : managerCheck(object);
		return manager === undefined ? checks : [...checks, manager];
	},
	async run(plan, context) {
		const unlessMoved = async () => {
			const moved = autoscalerMoved(plan, await autoscalerOf(plan.workload, context));
			if (moved !== undefined) throw gone(moved);
			return scaling(plan.to)();
		};
		await sendGuarded(plan, unlessMoved, {dryRun: false}, context);
		return {
			summary: `${slashed(plan.workload)} in ${plan.workload.namespace} scaled from ${plan.from} to ${plan.to}`,
			before: {replicas: String(plan.from)},
		};
	},
	async verify(plan, _receipt, context) {
		const object = await readWorkload(context.port, plan.workload, context);
		const wanted = replicasOf(object);
		if (wanted !== plan.to) {
			return {result: 'ineffective', detail: `${wanted} are wanted now: something else set it, perhaps an autoscaler`};
		}
		const there = countOf(object, 'status', 'replicas', 0);
		const ready = countOf(object, 'status', 'readyReplicas', 0);
		const seen = countOf(object, 'status', 'observedGeneration', 0) >= (object.metadata.generation ?? 0);
		const rolls = there > plan.to && countOf(object, 'status', 'updatedReplicas', there) < there;
		const detail = rolls
			? `${there} pods are there, ${there - plan.to} of them for the rollout that is under way, ${ready} ready`
			: `${there} of ${plan.to} pods are there, ${ready} ready`;
		if (seen && there === plan.to && ready === plan.to) return {result: 'done', detail};
		// Fewer than before are enough once the others have gone: pods that were not ready stay so.
		if (seen && plan.to < plan.from && (there === plan.to || (rolls && there <= plan.to + surgeOf(object))))
			return {result: 'done', detail};
		const pods = await podsOf(context.port, plan.workload, context.target.name, context);
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
			if (now !== plan.to) throw gone(`${now} replicas are wanted now, not the ${plan.to} that were set`);
			return previewScale(plan.workload, object, plan.from, context);
		},
	},
});
