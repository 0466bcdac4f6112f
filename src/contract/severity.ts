import type {Severity} from './row.ts';

const rank: Readonly<Record<Severity, number>> = {crit: 0, warn: 1, unknown: 2, ok: 3};

/** Worst first. */
export const compareSeverity = (a: Severity, b: Severity): number => rank[a] - rank[b];

/** The worst of several; `ok` of none. */
export const worstSeverity = (severities: Iterable<Severity>): Severity => {
	let found: Severity = 'ok';
	for (const severity of severities) if (rank[severity] < rank[found]) found = severity;
	return found;
};
