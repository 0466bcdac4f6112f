import type {DocumentLine} from '../../src/contract/document.ts';
import type {Labels} from '../../src/contract/row.ts';
import {alertSubject} from '../../src/model/alert-labels.ts';
import type {PrometheusAlert, PrometheusRule} from '../../src/port/prometheus.ts';
import {formatDuration, formatMillis} from '../../src/text/format.ts';

export const factLine = (label: string, value: string): DocumentLine => ({text: `${label.padEnd(12)}${value}`});

/** `14:05:22Z, 3s ago` would not tell the day. */
export const formatTime = (at: number, now: number): string =>
	`${new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')}, ${formatDuration((now - at) / 1000)} ago`;

/** One a line, with an empty line and a title before them; what has several lines keeps them. */
export function labelLines(title: string, values: Labels): readonly DocumentLine[] {
	const names = Object.keys(values).sort();
	if (names.length === 0) return [];
	const width = Math.max(...names.map(name => name.length)) + 2;
	const lines = names.flatMap(name => {
		const [first = '', ...rest] = (values[name] ?? '').trim().split('\n');
		return [`  ${name.padEnd(width)}${first}`, ...rest.map(line => `  ${' '.repeat(width)}${line}`)];
	});
	return [{text: ''}, {text: title, loud: true}, ...lines.map(text => ({text}))];
}

/** What one rule says and how it fares; its alerts, `most` of them. */
export function ruleLines(rule: PrometheusRule, now: number, most: number): readonly DocumentLine[] {
	const {kind, expression, health, error, evaluatedAt, tookMs, forSeconds, labels, annotations} = rule;
	const evaluated =
		evaluatedAt === undefined ? 'not yet' : `${formatTime(evaluatedAt, now)}, took ${formatMillis(tookMs)}`;
	return [
		{text: ''},
		{text: `${rule.group} / ${rule.name}`, loud: true},
		...(health === 'err' ? [{text: `  cannot be evaluated: ${error}`, severity: 'crit' as const}] : []),
		...expression.split('\n').map((line, index) => factLine(index === 0 ? '  expression' : '', ` ${line}`)),
		...(kind === 'recording'
			? []
			: [factLine('  for', ` ${forSeconds === 0 ? 'fires at once' : formatDuration(forSeconds)}`)]),
		factLine('  evaluated', ` ${health === 'unknown' ? 'not yet' : evaluated}`),
		...(rule.file === '' ? [] : [factLine('  file', ` ${rule.file}`)]),
		...wrappedLabelLines('  labels', labels),
		...wrappedLabelLines('  says', annotations),
		...rule.alerts.slice(0, most).map(alert => alertLine(alert, now)),
		...(rule.alerts.length > most ? [{text: `  … ${rule.alerts.length - most} more alerts of it`}] : []),
	];
}

const wrappedLabelLines = (label: string, values: Labels): readonly DocumentLine[] =>
	Object.entries(values).map(([name, value], index) =>
		factLine(index === 0 ? label : '', ` ${name}: ${value.trim().replaceAll(/\s+/g, ' ')}`),
	);

function alertLine({state, labels, value, activeAt}: PrometheusAlert, now: number): DocumentLine {
	const since = activeAt === undefined ? '' : ` for ${formatDuration((now - activeAt) / 1000)}`;
	const text = `  ${state}${since}, value ${value || 'not told'}: ${alertSubject(labels) || 'no labels'}`;
	return state === 'firing' ? {text, severity: 'warn'} : {text};
}
