import type {Severity} from './row.ts';

const rank: Readonly<Record<Severity, number>> = {crit: 0, warn: 1, unknown: 2, ok: 3};

/** Sorts the worst first. */
export const compareSeverity = (a: Severity, b: Severity): number => rank[a] - rank[b];

/** Returns the worst severity; `ok` for an empty list. */
export const worstSeverity = (severities: Iterable<Severity>): Severity => {
	let worst: Severity = 'ok';
	for (const severity of severities) if (rank[severity] < rank[worst]) worst = severity;
	return worst;
};
