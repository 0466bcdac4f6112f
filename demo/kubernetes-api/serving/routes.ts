import type {FakeCluster} from '../cluster.ts';
import {forbidden, methodNotAllowed, noSuchPath} from '../objects/api-error.ts';
import type {Simulation} from '../simulation.ts';
import {handleDelete, handleDeleteCollection} from './deletion.ts';
import {coreVersions, groupList, groupNamed, resourceList, serverVersion} from './discovery.ts';
import {handleEviction} from './eviction.ts';
import {handleGet, handleList} from './list.ts';
import {handleLogs} from './logs.ts';
import {handleMetrics} from './metrics.ts';
import {openApiDocument} from './openapi.ts';
import {jsonResourceResponse, type ResourceRequest, type ResourceResponse} from './resource-request.ts';
import {handleReview} from './reviews.ts';
import {handleScale} from './scale-subresource.ts';
import {handleServiceProxy} from './service-proxy.ts';
import {handleWatch} from './watch.ts';
import {handleCreate, handlePatch, handleUpdate} from './write.ts';

/** `/api`, `/apis`, `/version`, `/healthz` and below; undefined when the path is a resource's. */
export function handleDiscovery(cluster: FakeCluster, pathname: string, address: string): ResourceResponse | undefined {
	const hidden = new Set(cluster.metrics === 'absent' ? ['metrics.k8s.io'] : []);
	const steps = pathname.split('/').filter(step => step !== '');
	const [root, first = '', second = ''] = steps;
	if (root === 'version') return jsonResourceResponse(serverVersion);
	if (root === 'healthz' || root === 'livez' || root === 'readyz') {
		return {code: 200, text: 'ok', contentType: 'text/plain'};
	}
	if (pathname === '/openapi/v2') {
		const contentType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
		return {code: 200, text: openApiDocument(), contentType};
	}
	if (root === 'api' && steps.length === 1) return jsonResourceResponse(coreVersions(address));
	if (root === 'apis' && steps.length === 1) return jsonResourceResponse(groupList(hidden));
	const found =
		root === 'api' && steps.length === 2
			? resourceList('', first, hidden)
			: root === 'apis' && steps.length === 2
				? groupNamed(first, hidden)
				: root === 'apis' && steps.length === 3
					? resourceList(first, second, hidden)
					: undefined;
	return found && jsonResourceResponse(found);
}

/** Checks that the user may make this request. @throws ApiError 403 when not, with the message of the real server. */
export function authorize(cluster: FakeCluster, call: Omit<ResourceRequest, 'body' | 'rawBody'>): void {
	const {type, verb, namespace, name, subresource, user} = call;
	const attributes = {verb, group: type.group, resource: type.plural, subresource, namespace, name};
	if (cluster.access.allows(user, attributes)) return;
	const resource = subresource === undefined ? type.plural : `${type.plural}/${subresource}`;
	const scope = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
	throw forbidden(
		{resource: type.key, ...(name === undefined ? {} : {name})},
		`User "${user.name}" cannot ${verb} resource "${resource}" in API group "${type.group}" ${scope}`,
	);
}

/** Answers an authorized request for a resource. @throws ApiError */
export function handleResourceRequest(
	world: Simulation,
	call: ResourceRequest,
): ResourceResponse | Promise<ResourceResponse> {
	const {cluster, scenario, programs} = world;
	const {store, clock} = cluster;
	const {type, verb, subresource} = call;
	if (type.group === 'metrics.k8s.io') return handleMetrics(cluster, world.usage, call);
	if (type.verbs.length === 1) return handleReview(cluster, call);
	if (subresource !== undefined && subresource !== 'status') {
		if (!type.subresources.some(({name}) => name === subresource)) throw noSuchPath();
		if (subresource === 'scale') return handleScale(cluster, call);
		if (subresource === 'eviction' && verb === 'create') return handleEviction(cluster, call);
		if (subresource === 'log' && verb === 'get') return handleLogs(cluster, scenario, programs, call);
		if (subresource === 'proxy') return handleServiceProxy(cluster, world.backends, call);
		throw methodNotAllowed({resource: type.key});
	}
	switch (verb) {
		case 'list':
			return handleList(store, call, clock.now);
		case 'watch':
			return handleWatch(store, clock, call);
		case 'get':
			return handleGet(store, call, clock.now);
		case 'create':
			return handleCreate(cluster, call);
		case 'update':
			return handleUpdate(cluster, call);
		case 'patch':
			return handlePatch(cluster, call);
		case 'delete':
			return handleDelete(cluster, call);
		case 'deletecollection':
			return handleDeleteCollection(cluster, call);
		default:
			throw methodNotAllowed({resource: type.key});
	}
}
