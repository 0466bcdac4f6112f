import {clean} from '../text/clean.ts';
import {redact} from '../text/redact.ts';

/** A value as it is recorded: every text without control characters and without what looks like a secret. */
export function tidy<T>(value: T): T {
	if (typeof value === 'string') return redact(clean(value)) as T;
	if (Array.isArray(value)) return value.map(tidy) as T;
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, tidy(member)])) as T;
}
