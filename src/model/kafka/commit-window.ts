/** Commits that are remembered of each partition, as many as in Burrow. */
const windowLength = 10;
/** They are kept so far apart, once there are some, that a window shows a trend and not the noise of a minute. */
const spacingMs = 30_000;
/** Commits that make a trend. */
const trendLength = 3;
/** A lag worth less than this much of what comes in is no trend: Burrow's allowed-lag. */
const allowedSeconds = 60;
/** Members that commit nothing for less than this are not stuck yet; Burrow's own rule has no such floor and flaps (linkedin/Burrow#94). */
const leastPatienceMs = 60_000;
/** Nobody is there to commit: that is waited out for a restart only. */
const emptyPatienceMs = 30_000;
/** However seldom a group commits, after this it has stopped. */
const mostPatienceMs = 600_000;
/** A window of Burrow's is this many times the time between two commits. */
const patienceGaps = windowLength - 1;

/**
 * What the brokers tell of a partition's commits when asked again and again: they tell where a group is, not when it committed, so a commit
 * is here the read that found another offset than before. Oldest first.
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
	/** When a commit was seen last, and how long that takes from one to the next, smoothed. */
	committedAt: number;
	gapMs: number | undefined;
	/** When something began to wait for this group: nothing did before. */
	waitsSince: number;
	/** Where the log ended when the last commit was seen. */
	endAtCommit: number;
};

/** Worst last. `unknown` stands apart: it is not between two of them. */
export const evaluations = ['ok', 'rewind', 'warn', 'stop', 'stall'] as const;
export type Evaluation = (typeof evaluations)[number];

type Commit = {
	/** Epoch milliseconds. */
	readonly at: number;
	readonly committed: number;
	readonly end: number;
	readonly logStart: number;
};

/** Messages that wait: those that were deleted meanwhile do not. */
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

/** Takes in a read; one that is not newer than the last is dropped. */
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
	/** Milliseconds since when nothing was committed although something waits. */
	readonly idleMs: number;
	/** Messages that are read again. */
	readonly rewoundMessages: number;
};

type LagInput = {
	readonly lag: number;
	/** Messages a second that come in. */
	readonly inflow: number;
	/** Undefined when they cannot be told. */
	readonly members: number | undefined;
	/** It had no members when we came, and nothing was committed since: it stopped before. */
	readonly foundEmpty: boolean;
};

/**
 * Judges one partition by Burrow's rules (core/internal/evaluator/caching.go, linkedin/Burrow), in its order, as far as they can be applied
 * without the times of the commits:
 * - nothing waits: ok
 * - STOP: nothing was committed for longer than the commits before took. With members, and when the log went on, it is a `stall`: they
 *   are there and get nowhere. Burrow's own STALL, commits that repeat an offset, cannot be told from none by asking
 * - REWIND: an offset went back, and none since has reached where it was
 * - WARN: the lag never shrank from one commit to the next, and grew
 * What comes in between two commits, or two reads, makes a saw-tooth (linkedin/Burrow#155): a lag that shrinks by less has not shrunk.
 */
export function evaluateLag(window: CommitWindow, {lag, inflow, members, foundEmpty}: LagInput): LagVerdict {
	const {offsets, lags, gapMs = 0, readMs} = window;
	const idleMs = window.at - window.waitsSince;
	const told = (evaluation: Evaluation, wentBack = 0): LagVerdict => ({evaluation, idleMs, rewoundMessages: wentBack});
	if (lag <= 0) return told('ok');
	if (members === 0) {
		// One that commits without members has not stopped.
		if (foundEmpty || idleMs >= idleLimitMs(gapMs, emptyPatienceMs)) return told('stop');
	} else if (idleMs >= idleLimitMs(gapMs, leastPatienceMs) && window.end > window.endAtCommit) return told('stall');
	const back = countRewound(offsets);
	if (back > 0) return told('rewind', back);
	const tooth = (inflow * Math.min(gapMs, readMs)) / 1000;
	// Since it had read everything for the last time: what was before says nothing of what came then.
	const trend = lags.slice(lags.lastIndexOf(0) + 1);
	const grows = trend.every((one, at) => at === 0 || one >= (trend[at - 1] ?? 0) - tooth);
	const grown = (trend.at(-1) ?? 0) - (trend[0] ?? 0);
	const far = lag > inflow * allowedSeconds;
	return told(trend.length >= trendLength && grows && grown > tooth && far ? 'warn' : 'ok');
}

const idleLimitMs = (gapMs: number, least: number): number =>
	Math.min(mostPatienceMs, Math.max(least, gapMs * patienceGaps));

/** How far the first offset that went back did so, unless a later one has reached where it was. */
function countRewound(offsets: readonly number[]): number {
	const at = offsets.findIndex((offset, index) => index > 0 && offset < (offsets[index - 1] ?? 0));
	if (at < 0) return 0;
	const from = offsets[at - 1] ?? 0;
	return offsets.slice(at).some(offset => offset >= from) ? 0 : from - (offsets[at] ?? 0);
}

export const worseEvaluation = (a: Evaluation, b: Evaluation): Evaluation =>
	evaluations.indexOf(a) >= evaluations.indexOf(b) ? a : b;
