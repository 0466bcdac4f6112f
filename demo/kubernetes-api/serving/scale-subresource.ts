import type {FakeCluster} from '../cluster.ts';
import {badRequest, notFound} from '../objects/api-error.ts';
import type {Deployment} from '../objects/kinds.ts';
import {isObject, type JsonObject, type KubeObject, valueAt} from '../objects/kube-object.ts';
import {jsonResourceResponse, objectBody, type ResourceRequest, type ResourceResponse} from './resource-request.ts';
import {applyPatch, replaceObject} from './write.ts';

/** The scale subresource of a workload, autoscaling/v1. */
export function handleScale(cluster: FakeCluster, call: ResourceRequest): ResourceResponse {
	const {type, namespace, name = '', verb} = call;
	const workload = cluster.store.get<Deployment>(type.key, namespace, name);
	if (workload === undefined) throw notFound({resource: type.key, name});
	if (verb === 'get') return jsonResourceResponse(scaleOf(workload));
	const next = verb === 'update' ? objectBody(call) : applyPatch(call.contentType, scaleOf(workload), call.body);
	if (!isObject(next)) throw badRequest('a Scale has to be an object');
	const replicas = valueAt(next, 'spec.replicas') ?? 0;
	const metadata = isObject(next['metadata']) ? next['metadata'] : {};
	const version = metadata['resourceVersion'];
	const uid = metadata['uid'];
	const wanted = {
		...workload,
		metadata: {
			...workload.metadata,
			resourceVersion: typeof version === 'string' ? version : '',
			uid: typeof uid === 'string' ? uid : '',
		},
		spec: {...workload.spec, replicas},
	} as KubeObject;
	return jsonResourceResponse(
		scaleOf(replaceObject(cluster, {...call, subresource: 'scale'}, workload, wanted) as Deployment),
	);
}

function scaleOf({metadata, spec, status}: Deployment): JsonObject {
	const {name, namespace, uid, resourceVersion, creationTimestamp} = metadata;
	const selector = Object.entries(spec.selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
	return {
		kind: 'Scale',
		apiVersion: 'autoscaling/v1',
		metadata: {name, namespace, uid, resourceVersion, creationTimestamp},
		spec: spec.replicas === 0 ? {} : {replicas: spec.replicas},
		status: {replicas: status.replicas ?? 0, selector: selector.join(',')},
	};
}
