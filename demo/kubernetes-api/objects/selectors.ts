import type * as meta from 'kubernetes-types/meta/v1.js';
import {badRequest} from './api-error.ts';
import {type DeepReadonly, type KubeObject, type Labels, valueAt} from './kube-object.ts';

type Test<T> = (value: T) => boolean;

/** `app=api,tier in (a, b),!legacy`. @throws ApiError 400 when it cannot be read. */
export function parseLabelSelector(text: string): Test<Labels> {
	const tests = requirements(text).map(requirement);
	return labels => tests.every(test => test(labels));
}

/** Commas inside parentheses do not end a requirement. */
const requirements = (text: string): readonly string[] =>
	text
		.split(/,(?![^(]*\))/)
		.map(part => part.trim())
		.filter(part => part !== '');

function requirement(text: string): Test<Labels> {
	const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
	if (set !== null) {
		const [, key = '', operator, list = ''] = set;
		const values = list.split(',').map(value => value.trim());
		return operator === 'in'
			? labels => Object.hasOwn(labels, key) && values.includes(labels[key] ?? '')
			: labels => !Object.hasOwn(labels, key) || !values.includes(labels[key] ?? '');
	}
	const equal = /^([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)$/.exec(text);
	if (equal !== null) {
		const [, key = '', operator, value] = equal;
		return operator === '!=' ? labels => labels[key] !== value : labels => labels[key] === value;
	}
	const exists = /^(!?)\s*([^\s=!()]+)$/.exec(text);
	if (exists === null) throw badRequest(`unable to parse requirement: ${text}`);
	const [, not, key = ''] = exists;
	return labels => Object.hasOwn(labels, key) === (not === '');
}

export type LabelSelector = DeepReadonly<meta.LabelSelector>;

/** The selector of a workload or a budget. An empty one matches everything, as in policy/v1. */
export function matchesSelector(selector: LabelSelector | undefined, labels: Labels = {}): boolean {
	if (selector === undefined) return false;
	const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
	return (
		equal &&
		(selector.matchExpressions ?? []).every(({key, operator, values = []}) => {
			const has = Object.hasOwn(labels, key);
			if (operator === 'Exists') return has;
			if (operator === 'DoesNotExist') return !has;
			const isIn = has && values.includes(labels[key] ?? '');
			return operator === 'In' ? isIn : !isIn;
		})
	);
}

/** The fields that the real server can select by, in addition to those of every kind. */
const selectable: Readonly<Record<string, readonly string[]>> = {
	pods: [
		'spec.nodeName',
		'spec.restartPolicy',
		'spec.schedulerName',
		'spec.serviceAccountName',
		'status.phase',
		'status.podIP',
		'status.nominatedNodeName',
	],
	nodes: ['spec.unschedulable'],
	namespaces: ['status.phase'],
	secrets: ['type'],
	'replicasets.apps': ['status.replicas'],
	events: [
		'involvedObject.kind',
		'involvedObject.namespace',
		'involvedObject.name',
		'involvedObject.uid',
		'involvedObject.apiVersion',
		'involvedObject.resourceVersion',
		'involvedObject.fieldPath',
		'reason',
		'reportingComponent',
		'source',
		'type',
	],
};

/** `status.phase!=Running,spec.nodeName=a`. @throws ApiError 400 when it cannot be read, or the resource has no such selectable field. */
export function parseFieldSelector(resource: string, text: string): Test<KubeObject> {
	const tests = text
		.split(',')
		.filter(part => part !== '')
		.map(part => {
			const found = /^([^=!]+)(==|=|!=)(.*)$/.exec(part);
			if (found === null) throw badRequest(`invalid field selector: ${part}`);
			const [, path = '', operator, value] = found;
			const known = ['metadata.name', 'metadata.namespace', ...(selectable[resource] ?? [])];
			if (!known.includes(path)) {
				throw badRequest(
					`Unable to find "${resource}" that match field selector "${text}": field label not supported: ${path}`,
				);
			}
			const read = (object: KubeObject) =>
				String(valueAt(object, path) ?? (path === 'spec.unschedulable' ? false : ''));
			return operator === '!='
				? (object: KubeObject) => read(object) !== value
				: (object: KubeObject) => read(object) === value;
		});
	return object => tests.every(test => test(object));
}

/** Both selectors of a request as one test. */
export function requestFilter(resource: string, query: URLSearchParams): Test<KubeObject> {
	const byLabel = parseLabelSelector(query.get('labelSelector') ?? '');
	const byField = parseFieldSelector(resource, query.get('fieldSelector') ?? '');
	return object => byLabel(object.metadata.labels ?? {}) && byField(object);
}
