import type {Finding} from '../contract/finding.ts';
import type {Failure, Reading} from '../contract/reading.ts';
import {compareSeverity} from '../contract/severity.ts';
import {formatDuration} from '../text/format.ts';
import {targetUnreadableFinding, unreadableId} from '../watch/read-failure.ts';

/**
 * Everything that is wrong, over all readings: the worst first, then the newest, each once. What may be older than is known
 * goes behind what is known to be new. When nothing of a target can be read, that is one finding and not one for each of its sources.
 */
export function mergeFindings(readings: readonly Reading[]): readonly Finding[] {
	const dead = unreadableTargets(readings);
	const all = new Map<string, Finding>();
	for (const reading of readings) {
		const folded = dead.get(reading.target);
		const own = unreadableId(reading.target, reading.kind);
		for (const finding of reading.findings) {
			add(all, folded !== undefined && finding.id === own ? folded : finding);
		}
	}
	return [...all.values()].sort(compareFindings);
}

function add(all: Map<string, Finding>, finding: Finding): void {
	const key = `${finding.target}\n${finding.id}`;
	const before = all.get(key);
	if (before === undefined || compareSeverity(finding.severity, before.severity) < 0) all.set(key, finding);
}

/** How old it is, `6m12s`; `>6m12s` when that is only how long it is known. Empty when nobody tells. */
export function formatFindingAge({since, atLeast}: Finding, now: number): string {
	if (since === undefined) return '';
	return `${atLeast === true ? '>' : ''}${formatDuration((now - since) / 1000)}`;
}

const compareFindings = (a: Finding, b: Finding): number =>
	compareSeverity(a.severity, b.severity) ||
	Number(a.atLeast === true) - Number(b.atLeast === true) ||
	(b.since ?? 0) - (a.since ?? 0) ||
	compareIds(a, b);

/** Without it, two findings of one moment would change places between two frames. */
const compareIds = (a: Finding, b: Finding): number =>
	a.target === b.target ? Number(a.id > b.id) - Number(a.id < b.id) : a.target > b.target ? 1 : -1;

/** Targets of which every source that is being read fails. */
function unreadableTargets(readings: readonly Reading[]): ReadonlyMap<string, Finding> {
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
			targetUnreadableFinding(
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
