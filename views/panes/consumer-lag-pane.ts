import {type Cell, defineSection, type Pane} from '../../src/contract/pane.ts';
import type {Row} from '../../src/contract/row.ts';
import type {LagRow} from '../../src/model/kafka/consumer-lag.ts';
import {formatTimeLag} from '../../src/model/kafka/consumer-lag-findings.ts';
import type {KafkaTopicRow} from '../../src/model/kafka/kafka-topic.ts';
import {formatCount, formatDuration, formatRate} from '../../src/text/format.ts';
import {drawSparkline} from '../../src/text/inline-charts.ts';
import {dimIfOk} from './cells.ts';

const trendCells = 10;

/** The status names of Burrow, which Kafka operators know. */
const evaluationTexts: Readonly<Record<LagRow['evaluation'], string>> = {
	ok: 'OK',
	warn: 'WARN',
	stall: 'STALL',
	stop: 'STOP',
	rewind: 'REWIND',
	'no commit': 'no commit',
	offline: 'offline',
	share: 'share',
	unread: 'unread',
};

/** `+212/s`, `-40/s`, `0/s`. */
function growth(row: LagRow): string {
	if (row.growthPerSecond === undefined) return '?';
	const text = formatRate(row.growthPerSecond);
	return row.growthPerSecond > 0 && text !== '0/s' ? `+${text}` : text;
}

/** `never` where the lag grows, or would take too long to be worth its digits. */
function drain({drainSeconds}: LagRow): string {
	if (drainSeconds === undefined) return '?';
	return drainSeconds > 7 * 86_400 ? 'never' : formatDuration(drainSeconds);
}

/** Age of the oldest message that was not read yet; `>10m` when it is older than the time observed. */
function behind({timeLag}: LagRow): string {
	return formatTimeLag(timeLag)?.replace(/^(>\d+m)00s$/, '$1') ?? '?';
}

/** The rate of a group that keeps up changes sign all the time: only a group with a problem never drains. */
function drainCell(row: LagRow): Cell {
	const keepsUp = row.evaluation === 'ok' && (row.lag === 0 || row.drainSeconds === Number.POSITIVE_INFINITY);
	return {text: keepsUp ? '-' : drain(row), tone: dimIfOk(row)};
}

/** A row that is ok may still have a problem worth a word: a group that rebalances all the time. */
function state(row: LagRow): Cell {
	const problem =
		row.evaluation === 'ok' && row.severity !== 'ok' ? (row.rebalances > 0 ? 'rebalances' : 'partly') : '';
	return {text: problem || evaluationTexts[row.evaluation], tone: dimIfOk(row)};
}

/** The age of a row that was not read in the last poll: 1,000 groups are read in turn. */
const oldFrom = 15_000;

function members(row: LagRow, now: number): Cell {
	const age = now - row.readAt;
	if (age >= oldFrom) return {text: `${formatDuration(age / 1000)} old`, tone: 'dim'};
	return {text: row.members === undefined ? '?' : String(row.members), tone: 'dim'};
}

/** The lag of groups that keep up changes all the time: rows are ordered by its order of magnitude, so that they do not move. */
function weight(row: LagRow): number {
	const lag = row.lag ?? -1;
	return row.severity === 'ok' ? Math.floor(Math.log10(Math.max(1, lag))) : lag;
}

const byName = (a: Row, b: Row): number => a.id.localeCompare(b.id);

export const consumerLagPane: Pane = {
	id: 'consumer-lag',
	title: 'Consumer lag',
	tab: 'Lag',
	systems: ['kafka'],
	gauges: ['lag', 'groups', 'under-replicated', 'brokers'],
	sections: [
		defineSection<LagRow>({
			kind: 'kafka.lag',
			title: 'Groups',
			weight: 8,
			empty: 'no group has committed an offset on this cluster',
			orders: [
				{title: 'lag', compare: (a, b) => weight(b) - weight(a) || byName(a, b)},
				{title: 'growth', compare: (a, b) => (b.growthPerSecond ?? 0) - (a.growthPerSecond ?? 0) || byName(a, b)},
				{title: 'group', compare: byName},
			],
			columns: [
				{header: 'GROUP', field: 'group', width: 16, grow: true, cut: 'middle', cell: row => row.group},
				{
					header: 'TOPIC',
					field: 'topic',
					width: 12,
					grow: true,
					cut: 'middle',
					hideOrder: 5,
					cell: row => ({text: row.topic || '-', tone: row.severity === 'ok' ? 'dim' : 'plain'}),
				},
				{
					header: 'LAG',
					field: 'lag',
					width: 5,
					align: 'right',
					cell: row =>
						row.severity === 'ok' ? formatCount(row.lag) : {text: formatCount(row.lag), tone: row.severity},
				},
				{
					header: 'BEHIND',
					field: 'behind',
					width: 6,
					align: 'right',
					hideOrder: 4,
					cell: row => ({text: behind(row), tone: dimIfOk(row)}),
				},
				{header: 'RATE', field: 'rate', width: 7, align: 'right', hideOrder: 6, cell: row => growth(row)},
				{header: 'DRAIN', field: 'drain', width: 6, align: 'right', hideOrder: 3, cell: drainCell},
				{header: 'EVAL', field: 'eval', width: 10, cell: state},
				{
					header: 'TREND',
					field: 'trend',
					width: trendCells,
					hideOrder: 1,
					cell: row => ({text: drawSparkline(row.lagHistory, trendCells), tone: 'dim'}),
				},
				{
					header: 'MEMBERS',
					field: 'members',
					width: 7,
					align: 'right',
					hideOrder: 2,
					cell: members,
				},
			],
		}),
		defineSection<KafkaTopicRow>({
			kind: 'kafka.topic',
			title: 'Topics',
			weight: 1,
			empty: 'the cluster has no topics',
			orders: [{title: 'topic', compare: byName}],
			columns: [
				{header: 'TOPICS', field: 'topic', width: 20, grow: true, cut: 'middle', cell: row => row.topic},
				{
					header: 'STATE',
					field: 'state',
					width: 18,
					grow: true,
					hideOrder: 4,
					cell: row => ({text: row.why ?? (row.deadLetter ? 'does not grow' : 'in sync'), tone: dimIfOk(row)}),
				},
				{
					header: 'PARTS',
					field: 'partitions',
					width: 5,
					align: 'right',
					hideOrder: 3,
					cell: row => ({text: String(row.partitions), tone: 'dim'}),
				},
				{
					header: 'REPL',
					field: 'replicas',
					width: 4,
					align: 'right',
					hideOrder: 2,
					cell: row => ({text: String(row.replicas), tone: 'dim'}),
				},
				{
					header: 'MSGS',
					field: 'messages',
					width: 5,
					align: 'right',
					hideOrder: 1,
					cell: row => ({text: row.messages === undefined ? '' : formatCount(row.messages), tone: 'dim'}),
				},
			],
		}),
	],
};
