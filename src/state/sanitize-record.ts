import {cleanText} from '../text/clean.ts';
import {redact} from '../text/redact.ts';

/** A value as it is recorded: every text without control characters and without what looks like a secret. */
export function sanitizeForRecord<T>(value: T): T {
	if (typeof value === 'string') return redact(cleanText(value)) as T;
	if (Array.isArray(value)) return value.map(sanitizeForRecord) as T;
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, sanitizeForRecord(member)])) as T;
}
