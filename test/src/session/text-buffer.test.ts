import fc from 'fast-check';
import {beforeAll, describe, expect, it} from 'vitest';
import {containsIgnoringCase, parseLineFilter} from '../../../src/session/line-filter.ts';
import {createTextBuffer, type TextBuffer} from '../../../src/session/text-buffer.ts';
import {loadPatterns} from '../../../src/text/pattern.ts';

beforeAll(loadPatterns);

const limits = {lines: 3000, chars: Number.POSITIVE_INFINITY, lineChars: 100};

const numbered = (from: number, count: number) =>
	Array.from({length: count}, (_, index) => ({text: `line ${from + index}${(from + index) % 7 === 0 ? ' odd' : ''}`}));

/** The numbers of the lines that are shown, found by going through them. */
function shown(text: TextBuffer): readonly number[] {
	const found: number[] = [];
	for (let at = text.next(text.first()); at !== undefined; at = text.next(at + 1)) found.push(at);
	return found;
}

function shownBackwards(text: TextBuffer): readonly number[] {
	const found: number[] = [];
	for (let at = text.previous(text.end()); at !== undefined; at = text.previous(at - 1)) found.unshift(at);
	return found;
}

const passes = (typed: string, line: string, lead = '') => {
	const filter = parseLineFilter(typed);
	if (!('test' in filter)) throw new Error(JSON.stringify(filter));
	return filter.test === undefined || filter.test(line, lead);
};

describe('a text buffer', () => {
	it('stores the last lines, and counts all of them', () => {
		const text = createTextBuffer([], limits);
		for (let batch = 0; batch < 100; batch += 1) text.append(numbered(batch * 100, 100));
		expect(text.end()).toBe(10_000);
		expect(text.end() - text.first()).toBeGreaterThanOrEqual(limits.lines);
		expect(text.end() - text.first()).toBeLessThan(limits.lines + 2 * 1024);
		expect(text.line(text.first() - 1)).toBeUndefined();
		expect(text.line(text.first())?.text).toMatch(`line ${text.first()}`);
		expect(text.line(9999)?.text).toBe('line 9999');
	});

	it('also limits the number of characters, and drops the rest of a line that is too long', () => {
		const text = createTextBuffer([], {lines: 1e6, chars: 100_000, lineChars: 50});
		for (let batch = 0; batch < 100; batch += 1)
			text.append(Array.from({length: 100}, () => ({text: 'x'.repeat(200)})));
		expect(text.line(text.end() - 1)?.text).toBe(`${'x'.repeat(50)} … 150 more characters`);
		expect((text.end() - text.first()) * 75).toBeLessThan(100_000 + 2 * 1024 * 75);
	});

	it('cleans added text, and splits it into lines', () => {
		const text = createTextBuffer([{text: 'a\u001b[2J\nb\u202e\tc', severity: 'crit'}]);
		expect([text.line(0), text.line(1)]).toEqual([
			{text: 'a', severity: 'crit'},
			{text: 'b<202e>  c', severity: 'crit'},
		]);
	});

	it('shows the same lines, whether they came before the filter or after it, from either end', () => {
		fc.assert(
			fc.property(
				fc.array(
					fc.oneof(
						fc.record({add: fc.nat(3000)}),
						fc.record({filter: fc.constantFrom(undefined, 'odd', '1', 'nothing like it')}),
						fc.record({judge: fc.nat(3)}),
					),
					{maxLength: 12},
				),
				steps => {
					const text = createTextBuffer([], limits);
					let word: string | undefined;
					for (const step of steps) {
						if ('add' in step) text.append(numbered(text.end(), step.add));
						else if ('judge' in step) for (let at = 0; at < step.judge; at += 1) text.filterNextBlock();
						else {
							word = step.filter;
							text.filter(word === undefined ? undefined : containsIgnoringCase(word));
						}
					}
					while (text.filterNextBlock());
					expect(text.unfilteredCount()).toBe(0);
					const all = Array.from({length: text.end() - text.first()}, (_, index) => text.first() + index);
					const wanted = all.filter(at => word === undefined || text.line(at)?.text.includes(word));
					expect(shown(text)).toEqual(wanted);
					expect(shownBackwards(text)).toEqual(wanted);
					expect(text.shownCount()).toBe(wanted.length);
					const from = text.first() + Math.floor((text.end() - text.first()) / 3);
					expect(text.shownCount(from)).toBe(wanted.filter(at => at >= from).length);
				},
			),
			{numRuns: 60},
		);
	});

	it('filters the end at once, and the rest block by block', () => {
		const text = createTextBuffer(numbered(0, 10_000));
		text.filter(containsIgnoringCase('odd'));
		expect(text.previous(text.end())).toBe(9996);
		expect(text.unfilteredCount()).toBeGreaterThan(8000);
		let blocks = 1;
		while (text.filterNextBlock()) blocks += 1;
		expect(blocks).toBe(9);
		expect(text.next(0)).toBe(0);
	});
});

describe('a filter of lines', () => {
	it.each([
		['', 'anything', true],
		['error', 'An ERROR came', true],
		['!error', 'An ERROR came', false],
		['error came', 'An ERROR came', true],
		['error again', 'An ERROR came', false],
		['"an error"', 'An ERROR came', true],
		['"error an"', 'An ERROR came', false],
		['a.c', 'abc', false],
		['/a.c/', 'abc', true],
		['/A.C/', 'abc', false],
		['/A.C/i', 'abc', true],
		['!/a.c/', 'abc', false],
		['/a b/ c', 'a b c', true],
		['/var/log', 'see /var/log', true],
		['level>=warn', '{"level":"warn","msg":"x"}', true],
		['level>=warn', '{"level":"info","msg":"x"}', false],
		['level=error', '{"severity":"ERROR"}', true],
		['level>=error', '{"level":50}', true],
		['level<warn', '{"level":30}', true],
		['level>=warning', 'time=1 level=error msg=x', true],
		['level>=warn', '2026-11-22 14:05:22 WARN  slow', true],
		['level>=error', 'E1122 14:05:22.000000 1 main.go] x', true],
		['level>=error', 'panic: nil map', true],
		['level>=trace', 'no level at all', false],
		['!level>=trace', 'no level at all', true],
		['level>=error', 'INFO  said "no ERROR here"', false],
	])('%j of %j is %j', (typed, line, expected) => {
		expect(passes(typed, line)).toBe(expected);
	});

	it('searches the label of the line as well', () => {
		expect(passes('api-1', 'started', 'api-1')).toBe(true);
		expect(passes('!api-1', 'started', 'api-1')).toBe(false);
	});

	it.each([
		['level>=loud', 'no level is called loud; there are trace, debug, info, warn, error, fatal'],
		['/a(/', '/a(/ is no regular expression: missing closing ): `a(`'],
	])('says what is wrong with %j', (typed, problem) => {
		expect(parseLineFilter(typed)).toEqual({problem});
	});

	it('never throws, and any text matches itself', () => {
		fc.assert(fc.property(fc.string(), typed => void parseLineFilter(typed)));
		fc.assert(
			fc.property(fc.stringMatching(/^[^\s"!/][^\s"]*$/), word => {
				fc.pre(!/^level[<>=!]/i.test(word));
				expect(passes(word, `before ${word} after`)).toBe(true);
				expect(passes(`!${word}`, `before ${word} after`)).toBe(false);
			}),
		);
	});
});

/** A backtracking engine goes through every way to part the letters: for 60 of them longer than anybody lives. */
const manyWays = 'a'.repeat(60);

it('a regular expression with a repetition within a repetition is answered at once', () => {
	expect(passes('/(a+)+$/', `${manyWays}!`)).toBe(false);
	expect(passes('/(a+)+$/', manyWays)).toBe(true);
	expect(parseLineFilter('/(?=a)/')).toEqual({problem: expect.stringContaining('RE2 knows no lookaround')});
});

/** No filter is like this; one may be on lines that are long enough. */
const endless = (line: string): boolean => {
	while (line.endsWith('!'));
	return line.startsWith('a');
};

describe('a filter that takes too long', () => {
	it('is stopped, and all lines are shown until another filter is set', () => {
		const text = createTextBuffer([{text: 'one'}, {text: 'a!'}, {text: 'two'}]);
		text.filter(endless);
		expect(text.isFilterTooSlow()).toBe(true);
		expect(text.filterNextBlock()).toBe(false);
		expect(shown(text)).toEqual([0, 1, 2]);
		text.filter(containsIgnoringCase('two'));
		expect(text.isFilterTooSlow()).toBe(false);
		expect(shown(text)).toEqual([2]);
	});

	it('is stopped at a later line, too', () => {
		const text = createTextBuffer([{text: 'aaa'}, {text: 'b'}], limits);
		text.filter(endless);
		expect(shown(text)).toEqual([0]);
		text.append([{text: 'aa'}, {text: 'a!'}]);
		expect(text.isFilterTooSlow()).toBe(true);
		expect(shown(text)).toEqual([0, 1, 2, 3]);
	});
});
