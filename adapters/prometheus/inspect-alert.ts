import {defineInspection} from '../../src/contract/define.ts';
import type {DocumentLine} from '../../src/contract/document.ts';
import type {Labels} from '../../src/contract/row.ts';
import {alertName} from '../../src/model/alert-labels.ts';
import {factLine, formatTimeAndAge, labelLines} from '../../src/model/document-lines.ts';
import {type PrometheusAlertRow, prometheusAlertRow} from '../../src/model/prometheus/prometheus-alert.ts';
import {selectorOf} from '../../src/model/prometheus/scrape-target.ts';
import type {PrometheusPort, PrometheusRule, PrometheusSettings} from '../../src/port/prometheus.ts';
import {curlReadCommand} from './cli-equivalent.ts';
import {ruleLines} from './document-lines.ts';

const maxAlerts = 20;

/** Whether a rule may have made this alert: it has the alert's name, and the alert is among its alerts or it lists none. Two rules may share a name. */
export function isRuleOfAlert(alert: Labels) {
	return (rule: PrometheusRule): boolean =>
		rule.kind === 'alerting' &&
		rule.name === alertName(alert) &&
		(rule.alerts.some(({labels}) => selectorOf(labels) === selectorOf(alert)) || rule.alerts.length === 0);
}

/** One alert, read again, and the rule that it comes from. */
export const inspectPrometheusAlert = defineInspection<PrometheusAlertRow, PrometheusPort, PrometheusSettings>()({
	id: 'prometheus.alert',
	title: 'Alert and its rule',
	key: 'd',
	kind: 'prometheus.alert',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const [alerts, rules] = await Promise.all([port.alerts(context), port.rules(context)]);
		const current = alerts?.find(({labels}) => selectorOf(labels) === row.id);
		const now = context.now();
		const alert = current === undefined ? row : prometheusAlertRow(target.name, current);
		const runbook = alert.annotations['runbook_url'];
		const origin = rules?.filter(isRuleOfAlert(row.labels)) ?? [];
		return {
			title: `${row.name} of ${target.name}`,
			cliEquivalent: [curlReadCommand(target, '/api/v1/alerts'), curlReadCommand(target, '/api/v1/rules')],
			lines: [
				...(alerts !== undefined && current === undefined
					? [{text: 'It has ended. As last read:', severity: 'warn' as const}]
					: []),
				...(alert.why === undefined ? [] : [{text: alert.why, severity: alert.severity, loud: true}]),
				factLine('state', alert.state === 'pending' ? 'pending: true for less time than its rule requires' : 'firing'),
				factLine('since', alert.activeAt === undefined ? 'unknown' : formatTimeAndAge(alert.activeAt, now)),
				factLine('value', alert.value || 'unknown'),
				...(runbook === undefined ? [] : [factLine('runbook', runbook)]),
				...labelLines('Labels', alert.labels),
				...labelLines('Annotations', alert.annotations),
				...(origin.length === 0
					? [{text: ''}, missingRuleLine(rules)]
					: origin.flatMap(rule => ruleLines(rule, now, maxAlerts))),
			],
		};
	},
});

const missingRuleLine = (rules: readonly PrometheusRule[] | undefined): DocumentLine => ({
	text:
		rules === undefined
			? 'This server does not serve rules: look at the one that evaluates them.'
			: 'Its rule was deleted.',
	severity: 'unknown',
});
