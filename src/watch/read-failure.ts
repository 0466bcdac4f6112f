import type {Finding} from '../contract/finding.ts';
import type {Failure, Reading} from '../contract/reading.ts';
import type {RowKind} from '../contract/row.ts';
import {AdapterError, messageOf} from '../errors.ts';
import {cleanLine} from '../text/clean.ts';
import {clockTime, duration} from '../text/format.ts';

/** So many failed reads in a row are not a hiccup any more. */
const notAHiccup = 3;

/** What was thrown, as the error it ought to have been. Anything but an AdapterError is an answer that nobody expected. */
export function asAdapterError(error: unknown): AdapterError {
	if (error instanceof AdapterError) return error;
	return new AdapterError(
		'malformed',
		messageOf(error),
		'Nobody expected this answer: report it with the version of the server. The read is tried again meanwhile.',
		{cause: error},
	);
}

export function nextFailure(error: unknown, before: Failure | undefined, now: number): Failure {
	const {kind, message, hint} = asAdapterError(error);
	return {
		kind,
		message: cleanLine(message),
		hint: cleanLine(hint),
		since: before?.since ?? now,
		attempts: (before?.attempts ?? 0) + 1,
	};
}

export const unreadableId = (target: string, kind: RowKind): string => `${target}/${kind}/unreadable`;

type About = Pick<Reading, 'target' | 'kind' | 'readAt'>;

/** One source of a target cannot be read. `unknown`: its rows may be well or not. */
export const unreadable = (about: About, title: string, failure: Failure): Finding => ({
	...silent(about, failure),
	id: unreadableId(about.target, about.kind),
	severity: 'unknown',
	sentence: `${title.toLowerCase()} cannot be read: ${failure.message}`,
});

/**
 * Nothing of a target can be read. A server that refuses or does not answer is most likely the trouble itself, so it is `crit` once it is
 * not a hiccup; one that answers but does not let us look is `unknown`.
 */
export function allUnreadable(about: About, failure: Failure): Finding {
	const gone = (failure.kind === 'unreachable' || failure.kind === 'timeout') && failure.attempts >= notAHiccup;
	return {
		...silent(about, failure),
		id: `${about.target}/unreadable`,
		severity: gone ? 'crit' : 'unknown',
		sentence: `cannot be read: ${failure.message}`,
	};
}

/** The read under way takes so long that what is shown is old. */
export const stale = (about: About, title: string, since: number, intervalMs: number): Finding => ({
	...bare(about),
	id: `${about.target}/${about.kind}/stale`,
	severity: 'unknown',
	sentence: `no answer about ${title.toLowerCase()} since ${clockTime(since)}`,
	since,
	evidence: [`read every ${duration(intervalMs / 1000)}, last answer at ${clockTime(since)}`],
});

/** What was found once and cannot be looked at now: it may have healed since. */
export const asOf = (findings: readonly Finding[], readAt: number | undefined): readonly Finding[] =>
	readAt === undefined
		? findings
		: findings.map(finding => ({...finding, sentence: `${finding.sentence} (as of ${clockTime(readAt)})`}));

const bare = (about: About) => ({target: about.target, kind: about.kind, actions: [], inspections: []});

function silent(about: About, failure: Failure) {
	const {kind, message, hint, since, attempts} = failure;
	const last = about.readAt === undefined ? 'never read yet' : `last read at ${clockTime(about.readAt)}`;
	return {
		...bare(about),
		since,
		...(about.readAt === undefined ? {atLeast: true as const} : {}),
		evidence: [
			`${kind}: ${message}`,
			`${attempts} failed ${attempts === 1 ? 'read' : 'reads'} since ${clockTime(since)}, ${last}`,
			hint,
		],
	};
}
