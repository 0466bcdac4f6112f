import type {FakeCluster} from '../cluster.ts';
import {isObject, type JsonObject, valueAt} from '../objects/kube-object.ts';
import type {Attributes} from './access.ts';
import {jsonResourceResponse, objectBody, type ResourceRequest, type ResourceResponse} from './resource-request.ts';

/** Answers SelfSubjectAccessReview, SelfSubjectRulesReview and SelfSubjectReview. Nothing is stored. */
export function handleReview(cluster: FakeCluster, call: ResourceRequest): ResourceResponse {
	const {kind} = call.type;
	const body = objectBody(call);
	const status =
		kind === 'SelfSubjectAccessReview'
			? accessStatus(cluster, call, body)
			: kind === 'SelfSubjectRulesReview'
				? rulesStatus(cluster, call)
				: {userInfo: {username: call.user.name, uid: call.user.uid, groups: call.user.groups}};
	return jsonResourceResponse({...body, kind, metadata: {creationTimestamp: null}, status}, 201);
}

function accessStatus({access}: FakeCluster, {user}: ResourceRequest, body: JsonObject): JsonObject {
	const given = valueAt(body, 'spec.resourceAttributes');
	const requested = isObject(given) ? given : {};
	const text = (name: string) => {
		const value = requested[name];
		return typeof value === 'string' && value !== '' ? value : undefined;
	};
	const attributes: Attributes = {
		verb: text('verb') ?? '*',
		group: text('group') ?? '',
		resource: text('resource') ?? '*',
		subresource: text('subresource'),
		namespace: text('namespace'),
		name: text('name'),
	};
	if (!isObject(given)) {
		// Non-resource paths such as /healthz are open to every user here.
		return {allowed: isObject(valueAt(body, 'spec.nonResourceAttributes')), reason: ''};
	}
	const allowed = access.allows(user, attributes);
	return allowed ? {allowed, reason: 'RBAC: allowed by ClusterRoleBinding "demo"'} : {allowed};
}

function rulesStatus({access}: FakeCluster, {user, body}: ResourceRequest): JsonObject {
	const namespace = valueAt(body, 'spec.namespace');
	const resourceRules = access
		.rulesOf(user)
		.filter(rule => rule.namespaces === undefined || rule.namespaces.includes(String(namespace)))
		.map(({verbs, groups, resources, names}) => ({
			verbs,
			apiGroups: groups,
			resources,
			...(names === undefined ? {} : {resourceNames: names}),
		}));
	const nonResourceRules = [
		{verbs: ['get'], nonResourceURLs: ['/api', '/api/*', '/apis', '/apis/*', '/healthz', '/version']},
	];
	return {resourceRules, nonResourceRules, incomplete: false};
}
