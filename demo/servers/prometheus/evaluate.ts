import type {Labels} from '../../../src/contract/row.ts';
import {matchesLabels} from '../../../src/model/alertmanager/matcher.ts';
import {metricNames, type Sample, samplesOf} from '../monitoring/series.ts';
import {evaluationMs, type Monitoring, scrapeIntervalMs} from '../monitoring/monitoring.ts';
import {type Aggregation, type Call, type Expression, type OverTime, overTime, type Sign} from './promql.ts';
import {PromqlError} from './promql-tokens.ts';

/** What an expression gives at one moment. */
export type Value = number | readonly Sample[];

type Selector = Extract<Expression, {readonly is: 'selector'}>;

const withoutName = ({__name__: _, ...labels}: Readonly<Record<string, string>>): Labels => labels;

const keyOf = (labels: Labels): string =>
	Object.keys(labels)
		.sort()
		.map(name => `${name}=${labels[name]}`)
		.join('\n');

function selected(world: Monitoring, {matchers}: Selector, at: number): readonly Sample[] {
	const name = matchers.find(one => one.name === '__name__' && !one.isRegex && one.isEqual)?.value;
	const names = name === undefined ? metricNames() : [name];
	return names.flatMap(one => samplesOf(world, one, at)).filter(({labels}) => matchesLabels(matchers, labels));
}

type Range = Extract<Expression, {readonly is: 'range'}>;

function rangeOf(of: Expression, name: string): Range {
	if (of.is === 'range') return of;
	throw new PromqlError(
		`1:1: parse error: expected type range vector in call to function "${name}", got instant vector`,
	);
}

/** How much counters have grown over the range; what was not there at its start is left out. */
function growth(world: Monitoring, {of, rangeMs}: Range, at: number, perSecond: boolean): readonly Sample[] {
	const samples = (moment: number) => vectorOf(world, of, moment);
	const before = new Map(samples(at - rangeMs).map(({labels, value}) => [keyOf(labels), value]));
	return samples(at).flatMap(({labels, value}) => {
		const start = before.get(keyOf(labels));
		if (start === undefined) return [];
		return [{labels: withoutName(labels), value: (value - start) / (perSecond ? rangeMs / 1000 : 1)}];
	});
}

/** One value out of all that each series had in the range. */
function folded(
	world: Monitoring,
	range: Range,
	at: number,
	fold: (values: readonly number[]) => number,
): readonly Sample[] {
	const step = range.stepMs || (range.of.is === 'selector' ? scrapeIntervalMs : evaluationMs);
	const series = new Map<string, {readonly labels: Labels; readonly values: number[]}>();
	for (let moment = at - range.rangeMs; moment <= at; moment += step) {
		for (const {labels, value} of vectorOf(world, range.of, moment)) {
			const own = withoutName(labels);
			const key = keyOf(own);
			const known = series.get(key) ?? {labels: own, values: []};
			known.values.push(value);
			series.set(key, known);
		}
	}
	return [...series.values()].map(({labels, values}) => ({labels, value: fold(values)}));
}

function vectorOf(world: Monitoring, expression: Expression, at: number): readonly Sample[] {
	const value = evaluate(world, expression, at);
	return typeof value === 'number' ? [{labels: {}, value}] : value;
}

const folds: Readonly<Record<Aggregation, (values: readonly number[]) => number>> = {
	sum: values => values.reduce((sum, value) => sum + value, 0),
	avg: values => values.reduce((sum, value) => sum + value, 0) / values.length,
	min: values => Math.min(...values),
	max: values => Math.max(...values),
	count: values => values.length,
};

function aggregated(
	{name, by, without}: Extract<Expression, {readonly is: 'aggregation'}>,
	samples: readonly Sample[],
): readonly Sample[] {
	const kept = (labels: Labels): Labels =>
		Object.fromEntries(Object.entries(withoutName(labels)).filter(([label]) => by.includes(label) !== without));
	const groups = Map.groupBy(samples, ({labels}) => keyOf(kept(labels)));
	return [...groups.values()].map(group => ({
		labels: kept(group[0]?.labels ?? {}),
		value: folds[name](group.map(({value}) => value)),
	}));
}

const compares: Readonly<Record<string, (a: number, b: number) => boolean>> = {
	'==': (a, b) => a === b,
	'!=': (a, b) => a !== b,
	'>': (a, b) => a > b,
	'<': (a, b) => a < b,
	'>=': (a, b) => a >= b,
	'<=': (a, b) => a <= b,
};

function reckoned(sign: Sign, a: number, b: number): number {
	if (sign === '+') return a + b;
	if (sign === '-') return a - b;
	return sign === '*' ? a * b : a / b;
}

/** A comparison keeps the samples that meet it; anything else reckons, and takes the name away. */
function combined(sign: Sign, left: Value, right: Value): Value {
	const compare = compares[sign];
	if (typeof left === 'number' && typeof right === 'number') {
		if (compare !== undefined)
			throw new PromqlError('1:1: parse error: comparisons between scalars must use BOOL modifier');
		return reckoned(sign, left, right);
	}
	if (typeof left === 'number') {
		const samples = right as readonly Sample[];
		return compare === undefined
			? samples.map(({labels, value}) => ({labels: withoutName(labels), value: reckoned(sign, left, value)}))
			: samples.filter(({value}) => compare(left, value));
	}
	const other =
		typeof right === 'number' ? undefined : new Map(right.map(one => [keyOf(withoutName(one.labels)), one.value]));
	return left.flatMap(sample => {
		const value = other === undefined ? (right as number) : other.get(keyOf(withoutName(sample.labels)));
		if (value === undefined) return [];
		if (compare !== undefined) return compare(sample.value, value) ? [sample] : [];
		return [{labels: withoutName(sample.labels), value: reckoned(sign, sample.value, value)}];
	});
}

const isOverTime = (name: Call): name is OverTime => (overTime as readonly string[]).includes(name);

const lookBack = (name: OverTime): ((values: readonly number[]) => number) =>
	name === 'last_over_time' ? values => values.at(-1) ?? 0 : folds[name.replace('_over_time', '') as Aggregation];

function called(world: Monitoring, name: Call, of: Expression | undefined, at: number): Value {
	if (name === 'time') return at / 1000;
	if (of === undefined) throw new PromqlError(`1:1: parse error: expected 1 argument in call to "${name}", got 0`);
	if (name === 'rate' || name === 'increase') return growth(world, rangeOf(of, name), at, name === 'rate');
	if (isOverTime(name)) return folded(world, rangeOf(of, name), at, lookBack(name));
	const value = evaluate(world, of, at);
	if (name === 'vector') return typeof value === 'number' ? [{labels: {}, value}] : value;
	if (typeof value === 'number')
		throw new PromqlError(`1:1: parse error: expected type instant vector in call to function "${name}"`);
	if (name === 'abs') return value.map(one => ({labels: withoutName(one.labels), value: Math.abs(one.value)}));
	const scraped = new Map(world.targetsAt(at).map(one => [keyOf(one.labels), one.lastScrape]));
	return value.map(({labels}) => {
		const own = withoutName(labels);
		return {
			labels: own,
			value: (scraped.get(keyOf({instance: own['instance'] ?? '', job: own['job'] ?? ''})) ?? at) / 1000,
		};
	});
}

/** What an expression gives at a moment, in epoch milliseconds. @throws PromqlError when its parts do not go together. */
export function evaluate(world: Monitoring, expression: Expression, at: number): Value {
	switch (expression.is) {
		case 'number':
			return expression.value;
		case 'range':
			throw new PromqlError('invalid expression type "range vector" for range query, must be Scalar or instant Vector');
		case 'selector':
			return selected(world, expression, at);
		case 'call':
			return called(world, expression.name, expression.of, at);
		case 'aggregation': {
			const of = evaluate(world, expression.of, at);
			if (typeof of === 'number')
				throw new PromqlError('1:1: parse error: expected type instant vector in aggregation');
			return aggregated(expression, of);
		}
		case 'binary':
			return combined(expression.sign, evaluate(world, expression.left, at), evaluate(world, expression.right, at));
	}
}
