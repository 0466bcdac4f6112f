import type {ApiObject} from '../../../src/port/kubernetes.ts';

const secretName =
	/pass|secret|token|credential|private|api.?key|access.?key|auth|dsn|connection.?string|database.?url/i;
/** `://user:password@host` anywhere in a text. */
const urlPassword = /(:\/\/[^\s/:@]*:)[^\s/@]+@/g;
/** A copy of the applied object, with every value that is masked elsewhere. */
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
	const isSecretVariable =
		path.at(-1) === 'env' && typeof name === 'string' && typeof own === 'string' && secretName.test(name);
	return Object.fromEntries(
		Object.entries(value).map(([key, member]) => [
			key,
			isSecretVariable && key === 'value' ? maskedPlaceholder(member) : maskValue(member, [...path, key], isSecret),
		]),
	);
}

/**
 * Returns a copy of an object for display, without `managedFields`. Masks data and annotations of a Secret, the last applied configuration,
 * passwords in URLs, and values of `env` whose name looks secret. Data of a ConfigMap and arguments are shown.
 */
export function maskSecrets(object: ApiObject): unknown {
	const {managedFields: _, ...metadata} = object.metadata;
	return maskValue({...object, metadata}, [], object.kind === 'Secret');
}
