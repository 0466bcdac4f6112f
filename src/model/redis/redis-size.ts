const units: readonly (readonly [string, number])[] = [
	['gb', 1024 ** 3],
	['g', 1000 ** 3],
	['mb', 1024 ** 2],
	['m', 1000 ** 2],
	['kb', 1024],
	['k', 1000],
	['b', 1],
	['', 1],
];

/**
 * Parses a size of redis.conf into bytes: `2gb` is 2 × 1024³ and `2g` is 2 × 1000³; integers, any case, no sign. Undefined when
 * it is not one. (The units are those of the header of redis.conf.)
 */
export function parseRedisSize(text: string): number | undefined {
	const match = /^(\d+)([a-z]*)$/i.exec(text.trim());
	const unit = units.find(([name]) => name === match?.[2]?.toLowerCase());
	if (match === null || unit === undefined) return undefined;
	const bytes = Number(match[1]) * unit[1];
	return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Formats bytes in the largest unit that is exact: `64mb`, `1536kb`, `1000001`. The inverse of `parseRedisSize`. */
export function formatRedisSize(bytes: number): string {
	const unit = units.find(([name, size]) => /^[gmk]b$/.test(name) && bytes >= size && bytes % size === 0);
	return unit === undefined ? String(bytes) : `${bytes / unit[1]}${unit[0]}`;
}
