import type {Finding} from '../contract/finding.ts';
import type {Failure, Reading} from '../contract/reading.ts';
import {compareSeverity} from '../contract/severity.ts';
import {formatDuration} from '../text/format.ts';
import {targetUnreadableFinding, unreadableId} from '../watch/read-failure.ts';

/**
 * Returns the findings of all readings without duplicates: the worst first, then the newest; a finding that may be older than its `since`
 * comes after those that are not. When no source of a target can be read, that is one finding instead of one for each source.
 */
export function mergeFindings(readings: readonly Reading[]): readonly Finding[] {
	const unreadable = unreadableTargets(readings);
	const all = new Map<string, Finding>();
	for (const reading of readings) {
		const folded = unreadable.get(reading.target);
		const ownUnreadableId = unreadableId(reading.target, reading.kind);
		for (const finding of reading.findings) {
			add(all, folded !== undefined && finding.id === ownUnreadableId ? folded : finding);
		}
	}
	return [...all.values()].sort(compareFindings);
}

function add(all: Map<string, Finding>, finding: Finding): void {
	const key = `${finding.target}\n${finding.id}`;
	const before = all.get(key);
	if (before === undefined || compareSeverity(finding.severity, before.severity) < 0) all.set(key, finding);
}

/** Returns the age of a finding: `6m12s`; `>6m12s` when it may be older; empty when it is not known. */
export function formatFindingAge({since, atLeast}: Finding, now: number): string {
	if (since === undefined) return '';
	return `${atLeast === true ? '>' : ''}${formatDuration((now - since) / 1000)}`;
}

const compareFindings = (a: Finding, b: Finding): number =>
	compareSeverity(a.severity, b.severity) ||
	Number(a.atLeast === true) - Number(b.atLeast === true) ||
	(b.since ?? 0) - (a.since ?? 0) ||
	compareIds(a, b);

/** Keeps the order of findings with the same time stable between two frames. */
const compareIds = (a: Finding, b: Finding): number =>
	a.target === b.target ? Number(a.id > b.id) - Number(a.id < b.id) : a.target > b.target ? 1 : -1;

/** Returns the targets of which every source that is not paused fails. */
function unreadableTargets(readings: readonly Reading[]): ReadonlyMap<string, Finding> {
	const unreadable = new Map<string, Finding>();
	for (const [target, all] of Map.groupBy(readings, reading => reading.target)) {
		const read = all.filter(reading => reading.state !== 'paused');
		const failures = read.flatMap(reading =>
			reading.failure === undefined ? [] : [{reading, failure: reading.failure}],
		);
		const [first] = failures.toSorted((a, b) => a.failure.since - b.failure.since);
		if (first === undefined || failures.length < read.length) continue;
		unreadable.set(
			target,
			targetUnreadableFinding(
				first.reading,
				withMostAttempts(
					failures.map(({failure}) => failure),
					first.failure,
				),
			),
		);
	}
	return unreadable;
}

const withMostAttempts = (failures: readonly Failure[], first: Failure): Failure => ({
	...first,
	attempts: Math.max(...failures.map(failure => failure.attempts)),
});
