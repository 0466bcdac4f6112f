const units = {w: 604_800, d: 86_400, h: 3600, m: 60, s: 1} as const;

/** Seconds. A longer silence should be a change of the rule. */
const maxSeconds = 365 * units.d;

/** Parses a duration such as `2h`, `1h30m`, `3d`, as amtool does, into seconds; undefined when the text is not one. */
export function parseSilenceDuration(text: string): number | undefined {
	const match = /^(?:(\d{1,6})w)?(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/.exec(text.trim());
	if (match === null || text.trim() === '') return undefined;
	const [, w = 0, d = 0, h = 0, m = 0, s = 0] = match;
	return Number(w) * units.w + Number(d) * units.d + Number(h) * units.h + Number(m) * units.m + Number(s);
}

/** The problem of a typed duration, in a sentence; undefined when it can be used. */
export function silenceDurationProblem(text: string): string | undefined {
	const seconds = parseSilenceDuration(text);
	if (seconds === undefined) return 'This is not a duration. Write it as 30m, 2h, 1h30m or 3d.';
	if (seconds < 60) return 'That is too short. Write at least 1m.';
	return seconds > maxSeconds
		? 'That is more than a year. Change the rule of the alert instead, or write a shorter duration.'
		: undefined;
}
