import {cleanText} from '../../src/text/clean.ts';

/**
 * A value as JSON can hold it. Text loses what could move a cursor or hide something, for it will be looked at in a terminal; what JSON
 * has no word for becomes its text, or null where there is no figure.
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
	return Object.fromEntries(entries.map(([key, held]) => [cleanText(String(key)), jsonValue(held)]));
}
