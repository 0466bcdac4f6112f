import type {ApiObject} from '../../../src/port/kubernetes.ts';
import type {LabelSelector} from '../../../src/port/kubernetes-objects.ts';
import {asObject, type JsonObject} from '../../../src/text/json-values.ts';

/** The object at `path` within a value; an empty object when there is none. */
export const childObject = (value: unknown, ...path: readonly string[]): JsonObject =>
	asObject(path.reduce((parent, name) => asObject(parent)[name], value));

export const podTemplateOf = (object: ApiObject): JsonObject => childObject(object, 'spec', 'template');

/** The label that the Deployment controller adds to each ReplicaSet and its pods; not part of the Deployment's own template. */
const hashLabel = 'pod-template-hash';

export function withoutTemplateHash(template: JsonObject): JsonObject {
	const {[hashLabel]: _, ...labels} = childObject(template, 'metadata', 'labels');
	return {...template, metadata: {...childObject(template, 'metadata'), labels}};
}

/** The selector in the syntax of a `labelSelector` query. */
export function selectorText(selector: LabelSelector | undefined): string {
	const equal = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
	const others = (selector?.matchExpressions ?? []).map(({key, operator, values = []}) => {
		if (operator === 'Exists') return key;
		if (operator === 'DoesNotExist') return `!${key}`;
		return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
	});
	return [...equal, ...others].join(',');
}

/** Whether labels match; an empty selector matches everything, as the API defines it for budgets. */
export function matchesSelector(
	selector: LabelSelector | undefined,
	labels: Readonly<Record<string, string>>,
): boolean {
	if (selector === undefined) return false;
	const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
	return (
		equal &&
		(selector.matchExpressions ?? []).every(({key, operator, values = []}) => {
			const value = labels[key];
			if (operator === 'Exists') return value !== undefined;
			if (operator === 'DoesNotExist') return value === undefined;
			if (operator === 'In') return value !== undefined && values.includes(value);
			return value === undefined || !values.includes(value);
		})
	);
}
