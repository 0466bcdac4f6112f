import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {containsIgnoringCase} from '../../../src/session/line-filter.ts';
import type {TextLayout} from '../../../src/session/line-layout.ts';
import {createTextBuffer, type TextBuffer} from '../../../src/session/text-buffer.ts';
import {findLine, lastPageTop, layOutPage, scrollByRows, type TextPosition} from '../../../src/session/text-page.ts';
import {displayWidth} from '../../../src/text/fit.ts';

const layout = (more: Partial<TextLayout> = {}): TextLayout => ({
	cells: 12,
	rows: 5,
	wrap: true,
	stamps: false,
	left: 0,
	...more,
});

const line = fc.record(
	{
		text: fc.string({maxLength: 120, unit: fc.constantFrom('a', 'b', ' ', '中', '├', 'é', '-')}),
		sourceLabel: fc.constantFrom({text: 'api', hue: 1}, {text: 'a-long-name-of-a-pod', hue: 2}),
		at: fc.constant('2026-11-22T14:05:22.123456789Z'),
	},
	{requiredKeys: ['text']},
);

const layouts = fc
	.record({
		// The smallest screen has 60 columns.
		cells: fc.integer({min: 38, max: 70}),
		rows: fc.integer({min: 1, max: 12}),
		wrap: fc.boolean(),
		stamps: fc.boolean(),
		left: fc.constantFrom(0, 0, 20),
	})
	.map(one => (one.wrap ? {...one, left: 0} : one));

/** Every row of the text, from one page on the start that is high enough. */
const everyRow = (text: TextBuffer, by: TextLayout) =>
	layOutPage(text, {line: 0, part: 0}, {...by, rows: 100_000}).drawn.map(({position: place}) => place);

const key = ({line: number, part}: TextPosition) => `${number}/${part}`;

describe('a page of a text', () => {
	it('is never wider than the layout, and full unless the text is shorter', () => {
		fc.assert(
			fc.property(fc.array(line, {maxLength: 30}), layouts, fc.nat(30), fc.nat(5), (lines, by, number, part) => {
				const text = createTextBuffer(lines);
				for (const top of ['end', {line: number, part}] as const) {
					const page = layOutPage(text, top, by);
					expect(page.drawn.length).toBe(Math.min(by.rows, everyRow(text, by).length));
					for (const {stamp, lead, text: row} of page.drawn) {
						const head = (stamp === '' ? 0 : displayWidth(stamp) + 1) + (lead === '' ? 0 : displayWidth(lead) + 1);
						expect(displayWidth(row)).toBeLessThanOrEqual(by.cells - head);
					}
				}
			}),
		);
	});

	it('returns after down and up, and passes every row when scrolled by one row', () => {
		fc.assert(
			fc.property(fc.array(line, {minLength: 1, maxLength: 30}), layouts, fc.nat(40), (lines, by, rows) => {
				const text = createTextBuffer(lines);
				const all = everyRow(text, by).map(key);
				const last = all.indexOf(key(lastPageTop(text, by)));
				expect(last).toBe(Math.max(0, all.length - by.rows));
				const down = scrollByRows(text, {line: 0, part: 0}, rows, by);
				expect(all.indexOf(key(down))).toBe(Math.min(rows, last));
				const back = scrollByRows(text, down, -rows, by);
				expect(all.indexOf(key(back))).toBe(Math.max(0, Math.min(rows, last) - rows));
				let at: TextPosition = {line: 0, part: 0};
				for (let step = 0; step < last; step += 1) {
					expect(key(at)).toBe(all[step]);
					at = scrollByRows(text, at, 1, by);
				}
				expect(key(at)).toBe(all[last]);
			}),
		);
	});

	it('stays in place while lines arrive, and continues after its line was dropped', () => {
		const text = createTextBuffer([], {lines: 2000, chars: 1e9, lineChars: 1000});
		const add = (count: number) =>
			text.append(Array.from({length: count}, (_, index) => ({text: `${text.end() + index}`})));
		add(1500);
		const top = {line: 1400, part: 0};
		add(500);
		expect(layOutPage(text, top, layout()).drawn[0]?.text).toBe('1400');
		expect(layOutPage(text, 'end', layout()).drawn.at(-1)?.text).toBe('1999');
		add(5000);
		expect(layOutPage(text, top, layout()).drawn[0]?.text).toBe(`${text.first()}`);
	});

	it('lays out no more than what is shown', () => {
		let lookupCount = 0;
		const lines = Array.from({length: 100_000}, () => ({text: 'x'.repeat(30)}));
		const text = createTextBuffer(lines);
		const counting: TextBuffer = {
			...text,
			line: number => {
				lookupCount += 1;
				return text.line(number);
			},
		};
		for (const top of ['end', {line: 50_000, part: 1}] as const) layOutPage(counting, top, layout());
		expect(lookupCount).toBeLessThan(100);
	});

	it('searches forwards and back, and wraps at the ends', () => {
		const text = createTextBuffer(Array.from({length: 50}, (_, at) => ({text: at % 20 === 5 ? 'needle' : 'hay'})));
		const test = containsIgnoringCase('Needle');
		expect([0, 5, 25, 45, 49].map(from => findLine(text, test, from))).toEqual([5, 25, 45, 5, 5]);
		expect([49, 45, 25, 5, 0].map(from => findLine(text, test, from, true))).toEqual([45, 25, 5, 45, 45]);
		expect(findLine(text, containsIgnoringCase('nowhere'), 0)).toBeUndefined();
	});
});
