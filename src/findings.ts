import type {Finding} from './contract.ts';
import type {Failure, Reading} from './poll/reading.ts';
import {allUnreadable, unreadableId} from './poll/trouble.ts';
import {bySeverity} from './severity.ts';

/**
 * Everything that is wrong, over all readings: the worst first, then the newest, each once. When nothing of a target can be read, that is
 * one finding and not one for each of its sources.
 */
export function allFindings(readings: readonly Reading[]): readonly Finding[] {
	const dead = deadTargets(readings);
	const found = new Map<string, Finding>();
	for (const reading of readings) {
		const folded = dead.get(reading.target);
		const own = unreadableId(reading.target, reading.kind);
		for (const finding of reading.findings) {
			add(found, folded !== undefined && finding.id === own ? folded : finding);
		}
	}
	return [...found.values()].sort(
		(a, b) => bySeverity(a.severity, b.severity) || (b.since ?? 0) - (a.since ?? 0) || compareIds(a, b),
	);
}

function add(found: Map<string, Finding>, finding: Finding): void {
	const key = `${finding.target}\n${finding.id}`;
	const before = found.get(key);
	if (before === undefined || bySeverity(finding.severity, before.severity) < 0) found.set(key, finding);
}

/** Without it, two findings of one moment would change places between two frames. */
const compareIds = (a: Finding, b: Finding): number =>
	a.target === b.target ? Number(a.id > b.id) - Number(a.id < b.id) : a.target > b.target ? 1 : -1;

/** Targets of which every source that is being read fails. */
function deadTargets(readings: readonly Reading[]): ReadonlyMap<string, Finding> {
	const dead = new Map<string, Finding>();
	for (const [target, all] of Map.groupBy(readings, reading => reading.target)) {
		const read = all.filter(reading => reading.state !== 'paused');
		const failures = read.flatMap(reading =>
			reading.failure === undefined ? [] : [{reading, failure: reading.failure}],
		);
		const [first] = failures.toSorted((a, b) => a.failure.since - b.failure.since);
		if (first === undefined || failures.length < read.length) continue;
		dead.set(
			target,
			allUnreadable(
				first.reading,
				longest(
					failures.map(({failure}) => failure),
					first.failure,
				),
			),
		);
	}
	return dead;
}

const longest = (failures: readonly Failure[], first: Failure): Failure => ({
	...first,
	attempts: Math.max(...failures.map(failure => failure.attempts)),
});
