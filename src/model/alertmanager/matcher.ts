import type {Labels} from '../../contract/row.ts';
import {messageOf} from '../../errors.ts';
import type {Matcher} from '../../port/alertmanager.ts';
import {compilePattern} from '../../text/pattern.ts';

/*
 * Matchers as Alertmanager writes and reads them: https://prometheus.io/docs/alerting/latest/configuration/#matcher. A label that is not
 * there counts as empty, and a regular expression has to match the whole value.
 */

const operators = ['=~', '!~', '!=', '='] as const;
type Operator = (typeof operators)[number];

const operatorOf = ({isRegex, isEqual}: Matcher): Operator =>
	isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';

const quoted = (text: string): string =>
	`"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

const plainName = /^[A-Za-z_:][\w:]*$/;

/** `severity=~"page|critical"`; names that are no classic ones are quoted, as Alertmanager 0.27 and newer take them. */
export const matcherText = (matcher: Matcher): string =>
	`${plainName.test(matcher.name) ? matcher.name : quoted(matcher.name)}${operatorOf(matcher)}${quoted(matcher.value)}`;

export const matchersText = (matchers: readonly Matcher[]): string => matchers.map(matcherText).join(', ');

/** Exactly these labels, the name of the alert first. */
export const exactMatchers = (labels: Labels): readonly Matcher[] =>
	Object.entries(labels)
		.filter(([, value]) => value !== '')
		.sort(([a], [b]) => Number(b === 'alertname') - Number(a === 'alertname') || (a < b ? -1 : 1))
		.map(([name, value]) => ({name, value, isRegex: false, isEqual: true}));

/**
 * Reads `alertname="Down", job=~"api|web"`, with or without braces. Values may go without quotes when they hold nothing special.
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
				// Alertmanager takes the backslash of any other escape for itself: `"\."` is a backslash and a dot.
				value += escaped === 'n' ? '\n' : escaped === '"' || escaped === '\\' ? escaped : `\\${escaped}`;
			}
		}
		throw new SyntaxError('A quote is not closed.');
	}

	function word(pattern: RegExp, what: string): string {
		skip();
		if (source[at] === '"') return quotedText();
		const found = pattern.exec(rest())?.[0] ?? '';
		if (found === '') throw new SyntaxError(`There should be ${what} ${near()}.`);
		at += found.length;
		return found;
	}

	const matchers: Matcher[] = [];
	for (skip(); at < source.length; skip()) {
		const name = word(/^[A-Za-z_:][\w:]*/, 'the name of a label');
		skip();
		const operator = operators.find(one => source.startsWith(one, at));
		if (operator === undefined) throw new SyntaxError(`There should be one of = != =~ !~ ${near()}.`);
		at += operator.length;
		const value = word(/^[^\s,"{}]+/, 'a value, in quotes,');
		matchers.push({name, value, isRegex: operator.endsWith('~'), isEqual: operator.startsWith('=')});
		skip();
		if (at >= source.length) break;
		if (source[at] !== ',') throw new SyntaxError(`There should be a comma ${near()}.`);
		at += 1;
	}
	if (matchers.length === 0) throw new SyntaxError('At least one matcher is needed.');
	return matchers;
}

/** Whether a value meets a matcher; undefined when only the server can tell, or before `loadPatterns`. */
function matcherAccepts({value: wanted, isRegex, isEqual}: Matcher, value: string): boolean | undefined {
	if (!isRegex) return (value === wanted) === isEqual;
	try {
		const pattern = compilePattern(wanted);
		return pattern && pattern.matchesEntirely(value) === isEqual;
	} catch {
		return undefined;
	}
}

/** Whether a silence of these matchers hides an alert of these labels. What only the server can tell counts as no. */
export const matchesLabels = (matchers: readonly Matcher[], labels: Labels): boolean =>
	matchers.every(matcher => matcherAccepts(matcher, labels[matcher.name] ?? '') === true);

/** No label has such a value: what matches it matches whatever there is. */
const improbableValue = 'midwatch-tries-whether-anything-is-matched';

/** True for `severity=~".+"` and the like: every one of the matchers takes any value. */
export const matchesAnything = (matchers: readonly Matcher[]): boolean =>
	matchers.every(matcher => matcherAccepts(matcher, improbableValue) === true);

/** @throws SyntaxError with a sentence when the server would not take the expression. */
function assertCompiles(matcher: Matcher): void {
	if (!matcher.isRegex) return;
	try {
		compilePattern(matcher.value);
	} catch (error) {
		throw new SyntaxError(`${matcherText(matcher)} is no regular expression: ${messageOf(error)}.`);
	}
}

/** What is wrong with matchers that were typed, in a sentence; undefined when they may be sent. */
export function matchersProblem(text: string): string | undefined {
	try {
		const matchers = parseMatchers(text);
		for (const matcher of matchers) assertCompiles(matcher);
		const any = 'These match every alert there is. Name at least one label with the value it should have.';
		if (matchesAnything(matchers)) return any;
		// The server refuses this too: https://github.com/prometheus/alertmanager/blob/v0.25.0/silence/silence.go (validateSilence).
		return matchers.every(matcher => matcherAccepts(matcher, '') === true)
			? 'These also match alerts that have none of the labels. Name at least one label with the value it should have.'
			: undefined;
	} catch (error) {
		if (error instanceof SyntaxError) return `${error.message} Write them as alertname="Down", job=~"api|web".`;
		throw error;
	}
}
