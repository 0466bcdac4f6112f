/*
 * The two axes of a graph: round values around the data, and round times of the local clock.
 */

/** `decimals` and `power` (of 1000) are the same for all labels of one axis, so that they can be compared at a glance. */
export type ValueAxis = {
	readonly low: number;
	readonly high: number;
	readonly ticks: readonly number[];
	label(value: number): string;
};

const powers: readonly string[] = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/** Returns the exponent of the largest power of ten that is not over `size`. */
const magnitude = (size: number): number => Math.floor(Math.log10(size) + 1e-9);

/** Returns the smallest of 1, 2 and 5 times a power of ten that is not under `size`. */
function roundUp(size: number): number {
	const power = 10 ** Math.floor(Math.log10(size));
	const step = [1, 2, 5, 10].find(factor => factor * power >= size * (1 - 1e-9));
	return (step ?? 10) * power;
}

/** Formats a value of a graph with three significant digits: `0.0023`, `12`, `84.1k`, `3e-9`. */
export function formatAxisNumber(value: number): string {
	const size = Math.abs(value);
	if (value === 0) return '0';
	if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
	const power = Math.max(0, Math.floor(Math.log10(size * (1 + 5e-4)) / 3));
	if (power >= powers.length || size < 1e-4) return value.toExponential(2).split('e').map(Number).join('e');
	return `${Number((value / 1000 ** power).toPrecision(3))}${powers[power]}`;
}

function labels(step: number, largest: number): (value: number) => string {
	const power = Math.max(0, Math.min(powers.length - 1, Math.floor(Math.log10(largest) / 3)));
	if (largest / 1000 ** power >= 10_000 || largest < 1e-4) {
		const digits = Math.max(0, Math.min(15, magnitude(largest) - magnitude(step)));
		return value => (value === 0 ? '0' : value.toExponential(digits).replace('e+', 'e'));
	}
	const decimals = Math.max(0, Math.min(15, -Math.floor(Math.log10(step / 1000 ** power) + 1e-9)));
	return value => (value === 0 ? '0' : `${(value / 1000 ** power).toFixed(decimals)}${powers[power]}`);
}

/**
 * Returns an axis from a round value at or under `min` to one at or over `max`, with at most `maxSteps` steps between. It starts at zero when
 * the data is nearer to zero than its own range, because a cut axis exaggerates changes.
 */
export function valueAxis(min: number, max: number, maxSteps: number): ValueAxis {
	let low = min >= 0 && min <= (max - min) * 2 ? 0 : min;
	let high = max <= 0 && -max <= (max - min) * 2 ? 0 : max;
	if (high - low < 1e-300) {
		// Flat, or so nearly flat that dividing by the difference overflows: equal space above and below, but not below zero for positive values.
		const pad = Math.abs(low) < 1e-300 ? 1 : Math.abs(low) / 2;
		high = Math.min(Number.MAX_VALUE, high + pad);
		low = low >= 0 ? Math.max(0, low - pad) : Math.max(-Number.MAX_VALUE, low - pad);
	}
	const span = high / 2 - low / 2;
	const largest = Math.max(Math.abs(low), Math.abs(high));
	// Between the largest floats there are no round numbers: the values themselves are the bounds.
	if (largest > 1e300 || span * 2 < largest * 1e-11 || span * 2 < 1e-300) {
		const label = (value: number) => formatAxisNumber(value);
		return {low, high, ticks: [low, high], label};
	}
	const step = roundUp((span * 2) / Math.max(1, maxSteps));
	const first = Math.floor(low / step + 1e-9);
	const last = Math.ceil(high / step - 1e-9);
	const at = (index: number) => Number((index * step).toPrecision(12));
	const ticks = Array.from({length: last - first + 1}, (_, index) => at(first + index));
	const [bottom, top] = [Math.min(at(first), low), Math.max(at(last), high)];
	return {low: bottom, high: top, ticks, label: labels(step, Math.max(Math.abs(bottom), Math.abs(top)))};
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Possible distances between two time marks, in milliseconds. */
const distances = [
	...[1, 5, 10, 15, 30].map(seconds => seconds * 1000),
	...[1, 2, 5, 10, 15, 30].map(minutes => minutes * minute),
	...[1, 2, 3, 6, 12].map(hours => hours * hour),
	...[1, 2, 7, 14, 28, 91, 365, 3650].map(days => days * day),
] as const;

export type TimeTick = {readonly column: number; readonly label: string};

const two = (value: number) => String(value).padStart(2, '0');

/** Returns local time in milliseconds, as if it were UTC. */
const toLocalTime = (at: number): number => at - new Date(at).getTimezoneOffset() * minute;

/** Returns the offset of local time at a moment: `UTC`, `+02:00`. */
export function timeZoneOffset(at: number): string {
	const ahead = -new Date(at).getTimezoneOffset();
	if (ahead === 0) return 'UTC';
	return `${ahead > 0 ? '+' : '-'}${two(Math.floor(Math.abs(ahead) / 60))}:${two(Math.abs(ahead) % 60)}`;
}

/** Returns local time: `14:05`, `14:05:30` for small distances, `11-21` for days. */
function clock(at: number, distance: number): string {
	const date = new Date(at);
	if (distance >= day) return `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
	const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
	return distance >= minute ? time : `${time}:${two(date.getSeconds())}`;
}

/** Returns the marks of a time axis of `columns` cells, `from` in the first and `to` in the last: full minutes, hours or days, at least `apart` cells apart. */
export function timeTicks(from: number, to: number, columns: number, apart: number): readonly TimeTick[] {
	const perColumn = (to - from) / Math.max(1, columns - 1);
	const distance = distances.find(one => one >= perColumn * apart) ?? 36_500 * day;
	const ticks: TimeTick[] = [];
	for (let column = 0; column < columns; column += 1) {
		const at = from + column * perColumn;
		const mark = Math.floor(toLocalTime(at) / distance);
		// A mark is in the column in which the clock reaches it.
		if (mark === Math.floor(toLocalTime(at - perColumn) / distance)) continue;
		const past = toLocalTime(at) - mark * distance;
		const last = ticks.at(-1);
		if (last === undefined || column - last.column >= apart) ticks.push({column, label: clock(at - past, distance)});
	}
	return ticks;
}
