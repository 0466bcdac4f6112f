/** The fields that every kind has. Times are RFC 3339 without fractions of a second. */
export type ObjectMeta = {
	readonly name: string;
	readonly namespace?: string;
	readonly generateName?: string;
	readonly uid: string;
	readonly resourceVersion: string;
	readonly generation?: number;
	readonly creationTimestamp: string;
	readonly deletionTimestamp?: string;
	readonly deletionGracePeriodSeconds?: number;
	readonly labels?: Labels;
	readonly annotations?: Labels;
	readonly ownerReferences?: readonly OwnerReference[];
	readonly finalizers?: readonly string[];
	readonly managedFields?: readonly ManagedFields[];
};

export type Labels = Readonly<Record<string, string>>;

export type OwnerReference = {
	readonly apiVersion: string;
	readonly kind: string;
	readonly name: string;
	readonly uid: string;
	readonly controller?: boolean;
	readonly blockOwnerDeletion?: boolean;
};

export type ManagedFields = {
	readonly manager: string;
	readonly operation: 'Update';
	readonly apiVersion: string;
	readonly time: string;
	readonly fieldsType: 'FieldsV1';
	readonly fieldsV1: JsonObject;
	readonly subresource?: string;
};

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
