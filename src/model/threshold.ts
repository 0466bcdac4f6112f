import type {Severity} from '../contract/row.ts';

/** From where on a figure is told, and from where on it is urgent. The larger the worse. */
export type Threshold = {readonly warn: number; readonly crit: number};

export type ThresholdLevel = Exclude<Severity, 'unknown'>;

/** What was raised once is over only this far below where it was raised: a figure at its limit must not come and go with each read. */
const clearsAt = 0.95;

/** How bad a figure is. `before` is how bad it was at the read before, if there was one. */
export function evaluateThreshold(
	value: number,
	{warn, crit}: Threshold,
	before: Severity | undefined,
): ThresholdLevel {
	const wasCrit = before === 'crit';
	if (value >= (wasCrit ? crit * clearsAt : crit)) return 'crit';
	return value >= (wasCrit || before === 'warn' ? warn * clearsAt : warn) ? 'warn' : 'ok';
}

/** As evidence: `warns from 80 % until below 76 %, critical from 95 % until below 90 %`, figures written by `write`. */
export function formatThreshold({warn, crit}: Threshold, write: (value: number) => string): string {
	const told = (how: string, limit: number) => `${how} from ${write(limit)} until below ${write(limit * clearsAt)}`;
	return [told('warns', warn), ...(Number.isFinite(crit) ? [told('critical', crit)] : [])].join(', ');
}
