import type {Labels} from '../../../src/contract/row.ts';
import {matchesLabels} from '../../../src/model/alertmanager/matcher.ts';
import {evaluationMs, type Monitoring} from '../monitoring/monitoring.ts';
import {scrapeIntervalMs} from '../monitoring/scraped-targets.ts';
import {metricNames, metricSamples, type SeriesSample} from '../monitoring/series.ts';
import {
	type Aggregation,
	type BinaryOperator,
	type Expression,
	type FunctionName,
	type RangeFunction,
	rangeFunctions,
} from './promql.ts';
import {PromqlError} from './promql-tokens.ts';

/** The value of an expression at one time. */
export type PromqlValue = number | readonly SeriesSample[];

type Selector = Extract<Expression, {readonly is: 'selector'}>;

const withoutName = ({__name__: _, ...labels}: Readonly<Record<string, string>>): Labels => labels;

const keyOf = (labels: Labels): string =>
	Object.keys(labels)
		.sort()
		.map(name => `${name}=${labels[name]}`)
		.join('\n');

function selected(world: Monitoring, {matchers}: Selector, at: number): readonly SeriesSample[] {
	const name = matchers.find(one => one.name === '__name__' && !one.isRegex && one.isEqual)?.value;
	const names = name === undefined ? metricNames() : [name];
	return names.flatMap(one => metricSamples(world, one, at)).filter(({labels}) => matchesLabels(matchers, labels));
}

type Range = Extract<Expression, {readonly is: 'range'}>;

function rangeOf(of: Expression, name: string): Range {
	if (of.is === 'range') return of;
	throw new PromqlError(
		`1:1: parse error: expected type range vector in call to function "${name}", got instant vector`,
	);
}

/** How much counters have grown over the range; series that did not exist at its start are left out. */
function counterGrowth(
	world: Monitoring,
	{of, rangeMs}: Range,
	at: number,
	perSecond: boolean,
): readonly SeriesSample[] {
	const samples = (moment: number) => vectorOf(world, of, moment);
	const before = new Map(samples(at - rangeMs).map(({labels, value}) => [keyOf(labels), value]));
	return samples(at).flatMap(({labels, value}) => {
		const start = before.get(keyOf(labels));
		if (start === undefined) return [];
		return [{labels: withoutName(labels), value: (value - start) / (perSecond ? rangeMs / 1000 : 1)}];
	});
}

/** One value out of all that each series had in the range. */
function aggregateOverTime(
	world: Monitoring,
	range: Range,
	at: number,
	fold: (values: readonly number[]) => number,
): readonly SeriesSample[] {
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

function vectorOf(world: Monitoring, expression: Expression, at: number): readonly SeriesSample[] {
	const value = evaluatePromql(world, expression, at);
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
	samples: readonly SeriesSample[],
): readonly SeriesSample[] {
	const groupLabels = (labels: Labels): Labels =>
		Object.fromEntries(Object.entries(withoutName(labels)).filter(([label]) => by.includes(label) !== without));
	const groups = Map.groupBy(samples, ({labels}) => keyOf(groupLabels(labels)));
	return [...groups.values()].map(group => ({
		labels: groupLabels(group[0]?.labels ?? {}),
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

function calculate(sign: BinaryOperator, a: number, b: number): number {
	if (sign === '+') return a + b;
	if (sign === '-') return a - b;
	return sign === '*' ? a * b : a / b;
}

/** A comparison filters samples; every other operator computes, and drops the name. */
function applyOperator(sign: BinaryOperator, left: PromqlValue, right: PromqlValue): PromqlValue {
	const compare = compares[sign];
	if (typeof left === 'number' && typeof right === 'number') {
		if (compare !== undefined)
			throw new PromqlError('1:1: parse error: comparisons between scalars must use BOOL modifier');
		return calculate(sign, left, right);
	}
	if (typeof left === 'number') {
		const samples = right as readonly SeriesSample[];
		return compare === undefined
			? samples.map(({labels, value}) => ({labels: withoutName(labels), value: calculate(sign, left, value)}))
			: samples.filter(({value}) => compare(left, value));
	}
	const other =
		typeof right === 'number' ? undefined : new Map(right.map(one => [keyOf(withoutName(one.labels)), one.value]));
	return left.flatMap(sample => {
		const value = other === undefined ? (right as number) : other.get(keyOf(withoutName(sample.labels)));
		if (value === undefined) return [];
		if (compare !== undefined) return compare(sample.value, value) ? [sample] : [];
		return [{labels: withoutName(sample.labels), value: calculate(sign, sample.value, value)}];
	});
}

const isOverTime = (name: FunctionName): name is RangeFunction => (rangeFunctions as readonly string[]).includes(name);

const lookBack = (name: RangeFunction): ((values: readonly number[]) => number) =>
	name === 'last_over_time' ? values => values.at(-1) ?? 0 : folds[name.replace('_over_time', '') as Aggregation];

function callFunction(world: Monitoring, name: FunctionName, of: Expression | undefined, at: number): PromqlValue {
	if (name === 'time') return at / 1000;
	if (of === undefined) throw new PromqlError(`1:1: parse error: expected 1 argument in call to "${name}", got 0`);
	if (name === 'rate' || name === 'increase') return counterGrowth(world, rangeOf(of, name), at, name === 'rate');
	if (isOverTime(name)) return aggregateOverTime(world, rangeOf(of, name), at, lookBack(name));
	const value = evaluatePromql(world, of, at);
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

/** The value of an expression at `at`, in epoch milliseconds. @throws PromqlError when the types of its parts do not match. */
export function evaluatePromql(world: Monitoring, expression: Expression, at: number): PromqlValue {
	switch (expression.is) {
		case 'number':
			return expression.value;
		case 'range':
			throw new PromqlError('invalid expression type "range vector" for range query, must be Scalar or instant Vector');
		case 'selector':
			return selected(world, expression, at);
		case 'call':
			return callFunction(world, expression.name, expression.of, at);
		case 'aggregation': {
			const of = evaluatePromql(world, expression.of, at);
			if (typeof of === 'number')
				throw new PromqlError('1:1: parse error: expected type instant vector in aggregation');
			return aggregated(expression, of);
		}
		case 'binary':
			return applyOperator(
				expression.sign,
				evaluatePromql(world, expression.left, at),
				evaluatePromql(world, expression.right, at),
			);
	}
}
