import type * as meta from 'kubernetes-types/meta/v1.js';

export type DeepReadonly<T> = T extends readonly (infer Item)[]
	? readonly DeepReadonly<Item>[]
	: T extends object
		? {readonly [Name in keyof T]: DeepReadonly<T[Name]>}
		: T;

/** A part of an object as the server stores it: an API type, of which the fields `Present` are always there, by default or by a controller. */
export type Stored<T, Present extends keyof T = never> = DeepReadonly<Omit<T, Present>> & {
	readonly [Name in Present]-?: DeepReadonly<NonNullable<T[Name]>>;
};

/** The fields that every kind has. Times are RFC 3339 without fractions of a second. */
export type ObjectMeta = Stored<
	Omit<meta.ObjectMeta, 'managedFields'>,
	'name' | 'uid' | 'resourceVersion' | 'creationTimestamp'
> & {readonly managedFields?: readonly ManagedFields[]};

export type Labels = Readonly<Record<string, string>>;

export type OwnerReference = DeepReadonly<meta.OwnerReference>;

export type ManagedFields = Stored<
	Omit<meta.ManagedFieldsEntry, 'fieldsV1'>,
	'manager' | 'operation' | 'apiVersion' | 'time' | 'fieldsType'
> & {readonly fieldsV1: JsonObject};

/** An object as it is stored and served. Never changed in place: a write creates a new one. */
export type KubeObject = {readonly apiVersion: string; readonly kind: string; readonly metadata: ObjectMeta};

export type JsonObject = {readonly [name: string]: unknown};

export const isObject = (value: unknown): value is JsonObject =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at a path of names, `spec.nodeName`; undefined when a step is missing. */
export function valueAt(value: unknown, path: string): unknown {
	let found = value;
	for (const step of path.split('.')) {
		if (!isObject(found)) return undefined;
		found = found[step];
	}
	return found;
}

/** Whether two values are equal as JSON: the order of names does not matter, and a name with `undefined` counts as absent. */
export function equalJson(a: unknown, b: unknown): boolean {
	if (a === b) return true;
	if (Array.isArray(a) && Array.isArray(b)) {
		return a.length === b.length && a.every((item, index) => equalJson(item, b[index]));
	}
	if (!isObject(a) || !isObject(b)) return false;
	const names = new Set([...Object.keys(a), ...Object.keys(b)]);
	return [...names].every(name => equalJson(a[name], b[name]));
}

/** A time as the API writes it. */
export const timestamp = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** Epoch milliseconds of such a time; undefined when there is none. */
export const parseTimestamp = (text: string | undefined): number | undefined =>
	text === undefined ? undefined : Date.parse(text);

export const controllerOf = (object: KubeObject): OwnerReference | undefined =>
	object.metadata.ownerReferences?.find(owner => owner.controller === true);

/** The owner reference to `owner`, for objects that it creates. */
export const ownerReference = (owner: KubeObject): OwnerReference => ({
	apiVersion: owner.apiVersion,
	kind: owner.kind,
	name: owner.metadata.name,
	uid: owner.metadata.uid,
	controller: true,
	blockOwnerDeletion: true,
});
