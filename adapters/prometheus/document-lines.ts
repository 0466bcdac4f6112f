import type {DocumentLine} from '../../src/contract/document.ts';
import type {Labels} from '../../src/contract/row.ts';
import {alertSubject} from '../../src/model/alert-labels.ts';
import {factLine, formatTimeAndAge} from '../../src/model/document-lines.ts';
import type {PrometheusAlert, PrometheusRule} from '../../src/port/prometheus.ts';
import {formatDuration, formatMillis} from '../../src/text/format.ts';

/** The expression, state and labels of one rule, and at most `maxAlerts` of its alerts. */
export function ruleLines(rule: PrometheusRule, now: number, maxAlerts: number): readonly DocumentLine[] {
	const {kind, expression, health, error, evaluatedAt, tookMs, forSeconds, labels, annotations} = rule;
	const evaluated =
		evaluatedAt === undefined ? 'not yet' : `${formatTimeAndAge(evaluatedAt, now)}, took ${formatMillis(tookMs)}`;
	return [
		{text: ''},
		{text: `${rule.group} / ${rule.name}`, loud: true},
		...(health === 'err' ? [{text: `  cannot be evaluated: ${error}`, severity: 'crit' as const}] : []),
		...expression.split('\n').map((line, index) => factLine(index === 0 ? '  expression' : '', line)),
		...(kind === 'recording'
			? []
			: [factLine('  for', forSeconds === 0 ? 'fires at once' : formatDuration(forSeconds))]),
		factLine('  evaluated', health === 'unknown' ? 'not yet' : evaluated),
		...(rule.file === '' ? [] : [factLine('  file', rule.file)]),
		...wrappedLabelLines('  labels', labels),
		...wrappedLabelLines('  says', annotations),
		...rule.alerts.slice(0, maxAlerts).map(alert => alertLine(alert, now)),
		...(rule.alerts.length > maxAlerts ? [{text: `  … ${rule.alerts.length - maxAlerts} more alerts of it`}] : []),
	];
}

const wrappedLabelLines = (label: string, values: Labels): readonly DocumentLine[] =>
	Object.entries(values).map(([name, value], index) =>
		factLine(index === 0 ? label : '', `${name}: ${value.trim().replaceAll(/\s+/g, ' ')}`),
	);

function alertLine({state, labels, value, activeAt}: PrometheusAlert, now: number): DocumentLine {
	const since = activeAt === undefined ? '' : ` for ${formatDuration((now - activeAt) / 1000)}`;
	const text = `  ${state}${since}, value ${value || 'unknown'}: ${alertSubject(labels) || 'no labels'}`;
	return state === 'firing' ? {text, severity: 'warn'} : {text};
}
