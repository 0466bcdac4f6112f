import type {Family} from '../../../../src/model/prometheus/exposition.ts';
import type {ExpositionSample, LabelPairs} from '../../../../src/model/prometheus/exposition-line.ts';

const figure = (value: number): string =>
	value === Number.POSITIVE_INFINITY
		? '+Inf'
		: value === Number.NEGATIVE_INFINITY
			? '-Inf'
			: Object.is(value, -0)
				? '-0'
				: String(value);

const quoted = (text: string): string =>
	`"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

const isBare = (name: string): boolean => /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);

const nameText = (name: string): string => (isBare(name) ? name : quoted(name));

const labelTexts = (labels: LabelPairs): readonly string[] =>
	labels.map(([name, value]) => `${/^[a-zA-Z_]\w*$/.test(name) ? name : quoted(name)}=${quoted(value)}`);

function sampleText({name, labels, value, timestamp, exemplar}: ExpositionSample, perUnit: number): string {
	const inner = isBare(name) ? labelTexts(labels) : [quoted(name), ...labelTexts(labels)];
	const parts = [`${isBare(name) ? name : ''}${inner.length === 0 ? '' : `{${inner.join(',')}}`}`, figure(value)];
	if (timestamp !== undefined) parts.push(figure(timestamp / perUnit));
	if (exemplar !== undefined) {
		parts.push(`# {${labelTexts(exemplar.labels).join(',')}} ${figure(exemplar.value)}`);
		if (exemplar.timestamp !== undefined) parts.push(figure(exemplar.timestamp / 1000));
	}
	return parts.join(' ');
}

/** A page of metrics as its exporter would write it. */
export function expositionText(families: readonly Family[], openMetrics: boolean): string {
	const lines = families.flatMap(({name, type, help, unit, samples}) => [
		...(help === '' ? [] : [`# HELP ${nameText(name)} ${quoted(help).slice(1, -1)}`]),
		`# TYPE ${nameText(name)} ${type === 'unknown' && !openMetrics ? 'untyped' : type}`,
		...(unit === '' ? [] : [`# UNIT ${nameText(name)} ${unit}`]),
		...samples.map(sample => sampleText(sample, openMetrics ? 1000 : 1)),
	]);
	return `${[...lines, ...(openMetrics ? ['# EOF'] : [])].join('\n')}\n`;
}
