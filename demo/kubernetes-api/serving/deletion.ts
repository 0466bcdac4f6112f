import type {FakeCluster} from '../cluster.ts';
import {badRequest, conflict, notFound} from '../objects/api-error.ts';
import type {Pod} from '../objects/kinds.ts';
import {isObject, type JsonObject, type KubeObject, timestamp, valueAt} from '../objects/kube-object.ts';
import {createRepresentation} from '../objects/representation.ts';
import {resourceTypes} from '../objects/resources.ts';
import {listPage} from './list.ts';
import {jsonResourceResponse, type ResourceRequest, type ResourceResponse} from './resource-request.ts';

/** DeleteOptions of meta/v1, from the body of a DELETE or of an eviction. */
export type DeleteOptions = {
	readonly graceSeconds: number | undefined;
	readonly propagation: 'Background' | 'Foreground' | 'Orphan';
	readonly uid: string | undefined;
	readonly resourceVersion: string | undefined;
	readonly dryRun: boolean;
};

/** Reads the DeleteOptions from the body and the query. @throws ApiError 400 when they are not valid. */
export function parseDeleteOptions(call: Pick<ResourceRequest, 'query' | 'dryRun'>, body: unknown): DeleteOptions {
	const options: JsonObject = isObject(body) ? body : {};
	const grace = options['gracePeriodSeconds'] ?? call.query.get('gracePeriodSeconds') ?? undefined;
	const propagation = options['propagationPolicy'] ?? call.query.get('propagationPolicy') ?? 'Background';
	if (propagation !== 'Background' && propagation !== 'Foreground' && propagation !== 'Orphan') {
		throw badRequest(`DeleteOptions: propagationPolicy: Unsupported value: "${propagation}"`);
	}
	if (grace !== undefined && !Number.isInteger(Number(grace))) throw badRequest(`invalid gracePeriodSeconds: ${grace}`);
	const precondition = (name: string) => {
		const value = valueAt(options, `preconditions.${name}`);
		return typeof value === 'string' ? value : undefined;
	};
	const dry = options['dryRun'];
	return {
		graceSeconds: grace === undefined ? undefined : Number(grace),
		propagation,
		uid: precondition('uid'),
		resourceVersion: precondition('resourceVersion'),
		dryRun: call.dryRun || (Array.isArray(dry) && dry.includes('All')),
	};
}

/** Checks the preconditions of a deletion. @throws ApiError 409 when the object does not meet them. */
export function assertPreconditions(
	resource: string,
	{metadata}: KubeObject,
	{uid, resourceVersion}: DeleteOptions,
): void {
	const about = {resource, name: metadata.name};
	const failed = (name: string, wanted: string, is: string) =>
		conflict(about, `Precondition failed: ${name} in precondition: ${wanted}, ${name} in object meta: ${is}`);
	if (uid !== undefined && uid !== metadata.uid) throw failed('UID', uid, metadata.uid);
	if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
		throw failed('ResourceVersion', resourceVersion, metadata.resourceVersion);
	}
}

/** Deletion as by a controller: without preconditions; dependents are deleted in the background. */
export const backgroundDeletion: DeleteOptions = {
	graceSeconds: undefined,
	propagation: 'Background',
	uid: undefined,
	resourceVersion: undefined,
	dryRun: false,
};

/**
 * Begins or completes a deletion: a running pod gets its grace period, an object with finalizers waits for them, others are deleted at once;
 * what the object owned is deleted or orphaned. @throws ApiError 409 when a precondition is not met.
 */
export function deleteObject(
	cluster: FakeCluster,
	resource: string,
	object: KubeObject,
	options: DeleteOptions,
): KubeObject {
	assertPreconditions(resource, object, options);
	if (options.dryRun) return object;
	const {metadata} = object;
	if (options.propagation === 'Orphan') orphanDependents(cluster, metadata.uid);
	const graceSeconds = resource === 'pods' ? podGrace(object as Pod, options.graceSeconds) : 0;
	const waits = graceSeconds > 0 || (metadata.finalizers ?? []).length > 0 || resource === 'namespaces';
	if (!waits) {
		cluster.store.remove(resource, metadata.namespace, metadata.name);
		return object;
	}
	const shorter = (metadata.deletionGracePeriodSeconds ?? Number.POSITIVE_INFINITY) > graceSeconds;
	if (metadata.deletionTimestamp !== undefined && !shorter) return object;
	return cluster.store.put(resource, {
		...object,
		metadata: {
			...metadata,
			deletionTimestamp: timestamp(cluster.clock.now() + graceSeconds * 1000),
			deletionGracePeriodSeconds: graceSeconds,
		},
		...(resource === 'namespaces' ? {status: {phase: 'Terminating'}} : {}),
	});
}

/** A pod that is on no node, or has ended, needs no time to stop. */
function podGrace({spec, status}: Pod, requested: number | undefined): number {
	if (requested !== undefined) return Math.max(0, requested);
	if (spec.nodeName === undefined || status.phase === 'Succeeded' || status.phase === 'Failed') return 0;
	return spec.terminationGracePeriodSeconds ?? 30;
}

function orphanDependents({store}: FakeCluster, uid: string): void {
	for (const {key} of resourceTypes) {
		for (const owned of store.ownedBy(key, uid)) {
			const ownerReferences = (owned.metadata.ownerReferences ?? []).filter(owner => owner.uid !== uid);
			store.put(key, {...owned, metadata: {...owned.metadata, ownerReferences}});
		}
	}
}

export function handleDelete(cluster: FakeCluster, call: ResourceRequest): ResourceResponse {
	const {type, namespace, name = ''} = call;
	const object = cluster.store.get(type.key, namespace, name);
	if (object === undefined) throw notFound({resource: type.key, name});
	const left = deleteObject(cluster, type.key, object, parseDeleteOptions(call, call.body));
	const form = createRepresentation(type, call.accept, call.query, cluster.clock.now);
	// An object that is being deleted is returned; for one that was deleted, a Status.
	if (type.key === 'pods' || left.metadata.deletionTimestamp !== undefined) return {code: 200, text: form.object(left)};
	const details = {
		name,
		...(type.group === '' ? {} : {group: type.group}),
		kind: type.plural,
		uid: object.metadata.uid,
	};
	return jsonResourceResponse({kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details});
}

export function handleDeleteCollection(cluster: FakeCluster, call: ResourceRequest): ResourceResponse {
	const {objects, revision} = listPage(cluster.store, call);
	const options = parseDeleteOptions(call, call.body);
	for (const object of objects) deleteObject(cluster, call.type.key, object, options);
	const form = createRepresentation(call.type, call.accept, call.query, cluster.clock.now);
	return {code: 200, text: form.list(objects, {resourceVersion: String(revision)})};
}
