import type {Context} from '../../src/contract/context.ts';
import {defineSource} from '../../src/contract/define.ts';
import {worstSeverity} from '../../src/contract/severity.ts';
import {
	comparePrometheusAlerts,
	type PrometheusAlertFacts,
	type PrometheusAlertRow,
	prometheusAlertFindings,
	prometheusAlertRow,
} from '../../src/model/prometheus/prometheus-alert.ts';
import {selectorOf} from '../../src/model/prometheus/scrape-target.ts';
import type {PrometheusPort, PrometheusSettings} from '../../src/port/prometheus.ts';
import {curlReadCommand} from './cli-equivalent.ts';

const shown = 1000;

/** What fires and what is about to, as Prometheus itself evaluates it: whether somebody is told is the Alertmanager's matter. */
export const prometheusAlertsSource = defineSource<PrometheusAlertRow, PrometheusPort, PrometheusSettings>()({
	kind: 'prometheus.alert',
	title: 'Alerts',
	intervalMs: 10_000,
	timeoutMs: 12_000,
	cost: 'cheap',
	cliEquivalent: target => [curlReadCommand(target, '/api/v1/alerts')],
	open: (port, target) => async context => {
		const found = (await port.alerts(context)) ?? (await fromSeries(port, context));
		const rows = found.map(facts => prometheusAlertRow(target.name, facts)).sort(comparePrometheusAlerts);
		const firing = rows.filter(({state}) => state === 'firing');
		return {
			rows: rows.slice(0, shown),
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
			omitted: Math.max(0, rows.length - shown),
			notes: [],
		};
	},
	findings: ({rows}) => prometheusAlertFindings(rows),
});

/**
 * What a server that only answers queries keeps of alerts: a series for each, and since when it is active. Annotations are not among it.
 * https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/#inspecting-alerts-during-runtime
 */
async function fromSeries(port: PrometheusPort, context: Context): Promise<readonly PrometheusAlertFacts[]> {
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
