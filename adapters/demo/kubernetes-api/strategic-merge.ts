import {badRequest} from './api-error.ts';
import {equalJson, isObject, type JsonObject} from './object.ts';

/**
 * The lists that are merged by a key, from the `patchMergeKey` tags of k8s.io/api (core/v1, apps/v1, autoscaling/v2, meta/v1). A list
 * that is not named here, like `args` or `tolerations`, is replaced as a whole.
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
		if (name.startsWith('$setElementOrder/')) reorder(merged, name.slice(name.indexOf('/') + 1), order);
	}
	return merged;
}

function withoutDirectives(patch: JsonObject): JsonObject {
	return Object.fromEntries(Object.entries(patch).filter(([name, value]) => !directives.test(name) && value !== null));
}

function deleteFrom(merged: Record<string, unknown>, name: string, gone: unknown): void {
	const before = merged[name];
	if (Array.isArray(before) && Array.isArray(gone)) merged[name] = before.filter(item => !gone.includes(item));
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
		const index = merged.findIndex(other => isObject(other) && equalJson(other[key], id));
		const old = merged[index];
		if (item['$patch'] === 'delete') {
			if (index >= 0) merged.splice(index, 1);
		} else if (index >= 0 && isObject(old)) merged[index] = mergeObject(old, item);
		else merged.push(mergeObject({}, item));
	}
	return merged;
}

/** Those that are named come in that order; others keep their place after the one they followed. */
function reorder(merged: Record<string, unknown>, name: string, order: unknown): void {
	const list = merged[name];
	if (!Array.isArray(list) || !Array.isArray(order)) return;
	const key = mergeKey(name, list);
	const rank = (item: unknown) =>
		order.findIndex(wanted =>
			key !== undefined && isObject(wanted) && isObject(item)
				? equalJson(wanted[key], item[key])
				: equalJson(wanted, item),
		);
	const named = list.filter(item => rank(item) >= 0).sort((a, b) => rank(a) - rank(b));
	let next = 0;
	merged[name] = list.map(item => {
		if (rank(item) < 0) return item;
		next += 1;
		return named[next - 1];
	});
}
