import type {Context} from '../../src/contract/context.ts';
import type {Document, Line} from '../../src/contract/document.ts';
import type {Labels} from '../../src/contract/row.ts';
import type {Target} from '../../src/contract/target.ts';
import {isAdapterError, messageOf} from '../../src/errors.ts';
import {queryPlace} from '../../src/model/prometheus/promql-expression.ts';
import {queryGraph, rangeOf} from '../../src/model/prometheus/query-graph.ts';
import {tableLines} from '../../src/model/prometheus/query-table.ts';
import type {Range} from '../../src/port/prometheus.ts';
import type {Answer, PrometheusQuestions, RangeAnswer} from '../../src/port/prometheus-ad-hoc-queries.ts';
import {grouped} from '../../src/text/format.ts';
import {refusalOf} from '../http/refusal.ts';
import {queryLine, readLine} from './cli-equivalent.ts';

export type Question = {
	readonly title: string;
	readonly expression: string;
	readonly lengthMs: number;
	/** The same in words, for the title of a graph. */
	readonly length: string;
	/** Only series with these labels are of interest, where there are any. */
	readonly about?: Labels;
	/** Drawn as a line of its own. */
	readonly limit?: number;
};

type Asked = Context & {readonly port: PrometheusQuestions; readonly target: Target};

const rangeLine = (target: Target, expression: string, {from, to, stepMs}: Range): string =>
	readLine(target, '/api/v1/query_range', [
		['query', expression],
		['start', String(from / 1000)],
		['end', String(to / 1000)],
		['step', String(stepMs / 1000)],
	]);

/** True when all that the labels of a series say is said by `about` too. */
const isAbout =
	(about: Labels) =>
	({labels}: {readonly labels: Labels}): boolean =>
		Object.entries(labels).every(([name, value]) => name === '__name__' || about[name] === value);

function narrowed<T extends {readonly labels: Labels}>(all: readonly T[], about: Labels | undefined): readonly T[] {
	const own = about === undefined ? all : all.filter(isAbout(about));
	return own.length === 0 ? all : own;
}

/** The line that the server means with a mark under the place, and its words. Undefined when it does not say where. */
function mistakeLines(expression: string, error: unknown): readonly Line[] | undefined {
	const refusal = refusalOf(error);
	if (refusal?.status !== 400 && refusal?.status !== 422) return undefined;
	const place = queryPlace(messageOf(error));
	const again = {text: 'Esc, then the key that led here: the arrow up brings back what was typed'};
	if (place === undefined) {
		return [{text: expression}, {text: ''}, {text: messageOf(error), severity: 'warn'}, {text: ''}, again];
	}
	const lines: Line[] = [];
	for (const [index, text] of expression.split('\n').entries()) {
		lines.push({text});
		if (index + 1 === place.line) lines.push({text: `${' '.repeat(place.column - 1)}^`, severity: 'warn', loud: true});
	}
	return [...lines, {text: place.says, severity: 'warn', loud: true}, {text: ''}, again];
}

const warned = (warnings: readonly string[]): readonly Line[] =>
	[...new Set(warnings)].map(text => ({text, severity: 'warn' as const}));

function histogramLines(histograms: number): readonly Line[] {
	if (histograms === 0) return [];
	const what =
		histograms === 1 ? '1 series is a native histogram' : `${grouped(histograms)} series are native histograms`;
	return [
		{
			text: `${what} and has no one value: ask for histogram_quantile(0.9, …), histogram_count(…) or histogram_avg(…)`,
			severity: 'warn',
		},
	];
}

function nowLines({kind, samples, text, histograms}: Answer, about: Labels | undefined): readonly Line[] {
	if (kind === 'string') return [{text}];
	const shown = narrowed(samples, about);
	if (shown.length === 0 && histograms === 0)
		return [
			{text: 'now: no series. Nothing has that name or those labels at this moment, or nothing meets the condition.'},
		];
	if (shown.length === 0) return [];
	const head = kind === 'matrix' ? 'newest value of each series in the range' : 'now';
	return [{text: `${head}${shown.length > 1 ? `: ${grouped(shown.length)} series` : ''}`}, ...tableLines(shown)];
}

/** What an expression gives now as a table, and over the range as a graph. A mistake in it is a text too, with its place. */
export async function queryDocument(question: Question, {port, target, ...context}: Asked): Promise<Document> {
	const {title, expression, lengthMs, length, about, limit} = question;
	const now = context.now();
	const reads = [queryLine(target, expression)];
	let answer: Answer;
	try {
		answer = await port.ask(expression, now, context);
	} catch (error) {
		const lines = mistakeLines(expression, error);
		if (lines === undefined) throw error;
		return {title, lines, reads};
	}
	const {kind, warnings} = answer;
	const table = nowLines(answer, about);
	const common: Line[] = [...warned(warnings), ...histogramLines(answer.histograms)];
	// A matrix is a range already, and a string has no line.
	if (kind === 'matrix' || kind === 'string') return {title, lines: [...common, ...table], reads};
	const series = Math.max(answer.samples.length, 1);
	const range = rangeOf(now, lengthMs, series);
	if (range === undefined) {
		const text = `no graph of ${grouped(series)} series: narrow it, as with topk(10, …) or sum by (job) (…)`;
		return {title, lines: [{text, severity: 'warn'}, ...common, ...table], reads};
	}
	reads.push(rangeLine(target, expression, range));
	let over: RangeAnswer;
	try {
		over = await port.askRange(expression, range, context);
	} catch (error) {
		if (context.signal.aborted || !isAdapterError(error)) throw error;
		const lines: Line[] = [
			{text: `no graph: ${error.message}`, severity: 'warn'},
			{text: error.hint},
			{text: ''},
			...common,
			...table,
		];
		return {title, lines, reads};
	}
	const all = narrowed(over.series, about);
	const {graph, notes} = queryGraph(title, all, range, limit);
	const told = [...common, ...warned(over.warnings).filter(({text}) => !warnings.includes(text)), ...notes];
	if (answer.histograms === 0) told.push(...histogramLines(over.histograms));
	const isDrawn = all.some(({points}) => points.some(({value}) => Number.isFinite(value)));
	if (all.length === 0 && answer.samples.length + answer.histograms === 0) {
		const text = `no series, now or in the last ${length}: nothing has that name or those labels, or nothing meets the condition`;
		return {title, lines: [...told, {text}], reads};
	}
	if (!isDrawn) told.push({text: `no graph: no value in the last ${length}`});
	return {
		title: `${title}  ${length}`,
		lines: [...told, ...(told.length === 0 ? [] : [{text: ''}]), ...table],
		reads,
		...(isDrawn ? {graph} : {}),
	};
}
