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
	const tokens = createTokenReader(text);
	const expression = binary(tokens, 0);
	if (tokens.peek().kind !== 'end') throw tokens.unexpected();
	return expression;
}

/** Reads the tokens of an expression one by one. */
type TokenReader = {
	/** The next token, of the kind `end` behind the last one. */
	peek(): Token;
	/** Takes the next token, which must have this text or be of this kind if either is given. @throws PromqlError */
	take(wanted?: {readonly text?: string; readonly kind?: Token['kind']}): Token;
	/** The error for the next token. */
	unexpected(): PromqlError;
};

function createTokenReader(text: string): TokenReader {
	const tokens = tokenizePromql(text);
	let next = 0;
	const peek = (): Token => tokens[next] ?? {kind: 'end', text: '', at: text.length};
	const unexpected = (): PromqlError => {
		const {kind, text: found, at} = peek();
		return new PromqlError(
			`1:${at + 1}: parse error: unexpected ${kind === 'end' ? 'end of input' : `${kind} "${found}"`}`,
		);
	};
	return {
		peek,
		unexpected,
		take(wanted = {}) {
			const token = peek();
			const {text = token.text, kind = token.kind} = wanted;
			if (token.kind === 'end' || token.text !== text || token.kind !== kind) throw unexpected();
			next += 1;
			return token;
		},
	};
}

/** The looser a sign binds, the lower its level. */
const levels: readonly (readonly string[])[] = [comparisons, ['+', '-'], ['*', '/']];

function binary(tokens: TokenReader, level: number): Expression {
	const signs = levels[level];
	if (signs === undefined) return ranged(tokens, primary(tokens));
	let left = binary(tokens, level + 1);
	while (tokens.peek().kind === 'sign' && signs.includes(tokens.peek().text)) {
		const sign = tokens.take().text as BinaryOperator;
		left = {is: 'binary', sign, left, right: binary(tokens, level + 1)};
	}
	return left;
}

/** Behind any expression: how far back it is looked at. */
function ranged(tokens: TokenReader, of: Expression): Expression {
	const [, range, colon, step = ''] = /^\[([^:\]]+)(?:(:)([^\]]*))?\]$/.exec(tokens.peek().text) ?? [];
	if (range === undefined) return of;
	if (of.is !== 'selector' && colon === undefined) throw tokens.unexpected();
	tokens.take();
	return {is: 'range', of, rangeMs: durationMs(range), stepMs: durationMs(step)};
}

function primary(tokens: TokenReader): Expression {
	const {kind, text, at} = tokens.peek();
	if (text === '{') return selector(tokens, undefined);
	if (text === '(') {
		tokens.take();
		const inner = binary(tokens, 0);
		tokens.take({text: ')'});
		return inner;
	}
	if (text === '-') {
		tokens.take();
		return {is: 'binary', sign: '-', left: {is: 'number', value: 0}, right: primary(tokens)};
	}
	if (kind === 'number') return {is: 'number', value: Number(tokens.take().text)};
	tokens.take({kind: 'name'});
	const opens = ['(', 'by', 'without'].includes(tokens.peek().text);
	const aggregate = oneOf(aggregations, text);
	if (opens && aggregate !== undefined) return aggregation(tokens, aggregate);
	if (tokens.peek().text !== '(') return selector(tokens, text);
	const known = oneOf(functions, text);
	if (known !== undefined) return call(tokens, known);
	const words = [...aggregations, ...functions].join(', ');
	throw new PromqlError(`1:${at + 1}: parse error: the demo does not know "${text}", only ${words}`);
}

function selector(tokens: TokenReader, name: string | undefined): Expression {
	const named = name === undefined ? [] : [{name: '__name__', value: name, isRegex: false, isEqual: true}];
	const matchers = [...named, ...(tokens.peek().text === '{' ? listed(tokens, '{', '}', matcher) : [])];
	if (matchers.length === 0) throw tokens.unexpected();
	return {is: 'selector', matchers};
}

function matcher(tokens: TokenReader): Matcher {
	const name = tokens.take({kind: 'name'}).text;
	const sign = tokens.peek().text;
	if (!['=', '!=', '=~', '!~'].includes(sign)) throw tokens.unexpected();
	tokens.take();
	const value = unquoted(tokens.take({kind: 'string'}).text);
	return {name, value, isRegex: sign.endsWith('~'), isEqual: sign.startsWith('=')};
}

function aggregation(tokens: TokenReader, name: Aggregation): Expression {
	const before = grouping(tokens);
	tokens.take({text: '('});
	const of = binary(tokens, 0);
	tokens.take({text: ')'});
	return {is: 'aggregation', name, ...(before ?? grouping(tokens) ?? {by: [], without: false}), of};
}

function grouping(tokens: TokenReader): {readonly by: readonly string[]; readonly without: boolean} | undefined {
	const word = tokens.peek().text;
	if (word !== 'by' && word !== 'without') return undefined;
	tokens.take();
	return {by: listed(tokens, '(', ')', () => tokens.take().text), without: word === 'without'};
}

function call(tokens: TokenReader, name: FunctionName): Expression {
	tokens.take({text: '('});
	const of = tokens.peek().text === ')' ? undefined : binary(tokens, 0);
	tokens.take({text: ')'});
	return {is: 'call', name, of};
}

/** Items with commas between them, in brackets; a comma may follow the last. */
function listed<T>(tokens: TokenReader, open: string, close: string, item: (tokens: TokenReader) => T): T[] {
	tokens.take({text: open});
	const items: T[] = [];
	while (tokens.peek().text !== close) {
		items.push(item(tokens));
		if (tokens.peek().text === ',') tokens.take();
		else if (tokens.peek().text !== close) throw tokens.unexpected();
	}
	tokens.take({text: close});
	return items;
}

const unquoted = (text: string): string =>
	text.slice(1, -1).replaceAll(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
