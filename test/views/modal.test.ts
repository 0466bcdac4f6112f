import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {TypedLine} from '../../src/session/line-input.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {width, wrap} from '../../src/text/fit.ts';
import {createSpan} from '../../views/line-builder.ts';
import {flowed, labelled, paintModal, signed} from '../../views/modal/modal.ts';
import {typedPieces} from '../../views/paint-line-input.ts';
import {cellsOf, hostile, theme, themes} from './arbitraries.ts';

describe('a modal', () => {
	const tones = fc.constantFrom('dim', 'plain', 'loud', 'warn' as const);

	it('is exactly as wide as told, line by line', () => {
		const pieces = fc.array(fc.record({text: hostile.map(cleanLine), tone: tones}), {maxLength: 4});
		fc.assert(
			fc.property(
				hostile.map(cleanLine),
				fc.array(pieces, {maxLength: 9}),
				fc.integer({min: 10, max: 130}),
				theme,
				(title, lines, cells, paint) => {
					const rows = paintModal(title, lines, cells, 12, paint);
					expect(new Set(rows.map(cellsOf))).toEqual(new Set([cells]));
					expect(rows.length).toBeLessThanOrEqual(12);
				},
			),
		);
	});

	it('loses nothing of a text that goes on below itself', () => {
		const words = fc.array(fc.stringMatching(/^[!-~]{1,30}$/), {minLength: 1, maxLength: 30}).map(all => all.join(' '));
		const said = (lines: readonly (readonly {readonly text: string}[])[]) =>
			lines
				.map(line => line.map(piece => piece.text).join(''))
				.join('')
				.replace(/\s/g, '');
		fc.assert(
			fc.property(words, fc.integer({min: 24, max: 110}), fc.boolean(), (text, cells, tight) => {
				const bare = text.replace(/\s/g, '');
				const all = [
					labelled('', text, {cells, tight}),
					flowed([{text, tone: 'plain'}], cells),
					signed('', text, cells, 'warn'),
					wrap(text, cells).map(part => [{text: part}]),
				];
				for (const lines of all) {
					expect(said(lines)).toBe(bare);
					for (const line of lines) expect(width(line.map(piece => piece.text).join(''))).toBeLessThanOrEqual(cells);
				}
			}),
		);
	});

	it('keeps what is typed in sight where the caret is', () => {
		const shown = (line: TypedLine, cells: number) =>
			typedPieces(line, cells, themes[1])
				.map(piece => piece.text)
				.join('');
		fc.assert(
			fc.property(hostile, fc.nat(20), fc.integer({min: 4, max: 40}), (text, caret, cells) => {
				expect(width(shown({text, caret}, cells))).toBeLessThanOrEqual(cells);
			}),
		);
		expect(shown({text: 'orders-db/4411'}, 9)).toBe('…db/4411▏');
		expect(shown({text: 'orders-db/4411', caret: 4}, 9)).toBe('…db/▏4411');
		expect(shown({text: 'orders-db/4411', caret: 14}, 9)).toBe('▏orders-…');
		expect(typedPieces({text: '5', caret: 'all'}, 9, themes[1])[0]).toEqual({text: '5', tone: 'plain', selected: true});
	});
});

describe('a span', () => {
	it('never grows beyond its room', () => {
		fc.assert(
			fc.property(
				fc.array(hostile.map(cleanLine), {maxLength: 8}),
				fc.integer({min: 1, max: 120}),
				theme,
				(texts, cells, paint) => {
					const span = createSpan(cells, paint);
					for (const text of texts) span.put(text, 'warn');
					expect(cellsOf(span.end())).toBe(cells);
				},
			),
		);
	});
});
