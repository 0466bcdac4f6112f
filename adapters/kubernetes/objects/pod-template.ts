import type {ApiObject} from '../../../src/port/kubernetes.ts';
import type {LabelSelector} from '../../../src/port/kubernetes-objects.ts';

export type Json = Readonly<Record<string, unknown>>;

/** A member that is an object; empty when it is not there. */
export const childObject = (value: unknown, ...path: readonly string[]): Json => {
	let at: unknown = value;
	for (const name of path) at = typeof at === 'object' && at !== null ? (at as Json)[name] : undefined;
	return typeof at === 'object' && at !== null ? (at as Json) : {};
};

export const podTemplateOf = (object: ApiObject): Json => childObject(object, 'spec', 'template');

/** The label that a Deployment puts on each ReplicaSet and its pods, and that is no part of what was asked for. */
const hashLabel = 'pod-template-hash';

export function withoutTemplateHash(template: Json): Json {
	const {[hashLabel]: _gone, ...labels} = childObject(template, 'metadata', 'labels');
	return {...template, metadata: {...childObject(template, 'metadata'), labels}};
}

/** As the API writes it in a query. */
export function selectorText(selector: LabelSelector | undefined): string {
	const equal = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
	const others = (selector?.matchExpressions ?? []).map(({key, operator, values = []}) => {
		if (operator === 'Exists') return key;
		if (operator === 'DoesNotExist') return `!${key}`;
		return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
	});
	return [...equal, ...others].join(',');
}

/** Whether labels fit; a selector that asks for nothing fits everything, as the API means it for budgets. */
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
