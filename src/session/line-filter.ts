import {type LogLevel, logLevels, parseLogLevel} from '../text/log-level.ts';
import {compilePattern} from '../text/pattern.ts';

/** Returns true when a line is shown. `lead`: the label before it, such as the name of the container; empty without one. */
export type LineTest = (text: string, lead: string) => boolean;

/** The parsed filter; or a sentence that says what is wrong with it; or that the regular expression engine is not loaded yet. */
export type LineFilter =
	| {readonly test: LineTest | undefined}
	| {readonly problem: string}
	| {readonly waits: 'for the engine'};

const comparison = /^level\s*(>=|<=|=|!=|>|<)\s*([a-z]+)$/i;

/** A pattern between slashes, a text in quotes, or a word; each may have an exclamation mark before it. */
const parts = /(!?)(?:\/((?:[^/\\]|\\.)+)\/(i?)(?=\s|$)|"([^"]*)"?|(\S+))/g;

const compares: Readonly<Record<string, (level: number, than: number) => boolean>> = {
	'>=': (level, than) => level >= than,
	'<=': (level, than) => level <= than,
	'>': (level, than) => level > than,
	'<': (level, than) => level < than,
	'=': (level, than) => level === than,
	'!=': (level, than) => level !== than,
};

const spelt: Readonly<Record<string, LogLevel>> = {warning: 'warn', err: 'error', critical: 'fatal', panic: 'fatal'};

function levelTest(sign: string, name: string): LineTest | string {
	const lower = name.toLowerCase();
	const than = logLevels.findIndex(level => level === (spelt[lower] ?? lower));
	const compare = compares[sign];
	if (than < 0 || compare === undefined) return `no level is called ${name}; there are ${logLevels.join(', ')}`;
	return text => {
		const level = parseLogLevel(text);
		return level !== undefined && compare(logLevels.indexOf(level), than);
	};
}

/** Tests for a substring, case-insensitive. */
export function containsIgnoringCase(text: string): LineTest {
	const wanted = text.toLowerCase();
	return (line, lead) => line.toLowerCase().includes(wanted) || (lead !== '' && lead.toLowerCase().includes(wanted));
}

function testOf(pattern: string | undefined, flags: string, word: string): LineTest | string | undefined {
	const [, sign, name] = comparison.exec(word) ?? [];
	if (pattern === undefined)
		return sign === undefined || name === undefined ? containsIgnoringCase(word) : levelTest(sign, name);
	try {
		const compiled = compilePattern(pattern, flags === 'i');
		return (
			compiled && ((line, lead) => compiled.matchesSomewhere(line) || (lead !== '' && compiled.matchesSomewhere(lead)))
		);
	} catch (error) {
		return `/${pattern}/ is no regular expression${error instanceof Error ? `: ${error.message}` : ''}`;
	}
}

/**
 * Parses a line filter. All parts must match: a text (case-insensitive), `"a text with spaces"`, `/regular expression/` (`/…/i`:
 * case-insensitive), `level>=warn`; `!` negates a part. A line without a level matches no `level…`, so only `!level…` shows it.
 */
export function parseLineFilter(typed: string): LineFilter {
	const tests: LineTest[] = [];
	for (const [, not, pattern, flags = '', quoted, word] of typed.trim().matchAll(parts)) {
		const text = quoted ?? word ?? '';
		if (pattern === undefined && text === '') continue;
		const test = quoted === undefined ? testOf(pattern, flags, text) : containsIgnoringCase(quoted);
		if (typeof test === 'string') return {problem: test};
		if (test === undefined) return {waits: 'for the engine'};
		tests.push(not === '!' ? (line, lead) => !test(line, lead) : test);
	}
	const [only] = tests;
	if (tests.length < 2) return {test: only};
	return {test: (line, lead) => tests.every(test => test(line, lead))};
}
