import type {Labels} from '../../contract/row.ts';
import {messageOf} from '../../errors.ts';
import type {Matcher} from '../../port/alertmanager.ts';
import {compilePattern} from '../../text/pattern.ts';

/*
 * Matchers as Alertmanager writes and reads them: https://prometheus.io/docs/alerting/latest/configuration/#matcher. A missing
 * label counts as empty, and a regular expression must match the complete value.
 */

const operators = ['=~', '!~', '!=', '='] as const;
type Operator = (typeof operators)[number];

const operatorOf = ({isRegex, isEqual}: Matcher): Operator =>
	isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';

const quoted = (text: string): string =>
	`"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

const plainName = /^[A-Za-z_:][\w:]*$/;

/** `severity=~"page|critical"`; names with other characters than letters, digits, _ and : are quoted, which Alertmanager 0.27 and newer accept. */
export const matcherText = (matcher: Matcher): string =>
	`${plainName.test(matcher.name) ? matcher.name : quoted(matcher.name)}${operatorOf(matcher)}${quoted(matcher.value)}`;

export const matchersText = (matchers: readonly Matcher[]): string => matchers.map(matcherText).join(', ');

/** Matchers that require exactly these labels, the alert's name first. */
export const exactMatchers = (labels: Labels): readonly Matcher[] =>
	Object.entries(labels)
		.filter(([, value]) => value !== '')
		.sort(([a], [b]) => Number(b === 'alertname') - Number(a === 'alertname') || (a < b ? -1 : 1))
		.map(([name, value]) => ({name, value, isRegex: false, isEqual: true}));

/**
 * Reads `alertname="Down", job=~"api|web"`, with or without braces. Values without special characters need no quotes.
 * @throws SyntaxError with a sentence that says what is wrong and where.
 */
export function parseMatchers(text: string): readonly Matcher[] {
	const trimmed = text.trim();
	const source = /^\{.*\}$/s.test(trimmed) ? trimmed.slice(1, -1) : trimmed;
	let at = 0;
	const rest = () => source.slice(at);
	const near = () => (at >= source.length ? 'at the end' : `near \`${rest().slice(0, 20)}\``);
	const skip = () => {
		at += /^\s*/.exec(rest())?.[0].length ?? 0;
	};

	function quotedText(): string {
		let value = '';
		for (at += 1; at < source.length; at += 1) {
			const char = source[at] ?? '';
			if (char === '"') {
				at += 1;
				return value;
			}
			if (char !== '\\') value += char;
			else {
				at += 1;
				const escaped = source[at] ?? '';
				// In any other escape, Alertmanager keeps the backslash: `"\."` is a backslash and a dot.
				value += escaped === 'n' ? '\n' : escaped === '"' || escaped === '\\' ? escaped : `\\${escaped}`;
			}
		}
		throw new SyntaxError('A quote is not closed.');
	}

	function word(pattern: RegExp, what: string): string {
		skip();
		if (source[at] === '"') return quotedText();
		const match = pattern.exec(rest())?.[0] ?? '';
		if (match === '') throw new SyntaxError(`${what} is expected ${near()}.`);
		at += match.length;
		return match;
	}

	const matchers: Matcher[] = [];
	for (skip(); at < source.length; skip()) {
		const name = word(/^[A-Za-z_:][\w:]*/, 'The name of a label');
		skip();
		const operator = operators.find(candidate => source.startsWith(candidate, at));
		if (operator === undefined) throw new SyntaxError(`One of = != =~ !~ is expected ${near()}.`);
		at += operator.length;
		const value = word(/^[^\s,"{}]+/, 'A value in quotes');
		matchers.push({name, value, isRegex: operator.endsWith('~'), isEqual: operator.startsWith('=')});
		skip();
		if (at >= source.length) break;
		if (source[at] !== ',') throw new SyntaxError(`A comma is expected ${near()}.`);
		at += 1;
	}
	if (matchers.length === 0) throw new SyntaxError('At least one matcher is required.');
	return matchers;
}

/** Whether a value meets a matcher; undefined when only the server can decide, or before `loadPatterns`. */
function matcherAccepts({value: expected, isRegex, isEqual}: Matcher, value: string): boolean | undefined {
	if (!isRegex) return (value === expected) === isEqual;
	try {
		const pattern = compilePattern(expected);
		return pattern && pattern.matchesEntirely(value) === isEqual;
	} catch {
		return undefined;
	}
}

/** Whether labels meet all matchers; false when a pattern cannot be evaluated here. For the demo's servers: the console queries Alertmanager. */
export const matchesLabels = (matchers: readonly Matcher[], labels: Labels): boolean =>
	matchers.every(matcher => matcherAccepts(matcher, labels[matcher.name] ?? '') === true);

/** Hardly any label has this value, and no pattern of letters, digits and signs matches it: characters for private use. */
const improbableValue = '\u{f8f0}\u{f8f1}';

/** Whether every matcher accepts a value that hardly any label has, as `severity=~".+"` and `job!="web"` do: then they match nearly every alert. */
export const matchesNearlyAll = (matchers: readonly Matcher[]): boolean =>
	matchers.every(matcher => matcherAccepts(matcher, improbableValue) === true);

/** Checks the regular expression of a matcher. @throws SyntaxError with a sentence when the server would reject it. */
function assertCompiles(matcher: Matcher): void {
	if (!matcher.isRegex) return;
	try {
		compilePattern(matcher.value);
	} catch (error) {
		throw new SyntaxError(`${matcherText(matcher)} is not a regular expression: ${messageOf(error)}.`);
	}
}

/** The problem of typed matchers, in a sentence; undefined when they can be sent. */
export function matchersProblem(text: string): string | undefined {
	try {
		const matchers = parseMatchers(text);
		for (const matcher of matchers) assertCompiles(matcher);
		if (matchesNearlyAll(matchers))
			return 'These match every alert, or nearly every one. Name at least one label with its value.';
		// The server rejects this too: https://github.com/prometheus/alertmanager/blob/v0.25.0/silence/silence.go (validateSilence).
		return matchers.every(matcher => matcherAccepts(matcher, '') === true)
			? 'These also match alerts that have none of the labels. Name at least one label with its value.'
			: undefined;
	} catch (error) {
		if (error instanceof SyntaxError) return `${error.message} Write them as alertname="Down", job=~"api|web".`;
		throw error;
	}
}
