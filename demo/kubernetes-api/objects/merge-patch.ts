import {isObject, type JsonObject} from './kube-object.ts';

/** RFC 7396: lists are replaced completely, `null` deletes. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
	if (!isObject(patch)) return patch;
	const merged: Record<string, unknown> = {...(isObject(target) ? target : {})};
	for (const [name, value] of Object.entries(patch as JsonObject)) {
		if (value === null) delete merged[name];
		else merged[name] = applyMergePatch(merged[name], value);
	}
	return merged;
}
