import {type Cell, defineSection} from '../../src/contract/pane.ts';
import type {PrometheusAlertRow} from '../../src/model/prometheus/prometheus-alert.ts';
import {formatDuration} from '../../src/text/format.ts';
import {aboutColumn, saysColumn} from './alert-columns.ts';
import {byId, dim, dimIfOk} from './cells.ts';

const byName = (a: PrometheusAlertRow, b: PrometheusAlertRow): number =>
	Number(a.state === 'pending') - Number(b.state === 'pending') || a.name.localeCompare(b.name) || byId(a, b);

/** Pending alerts are dim. */
const quietly = (row: PrometheusAlertRow, text: string): Cell => (row.state === 'firing' ? text : dim(text));

export const prometheusAlertsSection = defineSection<PrometheusAlertRow>({
	kind: 'prometheus.alert',
	title: 'Alerts of rules',
	weight: 1,
	empty: 'no alerting rule is firing',
	orders: [
		{title: 'name', compare: byName},
		{title: 'newest', compare: (a, b) => (b.activeAt ?? 0) - (a.activeAt ?? 0) || byName(a, b)},
		{title: 'oldest', compare: (a, b) => (a.activeAt ?? 0) - (b.activeAt ?? 0) || byName(a, b)},
	],
	columns: [
		{header: 'RULE', field: 'rule', width: 14, cut: 'middle', cell: row => quietly(row, row.name)},
		aboutColumn(quietly),
		{header: 'STATE', field: 'state', width: 7, hideOrder: 3, cell: row => ({text: row.state, tone: dimIfOk(row)})},
		{
			header: 'SINCE',
			field: 'since',
			width: 6,
			align: 'right',
			hideOrder: 4,
			cell: (row, now) => dim(row.activeAt === undefined ? '?' : formatDuration((now - row.activeAt) / 1000)),
		},
		{header: 'VALUE', field: 'value', width: 7, align: 'right', hideOrder: 1, cell: row => dim(row.value || '-')},
		saysColumn,
	],
});
