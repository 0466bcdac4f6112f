import {badRequest} from './api-error.ts';
import {equalJson, isObject, type JsonObject} from './kube-object.ts';

/**
 * The lists that are merged by a key, from the `patchMergeKey` tags of k8s.io/api (core/v1, apps/v1, autoscaling/v2, meta/v1). A list
 * that is not named here, like `args` or `tolerations`, is replaced completely.
 */
const mergeKeys: Readonly<Record<string, string>> = {
	containers: 'name',
	initContainers: 'name',
	ephemeralContainers: 'name',
	env: 'name',
	volumes: 'name',
	volumeMounts: 'mountPath',
	volumeDevices: 'devicePath',
	imagePullSecrets: 'name',
	hostAliases: 'ip',
	topologySpreadConstraints: 'topologyKey',
	resourceClaims: 'name',
	conditions: 'type',
	addresses: 'type',
	ownerReferences: 'uid',
	secrets: 'name',
};

/** Lists of plain values that are merged as sets. */
const mergedSets = new Set(['finalizers', 'podCIDRs']);

/** Ports are keyed by another name in a container than in a service. */
function mergeKey(field: string, items: readonly unknown[]): string | undefined {
	if (field !== 'ports') return mergeKeys[field];
	return items.some(item => isObject(item) && 'containerPort' in item) ? 'containerPort' : 'port';
}

const directives = /^\$(?:patch|retainKeys|setElementOrder\/|deleteFromPrimitiveList\/)/;

/**
 * A strategic merge patch (Kubernetes: sig-api-machinery/strategic-merge-patch.md): as a merge patch, but lists of named things are merged
 * by their key, `$patch: replace` and `$patch: delete` say otherwise, and `$setElementOrder`, `$deleteFromPrimitiveList` and
 * `$retainKeys` do as they are called. @throws ApiError 400 when an item has no key.
 */
export function applyStrategicMerge(target: unknown, patch: unknown): unknown {
	if (!isObject(patch)) return patch;
	return mergeObject(isObject(target) ? target : {}, patch);
}

function mergeObject(target: JsonObject, patch: JsonObject): JsonObject {
	if (patch['$patch'] === 'replace') return withoutDirectives(patch);
	if (patch['$patch'] === 'delete') return {};
	const merged: Record<string, unknown> = {...target};
	const retained = patch['$retainKeys'];
	if (Array.isArray(retained)) {
		for (const name of Object.keys(merged)) if (!retained.includes(name)) delete merged[name];
	}
	for (const [name, value] of Object.entries(patch)) {
		if (name.startsWith('$deleteFromPrimitiveList/')) deleteFrom(merged, name.slice(name.indexOf('/') + 1), value);
		if (directives.test(name)) continue;
		if (value === null) delete merged[name];
		else if (Array.isArray(value)) merged[name] = mergeList(name, merged[name], value);
		else if (isObject(value)) {
			const before = merged[name];
			merged[name] = mergeObject(isObject(before) ? before : {}, value);
		} else merged[name] = value;
	}
	for (const [name, order] of Object.entries(patch)) {
		if (name.startsWith('$setElementOrder/')) {
			const field = name.slice(name.indexOf('/') + 1);
			reorder(merged, field, order, target[field]);
		}
	}
	return merged;
}

function withoutDirectives(patch: JsonObject): JsonObject {
	return Object.fromEntries(Object.entries(patch).filter(([name, value]) => !directives.test(name) && value !== null));
}

function deleteFrom(merged: Record<string, unknown>, name: string, removed: unknown): void {
	const before = merged[name];
	if (Array.isArray(before) && Array.isArray(removed)) merged[name] = before.filter(item => !removed.includes(item));
}

function mergeList(field: string, before: unknown, patch: readonly unknown[]): unknown {
	const target: readonly unknown[] = Array.isArray(before) ? before : [];
	if (patch.some(item => isObject(item) && item['$patch'] === 'replace')) {
		return patch.filter(item => !(isObject(item) && item['$patch'] === 'replace'));
	}
	const key = mergeKey(field, [...patch, ...target]);
	if (key === undefined || !patch.every(isObject)) {
		return mergedSets.has(field) ? [...new Set([...target, ...patch])] : patch;
	}
	const merged = [...target];
	for (const item of patch) {
		const id = item[key];
		if (id === undefined) throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
		const index = merged.findIndex(other => sameItem(key, other, item));
		const old = merged[index];
		if (item['$patch'] === 'delete') {
			if (index >= 0) merged.splice(index, 1);
		} else if (index >= 0 && isObject(old)) merged[index] = mergeObject(old, item);
		else merged.push(mergeObject({}, item));
	}
	return ordered(merged, patch, target, key);
}

const sameItem = (key: string | undefined, a: unknown, b: unknown): boolean =>
	key !== undefined && isObject(a) && isObject(b) ? equalJson(a[key], b[key]) : equalJson(a, b);

/**
 * The items that `order` names come in that order, the others in the one they had before; between the two, one that was there before goes
 * first only if it was in front, so that what is new comes first (strategicpatch's normalizeElementOrder and mergeSortedSlice).
 */
function ordered(
	items: readonly unknown[],
	order: readonly unknown[],
	before: readonly unknown[],
	key: string | undefined,
): readonly unknown[] {
	const rank = (list: readonly unknown[], item: unknown) => list.findIndex(other => sameItem(key, other, item));
	const by = (list: readonly unknown[]) => (a: unknown, b: unknown) => rank(list, a) - rank(list, b);
	const named = items.filter(item => rank(order, item) >= 0).toSorted(by(order));
	const others = items.filter(item => rank(order, item) < 0).toSorted(by(before));
	const merged: unknown[] = [];
	while (named.length > 0 && others.length > 0) {
		const [old, next] = [rank(before, others[0]), rank(before, named[0])];
		merged.push(old >= 0 && next >= 0 && old < next ? others.shift() : named.shift());
	}
	return [...merged, ...named, ...others];
}

/** Applies the order of `$setElementOrder`. */
function reorder(merged: Record<string, unknown>, name: string, order: unknown, before: unknown): void {
	const list = merged[name];
	if (!Array.isArray(list) || !Array.isArray(order)) return;
	merged[name] = ordered(list, order, Array.isArray(before) ? before : [], mergeKey(name, list));
}
