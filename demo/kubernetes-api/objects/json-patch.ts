import {ApiError, badRequest} from './api-error.ts';
import {equalJson, isObject} from './kube-object.ts';

/** A value that is being patched: a copy of our own, which is changed in place. */
type Draft = {[name: string]: unknown} | unknown[];

const refuse = (why: string) =>
	new ApiError(422, 'Invalid', `the server rejected our request due to an error in our request: ${why}`);

const isDraft = (value: unknown): value is Draft => typeof value === 'object' && value !== null;

const steps = (pointer: unknown): readonly string[] => {
	if (typeof pointer !== 'string' || (pointer !== '' && !pointer.startsWith('/'))) {
		throw badRequest(`the path ${JSON.stringify(pointer)} of a patch has to begin with /`);
	}
	return pointer
		.split('/')
		.slice(1)
		.map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'));
};

function child(at: unknown, step: string): unknown {
	if (Array.isArray(at)) return at[Number(step)];
	return isObject(at) ? at[step] : undefined;
}

/** The value that holds the last step, and that step. */
function holder(root: unknown, pointer: string): {readonly at: Draft; readonly last: string} {
	const path = steps(pointer);
	const at = path.slice(0, -1).reduce(child, root);
	const last = path.at(-1);
	if (!isDraft(at) || last === undefined) throw refuse(`there is no ${pointer}`);
	return {at, last};
}

function place(root: unknown, pointer: string, value: unknown, replaces: boolean): void {
	const {at, last} = holder(root, pointer);
	if (!Array.isArray(at)) {
		if (replaces && !Object.hasOwn(at, last))
			throw refuse(`replace operation does not apply: doc is missing key: ${pointer}`);
		at[last] = value;
		return;
	}
	const index = last === '-' ? at.length : Number(last);
	if (!Number.isInteger(index) || index < 0 || index > at.length) throw refuse(`there is no ${pointer}`);
	at.splice(index, replaces ? 1 : 0, value);
}

function take(root: unknown, pointer: string): unknown {
	const {at, last} = holder(root, pointer);
	const value = child(at, last);
	if (value === undefined) throw refuse(`remove operation does not apply: doc is missing path: ${pointer}`);
	if (Array.isArray(at)) at.splice(Number(last), 1);
	else delete at[last];
	return value;
}

/** RFC 6902. @throws ApiError 422 when an operation does not apply or a `test` fails, 400 when it is no patch. */
export function applyJsonPatch(target: unknown, patch: unknown): unknown {
	if (!Array.isArray(patch)) throw badRequest('a JSON patch has to be a list of operations');
	const draft: unknown = structuredClone(target);
	for (const operation of patch) {
		if (!isObject(operation)) throw badRequest('an operation of a JSON patch has to be an object');
		const {op, path, from, value} = operation;
		steps(path);
		const pointer = String(path);
		if (op === 'test') {
			if (!equalJson(steps(pointer).reduce(child, draft), value))
				throw refuse(`testing value ${pointer} failed: test failed`);
		} else if (op === 'remove') take(draft, pointer);
		else if (op === 'add' || op === 'replace') place(draft, pointer, structuredClone(value), op === 'replace');
		else if (op === 'move') place(draft, pointer, take(draft, String(from)), false);
		else if (op === 'copy') place(draft, pointer, structuredClone(steps(from).reduce(child, draft)), false);
		else throw badRequest(`Unexpected kind: ${JSON.stringify(op)}`);
	}
	return draft;
}
