import {defineInspection} from '../../src/contract/define.ts';
import type {PrometheusAlertRow} from '../../src/model/prometheus/prometheus-alert.ts';
import {parseQueryComparison} from '../../src/model/prometheus/promql-expression.ts';
import type {PrometheusSettings} from '../../src/port/prometheus.ts';
import type {PrometheusQueryPort} from '../../src/port/prometheus-ad-hoc-queries.ts';
import {curlReadCommand} from './cli-equivalent.ts';
import {isRuleOfAlert} from './inspect-alert.ts';
import {queryDocument} from './query-document.ts';
import {formatRange, rangeMs, rangeOptions, rangeParam} from './query-range.ts';

/** The graph of an alert's expression; where it compares with a limit, of its left side and the limit. */
export const inspectAlertGraph = defineInspection<PrometheusAlertRow, PrometheusQueryPort, PrometheusSettings>()({
	id: 'prometheus.alert-graph',
	title: 'Graph of its expression',
	key: 'x',
	kind: 'prometheus.alert',
	risk: 'none',
	params: [rangeParam],
	documentOptions: rangeOptions,
	async open(row, {params, ...context}) {
		const {port, target} = context;
		const rules = await port.rules(context);
		const rule = rules?.find(isRuleOfAlert(row.labels));
		if (rule === undefined) {
			const text =
				rules === undefined
					? 'This server does not serve rules: look at the one that evaluates them.'
					: 'Its rule was deleted.';
			return {
				title: row.name,
				lines: [{text, severity: 'unknown'}],
				cliEquivalent: [curlReadCommand(target, '/api/v1/rules')],
			};
		}
		const comparison = parseQueryComparison(rule.expression);
		const common = {
			title: `${row.name}: ${rule.expression.replaceAll(/\s+/g, ' ')}`,
			length: formatRange(params),
			lengthMs: rangeMs(params),
			about: row.labels,
		};
		return comparison === undefined
			? queryDocument({...common, expression: rule.expression}, context)
			: queryDocument({...common, expression: comparison.left, limit: comparison.limit}, context);
	},
});
