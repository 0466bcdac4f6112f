import {forbidden, methodNotAllowed} from './api-error.ts';
import {type Answer, type Call, json} from './call.ts';
import type {Cluster} from './cluster.ts';
import {coreVersions, groupList, groupNamed, openApiDocument, resourceList, serverVersion} from './discovery.ts';
import {answerGet, answerList} from './list.ts';
import {answerWatch} from './watch.ts';

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
export function authorize(cluster: Cluster, call: Omit<Call, 'body'>): void {
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
export function answerCall(cluster: Cluster, call: Call): Answer | Promise<Answer> {
	const {store, clock} = cluster;
	if (call.verb === 'list') return answerList(store, call, clock.now);
	if (call.verb === 'watch') return answerWatch(store, clock, call);
	if (call.verb === 'get') return answerGet(store, call, clock.now);
	throw methodNotAllowed({resource: call.type.key});
}
