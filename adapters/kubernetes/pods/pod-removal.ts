import type {ActionContext, Check, Outcome, Preview, Receipt, Risk} from '../../../src/contract/action.ts';
import {AdapterError, conflictError, isAdapterError, toHarmlessError} from '../../../src/errors.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import {kubectlPodColumns} from '../../../src/model/kubernetes/pod-status.ts';
import type {KubernetesPort} from '../../../src/port/kubernetes.ts';
import type {PodObject} from '../../../src/port/kubernetes-objects.ts';
import {accessCheck} from '../objects/access-check.ts';
import {
	type PodRef,
	podRef,
	podUnchangedCheck,
	readPod,
	replacementCheck,
	verifyPodRemoval,
} from '../objects/pod-ref.ts';
import {describePodConflict, replacingController, type ShownPod, toShownPod} from '../objects/shown-pod.ts';

/* Shared by eviction and deletion: one plan removes one pod or several marked ones. */

type About = ActionContext<KubernetesPort>;

/** One pod to remove, the workload that replaces it, and what the confirmation shows of it. */
export type PodRemoval = {readonly pod: PodRef; readonly workload: PodRow['workload']; readonly shown: ShownPod};

export const qualifiedPodName = ({namespace, name}: PodRef): string => `${namespace}/${name}`;

/** What the confirmation requires the user to type: the name of a single pod, else the number of pods. */
const nameRemovedObject = (removals: readonly PodRemoval[]): string =>
	removals.length === 1 && removals[0] !== undefined ? qualifiedPodName(removals[0].pod) : `${removals.length} pods`;

const listTouchedPods = (removals: readonly PodRemoval[]): readonly string[] =>
	removals.map(({pod}) => `Pod ${qualifiedPodName(pod)}`);

function describePodBinding(removals: readonly PodRemoval[]): string {
	const [first] = removals;
	if (first === undefined || removals.length > 1) {
		return `each by its uid and whether it serves: ${removals.map(({pod}) => `${pod.uid.slice(0, 8)}…`).join(', ')}`;
	}
	const {pod, shown} = first;
	const maker = shown.controller === null ? 'no controller' : `controller ${shown.controller.slice(0, 8)}…`;
	return `uid ${pod.uid}, ${shown.readiness}, ${maker}${shown.deleting ? ', being deleted' : ''}`;
}

/** A pod to remove, with its current state on the server. */
export type CurrentPod = PodRemoval & {
	readonly object: PodObject;
	readonly status: string;
	readonly isServing: boolean;
	readonly hasFinished: boolean;
};

function toCurrentPod(removal: PodRemoval, object: PodObject): CurrentPod {
	const {readiness} = toShownPod(object);
	const {status} = kubectlPodColumns(object);
	return {...removal, object, status, hasFinished: readiness === 'finished', isServing: readiness === 'serves'};
}

/** The workload that replaces a pod: that of its row, when the pod still has a controller. */
function workloadOfPod({workload}: PodRow, {metadata}: PodObject): PodRow['workload'] {
	const maker = replacingController(metadata);
	if (maker === undefined) return undefined;
	const {kind, name, uid} = maker;
	return workload ?? {kind, name, uid, paused: false, replicas: undefined};
}

/** Reads the selected pods. @throws AdapterError `conflict` when one was deleted, or nothing is selected. */
export function readCurrentPods(rows: readonly PodRow[], context: About): Promise<readonly CurrentPod[]> {
	if (rows.length === 0) throw conflictError('no pod was selected');
	return Promise.all(
		rows.map(async row => {
			const pod = podRef(row);
			const object = (await readPod(pod, context)) as unknown as PodObject;
			return toCurrentPod({pod, workload: workloadOfPod(row, object), shown: toShownPod(object)}, object);
		}),
	);
}

/** The part of the pods that a plan records. */
export const toPodRemovals = (currentPods: readonly CurrentPod[]): readonly PodRemoval[] =>
	currentPods.map(({pod, workload, shown}) => ({pod, workload, shown}));

/** The parts of the preview that both removals share. */
export const previewRemoval = <Plan extends {readonly target: string; readonly pods: readonly PodRemoval[]}>(
	plan: Plan,
): Pick<
	Preview<Plan>,
	'plan' | 'target' | 'object' | 'lockNames' | 'count' | 'touches' | 'checkedIdentity' | 'changes'
> => ({
	plan,
	target: plan.target,
	object: nameRemovedObject(plan.pods),
	lockNames: listTouchedPods(plan.pods),
	count: plan.pods.length,
	touches: listTouchedPods(plan.pods),
	checkedIdentity: describePodBinding(plan.pods),
	changes: [],
});

/** The selected pods that are still as the plan shows them; without a plan, those that still exist. */
export async function filterUnchangedPods(
	rows: readonly PodRow[],
	plan: {readonly pods: readonly PodRemoval[]} | undefined,
	context: About,
): Promise<readonly PodRow[]> {
	const isUnchanged = await Promise.all(
		rows.map(async row => {
			const removal = plan?.pods.find(({pod}) => pod.uid === row.uid);
			return (await podUnchangedCheck(removal ?? {pod: podRef(row)}, context)).check.result === 'pass';
		}),
	);
	return rows.filter((_, index) => isUnchanged[index]);
}

/** `Deployment api creates a new pod.`, or that nothing does. */
function describeReplacement(removals: readonly PodRemoval[]): string {
	const [first] = removals;
	if (removals.length === 1) {
		return first?.workload === undefined
			? 'No workload owns it: it will not come back.'
			: `${first.workload.kind} ${first.workload.name} creates a new pod.`;
	}
	const unowned = removals.filter(({workload}) => workload === undefined).length;
	const workloads = new Set(
		removals.flatMap(({pod, workload}) =>
			workload === undefined ? [] : [`${workload.kind} ${pod.namespace}/${workload.name}`],
		),
	);
	const replacementText =
		workloads.size === 0 ? '' : `${[...workloads].join(', ')} ${workloads.size === 1 ? 'creates' : 'create'} new pods.`;
	return [replacementText, unowned === 0 ? '' : `No workload owns ${unowned} of them: they will not come back.`]
		.filter(Boolean)
		.join(' ');
}

/** Describes the effect and how many of the pods serve now. `grace` in seconds; undefined: each pod's own. */
export function describeRemovalImpact(currentPods: readonly CurrentPod[], grace: number | undefined): string {
	const seconds = Math.max(...currentPods.map(({object}) => grace ?? object.spec?.terminationGracePeriodSeconds ?? 30));
	const [first] = currentPods;
	const isSingle = currentPods.length === 1;
	const subject = isSingle ? 'The pod' : `${currentPods.length} pods`;
	const effect =
		grace === 0
			? `${subject} ${isSingle ? 'is' : 'are'} removed from the API at once, whether ${isSingle ? 'its' : 'their'} containers have stopped or not.`
			: `${subject} ${isSingle ? 'terminates' : 'terminate'} within ${seconds} s.`;
	const serving = currentPods.filter(({isServing}) => isServing).length;
	const now = isSingle
		? `It is ${first?.isServing ? 'ready and serves now' : `not ready now (${first?.status})`}.`
		: `${serving} of them ${serving === 1 ? 'is' : 'are'} ready and serve now.`;
	return `${effect} ${describeReplacement(currentPods)} ${now}`;
}

/** The highest risk of all pods. */
export function assessRemovalRisk(currentPods: readonly CurrentPod[]): Risk {
	if (currentPods.some(({workload, hasFinished}) => workload === undefined && !hasFinished)) return 'high';
	return currentPods.some(({isServing}) => isServing) ? 'medium' : 'low';
}

/** Checks that all pods are as they were shown: one line when all are. `currentPods` are those that are. */
export async function podsUnchangedChecks(
	removals: readonly PodRemoval[],
	context: About,
): Promise<{readonly checks: readonly Check[]; readonly currentPods: readonly CurrentPod[]}> {
	const found = await Promise.all(
		removals.map(async removal => ({removal, ...(await podUnchangedCheck(removal, context))})),
	);
	const changed = found.filter(({check}) => check.result !== 'pass');
	const currentPods = found.flatMap(({removal, object}) =>
		object === undefined ? [] : [toCurrentPod(removal, object)],
	);
	if (found.length === 1) return {checks: found.map(({check}) => check), currentPods};
	if (changed.length > 0) {
		const checks = changed.map(({removal, check}) => ({...check, detail: `${removal.pod.name}: ${check.detail}`}));
		return {checks, currentPods};
	}
	return {
		checks: [{label: 'the pods', result: 'pass', detail: `all ${found.length} are unchanged`}],
		currentPods,
	};
}

/** Checks the permission: for several pods once for each namespace. */
export function accessChecks(
	label: string,
	question: {readonly verb: string; readonly subresource?: string},
	removals: readonly PodRemoval[],
	context: About,
): Promise<readonly Check[]> {
	const attributes = {...question, group: '', resource: 'pods'};
	const [first] = removals;
	if (first !== undefined && removals.length === 1) {
		const {namespace, name} = first.pod;
		return Promise.all([accessCheck(label, {...attributes, namespace, name}, context)]);
	}
	const namespaces = [...new Set(removals.map(({pod}) => pod.namespace))];
	const labelIn = (namespace: string) => (namespaces.length === 1 ? label : `${label} in ${namespace}`);
	return Promise.all(namespaces.map(namespace => accessCheck(labelIn(namespace), {...attributes, namespace}, context)));
}

/** Checks that a workload replaces each pod; for several pods names only those without one. */
export function replacementChecks(removals: readonly PodRemoval[]): readonly Check[] {
	if (removals.length === 1) return removals.map(replacementCheck);
	const unowned = removals.filter(({workload}) => workload === undefined);
	if (unowned.length === 0) return [{label: 'their replacements', result: 'pass', detail: 'each has a workload'}];
	const names = unowned.map(({pod}) => pod.name).join(', ');
	return [{label: 'their replacements', result: 'warn', detail: `none for ${names}: no workload owns them`}];
}

/**
 * Sends the request for one pod after the other, each only while the pod is as it was shown. A refusal for one of several is reported
 * and the rest is sent; after an unknown outcome the rest is not.
 * @throws AdapterError of the first refusal when none was sent; of the request whose outcome is unknown.
 */
export async function sendToEachPod(
	removals: readonly PodRemoval[],
	done: string,
	send: (pod: PodRef) => Promise<void>,
	context: About,
): Promise<Receipt> {
	const sent: PodRef[] = [];
	const refused: {readonly pod: PodRef; readonly error: AdapterError}[] = [];
	for (const {pod, shown} of removals) {
		let isSending = false;
		try {
			const changed = describePodConflict(shown, (await readPod(pod, context)) as unknown as PodObject);
			if (changed !== undefined) throw conflictError(removals.length === 1 ? changed : `${pod.name}: ${changed}`);
			isSending = true;
			await send(pod);
			sent.push(pod);
		} catch (error) {
			if (!isAdapterError(error) || !error.harmless)
				throw isSending || sent.length > 0 ? withSentPods(error, pod, sent, done) : toHarmlessError(error);
			refused.push({pod, error});
		}
	}
	const [first] = refused;
	if (first !== undefined && sent.length === 0) throw first.error;
	const [only] = sent;
	if (only !== undefined && removals.length === 1)
		return {summary: `pod ${qualifiedPodName(only)} ${done}`, before: {uid: only.uid}};
	const refusedTexts = refused.map(({pod, error}) =>
		error.message.startsWith(`${pod.name}: `) ? error.message : `${pod.name}: ${error.message}`,
	);
	return {
		summary: `${sent.length} of ${removals.length} pods ${done}${refusedTexts.length === 0 ? '' : `; refused: ${refusedTexts.join('; ')}`}`,
		before: Object.fromEntries(sent.map(pod => [qualifiedPodName(pod), pod.uid])),
	};
}

/** Adds to an error the pod that failed and the pods for which the request had been sent before. */
function withSentPods(error: unknown, pod: PodRef, sent: readonly PodRef[], done: string): unknown {
	if (!isAdapterError(error) || sent.length === 0) return error;
	const before = sent.map(({name}) => name).join(', ');
	const hint = `${error.hint} ${done[0]?.toUpperCase()}${done.slice(1)} before it: ${before}.`;
	return new AdapterError(error.kind, `${pod.name}: ${error.message}`, hint, {cause: error});
}

/** Verifies that all pods for which the request was sent are deleted, and reports what replaces them. */
export async function verifyPodRemovals(
	removals: readonly PodRemoval[],
	{before}: Receipt,
	context: About,
): Promise<Outcome> {
	const [only] = removals;
	if (only !== undefined && removals.length === 1) return verifyPodRemoval(only.pod, only.workload, context);
	const sent = removals.filter(({pod}) => before[qualifiedPodName(pod)] === pod.uid);
	const outcomes = await Promise.all(
		sent.map(async ({pod, workload}) => ({pod, outcome: await verifyPodRemoval(pod, workload, context)})),
	);
	const ended = outcomes.filter(({outcome}) => outcome.result === 'done').length;
	const rest = outcomes.filter(({outcome}) => outcome.result !== 'done');
	const refused = removals.length - sent.length;
	const detail = [
		`${ended} of ${removals.length} are deleted`,
		...(refused === 0 ? [] : [`${refused} were refused, nothing was sent for them`]),
		...rest.slice(0, 3).map(({pod, outcome}) => `${pod.name}: ${outcome.detail}`),
	].join('; ');
	if (rest.some(({outcome}) => outcome.result === 'pending')) return {result: 'pending', detail};
	return {result: rest.length > 0 || refused > 0 ? 'ineffective' : 'done', detail};
}
