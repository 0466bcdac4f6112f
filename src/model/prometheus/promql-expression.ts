/** The position of a parse error, counted from 1, and its message. */
export type QueryErrorPosition = {readonly line: number; readonly column: number; readonly message: string};

/** Parses `1:5: parse error: unexpected …`. https://github.com/prometheus/prometheus/blob/main/promql/parser/parse.go */
export function parseQueryErrorPosition(error: string): QueryErrorPosition | undefined {
	const match = /(?<!\d)(\d{1,9}):(\d{1,9}): (?:parse error: )?([\s\S]+)/.exec(error);
	if (match === null) return undefined;
	const [, line, column, message = ''] = match;
	return {line: Number(line), column: Number(column), message: message.trim()};
}

const openers: Readonly<Record<string, string>> = {'(': ')', '[': ']', '{': '}'};

/** The characters of an expression outside of brackets, quotes and comments. Empty when a bracket or quote is not closed. */
function topLevelCharacters(expression: string): readonly {readonly at: number; readonly character: string}[] {
	const outer: {readonly at: number; readonly character: string}[] = [];
	const closing: string[] = [];
	let quote = '';
	for (let at = 0; at < expression.length; at += 1) {
		const character = expression[at] ?? '';
		if (quote !== '') {
			if (character === '\\' && quote !== '`') at += 1;
			else if (character === quote) quote = '';
		} else if (character === '#') {
			const end = expression.indexOf('\n', at);
			at = end === -1 ? expression.length : end;
		} else if (/["'`]/.test(character)) quote = character;
		else if (openers[character] !== undefined) closing.push(openers[character]);
		else if (character === closing.at(-1)) closing.pop();
		else if (closing.length === 0) outer.push({at, character});
	}
	return closing.length === 0 && quote === '' ? outer : [];
}

/** `left op limit` of an alert's expression. */
export type QueryComparison = {readonly left: string; readonly operator: string; readonly limit: number};

/**
 * Splits an expression such as `node_load1 / 4 > 0.9`, so that the left side can be drawn while it is within the limit. Undefined unless the
 * expression is one comparison with a number at its outermost level.
 */
export function parseQueryComparison(expression: string): QueryComparison | undefined {
	const stripped = withoutOuterParentheses(expression);
	const level = topLevelCharacters(stripped);
	const text = level.map(({character}) => character).join('');
	if (/\b(?:and|or|unless|bool|offset|on|ignoring)\b/i.test(text)) return undefined;
	const signs = [...text.matchAll(/[<>]=?|[=!]=/g)];
	const [only] = signs;
	if (only === undefined || signs.length > 1) return undefined;
	const at = level[only.index]?.at ?? 0;
	const [left, right] = [stripped.slice(0, at).trim(), stripped.slice(at + only[0].length).trim()];
	const limit = parseNumber(right);
	return left === '' || limit === undefined ? undefined : {left, operator: only[0], limit};
}

/** The expression without parentheses around all of it. */
function withoutOuterParentheses(expression: string): string {
	const trimmed = expression.trim();
	if (!trimmed.startsWith('(') || !trimmed.endsWith(')')) return trimmed;
	const inner = trimmed.slice(1, -1);
	// `(a) > (b)`: the first parenthesis is not closed by the last.
	let depth = 0;
	for (const character of inner) {
		if (character === '(') depth += 1;
		if (character === ')') depth -= 1;
		if (depth < 0) return trimmed;
	}
	return withoutOuterParentheses(inner);
}

/** The value of `0.9`, `1e9` or `2 * 1024`; undefined for other text. */
function parseNumber(text: string): number | undefined {
	if (!/^[-+]?[\d.]+(?:e[-+]?\d+)?(?:\s*[*/]\s*[\d.]+(?:e[-+]?\d+)?)*$/i.test(text)) return undefined;
	const parts = text.split(/([*/])/);
	let value = Number(parts[0]);
	for (let at = 1; at < parts.length; at += 2) {
		const by = Number(parts[at + 1]);
		value = parts[at] === '*' ? value * by : value / by;
	}
	return Number.isFinite(value) ? value : undefined;
}
