import {equalJson, isObject, type JsonObject, type KubeObject, type ManagedFields} from './kube-object.ts';

/**
 * Who set which field, as far as clients look at it: maps by their names, named list items by their name, other lists as one value. Each
 * write gives the fields it changed to its manager and takes them from the others. The real server does the same with more kinds of list.
 */
export function updateManagedFields(
	before: KubeObject | undefined,
	after: KubeObject,
	by: {readonly manager: string; readonly time: string; readonly subresource: string | undefined},
): KubeObject {
	const changed = difference(content(before), content(after));
	const earlier = before?.metadata.managedFields ?? [];
	if (changed === undefined) return withFields(after, earlier);
	const isSame = (entry: ManagedFields) => entry.manager === by.manager && entry.subresource === by.subresource;
	const others = earlier
		.filter(entry => !isSame(entry))
		.map(entry => ({...entry, fieldsV1: subtract(entry.fieldsV1, changed)}))
		.filter(entry => Object.keys(entry.fieldsV1).length > 0);
	const mine = earlier.find(isSame);
	const entry: ManagedFields = {
		manager: by.manager,
		operation: 'Update',
		apiVersion: after.apiVersion,
		time: by.time,
		fieldsType: 'FieldsV1',
		fieldsV1: union(mine?.fieldsV1 ?? {}, changed),
		...(by.subresource === undefined ? {} : {subresource: by.subresource}),
	};
	return withFields(after, [...others, entry]);
}

const withFields = (object: KubeObject, managedFields: readonly ManagedFields[]): KubeObject => ({
	...object,
	metadata: {...object.metadata, managedFields},
});

/** What a client sets: not the kind, nor what the server keeps in the metadata. */
function content(object: KubeObject | undefined): JsonObject {
	if (object === undefined) return {};
	const {apiVersion: _, kind: __, metadata, ...rest} = object as KubeObject & JsonObject;
	const {labels, annotations, finalizers, ownerReferences} = metadata;
	return {...rest, metadata: {labels, annotations, finalizers, ownerReferences}};
}

type Fields = {readonly [name: string]: JsonObject};

/** The set of fields that differ; undefined when none does. */
function difference(before: unknown, after: unknown): Fields | undefined {
	const found: Record<string, JsonObject> = {};
	const a = named(before);
	const b = named(after);
	for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
		if (equalJson(a[name], b[name])) continue;
		const value = b[name] ?? a[name];
		found[name] = (hasNames(value) && difference(a[name], b[name])) || {};
	}
	return Object.keys(found).length === 0 ? undefined : found;
}

const isNamedList = (value: unknown): value is readonly JsonObject[] =>
	Array.isArray(value) && value.length > 0 && value.every(item => isObject(item) && typeof item['name'] === 'string');

const hasNames = (value: unknown): boolean => isObject(value) || isNamedList(value);

function named(value: unknown): JsonObject {
	if (isNamedList(value))
		return Object.fromEntries(value.map(item => [`k:${JSON.stringify({name: item['name']})}`, item]));
	if (!isObject(value)) return {};
	return Object.fromEntries(Object.entries(value).map(([name, item]) => [`f:${name}`, item]));
}

function union(a: JsonObject, b: JsonObject): JsonObject {
	const merged: Record<string, unknown> = {...a};
	for (const [name, value] of Object.entries(b)) {
		const old = merged[name];
		merged[name] = isObject(old) && isObject(value) ? union(old, value) : value;
	}
	return merged;
}

function subtract(a: JsonObject, b: JsonObject): JsonObject {
	const left: Record<string, unknown> = {};
	for (const [name, value] of Object.entries(a)) {
		const removed = b[name];
		if (!isObject(removed) || !isObject(value)) {
			if (removed === undefined) left[name] = value;
			continue;
		}
		// A leaf that was set by the other is his now; of a branch, what is below it is looked at.
		if (Object.keys(value).length === 0 || Object.keys(removed).length === 0) continue;
		const rest = subtract(value, removed);
		if (Object.keys(rest).length > 0) left[name] = rest;
	}
	return left;
}
