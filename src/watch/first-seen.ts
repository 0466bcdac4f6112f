import type {Finding} from '../contract/finding.ts';

/** When each finding was first seen, by its id. `since`: epoch milliseconds. `atLeast`: it may have begun earlier. */
export type FirstSeen = ReadonlyMap<string, {readonly since: number; readonly atLeast?: true}>;

/**
 * Fills in `since` where the server does not report it: the moment at which the finding was first seen in this unbroken run. A finding is
 * at least as old as that, and no older when the read before was just before: `isContinuous`.
 */
export function dateFindings(
	findings: readonly Finding[],
	before: FirstSeen,
	now: number,
	isContinuous: boolean,
): {readonly findings: readonly Finding[]; readonly firstSeen: FirstSeen} {
	const firstSeen = new Map<string, {readonly since: number; readonly atLeast?: true}>();
	const dated = findings.map(finding => {
		if (finding.since !== undefined) return finding;
		const firstSeenAt = before.get(finding.id) ?? (isContinuous ? {since: now} : {since: now, atLeast: true as const});
		firstSeen.set(finding.id, firstSeenAt);
		return {...finding, ...firstSeenAt};
	});
	return {findings: dated, firstSeen};
}

/** The wall clock was set by so many milliseconds: every finding keeps its age. */
export const moveFirstSeen = (firstSeen: FirstSeen, byMs: number): FirstSeen =>
	new Map([...firstSeen].map(([id, seen]) => [id, {...seen, since: seen.since + byMs}]));
