import {type Cell, defineSection} from '../../src/contract/pane.ts';
import type {AlertmanagerAlertRow} from '../../src/model/alertmanager/alertmanager-alert.ts';
import type {SilenceRow} from '../../src/model/alertmanager/silence.ts';
import {formatCount, formatDuration} from '../../src/text/format.ts';
import {aboutColumn, saysColumn} from './alert-columns.ts';
import {byId, dim, dimIfOk} from './cells.ts';

const seconds = (ms: number): string => formatDuration(ms / 1000);

const rank: Readonly<Record<AlertmanagerAlertRow['notification'], number>> = {firing: 0, inhibited: 1, silenced: 2};

const byName = (a: AlertmanagerAlertRow, b: AlertmanagerAlertRow): number =>
	rank[a.notification] - rank[b.notification] ||
	a.name.localeCompare(b.name) ||
	a.subject.localeCompare(b.subject) ||
	byId(a, b);

/** Firing alerts have the tone of their severity; silenced and inhibited ones say so and are dim. */
const state = (row: AlertmanagerAlertRow, now: number): Cell =>
	row.notification === 'silenced' && row.silencedUntil !== undefined
		? dim(`silenced ${seconds(row.silencedUntil - now)}`)
		: {text: row.notification, tone: row.notification === 'firing' ? dimIfOk(row) : 'dim'};

const quietly = (row: AlertmanagerAlertRow, text: string): Cell => (row.notification === 'firing' ? text : dim(text));

export const alertsSection = defineSection<AlertmanagerAlertRow>({
	kind: 'alertmanager.alert',
	title: 'Alerts',
	weight: 2,
	empty: 'no alert is firing',
	orders: [
		{title: 'name', compare: byName},
		{title: 'newest', compare: (a, b) => b.since - a.since || byName(a, b)},
		{title: 'oldest', compare: (a, b) => a.since - b.since || byName(a, b)},
	],
	columns: [
		{header: 'ALERT', field: 'alert', width: 14, cut: 'middle', cell: row => quietly(row, row.name)},
		aboutColumn(quietly),
		{header: 'STATE', field: 'state', width: 14, hideOrder: 3, cell: state},
		{
			header: 'SINCE',
			field: 'since',
			width: 6,
			align: 'right',
			hideOrder: 4,
			cell: (row, now) => dim(seconds(now - row.since)),
		},
		{
			header: 'RECEIVER',
			field: 'receiver',
			width: 10,
			cut: 'middle',
			hideOrder: 1,
			cell: row => dim(row.receivers.join(',')),
		},
		saysColumn,
	],
});

const stateRank: Readonly<Record<SilenceRow['state'], number>> = {active: 0, pending: 1, expired: 2};

const byEnd = (a: SilenceRow, b: SilenceRow): number =>
	stateRank[a.state] - stateRank[b.state] || (a.state === 'expired' ? b.ends - a.ends : a.ends - b.ends) || byId(a, b);

function endsIn(row: SilenceRow, now: number): Cell {
	if (row.state === 'expired') return dim(`${seconds(now - row.ends)} ago`);
	const left = seconds(row.ends - now);
	return row.remark === 'ends-soon' ? {text: left, tone: row.severity} : left;
}

function hides(row: SilenceRow): Cell {
	if (row.state !== 'active') return dim('-');
	return row.hides.length === 0 ? dim('nothing') : formatCount(row.hides.length);
}

export const silencesSection = defineSection<SilenceRow>({
	kind: 'alertmanager.silence',
	title: 'Silences',
	weight: 1,
	empty: 'there is no silence',
	orders: [
		{title: 'ends first', compare: byEnd},
		{title: 'hides most', compare: (a, b) => b.hides.length - a.hides.length || byEnd(a, b)},
		{title: 'oldest', compare: (a, b) => a.starts - b.starts || byEnd(a, b)},
	],
	columns: [
		{
			header: 'SILENCE',
			field: 'silence',
			width: 16,
			grow: true,
			cell: row => (row.state === 'active' ? row.text : dim(row.text)),
		},
		{header: 'STATE', field: 'state', width: 7, hideOrder: 4, cell: row => ({text: row.state, tone: dimIfOk(row)})},
		{header: 'HIDES', field: 'hides', width: 7, align: 'right', cell: hides},
		{header: 'ENDS IN', field: 'ends', width: 10, align: 'right', cell: endsIn},
		{header: 'BY', field: 'by', width: 8, cut: 'middle', hideOrder: 3, cell: row => dim(row.createdBy)},
		{
			header: 'COMMENT',
			field: 'comment',
			width: 14,
			grow: true,
			hideOrder: 2,
			cell: row => ({text: row.comment, tone: dimIfOk(row)}),
		},
	],
});
