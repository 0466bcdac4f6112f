import type {ActionContext, Check, ShownFact} from '../../../src/contract/action.ts';
import {isAdapterError} from '../../../src/errors.ts';
import type {ApiObject, KubernetesPort} from '../../../src/port/kubernetes.ts';
import type {AutoscalerObject} from '../../../src/port/kubernetes-objects.ts';
import {readCompleteObjects} from '../api/cached-reads.ts';
import {accessCheck, accessFact} from '../objects/access-check.ts';
import {controllerOf} from '../objects/owner-index.ts';
import {childObject} from '../objects/pod-template.ts';
import {kubectlName, readWorkload, type WorkloadRef, workloadObjectRef} from '../objects/workload-ref.ts';
import {type DryRunResult, describeWorkloadConflict, type WorkloadBinding} from './guarded-patch.ts';
import {assessRollout} from './rollout-watch.ts';

/** Facts that every confirmation of a patch of a workload shows. */
export const workloadShownFacts: readonly ShownFact[] = [
	{
		fact: 'kind and name',
		changeDetectedBy: 'uid, compared with the version that is read before the patch, which the server compares',
	},
	{
		fact: 'the tool or controller that manages it',
		changeDetectedBy: 'read again with the version that the server compares',
	},
	accessFact('change it'),
	{
		fact: 'what the dry run said',
		changeAllowedBecause:
			'the server validates the same patch again when it is sent, and changes nothing when it refuses it',
	},
];

/** Checks that the workload is as it was confirmed. */
export async function workloadUnchangedCheck(
	bound: WorkloadBinding,
	context: ActionContext<KubernetesPort>,
): Promise<{readonly check: Check; readonly object: ApiObject | undefined}> {
	const {workload, generation} = bound;
	const label = 'the workload';
	const block = (detail: string): Check => ({label, result: 'block', detail, conflict: true});
	try {
		const object = await readWorkload(context.port, workload, context);
		const conflict = describeWorkloadConflict(bound, object);
		if (object.metadata.deletionTimestamp !== undefined)
			return {check: block(`${kubectlName(workload)} is being deleted`), object};
		return conflict === undefined
			? {check: {label, result: 'pass', detail: `unchanged, generation ${generation}`}, object}
			: {check: block(conflict), object};
	} catch (error) {
		if (!isAdapterError(error) || error.kind !== 'conflict') throw error;
		return {check: block(error.message), object: undefined};
	}
}

export const patchAccessCheck = (
	workload: WorkloadRef,
	subresource: string | undefined,
	context: ActionContext<KubernetesPort>,
): Promise<Check> => {
	const {type, namespace, name} = workloadObjectRef(workload);
	const {group, resource} = type;
	const question = {
		verb: 'patch',
		group,
		resource,
		namespace,
		name,
		...(subresource === undefined ? {} : {subresource}),
	};
	return accessCheck('the right to change it', question, context);
};

export const dryRunCheck = ({result, detail}: DryRunResult): Check => ({
	label: 'dry run',
	result: result === 'accepted' ? 'pass' : result === 'refused' ? 'block' : 'unknown',
	detail,
});

/** Blocks while rollouts are paused: nothing would happen until they are resumed. */
export function pausedCheck(object: ApiObject): Check {
	return childObject(object, 'spec')['paused'] === true
		? {
				label: 'rollouts',
				result: 'block',
				detail: 'paused: resume them first, with kubectl rollout resume',
			}
		: {label: 'rollouts', result: 'pass', detail: 'not paused'};
}

export function rolloutInProgressCheck(workload: WorkloadRef, object: ApiObject): Check {
	const label = 'the last rollout';
	const {state, detail} = assessRollout(workload, object);
	if (state === 'done') return {label, result: 'pass', detail: `done, ${detail}`};
	if (state === 'untracked') return {label: 'how pods are replaced', result: 'warn', detail};
	return {label, result: 'warn', detail: state === 'failed' ? `failed, ${detail}` : `still under way, ${detail}`};
}

/** Reads the autoscaler of a workload; `unread` says why it is not known. */
export async function readAutoscaler(
	workload: WorkloadRef,
	{port, ...context}: ActionContext<KubernetesPort>,
): Promise<{readonly autoscaler: AutoscalerObject | undefined; readonly unread: string | undefined}> {
	const {objects, unread} = await readCompleteObjects(port, 'horizontalpodautoscalers', context);
	const autoscaler = [...objects.values()].find(({metadata, spec}) => {
		const to = spec?.scaleTargetRef;
		return metadata.namespace === workload.namespace && to?.kind === workload.kind && to.name === workload.name;
	});
	return {autoscaler, unread};
}

/** Name of the KEDA ScaledObject of an autoscaler: KEDA creates an autoscaler for each, and also scales from and to zero, which no autoscaler does. */
export const kedaObjectName = ({metadata}: AutoscalerObject): string | undefined =>
	controllerOf(metadata)?.kind === 'ScaledObject' ? controllerOf(metadata)?.name : undefined;

/** `api, 3-10`, or `keda-hpa-api of ScaledObject api, 3-10`. */
export function autoscalerText(autoscaler: AutoscalerObject): string {
	const {metadata, spec} = autoscaler;
	const keda = kedaObjectName(autoscaler);
	const of = keda === undefined ? '' : ` of ScaledObject ${keda}`;
	return `${metadata.name}${of}, ${spec?.minReplicas ?? 1}-${spec?.maxReplicas ?? '?'}`;
}
