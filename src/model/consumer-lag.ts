import type {Finding, Row, Severity} from '../contract.ts';
import {count, duration, grouped, rate} from '../text/figures.ts';

/** A group that is so far behind, and falls further behind, is in trouble; further than the second figure it is an outage. */
const behindSeconds = 60;
const farBehindSeconds = 600;
/** Members that commit nothing for so long, with messages waiting, are stuck. */
const stuckSeconds = 60;
/** Rates are taken over this long, so that one slow poll does not make a trend. */
const windowMs = 60_000;
const mostPoints = 60;

/** One group on one topic at one moment, summed over the partitions. Offsets only grow, unless they are reset. */
export type LagPoint = {
	/** Epoch milliseconds. */
	readonly at: number;
	/** Sum of the log ends. */
	readonly end: number;
	/** Sum of the committed offsets; undefined when a partition has none: then its lag is unknown, not everything. */
	readonly committed: number | undefined;
};

export type LagFacts = {
	readonly group: string;
	readonly topic: string;
	readonly partitions: number;
	readonly members: number;
	/** Stable, Empty, PreparingRebalance … as the broker says it. */
	readonly state: string;
};

/** What the figures come to, worst last. `uncommitted`: no offset, so nothing can be told. */
export type LagVerdict = 'ok' | 'uncommitted' | 'no-members' | 'growing' | 'stuck';

export type LagRow = Row &
	LagFacts & {
		readonly lag: number | undefined;
		/** Messages per second by which the lag changes; undefined until it was read twice. */
		readonly growth: number | undefined;
		readonly produced: number | undefined;
		readonly consumed: number | undefined;
		/** Seconds until nothing is left at this pace; Infinity when that is never. */
		readonly drainSeconds: number | undefined;
		readonly verdict: LagVerdict;
		readonly lagHistory: readonly number[];
	};

/** The points before, without those that are of no use any more. A log end that went back is a topic made anew: nothing before it counts. */
export function nextPoints(before: readonly LagPoint[], point: LagPoint): readonly LagPoint[] {
	const last = before.at(-1);
	if (last === undefined || point.end < last.end) return [point];
	if (point.at <= last.at) return before;
	return [...before, point].slice(-mostPoints);
}

/** `points`: oldest first, the newest is now. */
export function lagRow(target: string, facts: LagFacts, points: readonly LagPoint[]): LagRow {
	const newest = points.at(-1);
	const committed = newest?.committed;
	const lag = newest === undefined || committed === undefined ? undefined : Math.max(0, newest.end - committed);
	const rates = ratesOf(points);
	const figures = {
		lag,
		...rates,
		drainSeconds: drain(lag, rates.growth),
		lagHistory: points.flatMap(point => (point.committed === undefined ? [] : [point.end - point.committed])),
	};
	const {verdict, severity, why} = judged(facts, figures, points);
	return {
		id: `${facts.group}/${facts.topic}`,
		target,
		severity,
		...(why === undefined ? {} : {why}),
		...facts,
		...figures,
		verdict,
	};
}

type Rates = Pick<LagRow, 'growth' | 'produced' | 'consumed'>;
type Figures = Rates & Pick<LagRow, 'lag'>;
type Judgement = {readonly verdict: LagVerdict; readonly severity: Severity; readonly why?: string};

const lately = (points: readonly LagPoint[]): readonly LagPoint[] => {
	const now = points.at(-1)?.at ?? 0;
	return points.filter(point => now - point.at <= windowMs);
};

function ratesOf(points: readonly LagPoint[]): Rates {
	const newest = points.at(-1);
	const oldest = lately(points)[0];
	if (newest === undefined || oldest === undefined || oldest.at >= newest.at) {
		return {growth: undefined, produced: undefined, consumed: undefined};
	}
	const seconds = (newest.at - oldest.at) / 1000;
	const produced = (newest.end - oldest.end) / seconds;
	if (newest.committed === undefined || oldest.committed === undefined) {
		return {growth: undefined, produced, consumed: undefined};
	}
	const consumed = (newest.committed - oldest.committed) / seconds;
	return {growth: produced - consumed, produced, consumed};
}

function drain(lag: number | undefined, growth: number | undefined): number | undefined {
	if (lag === 0) return 0;
	if (lag === undefined || growth === undefined) return undefined;
	return growth < 0 ? lag / -growth : Number.POSITIVE_INFINITY;
}

/** Seconds for which nothing was committed although something was there to be read. */
function stuckFor(points: readonly LagPoint[]): number {
	const newest = points.at(-1);
	if (newest?.committed === undefined) return 0;
	const {committed} = newest;
	const moved = points.findLastIndex(point => point.committed !== committed || point.end <= committed);
	const since = points[moved + 1];
	return since === undefined ? 0 : (newest.at - since.at) / 1000;
}

/**
 * After Burrow's rules, with what is known without reading the commits' own times: STALL as `stuck`, WARN as `growing`, and STOP split by
 * whether the group has members. https://github.com/linkedin/Burrow/wiki/Consumer-Lag-Evaluation-Rules
 */
function judged({members}: LagFacts, {lag, growth, produced}: Figures, points: readonly LagPoint[]): Judgement {
	if (lag === undefined) {
		return {verdict: 'uncommitted', severity: 'unknown', why: 'no offset was ever committed'};
	}
	if (lag === 0) return {verdict: 'ok', severity: 'ok'};
	if (members === 0) return {verdict: 'no-members', severity: 'warn', why: 'no members, messages wait'};
	const stuck = stuckFor(points);
	if (stuck >= stuckSeconds) {
		return {verdict: 'stuck', severity: 'crit', why: `its members commit nothing for ${duration(stuck)}`};
	}
	if (growth === undefined || produced === undefined || growth <= 0 || produced <= 0)
		return {verdict: 'ok', severity: 'ok'};
	const behind = lag / produced;
	// A few messages on an idle topic are not a trend: whoever was caught up within the window is well.
	if (
		behind < behindSeconds ||
		lately(points).some(point => point.committed === undefined || point.end <= point.committed)
	)
		return {verdict: 'ok', severity: 'ok'};
	const why = `${duration(behind)} of messages behind and falling back`;
	return {verdict: 'growing', severity: behind >= farBehindSeconds ? 'crit' : 'warn', why};
}

export const lagFindings = (rows: readonly LagRow[], target: string): readonly Finding[] =>
	rows.flatMap(row => {
		if (row.severity === 'ok') return [];
		return {
			id: `${target}/lag/${row.id}/${row.verdict}`,
			target,
			severity: row.severity,
			sentence: sentence(row),
			row: {kind: 'kafka.lag', id: row.id},
			kind: 'kafka.lag',
			evidence: [
				`lag ${row.lag === undefined ? 'unknown' : grouped(row.lag)} over ${row.partitions} partitions`,
				`produced ${rate(row.produced)}, consumed ${rate(row.consumed)}`,
				`group is ${row.state} with ${row.members} members`,
			],
			actions: [],
			inspections: ['kafka.describe-group'],
		} satisfies Finding;
	});

function sentence({group, topic, lag, growth, why, verdict}: LagRow): string {
	if (verdict === 'growing') return `${group} is ${count(lag)} behind on ${topic}, +${rate(growth)}: never catches up`;
	if (verdict === 'uncommitted') return `${group} on ${topic}: ${why}, so its lag is unknown`;
	return `${group} is ${count(lag)} behind on ${topic}: ${why}`;
}
