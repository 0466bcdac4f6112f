import {forbidden, methodNotAllowed, noSuchPath} from '../objects/api-error.ts';
import {type Answer, type Call, json} from './resource-request.ts';
import type {Cluster} from '../cluster.ts';
import {coreVersions, groupList, groupNamed, resourceList, serverVersion} from './discovery.ts';
import {answerEviction} from './eviction.ts';
import {answerGet, answerList} from './list.ts';
import {answerLogs} from './logs.ts';
import {answerMetrics} from './metrics.ts';
import {openApiDocument} from './openapi.ts';
import {answerDelete, answerDeleteCollection} from './deletion.ts';
import {answerReview} from './reviews.ts';
import {answerScale} from './scale-subresource.ts';
import {answerProxy} from './service-proxy.ts';
import {answerWatch} from './watch.ts';
import type {World} from '../simulation.ts';
import {answerCreate, answerPatch, answerUpdate} from './write.ts';

/** `/api`, `/apis`, `/version`, `/healthz` and below; undefined when the path is a resource's. */
export function answerDiscovery(cluster: Cluster, pathname: string, address: string): Answer | undefined {
	const hidden = new Set(cluster.metrics === 'absent' ? ['metrics.k8s.io'] : []);
	const steps = pathname.split('/').filter(step => step !== '');
	const [root, first = '', second = ''] = steps;
	if (root === 'version') return json(serverVersion);
	if (root === 'healthz' || root === 'livez' || root === 'readyz') {
		return {code: 200, text: 'ok', contentType: 'text/plain'};
	}
	if (pathname === '/openapi/v2') {
		const contentType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
		return {code: 200, text: openApiDocument(), contentType};
	}
	if (root === 'api' && steps.length === 1) return json(coreVersions(address));
	if (root === 'apis' && steps.length === 1) return json(groupList(hidden));
	const found =
		root === 'api' && steps.length === 2
			? resourceList('', first, hidden)
			: root === 'apis' && steps.length === 2
				? groupNamed(first, hidden)
				: root === 'apis' && steps.length === 3
					? resourceList(first, second, hidden)
					: undefined;
	return found && json(found);
}

/** @throws ApiError 403 when the user may not, in the words of the real server. */
export function authorize(cluster: Cluster, call: Omit<Call, 'body' | 'raw'>): void {
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

/** Answers a request for a resource whose sender may make it. @throws ApiError */
export function answerCall(world: World, call: Call): Answer | Promise<Answer> {
	const {cluster, scenario, programs} = world;
	const {store, clock} = cluster;
	const {type, verb, subresource} = call;
	if (type.group === 'metrics.k8s.io') return answerMetrics(cluster, world.usage, call);
	if (type.verbs.length === 1) return answerReview(cluster, call);
	if (subresource !== undefined && subresource !== 'status') {
		if (!type.subresources.some(({name}) => name === subresource)) throw noSuchPath();
		if (subresource === 'scale') return answerScale(cluster, call);
		if (subresource === 'eviction' && verb === 'create') return answerEviction(cluster, call);
		if (subresource === 'log' && verb === 'get') return answerLogs(cluster, scenario, programs, call);
		if (subresource === 'proxy') return answerProxy(cluster, world.backends, call);
		throw methodNotAllowed({resource: type.key});
	}
	switch (verb) {
		case 'list':
			return answerList(store, call, clock.now);
		case 'watch':
			return answerWatch(store, clock, call);
		case 'get':
			return answerGet(store, call, clock.now);
		case 'create':
			return answerCreate(cluster, call);
		case 'update':
			return answerUpdate(cluster, call);
		case 'patch':
			return answerPatch(cluster, call);
		case 'delete':
			return answerDelete(cluster, call);
		case 'deletecollection':
			return answerDeleteCollection(cluster, call);
		default:
			throw methodNotAllowed({resource: type.key});
	}
}
