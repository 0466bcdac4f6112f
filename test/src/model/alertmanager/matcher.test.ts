import fc from 'fast-check';
import {beforeAll, describe, expect, it} from 'vitest';
import {
	exactMatchers,
	matchersProblem,
	matchersText,
	matchesLabels,
	matchesNearlyAll,
	parseMatchers,
} from '../../../../src/model/alertmanager/matcher.ts';
import type {Matcher} from '../../../../src/port/alertmanager.ts';
import {loadPatterns} from '../../../../src/text/pattern.ts';

beforeAll(loadPatterns);

const matcher = (name: string, value: string, sign: '=' | '!=' | '=~' | '!~' = '='): Matcher => ({
	name,
	value,
	isRegex: sign.endsWith('~'),
	isEqual: sign.startsWith('='),
});

const matchers = fc.array(
	fc.record({name: fc.string({minLength: 1}), value: fc.string(), isRegex: fc.boolean(), isEqual: fc.boolean()}),
	{minLength: 1, maxLength: 5},
);

describe('matchers as text', () => {
	it.each<[string, readonly Matcher[]]>([
		['a="b"', [matcher('a', 'b')]],
		['{a="b"}', [matcher('a', 'b')]],
		[' a = b , c!=d, ', [matcher('a', 'b'), matcher('c', 'd', '!=')]],
		['a=~"b|c",d!~e.*', [matcher('a', 'b|c', '=~'), matcher('d', 'e.*', '!~')]],
		['a="b,c}\\"d\\\\e\\nf"', [matcher('a', 'b,c}"d\\e\nf')]],
		['a=~"10\\.2\\..*"', [matcher('a', '10\\.2\\..*', '=~')]],
		['"a b"="c"', [matcher('a b', 'c')]],
		['a=""', [matcher('a', '')]],
		['\n{ a  =  b ,  c!=d }\n', [matcher('a', 'b'), matcher('c', 'd', '!=')]],
	])('%s is parsed', (text, expected) => {
		expect(parseMatchers(text)).toEqual(expected);
	});

	it('parses its own output into the same matchers', () => {
		fc.assert(
			fc.property(matchers, list => {
				expect(parseMatchers(matchersText(list))).toEqual(list);
			}),
		);
	});

	it('gives matchers or a sentence for any text', () => {
		fc.assert(
			fc.property(fc.string({unit: fc.constantFrom(...'ab"\\{}=~!, \n.')}), text => {
				const problem = matchersProblem(text);
				if (problem === undefined) expect(parseMatchers(text).length).toBeGreaterThan(0);
				else expect(problem).toMatch(/^[A-Z].*\.$/s);
			}),
		);
	});

	it.each([
		['', 'At least one matcher is required.'],
		['a', 'One of = != =~ !~ is expected at the end.'],
		['a="b', 'A quote is not closed.'],
		['a="b" c="d"', 'A comma is expected near `c="d"`.'],
		['=b', 'The name of a label is expected near `=b`.'],
		['a=,', 'A value in quotes is expected near `,`.'],
		['a=,b="c"', 'A value in quotes is expected near `,b="c"`.'],
	])('names the problem of %j', (text, sentence) => {
		expect(matchersProblem(text)).toBe(`${sentence} Write them as alertname="Down", job=~"api|web".`);
	});
});

describe('what matchers match', () => {
	const labels = {alertname: 'TargetDown', job: 'api'};

	it.each<[string, boolean]>([
		['job="api"', true],
		['job="ap"', false],
		['job=~"ap"', false],
		['job="a.i"', false],
		['job!="a.i"', true],
		['job=~"ap."', true],
		['job=~"a|api"', true],
		['job=~"(?i)API"', true],
		['job!="api"', false],
		['job!~"a.*"', false],
		['team=""', true],
		['team!=""', false],
		['alertname="TargetDown",job="web"', false],
	])('%s: %s', (text, expected) => {
		expect(matchesLabels(parseMatchers(text), labels)).toBe(expected);
	});

	it('is exactly one alert for the matchers of all its labels', () => {
		const exact = exactMatchers({...labels, empty: ''});
		expect(matchersText(exact)).toBe('alertname="TargetDown", job="api"');
		expect(matchesLabels(exact, labels)).toBe(true);
		expect(matchesLabels(exact, {...labels, job: 'web'})).toBe(false);
	});

	it.each(['a=~".+"', 'a=~".*"', 'a!=""', 'a!="b", c=~".*"', 'a!~"x|y"', 'a!="b"', 'a=""', 'a=~"b?"'])(
		'%s matches too much to be sent',
		text => {
			expect(matchersProblem(text)).toMatch(/^These (?:match every alert|also match alerts)/);
		},
	);

	it('names the error of an expression, and is linear for one that would backtrack', () => {
		expect(matchersProblem('a=~"b("')).toBe(
			'a=~"b(" is not a regular expression: missing closing ): `b(`. Write them as alertname="Down", job=~"api|web".',
		);
		expect(matchersProblem('a=~"(?!b)"')).toContain('RE2 knows no lookaround');
		const labels = {a: `${'a'.repeat(60)}!`};
		expect(matchesLabels([matcher('a', '(a+)+', '=~')], labels)).toBe(false);
		expect(matchersProblem('a=~"(?:[a-z-]+)+!"')).toBeUndefined();
	});

	it.each(['a="b"', 'a=~"b.*"', 'a=~"m.*"', 'a=~"[a-z-]+"', 'a=~".+", b="c"', 'a=~"(?P<x>b)"', 'a=~"\\pL+"'])(
		'%s is not',
		text => {
			expect(matchersProblem(text)).toBeUndefined();
			expect(matchesNearlyAll(parseMatchers(text))).toBe(false);
		},
	);
});
