import {defineInspection} from '../../src/contract/define.ts';
import {type ScrapeRow, selectorOf} from '../../src/model/prometheus/scrape-target.ts';
import type {PrometheusSettings} from '../../src/port/prometheus.ts';
import type {PrometheusQueryPort} from '../../src/port/prometheus-ad-hoc-queries.ts';
import {queryDocument} from './query-document.ts';
import {formatRange, rangeMs, rangeOptions, rangeParam} from './query-range.ts';

/** The result of a PromQL expression: a table of the current values, and a graph. */
export const inspectQuery = defineInspection<ScrapeRow, PrometheusQueryPort, PrometheusSettings>()({
	id: 'prometheus.query',
	title: 'Query',
	key: 'x',
	kind: 'prometheus.target',
	risk: 'none',
	prompt: true,
	params: [
		{
			name: 'expression',
			label: 'PromQL',
			hint: 'for example rate(process_cpu_seconds_total[5m])',
			initial: ([row]) => (row === undefined ? 'up' : `up${selectorOf(row.labels)}`),
			problem: text => (text.trim() === '' ? 'Type an expression.' : undefined),
		},
		rangeParam,
	],
	documentOptions: rangeOptions,
	open(_row, {params, ...context}) {
		const expression = (params['expression'] ?? '').trim();
		return queryDocument(
			{title: expression, length: formatRange(params), expression, lengthMs: rangeMs(params)},
			context,
		);
	},
});
