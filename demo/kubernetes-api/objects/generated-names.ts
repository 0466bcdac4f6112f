/** The letters of names that Kubernetes generates: no vowels, so that they form no words. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** A suffix of this length. `random` returns 0 <= n < 1. */
export const randomLetters = (length: number, random: (index: number) => number): string =>
	Array.from({length}, (_, index) => alphabet[Math.floor(random(index) * alphabet.length)]).join('');

/** A short name for a content: equal contents have equal names (FNV-1a, written in those letters). */
export function hashName(content: unknown): string {
	let hash = 0x811c9dc5;
	for (const char of stable(content)) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
	return [...String(hash).padStart(9, '0')].map(digit => alphabet[(Number(digit) * 7 + 3) % alphabet.length]).join('');
}

/** JSON with its names in order. */
function stable(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map(stable).join(',')}]`;
	if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
	const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
	return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${stable(item)}`).join(',')}}`;
}
