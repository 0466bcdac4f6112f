import type {DocumentLine} from '../../contract/document.ts';
import {formatThousands} from '../../text/format.ts';
import type {Exposition} from './exposition.ts';
import type {ExpositionSample} from './exposition-line.ts';

const maxLines = 20_000;
/** Families put into lines before the others in the program have their turn; a family of many series counts for several. */
const linesASlice = 2000;

const figure = (value: number): string =>
	value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);

const labelText = (labels: ExpositionSample['labels']): string =>
	labels.length === 0 ? '' : `{${labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;

function moment(epochMs: number): string {
	const date = new Date(epochMs);
	return Number.isNaN(date.getTime()) ? `${epochMs} ms` : date.toISOString();
}

/** A line with the full name, so that a filter finds it and a copied line is a valid query. */
function sampleLine({name, labels, value, timestamp, exemplar}: ExpositionSample): DocumentLine {
	const at = timestamp === undefined ? '' : `  at ${moment(timestamp)}`;
	const example = exemplar === undefined ? '' : `  for example ${labelText(exemplar.labels)} ${figure(exemplar.value)}`;
	return {text: `  ${name}${labelText(labels)}  ${figure(value)}${at}${example}`};
}

/** A page by family: name, type and help, then its series. Yields after each slice; a page too long to be read by anyone is cut. */
export function* familyLines({families, omitted}: Exposition): Generator<undefined, readonly DocumentLine[]> {
	const lines: DocumentLine[] = [];
	let left = omitted;
	let sliceEnd = linesASlice;
	for (const family of families) {
		if (lines.length + 2 > maxLines) {
			left += family.samples.length;
			continue;
		}
		const unit = family.unit === '' ? '' : `, ${family.unit}`;
		const count = family.samples.length > 1 ? `, ${formatThousands(family.samples.length)} series` : '';
		const help = family.help === '' ? '' : `  ${family.help.replaceAll(/\s+/g, ' ')}`;
		lines.push({text: `${family.name}  ${family.type}${unit}${count}${help}`, loud: true});
		const remaining = maxLines - lines.length;
		for (const sample of family.samples.slice(0, remaining)) {
			lines.push(sampleLine(sample));
			if (lines.length < sliceEnd) continue;
			sliceEnd += linesASlice;
			yield;
		}
		left += Math.max(0, family.samples.length - remaining);
	}
	if (left > 0)
		lines.push({text: `… ${formatThousands(left)} more series, not shown: read the page with curl`, severity: 'warn'});
	return lines;
}

/** Why a scrape of this page fails, line by line. */
export function errorLines({errors, wrongLines}: Exposition): readonly DocumentLine[] {
	if (wrongLines === 0) return [];
	const lines: DocumentLine[] = [
		{
			text: `${formatThousands(wrongLines)} ${wrongLines === 1 ? 'line is' : 'lines are'} wrong: Prometheus takes nothing of such a page`,
			severity: 'crit',
		},
	];
	for (const {line, text, problem} of errors) {
		lines.push({text: `  line ${line}: ${problem}`, severity: 'crit'});
		if (text !== '') lines.push({text: `    ${text}`});
	}
	if (wrongLines > errors.length) lines.push({text: `  … ${formatThousands(wrongLines - errors.length)} more`});
	return [...lines, {text: ''}];
}
