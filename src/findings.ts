import type {Finding} from './contract.ts';
import type {Failure, Reading} from './poll/reading.ts';
import {allUnreadable, unreadableId} from './poll/trouble.ts';
import {bySeverity} from './severity.ts';

/** `found`: it was there when we first looked, so that nobody knows how old it is. */
type Seen = {readonly finding: Finding; readonly found: boolean};

/**
 * Everything that is wrong, over all readings: the worst first, then the newest, each once. What was there already when midwatch came
 * goes behind what is known to be new. When nothing of a target can be read, that is one finding and not one for each of its sources.
 */
export function allFindings(readings: readonly Reading[]): readonly Finding[] {
	const dead = deadTargets(readings);
	const all = new Map<string, Seen>();
	for (const reading of readings) {
		const folded = dead.get(reading.target);
		const own = unreadableId(reading.target, reading.kind);
		for (const finding of reading.findings) {
			const told = folded !== undefined && finding.id === own ? folded : finding;
			add(all, {finding: told, found: told.since === reading.firstReadAt});
		}
	}
	return [...all.values()].sort(bySeverityThenNews).map(({finding}) => finding);
}

function add(all: Map<string, Seen>, seen: Seen): void {
	const key = `${seen.finding.target}\n${seen.finding.id}`;
	const before = all.get(key);
	if (before === undefined || bySeverity(seen.finding.severity, before.finding.severity) < 0) all.set(key, seen);
}

const bySeverityThenNews = (a: Seen, b: Seen): number =>
	bySeverity(a.finding.severity, b.finding.severity) ||
	Number(a.found) - Number(b.found) ||
	(b.finding.since ?? 0) - (a.finding.since ?? 0) ||
	compareIds(a.finding, b.finding);

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
