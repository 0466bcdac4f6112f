import type {Matcher} from '../../../src/port/alertmanager.ts';
import {PromqlError, type Token, tokenizePromql} from './promql-tokens.ts';

export const aggregations = ['sum', 'avg', 'min', 'max', 'count'] as const;
export type Aggregation = (typeof aggregations)[number];

/** Functions of a range. */
export const rangeFunctions = [
	'rate',
	'increase',
	'max_over_time',
	'min_over_time',
	'avg_over_time',
	'sum_over_time',
	'count_over_time',
	'last_over_time',
] as const;
export type RangeFunction = (typeof rangeFunctions)[number];

const functions = [...rangeFunctions, 'timestamp', 'vector', 'time', 'abs'] as const;
export type FunctionName = (typeof functions)[number];

const comparisons = ['==', '!=', '>', '<', '>=', '<='] as const;
export type BinaryOperator = (typeof comparisons)[number] | '+' | '-' | '*' | '/';

/** The part of PromQL that the demo's Prometheus speaks. */
export type Expression =
	| {readonly is: 'number'; readonly value: number}
	| {readonly is: 'selector'; readonly matchers: readonly Matcher[]}
	/** A range of a selector, or with a colon of any expression. `stepMs` 0: that of the server. */
	| {readonly is: 'range'; readonly of: Expression; readonly rangeMs: number; readonly stepMs: number}
	| {readonly is: 'call'; readonly name: FunctionName; readonly of: Expression | undefined}
	| {
			readonly is: 'aggregation';
			readonly name: Aggregation;
			readonly by: readonly string[];
			readonly without: boolean;
			readonly of: Expression;
	  }
	| {readonly is: 'binary'; readonly sign: BinaryOperator; readonly left: Expression; readonly right: Expression};

const unitMs: Readonly<Record<string, number>> = {
	ms: 1,
	s: 1000,
	m: 60_000,
	h: 3_600_000,
	d: 86_400_000,
	w: 604_800_000,
	y: 31_536_000_000,
};

const durationMs = (text: string): number =>
	[...text.matchAll(/(\d+)(ms|[smhdwy])/gy)].reduce(
		(sum, [, size, unit = '']) => sum + Number(size) * (unitMs[unit] ?? 0),
		0,
	);

const oneOf = <T extends string>(words: readonly T[], text: string): T | undefined => words.find(word => word === text);

/** Parses an expression. @throws PromqlError when it cannot be parsed, or is not supported by the demo. */
export function parsePromql(text: string): Expression {
	const tokens = tokenizePromql(text);
	let at = 0;
	const peek = (): Token => tokens[at] ?? {kind: 'end', text: '', at: text.length};
	const unexpected = (): PromqlError => {
		const {kind, text: found, at: place} = peek();
		return new PromqlError(
			`1:${place + 1}: parse error: unexpected ${kind === 'end' ? 'end of input' : `${kind} "${found}"`}`,
		);
	};

	function take(wanted?: string): Token {
		const token = peek();
		if (token.kind === 'end' || (wanted !== undefined && token.text !== wanted)) throw unexpected();
		at += 1;
		return token;
	}

	function listed<T>(open: string, close: string, item: () => T): T[] {
		take(open);
		const items: T[] = [];
		while (peek().text !== close) {
			items.push(item());
			if (peek().text === ',') take();
			else if (peek().text !== close) throw unexpected();
		}
		take(close);
		return items;
	}

	const takeKind = (kind: Token['kind']): string => {
		if (peek().kind !== kind) throw unexpected();
		return take().text;
	};

	function matcher(): Matcher {
		const name = takeKind('name');
		const sign = peek().text;
		if (!['=', '!=', '=~', '!~'].includes(sign)) throw unexpected();
		take();
		const value = takeKind('string');
		return {
			name,
			value: unquoted(value),
			isRegex: sign.endsWith('~'),
			isEqual: sign.startsWith('='),
		};
	}

	function selector(name: string | undefined): Expression {
		const named = name === undefined ? [] : [{name: '__name__', value: name, isRegex: false, isEqual: true}];
		const matchers = [...named, ...(peek().text === '{' ? listed('{', '}', matcher) : [])];
		if (matchers.length === 0) throw unexpected();
		return {is: 'selector', matchers};
	}

	/** Parses the range behind an expression. */
	function ranged(of: Expression): Expression {
		const [, range, colon, step = ''] = /^\[([^:\]]+)(?:(:)([^\]]*))?\]$/.exec(peek().text) ?? [];
		if (range === undefined) return of;
		if (of.is !== 'selector' && colon === undefined) throw unexpected();
		take();
		return {is: 'range', of, rangeMs: durationMs(range), stepMs: durationMs(step)};
	}

	function grouping(): {readonly by: readonly string[]; readonly without: boolean} | undefined {
		const word = peek().text;
		if (word !== 'by' && word !== 'without') return undefined;
		take();
		return {by: listed('(', ')', () => take().text), without: word === 'without'};
	}

	function aggregation(name: Aggregation): Expression {
		const before = grouping();
		take('(');
		const of = binary(0);
		take(')');
		return {is: 'aggregation', name, ...(before ?? grouping() ?? {by: [], without: false}), of};
	}

	function call(name: FunctionName): Expression {
		take('(');
		const of = peek().text === ')' ? undefined : binary(0);
		take(')');
		return {is: 'call', name, of};
	}

	function primary(): Expression {
		const token = peek();
		if (token.text === '{') return selector(undefined);
		take();
		if (token.text === '(') {
			const inner = binary(0);
			take(')');
			return inner;
		}
		if (token.text === '-') return {is: 'binary', sign: '-', left: {is: 'number', value: 0}, right: primary()};
		if (token.kind === 'number') return {is: 'number', value: Number(token.text)};
		if (token.kind !== 'name') {
			at -= 1;
			throw unexpected();
		}
		const opens = ['(', 'by', 'without'].includes(peek().text);
		const aggregate = oneOf(aggregations, token.text);
		if (opens && aggregate !== undefined) return aggregation(aggregate);
		const known = oneOf(functions, token.text);
		if (peek().text !== '(') return selector(token.text);
		if (known !== undefined) return call(known);
		const words = [...aggregations, ...functions].join(', ');
		throw new PromqlError(`1:${token.at + 1}: parse error: the demo does not know "${token.text}", only ${words}`);
	}

	/** The binary operators by precedence, the lowest first. */
	const levels: readonly (readonly string[])[] = [comparisons, ['+', '-'], ['*', '/']];

	function binary(level: number): Expression {
		const signs = levels[level];
		if (signs === undefined) return ranged(primary());
		let left = binary(level + 1);
		while (peek().kind === 'sign' && signs.includes(peek().text)) {
			const sign = take().text as BinaryOperator;
			left = {is: 'binary', sign, left, right: binary(level + 1)};
		}
		return left;
	}

	const expression = binary(0);
	if (peek().kind !== 'end') throw unexpected();
	return expression;
}

const unquoted = (text: string): string =>
	text.slice(1, -1).replaceAll(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
