/** Commits that are stored of each partition, as many as in Burrow. */
const windowLength = 10;
/** The least time between two stored commits, so that a window shows a trend and not the noise of a minute. */
const spacingMs = 30_000;
/** Commits that make a trend. */
const trendLength = 3;
/** A lag below what comes in over this time is no trend: Burrow's allowed-lag. */
const allowedSeconds = 60;
/** Members that commit nothing for less than this are not stuck yet; Burrow's own rule has no such floor and flaps (linkedin/Burrow#94). */
const minIdleMs = 60_000;
/** A group without members has this long to restart before it counts as stopped. */
const emptyIdleMs = 30_000;
/** After this long without a commit a group has stopped, however seldom it commits. */
const maxIdleMs = 600_000;
/** A window of Burrow's is this many times the time between two commits. */
const idleGaps = windowLength - 1;

/**
 * The last commits of a group on one partition, oldest first. Brokers report the committed offset and not the time of the commit, so a commit
 * is a read that found another offset than the read before.
 */
export type CommitWindow = {
	readonly times: number[];
	readonly offsets: number[];
	readonly lags: number[];
	/** The newest read. */
	at: number;
	end: number;
	/** Milliseconds from the read before to the newest. */
	readMs: number;
	/** When the last commit was seen, and the smoothed time between two commits. */
	committedAt: number;
	gapMs: number | undefined;
	/** Since when messages wait for this group. */
	waitsSince: number;
	/** Where the log ended when the last commit was seen. */
	endAtCommit: number;
};

/** The evaluations of a partition, worst last. `unknown` is not one of them: it has no place in this order. */
export const evaluations = ['ok', 'rewind', 'warn', 'stop', 'stall'] as const;
export type Evaluation = (typeof evaluations)[number];

type Commit = {
	/** Epoch milliseconds. */
	readonly at: number;
	readonly committed: number;
	readonly end: number;
	readonly logStart: number;
};

/** The number of messages that wait. Messages that were deleted unread do not. */
export const lagOf = ({committed, end, logStart}: Omit<Commit, 'at'>): number =>
	Math.max(0, end - Math.max(committed, logStart));

export const createCommitWindow = (commit: Commit): CommitWindow => ({
	times: [commit.at],
	offsets: [commit.committed],
	lags: [lagOf(commit)],
	at: commit.at,
	end: commit.end,
	readMs: 0,
	committedAt: commit.at,
	gapMs: undefined,
	waitsSince: commit.at,
	endAtCommit: commit.end,
});

/** Adds a read; one that is not newer than the last is dropped. */
export function recordCommit(window: CommitWindow, commit: Commit): void {
	if (commit.at <= window.at) return;
	const lag = lagOf(commit);
	if (commit.committed !== window.offsets.at(-1)) {
		appendCommit(window, commit, lag);
		const gap = commit.at - window.committedAt;
		window.gapMs = window.gapMs === undefined ? gap : window.gapMs + (gap - window.gapMs) / 4;
		window.committedAt = commit.at;
		window.endAtCommit = commit.end;
		window.waitsSince = commit.at;
	} else if (lag === 0) {
		window.waitsSince = commit.at;
	}
	window.readMs = commit.at - window.at;
	window.at = commit.at;
	window.end = commit.end;
}

function appendCommit({times: ats, offsets, lags}: CommitWindow, {at, committed}: Commit, lag: number): void {
	const last = ats.length - 1;
	const lastAt = ats[last] ?? at;
	const spacing = Math.min(spacingMs, (lastAt - (ats[0] ?? at)) / (windowLength / 2));
	// An offset that went back is never left out.
	const goesOn = committed > (offsets[last] ?? 0) && (offsets[last] ?? 0) >= (offsets[last - 1] ?? 0);
	if (last > 1 && goesOn && lastAt - (ats[last - 1] ?? at) < spacing) {
		ats[last] = at;
		offsets[last] = committed;
		lags[last] = lag;
		return;
	}
	ats.push(at);
	offsets.push(committed);
	lags.push(lag);
	if (ats.length > windowLength) for (const list of [ats, offsets, lags]) list.shift();
}

export type LagVerdict = {
	readonly evaluation: Evaluation;
	/** Milliseconds without a commit while messages wait. */
	readonly idleMs: number;
	/** Messages that are read again. */
	readonly rewoundMessages: number;
};

type LagInput = {
	readonly lag: number;
	/** Messages a second that come in. */
	readonly inflow: number;
	/** Undefined when it is unknown. */
	readonly members: number | undefined;
	/** It had no members on the first read, and nothing was committed since: it stopped before. */
	readonly foundEmpty: boolean;
};

/**
 * Judges one partition by Burrow's rules (core/internal/evaluator/caching.go, linkedin/Burrow), in its order, as far as they can be applied
 * without the times of the commits:
 * - nothing waits: ok
 * - STOP: nothing was committed for longer than the commits before took. With members, and when the log went on, it is a `stall`: they
 *   are there and make no progress. Burrow's own STALL, commits that repeat an offset, look the same to a read as no commits
 * - REWIND: an offset went back, and none since has reached where it was
 * - WARN: the lag never shrank from one commit to the next, and grew
 * What comes in between two commits, or two reads, makes a saw-tooth (linkedin/Burrow#155): a lag that shrinks by less has not shrunk.
 */
export function evaluateLag(window: CommitWindow, {lag, inflow, members, foundEmpty}: LagInput): LagVerdict {
	const {offsets, lags, gapMs = 0, readMs} = window;
	const idleMs = window.at - window.waitsSince;
	const verdict = (evaluation: Evaluation, rewoundMessages = 0): LagVerdict => ({evaluation, idleMs, rewoundMessages});
	if (lag <= 0) return verdict('ok');
	if (members === 0) {
		// One that commits without members has not stopped.
		if (foundEmpty || idleMs >= idleLimitMs(gapMs, emptyIdleMs)) return verdict('stop');
	} else if (idleMs >= idleLimitMs(gapMs, minIdleMs) && window.end > window.endAtCommit) return verdict('stall');
	const back = countRewound(offsets);
	if (back > 0) return verdict('rewind', back);
	const tooth = (inflow * Math.min(gapMs, readMs)) / 1000;
	// Since it last had no lag: older lags belong to an earlier trend.
	const trend = lags.slice(lags.lastIndexOf(0) + 1);
	const grows = trend.every((one, at) => at === 0 || one >= (trend[at - 1] ?? 0) - tooth);
	const grown = (trend.at(-1) ?? 0) - (trend[0] ?? 0);
	const far = lag > inflow * allowedSeconds;
	return verdict(trend.length >= trendLength && grows && grown > tooth && far ? 'warn' : 'ok');
}

const idleLimitMs = (gapMs: number, minMs: number): number => Math.min(maxIdleMs, Math.max(minMs, gapMs * idleGaps));

/** How far the first offset that went back did so, unless a later one has reached where it was. */
function countRewound(offsets: readonly number[]): number {
	const at = offsets.findIndex((offset, index) => index > 0 && offset < (offsets[index - 1] ?? 0));
	if (at < 0) return 0;
	const from = offsets[at - 1] ?? 0;
	return offsets.slice(at).some(offset => offset >= from) ? 0 : from - (offsets[at] ?? 0);
}

export const worseEvaluation = (a: Evaluation, b: Evaluation): Evaluation =>
	evaluations.indexOf(a) >= evaluations.indexOf(b) ? a : b;
