import type {ActionContext, Check, Outcome, Receipt, Risk} from '../../../src/contract/action.ts';
import {AdapterError, isAdapterError, toHarmlessError} from '../../../src/errors.ts';
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
import {conflictError} from '../objects/workload-ref.ts';

/* What evicting and deleting have in common: one pod or several marked ones, which end together by one plan. */

type About = ActionContext<KubernetesPort>;

/** One pod that is to end, what makes a new one, and what the confirmation shows of it. */
export type PodRemoval = {readonly pod: PodRef; readonly workload: PodRow['workload']; readonly shown: ShownPod};

export const qualifiedPodName = ({namespace, name}: PodRef): string => `${namespace}/${name}`;

/** Of one its name, of several how many: what a demand asks for. */
export const nameRemovedObject = (endings: readonly PodRemoval[]): string =>
	endings.length === 1 && endings[0] !== undefined ? qualifiedPodName(endings[0].pod) : `${endings.length} pods`;

export const listTouchedPods = (endings: readonly PodRemoval[]): readonly string[] =>
	endings.map(({pod}) => `Pod ${qualifiedPodName(pod)}`);

export function describePodBinding(endings: readonly PodRemoval[]): string {
	const [first] = endings;
	if (first === undefined || endings.length > 1) {
		return `each by its uid and whether it serves: ${endings.map(({pod}) => `${pod.uid.slice(0, 8)}…`).join(', ')}`;
	}
	const {pod, shown} = first;
	const maker = shown.controller === null ? 'no controller' : `controller ${shown.controller.slice(0, 8)}…`;
	return `uid ${pod.uid}, ${shown.readiness}, ${maker}${shown.deleting ? ', being deleted' : ''}`;
}

/** What a pod is now. */
export type CurrentPod = PodRemoval & {
	readonly object: PodObject;
	readonly status: string;
	readonly isServing: boolean;
	readonly hasFinished: boolean;
};

function toCurrentPod(ending: PodRemoval, object: PodObject): CurrentPod {
	const {readiness} = toShownPod(object);
	const {status} = kubectlPodColumns(object);
	return {...ending, object, status, hasFinished: readiness === 'finished', isServing: readiness === 'serves'};
}

/** What a new pod comes from: as the row tells it, where the pod itself still has a controller. */
function workloadOfPod({workload}: PodRow, {metadata}: PodObject): PodRow['workload'] {
	const maker = replacingController(metadata);
	if (maker === undefined) return undefined;
	const {kind, name, uid} = maker;
	return workload ?? {kind, name, uid, paused: false, replicas: undefined};
}

/** Reads the selected pods. @throws AdapterError `conflict` when one is gone, or nothing is selected. */
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

/** As a plan carries them. */
export const toPodRemovals = (standings: readonly CurrentPod[]): readonly PodRemoval[] =>
	standings.map(({pod, workload, shown}) => ({pod, workload, shown}));

/** Those of the selected pods that still are as the plan shows them; without a plan those that are there. */
export async function filterUnchangedPods(
	rows: readonly PodRow[],
	plan: {readonly pods: readonly PodRemoval[]} | undefined,
	context: About,
): Promise<readonly PodRow[]> {
	const found = await Promise.all(
		rows.map(async row => {
			const ending = plan?.pods.find(({pod}) => pod.uid === row.uid);
			return (await podUnchangedCheck(ending ?? {pod: podRef(row)}, context)).check.result === 'pass';
		}),
	);
	return rows.filter((_, index) => found[index]);
}

/** `Deployment api makes a new one.`, or that nothing does, for one or for several. */
function describeReplacement(endings: readonly PodRemoval[]): string {
	const [first] = endings;
	if (endings.length === 1) {
		return first?.workload === undefined
			? 'Nothing stands behind it: it will not come back.'
			: `${first.workload.kind} ${first.workload.name} makes a new one.`;
	}
	const alone = endings.filter(({workload}) => workload === undefined).length;
	const makers = new Set(
		endings.flatMap(({pod, workload}) =>
			workload === undefined ? [] : [`${workload.kind} ${pod.namespace}/${workload.name}`],
		),
	);
	const made = makers.size === 0 ? '' : `${[...makers].join(', ')} ${makers.size === 1 ? 'makes' : 'make'} new ones.`;
	return [made, alone === 0 ? '' : `Nothing stands behind ${alone} of them: they will not come back.`]
		.filter(Boolean)
		.join(' ');
}

/** What happens, with how many serve now. `grace`: seconds; undefined is each pod's own. */
export function describeRemovalImpact(standings: readonly CurrentPod[], grace: number | undefined): string {
	const seconds = Math.max(...standings.map(({object}) => grace ?? object.spec?.terminationGracePeriodSeconds ?? 30));
	const [first] = standings;
	const one = standings.length === 1;
	const what = one ? 'The pod' : `${standings.length} pods`;
	const ends =
		grace === 0
			? `${what} ${one ? 'is' : 'are'} struck off at once, whether ${one ? 'its' : 'their'} containers have ended or not.`
			: `${what} ${one ? 'ends' : 'end'} within ${seconds} s.`;
	const serving = standings.filter(({isServing: serves}) => serves).length;
	const now = one
		? `It is ${first?.isServing ? 'ready and serves now' : `not ready now (${first?.status})`}.`
		: `${serving} of them ${serving === 1 ? 'is' : 'are'} ready and serve now.`;
	return `${ends} ${describeReplacement(standings)} ${now}`;
}

/** The gravest of all. */
export function assessRemovalRisk(standings: readonly CurrentPod[]): Risk {
	if (standings.some(({workload, hasFinished: finished}) => workload === undefined && !finished)) return 'high';
	return standings.some(({isServing: serves}) => serves) ? 'medium' : 'low';
}

/** Whether all are as they were shown, as one line when they are; `standings` has those that are. */
export async function podsUnchangedChecks(
	endings: readonly PodRemoval[],
	context: About,
): Promise<{readonly checks: readonly Check[]; readonly standings: readonly CurrentPod[]}> {
	const found = await Promise.all(
		endings.map(async ending => ({ending, ...(await podUnchangedCheck(ending, context))})),
	);
	const moved = found.filter(({check}) => check.result !== 'pass');
	const standings = found.flatMap(({ending, object}) => (object === undefined ? [] : [toCurrentPod(ending, object)]));
	if (found.length === 1) return {checks: found.map(({check}) => check), standings};
	if (moved.length > 0) {
		const checks = moved.map(({ending, check}) => ({...check, detail: `${ending.pod.name}: ${check.detail}`}));
		return {checks, standings};
	}
	return {
		checks: [{label: 'the pods', result: 'pass', detail: `all ${found.length} are as they were shown`}],
		standings,
	};
}

/** Of several in one namespace it is asked once, for all that are there. */
export function accessChecks(
	label: string,
	question: {readonly verb: string; readonly subresource?: string},
	endings: readonly PodRemoval[],
	context: About,
): Promise<readonly Check[]> {
	const about = {...question, group: '', resource: 'pods'};
	const [first] = endings;
	if (first !== undefined && endings.length === 1) {
		const {namespace, name} = first.pod;
		return Promise.all([accessCheck(label, {...about, namespace, name}, context)]);
	}
	const namespaces = [...new Set(endings.map(({pod}) => pod.namespace))];
	const labelIn = (namespace: string) => (namespaces.length === 1 ? label : `${label} in ${namespace}`);
	return Promise.all(namespaces.map(namespace => accessCheck(labelIn(namespace), {...about, namespace}, context)));
}

/** Of several, only those that do not come back are named. */
export function replacementChecks(endings: readonly PodRemoval[]): readonly Check[] {
	if (endings.length === 1) return endings.map(replacementCheck);
	const alone = endings.filter(({workload}) => workload === undefined);
	if (alone.length === 0)
		return [{label: 'their replacements', result: 'pass', detail: 'each has a workload behind it'}];
	const names = alone.map(({pod}) => pod.name).join(', ');
	return [{label: 'their replacements', result: 'warn', detail: `none for ${names}: nothing stands behind`}];
}

/**
 * Sends it for one after the other, each only while it is as it was shown. What the server refuses for one of several is reported
 * and the rest is sent; when the outcome of one is unknown, the rest is not.
 * @throws AdapterError of the first when none was sent; of the one whose outcome is not known.
 */
export async function sendToEachPod(
	endings: readonly PodRemoval[],
	done: string,
	send: (pod: PodRef) => Promise<void>,
	context: About,
): Promise<Receipt> {
	const sent: PodRef[] = [];
	const refused: {readonly pod: PodRef; readonly error: AdapterError}[] = [];
	for (const {pod, shown} of endings) {
		let isSending = false;
		try {
			const moved = describePodConflict(shown, (await readPod(pod, context)) as unknown as PodObject);
			if (moved !== undefined) throw conflictError(endings.length === 1 ? moved : `${pod.name}: ${moved}`);
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
	if (only !== undefined && endings.length === 1)
		return {summary: `pod ${qualifiedPodName(only)} ${done}`, before: {uid: only.uid}};
	const left = refused.map(({pod, error}) =>
		error.message.startsWith(`${pod.name}: `) ? error.message : `${pod.name}: ${error.message}`,
	);
	return {
		summary: `${sent.length} of ${endings.length} pods ${done}${left.length === 0 ? '' : `; refused: ${left.join('; ')}`}`,
		before: Object.fromEntries(sent.map(pod => [qualifiedPodName(pod), pod.uid])),
	};
}

/** Says of several which one it was about, and which had been sent before. */
function withSentPods(error: unknown, pod: PodRef, sent: readonly PodRef[], done: string): unknown {
	if (!isAdapterError(error) || sent.length === 0) return error;
	const before = sent.map(({name}) => name).join(', ');
	const hint = `${error.hint} ${done[0]?.toUpperCase()}${done.slice(1)} before it: ${before}.`;
	return new AdapterError(error.kind, `${pod.name}: ${error.message}`, hint, {cause: error});
}

/** Waits until all that were sent are gone, and says what became of their places. */
export async function verifyPodRemovals(
	endings: readonly PodRemoval[],
	{before}: Receipt,
	context: About,
): Promise<Outcome> {
	const [only] = endings;
	if (only !== undefined && endings.length === 1) return verifyPodRemoval(only.pod, only.workload, context);
	const sent = endings.filter(({pod}) => before[qualifiedPodName(pod)] === pod.uid);
	const outcomes = await Promise.all(
		sent.map(async ({pod, workload}) => ({pod, outcome: await verifyPodRemoval(pod, workload, context)})),
	);
	const ended = outcomes.filter(({outcome}) => outcome.result === 'done').length;
	const rest = outcomes.filter(({outcome}) => outcome.result !== 'done');
	const refused = endings.length - sent.length;
	const detail = [
		`${ended} of ${endings.length} are gone`,
		...(refused === 0 ? [] : [`${refused} were refused and sent nothing`]),
		...rest.slice(0, 3).map(({pod, outcome}) => `${pod.name}: ${outcome.detail}`),
	].join('; ');
	if (rest.some(({outcome}) => outcome.result === 'pending')) return {result: 'pending', detail};
	return {result: rest.length > 0 || refused > 0 ? 'ineffective' : 'done', detail};
}
