import type {FakeCluster} from '../cluster.ts';
import {ApiError, alreadyExists, badRequest, conflict, invalid, modified, notFound} from '../objects/api-error.ts';
import {hasGeneration, validateObject, withDefaults} from '../objects/defaults.ts';
import {applyJsonPatch} from '../objects/json-patch.ts';
import {
	equalJson,
	isObject,
	type JsonObject,
	type KubeObject,
	type ObjectMeta,
	valueAt,
} from '../objects/kube-object.ts';
import {updateManagedFields} from '../objects/managed-fields.ts';
import {applyMergePatch} from '../objects/merge-patch.ts';
import {createRepresentation} from '../objects/representation.ts';
import {apiVersionOf} from '../objects/resources.ts';
import {applyStrategicMerge} from '../objects/strategic-merge.ts';
import {toRequestedVersion, toStoredVersion} from '../objects/version-conversion.ts';
import {objectBody, type ResourceRequest, type ResourceResponse} from './resource-request.ts';

const randomSuffix = (): string => Math.random().toString(36).slice(2, 7);

function objectResponse(cluster: FakeCluster, call: ResourceRequest, object: KubeObject, code = 200): ResourceResponse {
	return {code, text: createRepresentation(call.type, call.accept, call.query, cluster.clock.now).object(object)};
}

/** The sent body as an object of the resource. @throws ApiError 400 when it is none. */
function parseSentObject(call: ResourceRequest, body: JsonObject): KubeObject {
	const {type} = call;
	const kind = body['kind'] ?? type.kind;
	const apiVersion = body['apiVersion'] ?? apiVersionOf(type);
	if (kind !== type.kind || apiVersion !== apiVersionOf(type)) {
		const why = `${apiVersion}, Kind=${kind}`;
		throw badRequest(
			`the API version in the data (${why}) does not match the expected API version (${apiVersionOf(type)}, Kind=${type.kind})`,
		);
	}
	const metadata = isObject(body['metadata']) ? body['metadata'] : {};
	if (metadata['namespace'] !== undefined && call.namespace !== undefined && metadata['namespace'] !== call.namespace) {
		throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
	}
	return toStoredVersion(type, {...body, kind, apiVersion, metadata} as unknown as KubeObject);
}

export function handleCreate(cluster: FakeCluster, call: ResourceRequest): ResourceResponse {
	const {store} = cluster;
	const {type, namespace} = call;
	const object = parseSentObject(call, objectBody(call));
	const name =
		object.metadata.name ?? (object.metadata.generateName && `${object.metadata.generateName}${randomSuffix()}`);
	if (!name)
		throw invalid(
			{resource: type.key, kind: type.kind},
			'metadata.name',
			'Required value: name or generateName is required',
		);
	if (type.namespaced && store.get('namespaces', undefined, namespace ?? '') === undefined) {
		throw notFound({resource: 'namespaces', name: namespace ?? ''});
	}
	if (store.get(type.key, namespace, name) !== undefined) throw alreadyExists({resource: type.key, name});
	const {labels, annotations, ownerReferences, finalizers, generateName} = object.metadata;
	const given = {labels, annotations, ownerReferences, finalizers, generateName};
	const metadata = cluster.newMetadata(name, {
		...(namespace === undefined ? {} : {namespace}),
		...(hasGeneration(type.key) ? {generation: 1} : {}),
		...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
	});
	const made = withDefaults(type.key, {...object, metadata});
	validateObject(type.key, made);
	const managed = updateManagedFields(undefined, made, {
		manager: call.fieldManager,
		time: cluster.time(),
		subresource: undefined,
	});
	return objectResponse(cluster, call, call.dryRun ? managed : store.put(type.key, managed), 201);
}

/**
 * Puts `next` in the place of `before`, with the fields that no client may change as they were. On a subresource only the status is taken, on
 * the object itself all but the status. Writes nothing when nothing differs. @throws ApiError 409 when the version is not the present one.
 */
export function replaceObject(
	cluster: FakeCluster,
	call: ResourceRequest,
	before: KubeObject,
	next: KubeObject,
): KubeObject {
	const {type, subresource} = call;
	const about = {resource: type.key, name: before.metadata.name};
	const wanted = next.metadata;
	if (wanted.resourceVersion && wanted.resourceVersion !== before.metadata.resourceVersion) throw modified(about);
	if (wanted.uid && wanted.uid !== before.metadata.uid) {
		throw conflict(
			about,
			`Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${before.metadata.uid}`,
		);
	}
	if (wanted.name && wanted.name !== before.metadata.name) {
		throw badRequest(
			`the name of the object (${wanted.name}) does not match the name on the URL (${before.metadata.name})`,
		);
	}
	const part = (object: KubeObject, name: 'spec' | 'status') => {
		const value = valueAt(object, name);
		return value === undefined ? {} : {[name]: value};
	};
	const content =
		subresource === 'status'
			? {...before, ...part(next, 'status'), metadata: before.metadata}
			: {...withDefaults(type.key, next), ...part(before, 'status')};
	const same = subresource === 'status' || equalJson(valueAt(content, 'spec'), valueAt(before, 'spec'));
	const generation = (before.metadata.generation ?? 0) + (same ? 0 : 1);
	const {labels, annotations, ownerReferences, finalizers} = subresource === 'status' ? before.metadata : wanted;
	const {labels: _, annotations: __, ownerReferences: ___, finalizers: ____, ...fixed} = before.metadata;
	const optional = {labels, annotations, ownerReferences, finalizers};
	const metadata: ObjectMeta = {
		...fixed,
		...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined && value !== null)),
		...(hasGeneration(type.key) ? {generation} : {}),
	};
	const complete: KubeObject = {...content, apiVersion: before.apiVersion, kind: before.kind, metadata};
	assertImmutableFields(call, before, complete);
	validateObject(type.key, complete);
	if (equalJson(complete, before)) return before;
	const by = {manager: call.fieldManager, time: cluster.time(), subresource};
	const managed = updateManagedFields(before, complete, by);
	if (call.dryRun) return managed;
	if (metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0 && type.key !== 'pods') {
		cluster.store.remove(type.key, metadata.namespace, metadata.name);
		return managed;
	}
	return cluster.store.put(type.key, managed);
}

/** Checks that no immutable field changes. @throws ApiError 422 when one does. */
function assertImmutableFields({type}: ResourceRequest, before: KubeObject, after: KubeObject): void {
	const about = {resource: type.key, name: before.metadata.name, kind: before.kind};
	const changed = (path: string) => !equalJson(valueAt(before, path), valueAt(after, path));
	if (/\.apps$/.test(type.key) && changed('spec.selector')) throw invalid(about, 'spec.selector', 'field is immutable');
	if (valueAt(before, 'immutable') === true && (changed('data') || changed('immutable'))) {
		throw invalid(about, 'data', 'Forbidden: field is immutable when `immutable` is set');
	}
	if (type.key === 'pods' && changed('spec')) {
		const images = (object: KubeObject) => {
			const spec = valueAt(object, 'spec');
			const containers = valueAt(spec, 'containers');
			const list = Array.isArray(containers) ? containers.map(each => ({...each, image: ''})) : containers;
			return {...(isObject(spec) ? spec : {}), containers: list};
		};
		if (equalJson(images(before), images(after))) return;
		throw invalid(about, 'spec', 'Forbidden: pod updates may not change fields other than `spec.containers[*].image`');
	}
}

function findObject(cluster: FakeCluster, {type, namespace, name = ''}: ResourceRequest): KubeObject {
	const found = cluster.store.get(type.key, namespace, name);
	if (found === undefined) throw notFound({resource: type.key, name});
	return found;
}

export function handleUpdate(cluster: FakeCluster, call: ResourceRequest): ResourceResponse {
	return objectResponse(
		cluster,
		call,
		replaceObject(cluster, call, findObject(cluster, call), parseSentObject(call, objectBody(call))),
	);
}

/** Returns the patched object. @throws ApiError 415 when the type of the patch is not known, 4xx when the patch cannot be applied. */
export function applyPatch(contentType: string, target: unknown, patch: unknown): unknown {
	const media = contentType.split(';')[0]?.trim();
	if (media === 'application/json-patch+json') return applyJsonPatch(target, patch);
	if (!isObject(patch)) throw badRequest('a patch has to be an object');
	if (media === 'application/merge-patch+json') return applyMergePatch(target, patch);
	if (media === 'application/strategic-merge-patch+json') return applyStrategicMerge(target, patch);
	const known = 'application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json';
	const why = `the body of the request was in an unknown format - accepted media types include: ${known}`;
	throw new ApiError(415, 'UnsupportedMediaType', why);
}

export function handlePatch(cluster: FakeCluster, call: ResourceRequest): ResourceResponse {
	const before = findObject(cluster, call);
	// In the version the client speaks: a patch of autoscaling/v1 names other fields than are stored.
	const shown = toRequestedVersion(call.type, before);
	const next = applyPatch(call.contentType, shown, call.body);
	if (!isObject(next)) throw badRequest('a patch has to leave an object');
	return objectResponse(cluster, call, replaceObject(cluster, call, before, parseSentObject(call, next)));
}
