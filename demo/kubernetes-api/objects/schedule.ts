const macros: Readonly<Record<string, string>> = {
	'@hourly': '0 * * * *',
	'@daily': '0 0 * * *',
	'@midnight': '0 0 * * *',
	'@weekly': '0 0 * * 0',
	'@monthly': '0 0 1 * *',
	'@yearly': '0 0 1 1 *',
	'@annually': '0 0 1 1 *',
};

/** The smallest and the largest value of minute, hour, day of the month, month and day of the week. */
const ranges = [
	[0, 59],
	[0, 23],
	[1, 31],
	[1, 12],
	[0, 7],
] as const;

function fieldOf(text: string, [least, greatest]: (typeof ranges)[number]): ReadonlySet<number> | undefined {
	const found = new Set<number>();
	for (const part of text.split(',')) {
		const [, from, to, step] = /^(\*|\d+)(?:-(\d+))?(?:\/(\d+))?$/.exec(part) ?? [];
		if (from === undefined || step === '0') return undefined;
		const first = from === '*' ? least : Number(from);
		const last = to !== undefined ? Number(to) : from === '*' || step !== undefined ? greatest : first;
		if (first < least || last > greatest || first > last) return undefined;
		for (let value = first; value <= last; value += Number(step ?? 1)) found.add(value);
	}
	return found;
}

const minute = 60_000;
const day = 24 * 60 * minute;
/** A day of 29 February may be eight years away. */
const mostDays = 366 * 8;

/** Epoch milliseconds of the first moment after `after` that fits `0 3 * * *`, in UTC; undefined when none does, or it is no schedule. */
export function nextScheduledTime(schedule: string, after: number): number | undefined {
	const words = (macros[schedule] ?? schedule).trim().split(/\s+/);
	const fields = ranges.map((range, index) => fieldOf(words[index] ?? '', range));
	const [minutes, hours, days, months, weekdays] = fields;
	if (words.length !== ranges.length || !minutes || !hours || !days || !months || !weekdays) return undefined;
	const first = Math.floor(after / minute + 1) * minute;
	for (let start = Math.floor(first / day) * day, left = mostDays; left > 0; start += day, left -= 1) {
		const date = new Date(start);
		const onDay = days.has(date.getUTCDate());
		const onWeekday = weekdays.has(date.getUTCDay()) || (date.getUTCDay() === 0 && weekdays.has(7));
		// Where both are given, either is enough: https://man7.org/linux/man-pages/man5/crontab.5.html
		const fits = words[2] === '*' || words[4] === '*' ? onDay && onWeekday : onDay || onWeekday;
		if (!fits || !months.has(date.getUTCMonth() + 1)) continue;
		for (const hour of [...hours].toSorted((a, b) => a - b)) {
			for (const at of [...minutes].toSorted((a, b) => a - b)) {
				const found = start + (hour * 60 + at) * minute;
				if (found >= first) return found;
			}
		}
	}
	return undefined;
}
