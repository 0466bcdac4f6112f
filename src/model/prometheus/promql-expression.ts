/** Where a server's parser stopped, and what it says of it. */
export type QueryErrorPosition = {readonly line: number; readonly column: number; readonly message: string};

/** `1:5: parse error: unexpected …`, as https://github.com/prometheus/prometheus/blob/main/promql/parser/parse.go writes it; counted from 1. */
export function parseQueryErrorPosition(said: string): QueryErrorPosition | undefined {
	const found = /(?<!\d)(\d{1,9}):(\d{1,9}): (?:parse error: )?([\s\S]+)/.exec(said);
	if (found === null) return undefined;
	const [, line, column, says = ''] = found;
	return {line: Number(line), column: Number(column), message: says.trim()};
}

const openers: Readonly<Record<string, string>> = {'(': ')', '[': ']', '{': '}'};

/** Parts of an expression at its outermost level: what stands in brackets or quotes is one part with what is before it. */
function topLevelCharacters(expression: string): readonly {readonly at: number; readonly character: string}[] {
	const found: {readonly at: number; readonly character: string}[] = [];
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
		else if (closing.length === 0) found.push({at, character});
	}
	return closing.length === 0 && quote === '' ? found : [];
}

/** `left op limit` of an alert's expression. */
export type QueryComparison = {readonly left: string; readonly operator: string; readonly limit: number};

/**
 * The measure and the limit in an expression such as `node_load1 / 4 > 0.9`, so that the measure can be seen while it is within the
 * limit. Undefined when the expression is anything but one comparison with a number at its outermost level.
 */
export function parseQueryComparison(expression: string): QueryComparison | undefined {
	const whole = withoutOuterParentheses(expression);
	const level = topLevelCharacters(whole);
	const text = level.map(({character}) => character).join('');
	if (/\b(?:and|or|unless|bool|offset|on|ignoring)\b/i.test(text)) return undefined;
	const signs = [...text.matchAll(/[<>]=?|[=!]=/g)];
	const [only] = signs;
	if (only === undefined || signs.length > 1) return undefined;
	const at = level[only.index]?.at ?? 0;
	const [left, right] = [whole.slice(0, at).trim(), whole.slice(at + only[0].length).trim()];
	const limit = numberIn(right);
	return left === '' || limit === undefined ? undefined : {left, operator: only[0], limit};
}

/** Without the brackets that are around all of it. */
function withoutOuterParentheses(expression: string): string {
	const trimmed = expression.trim();
	if (!trimmed.startsWith('(') || !trimmed.endsWith(')')) return trimmed;
	const inner = trimmed.slice(1, -1);
	// `(a) > (b)`: the first bracket does not belong to the last.
	let depth = 0;
	for (const character of inner) {
		if (character === '(') depth += 1;
		if (character === ')') depth -= 1;
		if (depth < 0) return trimmed;
	}
	return withoutOuterParentheses(inner);
}

/** `0.9`, `1e9`, `2 * 1024`: a number, or numbers multiplied and divided. */
function numberIn(text: string): number | undefined {
	if (!/^[-+]?[\d.]+(?:e[-+]?\d+)?(?:\s*[*/]\s*[\d.]+(?:e[-+]?\d+)?)*$/i.test(text)) return undefined;
	const parts = text.split(/([*/])/);
	let value = Number(parts[0]);
	for (let at = 1; at < parts.length; at += 2) {
		const by = Number(parts[at + 1]);
		value = parts[at] === '*' ? value * by : value / by;
	}
	return Number.isFinite(value) ? value : undefined;
}
