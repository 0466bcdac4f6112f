import type {LagRow, LagVerdict} from '../../src/model/consumer-lag.ts';
import {type Cell, defineSection, type Pane, type Tone} from '../../src/pane.ts';
import {count, duration, rate} from '../../src/text/figures.ts';
import {sparkline} from '../../src/text/picture.ts';

const trendCells = 10;

const words: Readonly<Record<LagVerdict, string>> = {
	ok: 'OK',
	growing: 'grows',
	stuck: 'stuck',
	'no-members': 'nobody',
	uncommitted: 'no commit',
};

const tone = (row: LagRow): Tone => (row.severity === 'ok' ? 'dim' : row.severity);

/** `+212/s`, `-40/s`, `0/s`. */
function growth(row: LagRow): string {
	if (row.growth === undefined) return '?';
	const text = rate(row.growth);
	return row.growth > 0 && text !== '0/s' ? `+${text}` : text;
}

/** `never` where it only grows; as good as never is not worth its digits. */
function drain({drainSeconds}: LagRow): string {
	if (drainSeconds === undefined) return '?';
	return drainSeconds > 7 * 86_400 ? 'never' : duration(drainSeconds);
}

/** A group that keeps up is now a little ahead and now a little behind: only one that is in trouble never drains. */
function drainCell(row: LagRow): Cell {
	const keepsUp = row.verdict === 'ok' && (row.lag === 0 || row.drainSeconds === Number.POSITIVE_INFINITY);
	return {text: keepsUp ? '-' : drain(row), tone: tone(row)};
}

/** The lag of groups that keep up changes all the time: only its order of magnitude counts there, so that rows stay in their places. */
function weight(row: LagRow): number {
	const lag = row.lag ?? -1;
	return row.severity === 'ok' ? Math.floor(Math.log10(Math.max(1, lag))) : lag;
}

const byName = (a: LagRow, b: LagRow): number => a.id.localeCompare(b.id);

export const consumerLagPane: Pane = {
	id: 'consumer-lag',
	title: 'Consumer lag',
	tab: 'Lag',
	systems: ['kafka'],
	gauges: ['groups', 'brokers', 'lag'],
	sections: [
		defineSection<LagRow>({
			kind: 'kafka.lag',
			title: 'Groups',
			weight: 1,
			empty: 'no group has ever committed an offset here',
			orders: [
				{title: 'lag', compare: (a, b) => weight(b) - weight(a) || byName(a, b)},
				{title: 'growth', compare: (a, b) => (b.growth ?? 0) - (a.growth ?? 0) || byName(a, b)},
				{title: 'group', compare: byName},
			],
			columns: [
				{header: 'GROUP', field: 'group', width: 16, grow: true, cell: row => row.group},
				{
					header: 'TOPIC',
					field: 'topic',
					width: 12,
					grow: true,
					yields: 4,
					cell: row => ({text: row.topic, tone: row.severity === 'ok' ? 'dim' : 'plain'}),
				},
				{
					header: 'LAG',
					field: 'lag',
					width: 5,
					align: 'right',
					cell: row => (row.severity === 'ok' ? count(row.lag) : {text: count(row.lag), tone: row.severity}),
				},
				{header: 'RATE', field: 'rate', width: 7, align: 'right', yields: 5, cell: row => growth(row)},
				{header: 'DRAIN', field: 'drain', width: 6, align: 'right', yields: 3, cell: drainCell},
				{header: 'STATE', field: 'state', width: 9, cell: row => ({text: words[row.verdict], tone: tone(row)})},
				{
					header: 'TREND',
					field: 'trend',
					width: trendCells,
					yields: 1,
					cell: row => ({text: sparkline(row.lagHistory, trendCells), tone: 'dim'}),
				},
				{
					header: 'MEMBERS',
					field: 'members',
					width: 7,
					align: 'right',
					yields: 2,
					cell: row => ({text: String(row.members), tone: 'dim'}),
				},
			],
		}),
	],
};
