/*
 * Formats figures for tables: two or three significant digits, always a unit, and a width that hardly changes from one poll to the next, so
 * that columns do not jitter. An unknown figure is `?`.
 */

const short = (value: number): string => {
	const size = Math.abs(value);
	if (size >= 100 || Number.isInteger(value)) return value.toFixed(0);
	return size >= 10 ? value.toFixed(0) : value.toFixed(1);
};

function scaled(value: number | undefined, step: number, units: readonly string[]): string {
	if (value === undefined || !Number.isFinite(value)) return '?';
	let size = value;
	let unit = 0;
	// 999.6 would be shown as 1000: it needs the next unit.
	while (Math.abs(size) >= step - 0.5 && unit < units.length - 1) {
		size /= step;
		unit += 1;
	}
	return `${short(size)}${units[unit] ?? ''}`;
}

/** `0B`, `512Ki`, `1.9Gi`: powers of 1024, as Kubernetes writes them. */
export const formatBytes = (value: number | undefined): string =>
	scaled(value, 1024, ['B', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi']);

/** `812`, `84k`, `3.2M`: powers of 1000. */
export const formatCount = (value: number | undefined): string =>
	scaled(value === undefined ? undefined : Math.round(value), 1000, ['', 'k', 'M', 'G', 'T']);

/** `310/s`, `0.2/s`, `41k/s`. */
export const formatRate = (perSecond: number | undefined): string =>
	`${scaled(perSecond, 1000, ['', 'k', 'M', 'G'])}/s`;

/**
 * Formats a share in percent without the sign, for a column whose header has it: `92`. Rounded down, so that a value under its limit is never
 * shown as 100; more than zero but less than one is `<1`.
 */
export function formatPercentPoints(share: number | undefined): string {
	if (share === undefined || !Number.isFinite(share)) return '?';
	if (share > 0 && share < 0.01) return '<1';
	// 0.29 * 100 is a little less than 29.
	return String(Math.floor(share * 100 + 1e-9));
}

/** Formats a share as `92 %`, rounded as in `formatPercentPoints`. */
export function formatPercent(share: number | undefined): string {
	const points = formatPercentPoints(share);
	return points === '?' ? points : `${points} %`;
}

/** Formats milliseconds: `0.4ms`, `18ms`, `2.1s`, `3m10s`. */
export function formatMillis(ms: number | undefined): string {
	if (ms === undefined || !Number.isFinite(ms)) return '?';
	if (ms < 999.5) return `${short(ms)}ms`;
	return ms < 99_500 ? `${short(ms / 1000)}s` : formatDuration(ms / 1000);
}

/** Formats seconds with two units at most: `8s`, `6m12s`, `2h05m`, `4d`. */
export function formatDuration(seconds: number | undefined): string {
	if (seconds === undefined || !Number.isFinite(seconds)) return '?';
	const total = Math.max(0, Math.floor(seconds));
	if (total < 60) return `${total}s`;
	const pad = (n: number) => String(n).padStart(2, '0');
	if (total < 3600) return `${Math.floor(total / 60)}m${pad(total % 60)}s`;
	if (total < 86_400) return `${Math.floor(total / 3600)}h${pad(Math.floor((total % 3600) / 60))}m`;
	const days = Math.floor(total / 86_400);
	return days < 10 ? `${days}d${pad(Math.floor((total % 86_400) / 3600))}h` : `${days}d`;
}

/** Formats a time of day in UTC: `14:05:22Z`. */
export const formatClockTime = (epochMs: number): string => `${new Date(epochMs).toISOString().slice(11, 19)}Z`;

/** Formats a number with thousands separators, for sentences: `40,000`. */
export const formatThousands = (value: number): string => Math.round(value).toLocaleString('en-US');
