import type {Context} from '../../../src/contract/context.ts';
import {conflictError} from '../../../src/errors.ts';
import type {ApiObject, KubernetesPort, Patch} from '../../../src/port/kubernetes.ts';
import type {JsonObject} from '../../../src/text/json-values.ts';
import {childObject} from '../objects/pod-template.ts';
import type {WorkloadRef} from '../objects/workload-ref.ts';
import {type Revision, readRevisions} from './revisions.ts';

/** A change of a pod template, as a plan records it: short, and without values of environment variables, which may be secret. */
export type TemplateChange =
	/** `at` is RFC 3339 in seconds, as kubectl writes it: two restarts within one second are one. */
	| {readonly type: 'restart'; readonly at: string; readonly manager: string}
	/** `uid` and `hash` identify the content; the number is for display. */
	| {readonly type: 'revision'; readonly revision: number; readonly uid: string; readonly hash: string};

export const restartedAtAnnotation = 'kubectl.kubernetes.io/restartedAt';

export const rollbackChange = ({revision, uid, hash}: Revision): TemplateChange => ({
	type: 'revision',
	revision,
	uid,
	hash,
});

/**
 * Returns the field manager that owns the annotation `restartedAt`, so that a restart does not take it over and cause conflicts later.
 * https://github.com/derailed/k9s/issues/3285
 */
export function restartFieldManager(object: ApiObject): string {
	const owner = object.metadata.managedFields?.find(entry =>
		JSON.stringify(entry.fieldsV1 ?? {}).includes(`"f:${restartedAtAnnotation}"`),
	);
	return owner?.manager ?? 'kubectl-rollout';
}

/** Annotations of a Deployment that a rollback retains; all others come from the ReplicaSet, as in `kubectl rollout undo`. */
const retainedAnnotations: ReadonlySet<string> = new Set([
	'kubectl.kubernetes.io/last-applied-configuration',
	'deployment.kubernetes.io/revision',
	'deployment.kubernetes.io/revision-history',
	'deployment.kubernetes.io/desired-replicas',
	'deployment.kubernetes.io/max-replicas',
	'deprecated.deployment.rollback.to',
]);

const splitAnnotations = (annotations: Readonly<Record<string, string>>, keep: boolean) =>
	Object.fromEntries(Object.entries(annotations).filter(([name]) => retainedAnnotations.has(name) === keep));

function rollbackPatch(ref: WorkloadRef, object: ApiObject, {content, annotations}: Revision): Patch {
	if (ref.kind !== 'Deployment') return {type: 'strategic', body: content};
	const own = object.metadata.annotations ?? {};
	const merged: JsonObject = {...splitAnnotations(annotations, false), ...splitAnnotations(own, true)};
	return {
		type: 'json',
		body: [
			{op: 'replace', path: '/spec/template', value: content},
			{op: object.metadata.annotations === undefined ? 'add' : 'replace', path: '/metadata/annotations', value: merged},
		],
	};
}

/** Builds the patch of a change for the current object. @throws AdapterError `conflict` when the revision is no longer stored. */
export async function patchForChange(
	port: KubernetesPort,
	ref: WorkloadRef,
	object: ApiObject,
	change: TemplateChange,
	context: Context,
): Promise<{readonly patch: Patch; readonly fieldManager: string}> {
	if (change.type === 'restart') {
		const annotations = {[restartedAtAnnotation]: change.at};
		const body = {spec: {template: {metadata: {annotations}}}};
		return {patch: {type: 'strategic', body}, fieldManager: change.manager};
	}
	const found = (await readRevisions(port, ref, object, context)).find(each => each.uid === change.uid);
	if (found === undefined) throw conflictError(`revision ${change.revision} of ${ref.name} is no longer stored`);
	if (found.hash !== change.hash)
		throw conflictError(`revision ${change.revision} of ${ref.name} has different content now`);
	return {patch: rollbackPatch(ref, object, found), fieldManager: 'midwatch'};
}

/** Adds uid and resource version to a patch, so that the server refuses it when the object was replaced or has changed. */
export function withVersionGuard({type, body}: Patch, {metadata}: ApiObject): Patch {
	const {uid, resourceVersion} = metadata;
	if (type === 'json') {
		const tests = [
			{op: 'test', path: '/metadata/uid', value: uid},
			{op: 'test', path: '/metadata/resourceVersion', value: resourceVersion},
		];
		return {type, body: [...tests, ...body]};
	}
	return {type, body: {...body, metadata: {...childObject(body, 'metadata'), uid, resourceVersion}}};
}
