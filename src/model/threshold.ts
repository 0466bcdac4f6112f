import type {Severity} from '../contract/row.ts';

/** The values from which a figure is `warn` and `crit`. Higher is worse. */
export type Threshold = {readonly warn: number; readonly crit: number};

export type ThresholdLevel = Exclude<Severity, 'unknown'>;

/** Hysteresis: a level is cleared only below this share of its threshold, so that a figure at its limit does not flap. */
const clearsAt = 0.95;

/** The level of a figure. `before` is its level at the previous read, if there was one. */
export function evaluateThreshold(
	value: number,
	{warn, crit}: Threshold,
	before: Severity | undefined,
): ThresholdLevel {
	const wasCrit = before === 'crit';
	if (value >= (wasCrit ? crit * clearsAt : crit)) return 'crit';
	return value >= (wasCrit || before === 'warn' ? warn * clearsAt : warn) ? 'warn' : 'ok';
}

/** As evidence: `warns from 80 % until below 76 %, critical from 95 % until below 90 %`, with values formatted by `write`. */
export function formatThreshold({warn, crit}: Threshold, write: (value: number) => string): string {
	const range = (how: string, limit: number) => `${how} from ${write(limit)} until below ${write(limit * clearsAt)}`;
	return [range('warns', warn), ...(Number.isFinite(crit) ? [range('critical', crit)] : [])].join(', ');
}
