import type {Finding} from '../contract/finding.ts';
import {createFinding, defineFindingType} from '../contract/finding-type.ts';
import type {Failure, Reading} from '../contract/reading.ts';
import type {RowKind} from '../contract/row.ts';
import {AdapterError, messageOf} from '../errors.ts';
import {cleanLine} from '../text/clean.ts';
import {formatClockTime, formatDuration} from '../text/format.ts';

/** After this many failed reads in a row a failure counts as persistent. */
const persistentAfterFailures = 3;

/** Returns what was thrown as an AdapterError. Anything else was caused by an unexpected answer, and becomes `malformed`. */
export function asAdapterError(error: unknown): AdapterError {
	if (error instanceof AdapterError) return error;
	return new AdapterError(
		'malformed',
		messageOf(error),
		'midwatch does not support this answer: report it with the version of the server. midwatch tries again.',
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

const targetUnreadable = defineFindingType({type: 'midwatch.target-unreadable', actions: [], inspections: []});
const sourceUnreadable = defineFindingType({type: 'midwatch.source-unreadable', actions: [], inspections: []});
const sourceStale = defineFindingType({type: 'midwatch.source-stale', actions: [], inspections: []});

/** The types of findings on reading itself, of any system. */
export const readFailureFindingTypes = [targetUnreadable, sourceUnreadable, sourceStale] as const;

export const unreadableId = (target: string, kind: RowKind): string => `${target}/${kind}/unreadable`;

type ReadingIdentity = Pick<Reading, 'target' | 'kind' | 'readAt'>;

/** Returns the finding that one source cannot be read. `unknown`: the state of its rows is not known. */
export const sourceUnreadableFinding = (about: ReadingIdentity, title: string, failure: Failure): Finding =>
	createFinding(sourceUnreadable, {
		...failureFinding(about, failure),
		id: unreadableId(about.target, about.kind),
		severity: 'unknown',
		sentence: `${title.toLowerCase()} cannot be read: ${failure.message}`,
	});

/**
 * Returns the finding that no source of a target can be read. A server that does not answer is most likely the problem itself: `crit` once
 * the failure is persistent. One that answers but denies access is `unknown`.
 */
export function targetUnreadableFinding(about: ReadingIdentity, failure: Failure): Finding {
	const isDown =
		(failure.kind === 'unreachable' || failure.kind === 'timeout') && failure.attempts >= persistentAfterFailures;
	return createFinding(targetUnreadable, {
		...failureFinding(about, failure),
		id: `${about.target}/unreadable`,
		severity: isDown ? 'crit' : 'unknown',
		sentence: `cannot be read: ${failure.message}`,
	});
}

/** Returns the finding that the snapshot is old because the read in flight takes long. */
export const staleFinding = (about: ReadingIdentity, title: string, since: number, intervalMs: number): Finding =>
	createFinding(sourceStale, {
		...baseFinding(about),
		id: `${about.target}/${about.kind}/stale`,
		severity: 'unknown',
		sentence: `no answer about ${title.toLowerCase()} since ${formatClockTime(since)}`,
		since,
		evidence: [`read every ${formatDuration(intervalMs / 1000)}, last answer at ${formatClockTime(since)}`],
	});

/** Adds the time of the read to findings that cannot be checked now: they may be outdated. */
export const withReadTime = (findings: readonly Finding[], readAt: number | undefined): readonly Finding[] =>
	readAt === undefined
		? findings
		: findings.map(finding => ({...finding, sentence: `${finding.sentence} (as of ${formatClockTime(readAt)})`}));

const baseFinding = (about: ReadingIdentity) => ({
	target: about.target,
	kind: about.kind,
});

function failureFinding(about: ReadingIdentity, failure: Failure) {
	const {kind, message, hint, since, attempts} = failure;
	const last = about.readAt === undefined ? 'never read yet' : `last read at ${formatClockTime(about.readAt)}`;
	return {
		...baseFinding(about),
		since,
		...(about.readAt === undefined ? {atLeast: true as const} : {}),
		evidence: [
			`${kind}: ${message}`,
			`${attempts} failed ${attempts === 1 ? 'read' : 'reads'} since ${formatClockTime(since)}, ${last}`,
			hint,
		],
	};
}
