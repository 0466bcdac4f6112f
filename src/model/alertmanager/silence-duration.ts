const units = {w: 604_800, d: 86_400, h: 3600, m: 60, s: 1} as const;

/** The longest a silence may be made here: what is quiet for longer should be a change of the rule. */
const longest = 365 * units.d;

/** Seconds of `2h`, `1h30m`, `3d`, as amtool takes them; undefined when it is none. */
export function parseSilenceDuration(text: string): number | undefined {
	const found = /^(?:(\d{1,6})w)?(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/.exec(text.trim());
	if (found === null || text.trim() === '') return undefined;
	const [, w = 0, d = 0, h = 0, m = 0, s = 0] = found;
	return Number(w) * units.w + Number(d) * units.d + Number(h) * units.h + Number(m) * units.m + Number(s);
}

/** What is wrong with a length that was typed, in a sentence; undefined when it will do. */
export function silenceDurationProblem(text: string): string | undefined {
	const seconds = parseSilenceDuration(text);
	if (seconds === undefined) return 'This is not a length. Write it as 30m, 2h, 1h30m or 3d.';
	if (seconds < 60) return 'That is over before anyone sees it. Write at least 1m.';
	return seconds > longest
		? 'That is more than a year. Change the rule of the alert instead, or write less.'
		: undefined;
}
