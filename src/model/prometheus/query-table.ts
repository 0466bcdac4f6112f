import type {DocumentLine} from '../../contract/document.ts';
import type {Labels} from '../../contract/row.ts';
import type {Sample} from '../../port/prometheus.ts';
import {cleanLine} from '../../text/clean.ts';
import {displayWidth, fitCells} from '../../text/fit.ts';
import {formatThousands} from '../../text/format.ts';

const maxRows = 500;
const maxColumnWidth = 44;

/** Labels in which series differ, and those that all of them share. The name of the metric counts as a label. */
export type LabelDifferences = {
	readonly differing: readonly string[];
	readonly shared: readonly (readonly [string, string])[];
};

export function findLabelDifferences(all: readonly Labels[]): LabelDifferences {
	const values = new Map<string, string>();
	const counts = new Map<string, number>();
	const differ = new Set<string>();
	for (const labels of all) {
		for (const [name, value] of Object.entries(labels)) {
			const known = values.get(name);
			if (known === undefined) values.set(name, value);
			else if (known !== value) differ.add(name);
			counts.set(name, (counts.get(name) ?? 0) + 1);
		}
	}
	const isShared = (name: string) => !differ.has(name) && counts.get(name) === all.length;
	const sorted = [...values.keys()].sort(
		(a, b) => Number(b === '__name__') - Number(a === '__name__') || (a < b ? -1 : 1),
	);
	return {
		differing: sorted.filter(name => !isShared(name)),
		shared: sorted.flatMap(name => (isShared(name) ? [[name, values.get(name) ?? ''] as const] : [])),
	};
}

/** `node_load1{job="node"}`: a selector that says no more than these labels. */
export function formatSeries(labels: readonly (readonly [name: string, value: string])[]): string {
	const name = labels.find(([label]) => label === '__name__')?.[1] ?? '';
	const rest = labels
		.filter(([label]) => label !== '__name__')
		.map(([label, value]) => `${label}=${JSON.stringify(value)}`);
	return rest.length === 0 ? name : `${name}{${rest.join(', ')}}`;
}

/** The labels of a series that differ from those of the others. */
export const differingLabelsText = (labels: Labels, {differing}: LabelDifferences): string =>
	formatSeries(differing.flatMap(name => (labels[name] === undefined ? [] : [[name, labels[name]] as const])));

/** A sample as text. Integers keep all digits, as they may be ids and times; other numbers have six digits. */
export function formatSampleValue(value: number): string {
	if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
	const size = Math.abs(value);
	if (Number.isInteger(value)) return size < 1e15 ? String(value) : value.toExponential();
	return size >= 1e5 && size < 1e15 ? value.toFixed(1) : String(Number(value.toPrecision(6)));
}

const descending = (a: number, b: number): number => {
	if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
	return a === b ? 0 : b - a;
};

export const byValue = (a: Sample, b: Sample): number => descending(a.value, b.value);

/** A table of samples: the largest first, a column for each label that differs; shared labels are shown once. */
export function tableLines(samples: readonly Sample[], omitted = 0): readonly DocumentLine[] {
	const labels = findLabelDifferences(samples.map(sample => sample.labels));
	const shown = samples.toSorted(byValue).slice(0, maxRows);
	const hiddenCount = samples.length - shown.length + omitted;
	const columns = labels.differing.map(name => {
		const cells = shown.map(sample => cleanLine(sample.labels[name] ?? '-'));
		const header = name === '__name__' ? 'metric' : name;
		return {header, cells, width: Math.min(maxColumnWidth, Math.max(displayWidth(header), ...cells.map(displayWidth)))};
	});
	const values = shown.map(sample => formatSampleValue(sample.value));
	const width = Math.max(5, ...values.map(displayWidth));
	const lineOf = (value: string, cells: readonly string[]): string =>
		[fitCells(value, width, 'right'), ...columns.map((column, at) => fitCells(cells[at] ?? '', column.width))]
			.join('  ')
			.trimEnd();
	const lines: DocumentLine[] = [];
	const shared = formatSeries(labels.shared);
	if (shared !== '' && samples.length > 0) lines.push({text: samples.length === 1 ? shared : `all of ${shared}`});
	lines.push({
		text: lineOf(
			'value',
			columns.map(column => column.header),
		),
		loud: true,
	});
	for (const [index, value] of values.entries())
		lines.push({
			text: lineOf(
				value,
				columns.map(column => column.cells[index] ?? ''),
			),
		});
	if (hiddenCount > 0) lines.push({text: `… ${formatThousands(hiddenCount)} more series, smaller than these`});
	return lines;
}
