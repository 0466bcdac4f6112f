import type {Context} from '../../../src/contract/context.ts';
import type {ApiObject, KubernetesPort, Patch} from '../../../src/port/kubernetes.ts';
import {childObject, type Json} from '../objects/pod-template.ts';
import {conflictError, type WorkloadRef} from '../objects/workload-ref.ts';
import {type Revision, readRevisions} from './revisions.ts';

/** What is done to the template of a workload's pods. Small enough to read, and without the values of variables: they may be secret. */
export type TemplateChange =
	/** `at` is RFC 3339 with whole seconds, as kubectl writes it: two within one second are one. */
	| {readonly type: 'restart'; readonly at: string; readonly manager: string}
	/** `uid` and `hash` say which content exactly; the number is for people. */
	| {readonly type: 'revision'; readonly revision: number; readonly uid: string; readonly hash: string};

export const restartedAtAnnotation = 'kubectl.kubernetes.io/restartedAt';

export const rollbackChange = ({revision, uid, hash}: Revision): TemplateChange => ({
	type: 'revision',
	revision,
	uid,
	hash,
});

/**
 * Who restarted it before goes on owning the annotation, so that nobody fights over it.
 * https://github.com/derailed/k9s/issues/3285
 */
export function restartFieldManager(object: ApiObject): string {
	const owner = object.metadata.managedFields?.find(entry =>
		JSON.stringify(entry.fieldsV1 ?? {}).includes(`"f:${restartedAtAnnotation}"`),
	);
	return owner?.manager ?? 'kubectl-rollout';
}

/** What a Deployment keeps of its own annotations when it goes back; all others come from the ReplicaSet, as `kubectl rollout undo` does it. */
const retainedAnnotations = new Set([
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
	const whole: Json = {...splitAnnotations(annotations, false), ...splitAnnotations(own, true)};
	return {
		type: 'json',
		body: [
			{op: 'replace', path: '/spec/template', value: content},
			{op: object.metadata.annotations === undefined ? 'add' : 'replace', path: '/metadata/annotations', value: whole},
		],
	};
}

/** The patch of a change, for the object as it is now. @throws AdapterError `conflict` when the revision is no longer kept. */
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
	if (found === undefined) throw conflictError(`revision ${change.revision} of ${ref.name} is no longer kept`);
	if (found.hash !== change.hash)
		throw conflictError(`revision ${change.revision} of ${ref.name} has another content now`);
	return {patch: rollbackPatch(ref, object, found), fieldManager: 'midwatch'};
}

/** The same patch, refused by the server when the object is another one or has changed since it was read. */
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
