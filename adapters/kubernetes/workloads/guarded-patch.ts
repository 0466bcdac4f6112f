import type {ActionContext} from '../../../src/contract/action.ts';
import {AdapterError, isAdapterError, readBeforeSending} from '../../../src/errors.ts';
import type {ApiObject, KubernetesPort, Patch} from '../../../src/port/kubernetes.ts';
import {findApiRefusal} from '../api/errors.ts';
import {fieldOwnerCheck} from '../objects/field-owner.ts';
import {
	conflictError,
	kubectlName,
	readWorkload,
	type WorkloadRef,
	workloadObjectRef,
} from '../objects/workload-ref.ts';
import {withVersionGuard} from './template-change.ts';

/** What a plan about a workload is bound to. */
export type WorkloadBinding = {
	readonly workload: WorkloadRef;
	readonly generation: number;
	/** The manager of its fields, as it was shown; null when there is none but us. */
	readonly manager: string | null;
};

export const bindWorkload = (workload: WorkloadRef, object: ApiObject): WorkloadBinding => ({
	workload,
	generation: object.metadata.generation ?? 0,
	manager: fieldOwnerCheck(object)?.detail ?? null,
});

/** What of a workload is not as it was shown, in a sentence. */
export function describeWorkloadConflict(
	{workload, generation, manager}: WorkloadBinding,
	object: ApiObject,
): string | undefined {
	const now = bindWorkload(workload, object);
	if (now.generation !== generation)
		return `${kubectlName(workload)} was changed: generation ${now.generation}, it was ${generation}`;
	if (now.manager === manager) return undefined;
	return `the manager of ${kubectlName(workload)} has changed: now ${now.manager ?? 'none'}; it was ${manager ?? 'none'}`;
}

export type PatchRequest = {readonly patch: Patch; readonly fieldManager?: string; readonly subresource?: string};

/** A status is written often while something is wrong: each write is a new version, and says nothing against the plan. */
const maxAttempts = 5;

/** A failed `test` of a JSON patch is a refusal of ours: the version moved on. */
function isVersionConflict(error: unknown): boolean {
	const {code, message = ''} = (isAdapterError(error) ? findApiRefusal(error) : undefined) ?? {};
	return code === 409 || (code === 422 && /test(?:ing)? |value /i.test(message) && /failed|operation/i.test(message));
}

/**
 * Sends a patch with the version just read as its guard. When only a status was written meanwhile, the server refuses it without doing
 * anything, and it is sent again with the newer version; when the specification was, it is not.
 * @throws AdapterError `conflict` when the plan no longer holds.
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
		const moved = describeWorkloadConflict(bound, before);
		if (moved !== undefined) throw conflictError(moved);
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
				'Nothing was done. Something writes it all the time: look at its events, and try again.',
				{cause: error},
			);
		}
	}
}

export type DryRunResult = {readonly result: 'accepted' | 'refused' | 'unavailable'; readonly detail: string};

/** Goes through the server's whole admission and stores nothing. That it cannot be tried is told, and blocks nothing. */
export async function dryRunPatch(
	bound: WorkloadBinding,
	make: (object: ApiObject) => Promise<PatchRequest>,
	context: ActionContext<KubernetesPort>,
): Promise<{readonly told: DryRunResult; readonly before?: ApiObject; readonly after?: ApiObject}> {
	try {
		const {before, after} = await sendGuardedPatch(bound, make, {dryRun: true}, context);
		return {told: {result: 'accepted', detail: 'the server accepts it'}, before, after};
	} catch (error) {
		return {told: toDryRunResult(error)};
	}
}

/** @throws what says nothing about a dry run: a broken link, or that what is meant is gone. */
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
