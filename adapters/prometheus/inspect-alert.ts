import {defineInspection} from '../../src/contract/define.ts';
import type {Line} from '../../src/contract/document.ts';
import type {Labels} from '../../src/contract/row.ts';
import {alertName} from '../../src/model/alert-labels.ts';
import {type PrometheusAlertRow, prometheusAlertRow} from '../../src/model/prometheus/prometheus-alert.ts';
import {selectorOf} from '../../src/model/prometheus/scrape-target.ts';
import type {PrometheusPort, Rule} from '../../src/port/prometheus.ts';
import {readLine} from './cli-equivalent.ts';
import {fact, moment, named, ruleLines} from './document-lines.ts';

const shownAlerts = 20;

/** Its rule has its name and no other value for a label that the rule sets; two rules may share a name. */
export function isRuleOf(alert: Labels) {
	return (rule: Rule): boolean =>
		rule.kind === 'alerting' &&
		rule.name === alertName(alert) &&
		(rule.alerts.some(({labels}) => selectorOf(labels) === selectorOf(alert)) || rule.alerts.length === 0);
}

/** One alert, read again, and the rule that it comes from. */
export const inspectAlert = defineInspection<PrometheusAlertRow, PrometheusPort>()({
	id: 'prometheus.alert',
	title: 'Alert and its rule',
	key: 'd',
	kind: 'prometheus.alert',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const [alerts, rules] = await Promise.all([port.alerts(context), port.rules(context)]);
		const found = alerts?.find(({labels}) => selectorOf(labels) === row.id);
		const now = context.now();
		const alert = found === undefined ? row : prometheusAlertRow(target.name, found);
		const runbook = alert.annotations['runbook_url'];
		const origin = rules?.filter(isRuleOf(row.labels)) ?? [];
		return {
			title: `${row.name} of ${target.name}`,
			reads: [readLine(target, '/api/v1/alerts'), readLine(target, '/api/v1/rules')],
			lines: [
				...(alerts !== undefined && found === undefined
					? [{text: 'It has ended since. Last seen:', severity: 'warn' as const}]
					: []),
				...(alert.why === undefined ? [] : [{text: alert.why, severity: alert.severity, loud: true}]),
				fact('state', alert.state === 'pending' ? 'pending: true for less long than its rule asks for' : 'firing'),
				fact('since', alert.activeAt === undefined ? 'not told' : moment(alert.activeAt, now)),
				fact('value', alert.value || 'not told'),
				...(runbook === undefined ? [] : [fact('runbook', runbook)]),
				...named('Labels', alert.labels),
				...named('Annotations', alert.annotations),
				...(origin.length === 0
					? [{text: ''}, missing(rules)]
					: origin.flatMap(rule => ruleLines(rule, now, shownAlerts))),
			],
		};
	},
});

const missing = (rules: readonly Rule[] | undefined): Line => ({
	text:
		rules === undefined
			? 'This server does not tell rules: ask the one that evaluates them.'
			: 'Its rule is not there any more.',
	severity: 'unknown',
});
