import type {ApiObject} from '../../../src/port/kubernetes.ts';

const secretName =
	/pass|secret|token|credential|private|api.?key|access.?key|auth|dsn|connection.?string|database.?url/i;
/** `://user:password@host` anywhere in a text. */
const urlPassword = /(:\/\/[^\s/:@]*:)[^\s/@]+@/g;
/** It repeats the whole object as it was applied, with everything that is masked elsewhere. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

const maskedPlaceholder = (value: unknown): string => `(${String(value).length} characters, not shown)`;

function maskValue(value: unknown, path: readonly string[], isSecret: boolean): unknown {
	if (typeof value === 'string') {
		const [name = ''] = path.slice(-1);
		if (name === lastApplied) return maskedPlaceholder(value);
		const [top = ''] = path;
		if (isSecret && (top === 'data' || top === 'stringData' || path.includes('annotations')))
			return maskedPlaceholder(value);
		return value.replaceAll(urlPassword, '$1(not shown)@');
	}
	if (Array.isArray(value)) return value.map(member => maskValue(member, path, isSecret));
	if (typeof value !== 'object' || value === null) return value;
	const {name, value: own} = value as {name?: unknown; value?: unknown};
	const isTelling =
		path.at(-1) === 'env' && typeof name === 'string' && typeof own === 'string' && secretName.test(name);
	return Object.fromEntries(
		Object.entries(value).map(([key, member]) => [
			key,
			isTelling && key === 'value' ? maskedPlaceholder(member) : maskValue(member, [...path, key], isSecret),
		]),
	);
}

/** An object as it may be shown: without who manages which field, and without what is or may be secret. */
export function maskSecrets(object: ApiObject): unknown {
	const {managedFields: _many, ...metadata} = object.metadata;
	return maskValue({...object, metadata}, [], object.kind === 'Secret');
}
