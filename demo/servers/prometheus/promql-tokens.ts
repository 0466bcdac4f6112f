/** The error for an expression that the simulated server cannot parse, in the words of Prometheus. */
export class PromqlError extends Error {
	override readonly name = 'PromqlError';
}

export type Token = {
	readonly kind: 'name' | 'number' | 'string' | 'sign' | 'end';
	readonly text: string;
	readonly at: number;
};

const kinds = [
	['name', /[A-Za-z_:][\w:]*/y],
	['number', /(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?/iy],
	['string', /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/y],
	['sign', /=~|!~|!=|==|>=|<=|[-+*/(){},=<>]|\[(?:\d+(?:ms|[smhdwy]))+(?::(?:\d+(?:ms|[smhdwy]))*)?\]/y],
] as const;

/** Splits an expression into tokens. @throws PromqlError at a character that begins none. */
export function tokenizePromql(text: string): readonly Token[] {
	const tokens: Token[] = [];
	let at = 0;
	while (at < text.length) {
		const space = /\s+/y;
		space.lastIndex = at;
		if (space.test(text)) {
			at = space.lastIndex;
			continue;
		}
		const before = tokens.length;
		for (const [kind, pattern] of kinds) {
			pattern.lastIndex = at;
			const [found] = pattern.exec(text) ?? [];
			if (found === undefined) continue;
			tokens.push({kind, text: found, at});
			at += found.length;
			break;
		}
		if (tokens.length === before) {
			throw new PromqlError(`1:${at + 1}: parse error: unexpected character: '${text[at]}'`);
		}
	}
	return [...tokens, {kind: 'end', text: '', at: text.length}];
}
