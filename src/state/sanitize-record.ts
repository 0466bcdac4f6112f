import {cleanText} from '../text/clean.ts';
import {redact} from '../text/redact.ts';

/** Returns a value as it is recorded: every string without control characters, with secrets redacted. */
export function sanitizeForRecord<T>(value: T): T {
	if (typeof value === 'string') return redact(cleanText(value)) as T;
	if (Array.isArray(value)) return value.map(sanitizeForRecord) as T;
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, sanitizeForRecord(member)])) as T;
}
