import type {ActionContext} from '../../../src/contract/action.ts';
import {AdapterError, conflictError, isAdapterError, readBeforeSending} from '../../../src/errors.ts';
import type {ApiObject, KubernetesPort, Patch} from '../../../src/port/kubernetes.ts';
import {findApiRefusal} from '../api/errors.ts';
import {fieldOwnerCheck} from '../objects/field-owner.ts';
import {kubectlName, readWorkload, type WorkloadRef, workloadObjectRef} from '../objects/workload-ref.ts';
import {withVersionGuard} from './template-change.ts';

/** What a plan about a workload is bound to: when any of it has changed, nothing is sent. */
export type WorkloadBinding = {
	readonly workload: WorkloadRef;
	readonly generation: number;
	/** The tool or controller that manages it, as it was shown (see fieldOwnerCheck); null when there is none. */
	readonly manager: string | null;
};

export const bindWorkload = (workload: WorkloadRef, object: ApiObject): WorkloadBinding => ({
	workload,
	generation: object.metadata.generation ?? 0,
	manager: fieldOwnerCheck(object)?.detail ?? null,
});

/** Describes how a workload differs from what the plan is bound to; undefined when it does not. */
export function describeWorkloadConflict(
	{workload, generation, manager}: WorkloadBinding,
	object: ApiObject,
): string | undefined {
	const now = bindWorkload(workload, object);
	if (now.generation !== generation)
		return `${kubectlName(workload)} was changed: generation ${now.generation}, it was ${generation}`;
	if (now.manager === manager) return undefined;
	return `what manages ${kubectlName(workload)} has changed: now ${now.manager ?? 'nothing'}; it was ${manager ?? 'nothing'}`;
}

export type PatchRequest = {readonly patch: Patch; readonly fieldManager?: string; readonly subresource?: string};

/** Controllers update the status often while something is wrong: each update is a new resource version, but no conflict with the plan. */
const maxAttempts = 5;

/** Whether the object has a newer version: 409, or 422 for a failed `test` operation of a JSON patch. */
function isVersionConflict(error: unknown): boolean {
	const {code, message = ''} = (isAdapterError(error) ? findApiRefusal(error) : undefined) ?? {};
	return code === 409 || (code === 422 && /test(?:ing)? |value /i.test(message) && /failed|operation/i.test(message));
}

/**
 * Sends a patch guarded by the resource version that was just read. When only the status was updated meanwhile, the server refuses the
 * patch without any effect, and it is sent again with the newer version; when the spec was changed, it is not.
 * @throws AdapterError `conflict` when the plan no longer matches the object.
 */
export async function sendGuardedPatch(
	bound: WorkloadBinding,
	make: (object: ApiObject) => Promise<PatchRequest>,
	options: {readonly dryRun: boolean},
	context: ActionContext<KubernetesPort>,
): Promise<{readonly before: ApiObject; readonly after: ApiObject}> {
	const {workload} = bound;
	const read = <T>(work: Promise<T>): Promise<T> => (options.dryRun ? work : readBeforeSending(work));
	for (let attempt = 1; ; attempt++) {
		const before = await read(readWorkload(context.port, workload, context));
		const conflict = describeWorkloadConflict(bound, before);
		if (conflict !== undefined) throw conflictError(conflict);
		const {patch, fieldManager, subresource} = await read(make(before));
		try {
			const after = await context.port.patch(
				{...workloadObjectRef(workload), ...(subresource === undefined ? {} : {subresource})},
				withVersionGuard(patch, before),
				{dryRun: options.dryRun, ...(fieldManager === undefined ? {} : {fieldManager})},
				context,
			);
			return {before, after};
		} catch (error) {
			if (!isVersionConflict(error)) throw error;
			if (attempt < maxAttempts) continue;
			throw new AdapterError(
				'conflict',
				`${kubectlName(workload)} changed ${maxAttempts} times while it was being sent`,
				'Nothing was changed. Something keeps updating it: look at its events, then try again.',
				{cause: error},
			);
		}
	}
}

export type DryRunResult = {readonly result: 'accepted' | 'refused' | 'unavailable'; readonly detail: string};

/** Sends the patch as a dry run: admission runs, nothing is stored. A dry run that is not possible is reported and blocks nothing. */
export async function dryRunPatch(
	bound: WorkloadBinding,
	make: (object: ApiObject) => Promise<PatchRequest>,
	context: ActionContext<KubernetesPort>,
): Promise<{readonly dryRun: DryRunResult; readonly before?: ApiObject; readonly after?: ApiObject}> {
	try {
		const {before, after} = await sendGuardedPatch(bound, make, {dryRun: true}, context);
		return {dryRun: {result: 'accepted', detail: 'the server accepts it'}, before, after};
	} catch (error) {
		return {dryRun: toDryRunResult(error)};
	}
}

/** Turns the error of a dry run into its result. @throws the error when it says nothing about the dry run: a lost connection or a conflict. */
export function toDryRunResult(error: unknown): DryRunResult {
	const refusal = findApiRefusal(error);
	if (!isAdapterError(error) || error.kind === 'conflict') throw error;
	if (refusal === undefined && error.kind !== 'denied') throw error;
	if (/dry.?run/i.test(error.message))
		return {result: 'unavailable', detail: `no dry run is possible: ${error.message}`};
	return error.kind === 'denied'
		? {result: 'refused', detail: error.message}
		: {result: 'unavailable', detail: `the dry run failed: ${error.message}`};
}
