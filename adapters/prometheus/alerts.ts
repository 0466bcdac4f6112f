import type {Context} from '../../src/contract/context.ts';
import {defineSource} from '../../src/contract/define.ts';
import {worstSeverity} from '../../src/contract/severity.ts';
import {
	comparePrometheusAlerts,
	type PrometheusAlertFacts,
	type PrometheusAlertRow,
	prometheusAlertFindings,
	prometheusAlertGaugeIds,
	prometheusAlertRow,
} from '../../src/model/prometheus/prometheus-alert.ts';
import {selectorOf} from '../../src/model/prometheus/scrape-target.ts';
import type {PrometheusPort, PrometheusSettings} from '../../src/port/prometheus.ts';
import {curlReadCommand} from './cli-equivalent.ts';

const maxRows = 1000;

/** Firing and pending alerts as Prometheus evaluates them. Notifications are the Alertmanager's. */
export const prometheusAlertsSource = defineSource<PrometheusAlertRow, PrometheusPort, PrometheusSettings>()({
	kind: 'prometheus.alert',
	title: 'Alerts',
	gauges: prometheusAlertGaugeIds,
	intervalMs: 10_000,
	timeoutMs: 12_000,
	cost: 'cheap',
	cliEquivalent: target => [curlReadCommand(target, '/api/v1/alerts')],
	open: (port, target) => async context => {
		const alerts = (await port.alerts(context)) ?? (await readAlertSeries(port, context));
		const rows = alerts.map(facts => prometheusAlertRow(target.name, facts)).sort(comparePrometheusAlerts);
		const firing = rows.filter(({state}) => state === 'firing');
		return {
			rows: rows.slice(0, maxRows),
			gauges: [
				{
					id: 'alerts',
					label: 'alerts',
					value: firing.length,
					unit: 'count',
					severity: worstSeverity(firing.map(({severity}) => severity)),
				},
				{id: 'pending', label: 'pending', value: rows.length - firing.length, unit: 'count', severity: 'ok'},
			],
			omitted: Math.max(0, rows.length - maxRows),
			notes: [],
		};
	},
	findings: ({rows}) => prometheusAlertFindings(rows),
});

/**
 * Alerts from the series ALERTS and ALERTS_FOR_STATE, for a server that only serves queries. Without annotations.
 * https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/#inspecting-alerts-during-runtime
 */
async function readAlertSeries(port: PrometheusPort, context: Context): Promise<readonly PrometheusAlertFacts[]> {
	const [states, since] = await Promise.all([port.query('ALERTS', context), port.query('ALERTS_FOR_STATE', context)]);
	const began = new Map(since.samples.map(({labels, value}) => [selectorOf(labels), value * 1000]));
	return states.samples.map(({labels: {__name__: _, alertstate, ...labels}}) => ({
		labels,
		annotations: {},
		state: alertstate === 'pending' ? 'pending' : 'firing',
		activeAt: began.get(selectorOf(labels)),
		value: '',
	}));
}
