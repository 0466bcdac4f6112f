import {cleanText} from '../../src/text/clean.ts';

/**
 * Converts a value to what JSON can hold. Control characters and other invisible characters are removed from text or made visible, because
 * the output is read in a terminal. A bigint becomes text, a number that is not finite null, a Date ISO 8601.
 */
export function jsonValue(value: unknown): unknown {
	if (typeof value === 'string') return cleanText(value);
	if (typeof value === 'number') return Number.isFinite(value) ? value : null;
	if (typeof value === 'bigint') return value.toString();
	if (typeof value === 'function' || typeof value === 'symbol') return undefined;
	if (typeof value !== 'object' || value === null) return value;
	if (value instanceof Uint8Array) return cleanText(Buffer.from(value).toString('utf8'));
	if (value instanceof Date) return value.toISOString();
	if (value instanceof Set || Array.isArray(value)) return [...value].map(jsonValue);
	const entries = value instanceof Map ? [...value] : Object.entries(value);
	return Object.fromEntries(entries.map(([key, member]) => [cleanText(String(key)), jsonValue(member)]));
}
